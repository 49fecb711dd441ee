"""What follows an attempt that did not end well: another one, a question to the provider, or nothing more. Pure.

One question decides: can the provider have taken the message? *Failed* means surely not, so it is tried again, bounded
and not sooner than the provider asks. *Unknown* means that nobody can say: the provider is asked where it can be;
otherwise what a person must get is sent once more, and everything else never. A provider that keeps our ids may be told
again, because it drops the second one. Whatever is tried again is judged anew by the gate.
"""

from typing import assert_never

import msgspec

from fieldfare.act.delivery.model import Outcome, OutcomeKind
from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import HOUR, MINUTE, Instant

MOST_ATTEMPTS = 6
"""Failed attempts after which a proposal is given up."""
FIRST_WAIT = MINUTE
LONGEST_WAIT = 6 * HOUR
_FACTOR = 4
LOOK_UPS = (2 * MINUTE, 10 * MINUTE, HOUR)
"""How long after the one before it each look-up is made; a provider's own list may lag behind."""
MOST_RESENT = 2
"""Times that a provider which keeps our ids is told again after an unknown outcome."""
RESEND_WAIT = 5 * MINUTE
"""A message that must arrive is sent once more no sooner than this: a receipt may still tell that it did."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt's proposal has behind it, this outcome included."""

    proposal_id: str
    failed: int = 0
    unknown: int = 0
    looked_up: int = 0
    """Look-ups of this attempt so far."""
    expires_at: Instant | None = None
    """Nothing is tried at this instant or later."""
    can_look_up: bool = False
    """The provider can be asked whether it took a message of ours."""
    keeps_ids: bool = False
    """The provider drops a message whose id it took before."""
    must_arrive: bool = False
    """Its purpose needs no consent: a receipt, a password, a changed date."""


class TryAgain(msgspec.Struct, frozen=True):
    """Judge the proposal anew at this instant."""

    at: Instant


class LookUp(msgspec.Struct, frozen=True):
    """Ask the provider at this instant whether it took the message."""

    at: Instant


class GiveUp(msgspec.Struct, frozen=True):
    """Nothing more: ``done``, ``rejected``, ``too_often``, ``too_late`` or ``unknown``."""

    why: str


Next = TryAgain | LookUp | GiveUp


def next_attempt(outcome: Outcome, history: History, now: Instant) -> Next:
    """Return what follows ``outcome``. Waits depend on the proposal alone, so a second run makes the same times."""
    match outcome.kind:
        case OutcomeKind.HANDED_OVER:
            return GiveUp("done")
        case OutcomeKind.REJECTED:
            return GiveUp("rejected")
        case OutcomeKind.FAILED:
            if history.failed >= MOST_ATTEMPTS:
                return GiveUp("too_often")
            wait = wait_after(history.proposal_id, history.failed, outcome.retry_after_us)
            return _in_time(now + wait, history)
        case OutcomeKind.UNKNOWN:
            return _after_unknown(history, now)
        case _:
            assert_never(outcome.kind)


def wait_after(proposal_id: str, failed: int, retry_after_us: int | None = None) -> int:
    """Return the wait after ``failed`` failures (1 or more); never shorter than the provider asks for.

    Waits are 1, 4, 16 … minutes, at most 6 hours, stretched by up to a fifth that depends on the proposal, so that a
    broken server's messages do not come back all at once.
    """
    assert failed >= 1, failed
    wait: int = max(min(FIRST_WAIT * _FACTOR ** (failed - 1), LONGEST_WAIT), retry_after_us or 0)
    return wait + int(wait * 0.2 * fraction("retry", proposal_id, failed))


def _after_unknown(history: History, now: Instant) -> Next:
    if history.can_look_up and history.looked_up < len(LOOK_UPS):
        return LookUp(now + LOOK_UPS[history.looked_up])
    if history.keeps_ids and history.unknown <= MOST_RESENT:
        return _in_time(now + wait_after(history.proposal_id, max(history.unknown, 1)), history)
    if history.must_arrive and history.unknown <= 1:
        return _in_time(now + RESEND_WAIT, history)
    return GiveUp("unknown")


def _in_time(at: Instant, history: History) -> Next:
    return GiveUp("too_late") if history.expires_at is not None and at >= history.expires_at else TryAgain(at)
