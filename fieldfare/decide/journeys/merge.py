"""What becomes of walks that a merge of two people brings together. Pure; identity decides who is merged."""

from collections.abc import Sequence

import msgspec

from fieldfare.decide.journeys.model import DONE, Enrollment, Status
from fieldfare.ground.instants import Instant


def merge_walks(enrollments: Sequence[Enrollment], now: Instant) -> list[Enrollment]:
    """Return those of one person's walks that change: of two live ones in one journey the later exits as ``merged``."""
    standing: set[str] = set()
    changed: list[Enrollment] = []
    for each in sorted(enrollments, key=lambda one: (one.entered_at, one.id)):
        if each.status in DONE:
            continue
        if each.journey in standing:
            changed.append(
                msgspec.structs.replace(
                    each, status=Status.EXITED, end_reason="merged", ended_at=now, stopped_at=now, due_at=None
                )
            )
        standing.add(each.journey)
    return changed
