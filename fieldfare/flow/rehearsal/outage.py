"""When providers do not answer in a rehearsal, and a channel that then fails. Decides by the clock it is given.

The failure is a sure one (*failed*): the provider took nothing, so the messages are tried again as they would be.
"""

from collections.abc import Callable, Sequence
from typing import NoReturn, cast

from fieldfare.act.delivery.model import Capabilities, Message, Outcome, OutcomeKind, Posted, Request
from fieldfare.act.delivery.ports import Channel, SendsTogether
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.instants import DAY, HOUR, Day, Instant, day_start

OUTAGE = 6 * HOUR
BEGINS = 9 * HOUR
"""Local time at which an outage begins: the morning's messages are on their way."""
Span = tuple[Instant, Instant]


def outage_of(start: Instant, end: Instant, peak: tuple[Day, Day] | None, zone: str) -> list[Span]:
    """Return when providers are out: on the third day of the peak, else in the middle of the span."""
    if peak is not None:
        day = min(peak[0] + 2, peak[1])
        begins = day_start(day, zone) + BEGINS
    else:
        begins = day_start((start + end) // 2 // DAY, zone) + BEGINS
    begins = min(max(begins, start), max(start, end - OUTAGE))
    return [(begins, min(begins + OUTAGE, end))]


class FailingChannel:
    """``Channel`` that fails in the spans, and is the other one else."""

    def __init__(self, channel: Channel, spans: Sequence[Span], now: Callable[[], Instant]) -> None:
        """Stand before ``channel``."""
        self._channel, self._spans, self._now = channel, spans, now

    @property
    def name(self) -> str:
        """Return its name."""
        return self._channel.name

    @property
    def capabilities(self) -> Capabilities:
        """Return what it can do."""
        return self._channel.capabilities

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        """Prepare as the other one."""
        return self._channel.prepare(message, permit)

    def send(self, request: Request) -> Outcome:
        """Send, or fail."""
        return self._failure() or self._channel.send(request)

    def send_all(self, requests: Sequence[Request]) -> list[Outcome]:
        """Send all, or fail all."""
        failure = self._failure()
        if failure is not None:
            return [failure for _ in requests]
        return cast("SendsTogether", self._channel).send_all(requests)

    def look_up(self, proposal_id: str) -> Outcome:
        """Ask the other one; it keeps what it took."""
        return self._channel.look_up(proposal_id)  # type: ignore[attr-defined, no-any-return]

    def parse_receipt(self, posted: Posted) -> NoReturn:
        """Read no receipts: nobody received anything."""
        self._channel.parse_receipt(posted)
        message = "a captured channel has no receipts"
        raise AssertionError(message)

    def _failure(self) -> Outcome | None:
        now = self._now()
        if any(first <= now < last for first, last in self._spans):
            return Outcome(kind=OutcomeKind.FAILED, detail="outage_rehearsed")
        return None
