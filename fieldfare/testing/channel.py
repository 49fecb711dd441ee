"""A public fake of ``Channel``: a provider in memory that accepts, refuses, breaks or answers too late, as told.

It keeps what it accepted, so a test can count hand-overs as the customer would feel them.
"""

from collections.abc import Callable

import msgspec

from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.model import (
    Capabilities,
    Inbound,
    Message,
    Outcome,
    OutcomeKind,
    Posted,
    Receipt,
    Request,
)
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import parse_iso


class FakeChannel:
    """``Channel`` in memory. ``accepted`` holds proposal ids in order, repeated ones too; ``calls`` counts all."""

    def __init__(self, name: str = "email", *, address: str = "email", instant: bool = False) -> None:
        """Start with a provider that accepts everything."""
        self.name = name
        self.capabilities = Capabilities(address=address, receipts=True, instant=instant)
        self.accepted: list[str] = []
        self.requests: list[Request] = []
        self.calls = 0
        self.on_send: Callable[[Request], Outcome | None] = _accept
        self.after_accept: Callable[[Request], None] = _nothing

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the message as it is; an address without ``@`` cannot be sent to on an e-mail channel."""
        check_permit(message, permit)
        if self.capabilities.address == "email" and "@" not in message.to:
            return Outcome(kind=OutcomeKind.REJECTED, detail="address_unusable")
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers=message.headers,
            body=message.text.encode(),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Do as ``on_send`` says; accept when it says nothing. ``after_accept`` runs between acceptance and answer."""
        self.calls += 1
        told = self.on_send(request)
        if told is not None:
            return told
        self.accepted.append(request.proposal_id)
        self.requests.append(request)
        self.after_accept(request)
        return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=f"fake-{request.proposal_id}")

    def parse_receipt(self, posted: Posted) -> list[Receipt | Inbound]:
        """Return the receipts of a JSON list ``[[provider_id, status, ISO time], …]`` sent with ``x-fake: yes``."""
        if posted.headers.get("x-fake") != "yes":
            message = "The receipt does not come from the fake provider. Send the header `x-fake: yes`."
            raise CallerError("receipt_unsigned", message, status=401)
        try:
            told = msgspec.json.decode(posted.body, type=list[tuple[str, str, str]])
            return [Receipt(provider_id=one, status=status, occurred_at=parse_iso(at)) for one, status, at in told]
        except (msgspec.DecodeError, ValueError) as error:
            message = "The receipt cannot be read. Send a JSON list of provider id, status and time."
            raise CallerError("receipt_invalid", message) from error


def _accept(_request: Request) -> None:
    return None


def _nothing(_request: Request) -> None:
    return None
