"""Whether a journey must pause itself, by what its messages came to lately. Pure; it neither counts nor pauses."""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.decide.journeys.definition import Stop

COUNTED: dict[str, str] = {
    "bounced": "messages that bounced, of those handed over",
    "complained": "complaints, of the messages handed over",
    "unsubscribed": "withdrawals of consent by a message, of those handed over",
    "failed": "messages and calls that failed for good, of all that were tried",
    "refused": "proposals that the gate refused for consent, of all that it judged",
}


class Count(msgspec.Struct, frozen=True):
    """How often something happened, among how many."""

    cases: int
    of: int


class Stopping(msgspec.Struct, frozen=True):
    """That a journey must pause, and why, in a sentence for the one who gets it running again."""

    what: str
    why: str


def must_stop(rules: Sequence[Stop], counts: Mapping[str, Count]) -> Stopping | None:
    """Return the first rule that is broken; ``counts``: by what, over the span of its rule."""
    for rule in rules:
        count = counts.get(rule.what, Count(0, 0))
        if count.of >= rule.at_least and count.cases > rule.above * count.of:
            share = 100 * count.cases / count.of
            why = (
                f"{count.cases:,} of {count.of:,} are {rule.what} ({share:.1f} %), and at most {100 * rule.above:g} % "
                "may be"
            )
            return Stopping(rule.what, why)
    return None
