"""Whether a journey must pause itself, by what its messages came to lately. Pure; it neither counts nor pauses."""

from collections.abc import Sequence

import msgspec

from fieldfare.decide.journeys.definition import Stop
from fieldfare.network.calendars.by_phase import resolve, which
from fieldfare.network.calendars.model import Season

COUNTED: dict[str, str] = {
    "bounced": "messages that bounced, of those handed over",
    "complained": "complaints, of the messages handed over",
    "unsubscribed": "withdrawals of consent by a message, of those handed over",
    "failed": "messages and calls that failed for good, of all that were tried",
    "refused": "proposals that the gate refused for consent, of all that it permitted or refused",
    "unsure": "proposals that the gate refused because it is not sure who somebody is, of all that it judged so",
}


class Count(msgspec.Struct, frozen=True):
    """How often something happened, among how many."""

    cases: int
    of: int


class Stopping(msgspec.Struct, frozen=True):
    """That a journey must pause, and why, in a sentence for the one who gets it running again."""

    what: str
    why: str


def must_stop(
    rules: Sequence[Stop],
    counts: Sequence[Count],
    phases: frozenset[str] = frozenset(),
    seasons: Sequence[Season] = (),
) -> Stopping | None:
    """Return the first rule that is broken; ``counts``: of each rule, over its span; ``phases``: in force anywhere."""
    for rule, count in zip(rules, counts, strict=True):
        above = resolve(rule.above, rule.by_phase, phases, seasons)
        if count.of >= rule.at_least and count.cases > above * count.of:
            share = 100 * count.cases / count.of
            phase = which(rule.by_phase, phases, seasons)
            most = f"{100 * above:g} %" + (f" in {phase}" if phase is not None else "")
            why = f"{count.cases:,} of {count.of:,} are {rule.what} ({share:.1f} %), and at most {most} may be"
            return Stopping(rule.what, why)
    return None
