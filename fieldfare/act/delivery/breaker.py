"""The circuit breaker of one provider: closed, open, half-open. A pure state machine; who stores it is the caller.

*Closed*: calls go. After :data:`MOST_BAD` calls in a row that the provider is to blame for, or when it asks to be left
alone, it is *open*: nothing goes until an instant. From then on it is *half-open*: one call goes as a probe. A good one
closes it; a bad one opens it for twice as long. A probe that never ends (its process died) is forgotten after a while.

What befalls one recipient is no fault of the provider, whatever the code: an answer shows that it lives.
"""

from enum import StrEnum

import msgspec

from fieldfare.act.delivery.model import Outcome, OutcomeKind
from fieldfare.ground.instants import MINUTE, SECOND, Instant

MOST_BAD = 5
FIRST_OPEN = 30 * SECOND
LONGEST_OPEN = 15 * MINUTE
PROBE_LEASE = 2 * MINUTE
"""Longer than any channel's call may take."""


class Circuit(StrEnum):
    """How the breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Signal(StrEnum):
    """What an outcome says of the provider."""

    GOOD = "good"
    BAD = "bad"
    BUSY = "busy"
    """It asks to be left alone for a time."""


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """The breaker of one provider. ``until`` is ``None`` exactly while it is closed."""

    bad: int = 0
    """Bad calls in a row."""
    opened: int = 0
    """Times that it opened since it was last closed."""
    since: Instant | None = None
    until: Instant | None = None
    probe_until: Instant | None = None
    """A probe is under way, at most until then."""
    detail: str | None = None
    """Outcome that opened it."""


def circuit_of(breaker: Breaker, now: Instant) -> Circuit:
    """Return how it stands at ``now``."""
    if breaker.until is None:
        return Circuit.CLOSED
    return Circuit.OPEN if now < breaker.until else Circuit.HALF_OPEN


def signal_of(outcome: Outcome) -> Signal:
    """Return what an outcome says of the provider."""
    if outcome.kind in {OutcomeKind.HANDED_OVER, OutcomeKind.REJECTED} or outcome.of_recipient:
        return Signal.GOOD
    return Signal.BAD if outcome.retry_after_us is None else Signal.BUSY


def waits_until(breaker: Breaker, now: Instant) -> Instant | None:
    """Return until when nothing may go, ``None`` when a call may: any one while closed, the probe while half-open."""
    match circuit_of(breaker, now):
        case Circuit.CLOSED:
            return None
        case Circuit.OPEN:
            return breaker.until
        case _:
            probing = breaker.probe_until is not None and now < breaker.probe_until
            return breaker.probe_until if probing else None


def take(breaker: Breaker, now: Instant) -> Breaker:
    """Return the breaker once a call is permitted; while half-open that one is the probe."""
    assert waits_until(breaker, now) is None, (breaker, now)
    if circuit_of(breaker, now) is Circuit.CLOSED:
        return breaker
    return msgspec.structs.replace(breaker, probe_until=now + PROBE_LEASE)


def after(breaker: Breaker, outcome: Outcome, now: Instant) -> Breaker:
    """Return the breaker after a call ended. A good end of an old call does not close one that opened meanwhile."""
    stands = circuit_of(breaker, now)
    signal = signal_of(outcome)
    if signal is Signal.GOOD:
        return breaker if stands is Circuit.OPEN else Breaker()
    bad = breaker.bad + 1
    if stands is Circuit.OPEN:
        asked = now + (outcome.retry_after_us or 0)
        return msgspec.structs.replace(breaker, bad=bad, until=max(breaker.until or 0, asked))
    if signal is Signal.BUSY or stands is Circuit.HALF_OPEN or bad >= MOST_BAD:
        wait = min(FIRST_OPEN << min(breaker.opened, 10), LONGEST_OPEN)
        if signal is Signal.BUSY:
            wait = max(outcome.retry_after_us or 0, SECOND)
        return Breaker(bad=bad, opened=breaker.opened + 1, since=now, until=now + wait, detail=outcome.detail)
    return msgspec.structs.replace(breaker, bad=bad)
