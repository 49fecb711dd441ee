"""Members of a household in one batch: who they are, whose timer is next, what one tells the others. In memory.

Flow. With a person the pipeline loads their household (``Batch.loads_kin``). Timers of all members run in the order of
time. After every evaluation of a member :func:`tell` writes into the others' documents what turned, and whoever called
evaluates those at the same instant, in the same transaction: a crash leaves all or none. What members are asked for
asks for no household itself, so nothing is told further. Of two members touched in one batch each event tells at its
own instant, so it does not matter how batches are cut. What one tells is a function of that one's document, so in the
end the order does not matter either.
"""

from collections.abc import Iterable

from fieldfare.flow.work import Batch, Work
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.household import Told


def members_of(batch: Batch, work: Work) -> list[Work]:
    """Return the person and the other members of the household that are loaded."""
    return [work, *(batch.works[each] for each in sorted(work.document.kin) if each in batch.works)]


def first_due(members: Iterable[Work], until: Instant) -> tuple[Work, Instant] | None:
    """Return the member whose timer is due first by ``until``, and that instant."""
    due = [
        (each.next_at, each.profile_id, each) for each in members if each.next_at is not None and each.next_at <= until
    ]
    if not due:
        return None
    at, _, work = min(due, key=lambda one: one[:2])
    return work, at


def tell(batch: Batch, work: Work, told: Told, now: Instant) -> list[Work]:
    """Write into the documents of the others what a member tells of itself; return those for whom that is news."""
    found = []
    for other in members_of(batch, work)[1:]:
        kin = other.document.kin
        if work.profile_id in kin and kin[work.profile_id] != told:
            other.turn(batch, now)
            kin[work.profile_id] = dict(told)
            found.append(other)
    return found


def join_households(batch: Batch, into: Work, gone: Work) -> None:
    """Give one person the household of both, and have it gathered anew."""
    kin = {**gone.document.kin, **into.document.kin}
    if kin or not (into.document.household_known and gone.document.household_known):
        batch.related |= {into.profile_id, *kin} - {gone.profile_id}
    into.document.kin = {each: told for each, told in kin.items() if each not in {into.profile_id, gone.profile_id}}
    into.document.household_known = into.document.household_known and gone.document.household_known
