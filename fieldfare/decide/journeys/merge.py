"""What becomes of walks that a merge of two people brings together, or whose journey is gone. Pure.

Identity decides who is merged.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fieldfare.decide.journeys.model import DONE, Enrollment, Status
from fieldfare.ground.instants import Instant


def merge_walks(enrollments: Sequence[Enrollment], now: Instant) -> list[Enrollment]:
    """Return those of one person's walks that change: of two live ones the later exits.

    Of one journey, and of one key where it has keys; the reason is ``merged``.
    """
    standing: set[tuple[str, str | None]] = set()
    changed: list[Enrollment] = []
    for each in sorted(enrollments, key=lambda one: (one.entered_at, one.id)):
        if each.status in DONE:
            continue
        if (each.journey, each.key) in standing:
            changed.append(ended(each, "merged", now))
        standing.add((each.journey, each.key))
    return changed


def met_first(enrollments: Iterable[Enrollment], experiment: str) -> str | None:
    """Return the variant of an experiment that one of the person's walks met first, ``None`` when none has met it.

    After a merge too: what counts is when the variant was met, not when the walk began. Where a walk has met it and
    does not know when, as those that were stored before that was kept, its beginning stands in.
    """
    met = [
        (each.met_at.get(experiment, each.entered_at), each.id, each.variants[experiment])
        for each in enrollments
        if experiment in each.variants
    ]
    return min(met)[2] if met else None


def without_journey(enrollment: Enrollment, now: Instant) -> Enrollment:
    """Return the walk, ended: its journey is no longer there, and nothing that it proposed may go."""
    return enrollment if enrollment.status in DONE else ended(enrollment, "removed", now)


def ended(enrollment: Enrollment, reason: str, now: Instant) -> Enrollment:
    """Return the walk, exited for a reason that lies outside of it."""
    return msgspec.structs.replace(
        enrollment, status=Status.EXITED, end_reason=reason, ended_at=now, stopped_at=now, due_at=None
    )
