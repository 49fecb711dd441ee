"""The capture channel: keeps every message, sealed, in the state database. Nothing leaves the machine.

Used by simulations, rehearsals and the demo. It keeps one row per proposal: the same message a second time is the same
row. It reads no receipts.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import msgspec

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.model import ChannelSpec, LostCall, Message, Outcome, OutcomeKind, Posted, Request
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError, TransientError


class CapturedBody(msgspec.Struct, frozen=True):
    """What is sealed in a captured message."""

    to: str
    subject: str | None
    text: str
    html: str | None
    headers: dict[str, str]


class CaptureChannel:
    """``Channel`` that keeps instead of sending."""

    def __init__(
        self,
        spec: ChannelSpec,
        *,
        keep: Callable[[Sequence[dict[str, Any]]], None],
        seal: Callable[[bytes], bytes],
        has: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Take where rows go (``CapturedMessages.keep``) and how their personal part is sealed."""
        self.name = spec.name
        self.capabilities = capabilities_of(spec)
        self._keep, self._has = keep, has
        self._seal = seal

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the message as one body."""
        check_permit(message, permit)
        body = CapturedBody(message.to, message.subject, message.text, message.html, message.headers)
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers=message.headers,
            body=msgspec.msgpack.encode(body),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Keep the message. A database that does not answer has rolled back: ``FAILED``."""
        return self.send_all([request])[0]

    def send_all(self, requests: Sequence[Request]) -> list[Outcome]:
        """Keep messages in one transaction: all of them or none."""
        rows = [
            {
                "proposal_id": request.proposal_id,
                "at": request.at,
                "channel": request.channel,
                "template": request.template,
                "address_hash": request.address_hash,
                "sealed": self._seal(request.body),
            }
            for request in requests
        ]
        try:
            self._keep(rows)
        except TransientError as error:
            return [Outcome(kind=OutcomeKind.FAILED, detail=f"capture_{error.code}") for _ in requests]
        return [Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=request.proposal_id) for request in requests]

    def look_up(self, lost: LostCall) -> Outcome:
        """Tell whether it is there: kept in one transaction, it is or it is not."""
        if self._has(lost.proposal_id):
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=lost.proposal_id, detail="looked_up")
        return Outcome(kind=OutcomeKind.FAILED, detail="looked_up_not_there")

    def parse_receipt(self, posted: Posted) -> NoReturn:
        """Raise ``receipts_unsupported``: nobody received anything."""
        message = f"The channel `{self.name}` captures messages on this machine, so there are no receipts for it."
        raise CallerError("receipts_unsupported", message, status=404)


def open_captured(sealed: bytes, unseal: Callable[[bytes], bytes]) -> CapturedBody:
    """Return what a row of ``captured_message`` holds."""
    return msgspec.msgpack.decode(unseal(sealed), type=CapturedBody)
