"""The task channel: puts a message on a person's list, for people who call, greet or write by hand.

The message itself is the task: its text says what to do, its subject is the title. One row per proposal: the same one a
second time is the same task. It stands with the person's location, so that a front desk sees its own; who does it and
by when come from the channel. Nothing leaves the machine; there are no receipts. What stands in a task is sealed.
"""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import msgspec

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.model import ChannelSpec, LostCall, Message, Outcome, OutcomeKind, Posted, Request
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.errors import CallerError, TransientError


class TaskBody(msgspec.Struct, frozen=True):
    """What is sealed in a task."""

    title: str
    text: str
    location: str | None = None
    due_us: int | None = None


class TaskChannel:
    """``Channel`` onto a list of tasks."""

    def __init__(
        self,
        spec: ChannelSpec,
        *,
        keep: Callable[[Sequence[dict[str, Any]]], None],
        seal: Callable[[bytes], bytes],
        has: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Take where rows go (``Tasks.keep``) and how their personal part is sealed."""
        self.name = spec.name
        self.capabilities = capabilities_of(spec)
        self._spec, self._keep, self._seal, self._has = spec, keep, seal, has

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Return the task as one body; ``to`` is the number of a profile."""
        check_permit(message, permit)
        if not message.to.isdecimal():
            return Outcome(kind=OutcomeKind.REJECTED, detail="address_unusable")
        first = message.text.strip().partition("\n")[0]
        title = message.subject or first[:120]
        return Request(
            proposal_id=message.proposal_id,
            channel=message.channel,
            template=message.template,
            to=message.to,
            address_hash=permit.address_hash,
            headers={},
            body=msgspec.msgpack.encode(TaskBody(title, message.text, message.location, message.due_us)),
            at=permit.granted_at,
        )

    def send(self, request: Request) -> Outcome:
        """Put the task on its list. A database that does not answer has rolled back: ``FAILED``."""
        return self.send_all([request])[0]

    def send_all(self, requests: Sequence[Request]) -> list[Outcome]:
        """Put tasks on their list in one transaction: all of them or none."""
        try:
            self._keep([self._row(request) for request in requests])
        except TransientError as error:
            return [Outcome(kind=OutcomeKind.FAILED, detail=f"task_{error.code}") for _ in requests]
        return [Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=request.proposal_id) for request in requests]

    def _row(self, request: Request) -> dict[str, Any]:
        body = msgspec.msgpack.decode(request.body, type=TaskBody)
        due = self._spec.due_us if body.due_us is None else body.due_us
        return {
            "id": request.proposal_id,
            "at": request.at,
            "list": self._spec.list or self.name,
            "kind": "message",
            "status": "open",
            "profile_id": int(request.to),
            "proposal_id": request.proposal_id,
            "template": request.template,
            "location": body.location,
            "assignee": self._spec.assignee,
            "due_at": None if due is None else request.at + due,
            "address_hash": request.address_hash,
            "sealed": self._seal(request.body),
        }

    def look_up(self, lost: LostCall) -> Outcome:
        """Tell whether it is there: kept in one transaction, it is or it is not."""
        if self._has(lost.proposal_id):
            return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=lost.proposal_id, detail="looked_up")
        return Outcome(kind=OutcomeKind.FAILED, detail="looked_up_not_there")

    def parse_receipt(self, posted: Posted) -> NoReturn:
        """Raise ``receipts_unsupported``: a task is done by a person, not delivered by a provider."""
        text = f"The channel `{self.name}` puts tasks on a list of this installation, so there are no receipts for it."
        raise CallerError("receipts_unsupported", text, status=404)
