"""Carries along with one person's wake-ups how many journeys started one another up to what they will turn.

Every wake-up is watched, not those alone of audiences that let people in: what turns at one turns others at once. What
happens at the same instant for another reason keeps its own count. The rules are those of ``decide.journeys.chain``.
"""

from collections.abc import Mapping

from fieldfare.decide.journeys import chain
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.evaluate import OTHER_WAKES, Evaluator
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import Touched

Counts = Mapping[str, int]
"""By audience, or other wake-up, how many journeys started one another up to what can have turned it."""


def watched(document: Document, hops: int) -> dict[str, Instant] | None:
    """Return the wake-ups before something with that count happens; ``None`` when nothing is to be carried."""
    return dict(document.wakes) if hops or document.hops else None


def of_event(evaluator: Evaluator, document: Document, hops: int, touched: Touched) -> Counts:
    """Return the counts of what an event can have turned."""
    if not hops:
        return {}
    others = [name for name in document.wakes if name.startswith(OTHER_WAKES)]
    return dict.fromkeys([*evaluator.touches.reached(touched), *others], hops)


def of_time(evaluator: Evaluator, due: Counts, expired: Touched) -> Counts:
    """Return the counts of what wake-ups that were ``due`` can have turned; ``expired``: what ended by them."""
    found: dict[str, int] = {}
    for name, hops in due.items():
        touches = evaluator.touches
        names = touches.reached(expired) if name.startswith(OTHER_WAKES) else touches.following({name})
        for each in names:
            found[each] = max(hops, found.get(each, 0))
    return found


def carry(
    evaluator: Evaluator, document: Document, before: dict[str, Instant] | None, counts: Counts, now: Instant
) -> None:
    """Keep the counts with the wake-ups as they are now."""
    if before is None:
        return

    def has_turned(name: str) -> bool:
        return evaluator.has_turned(name, document, now)

    document.hops = chain.carried(document.hops, before, document.wakes, counts, now, has_turned)
