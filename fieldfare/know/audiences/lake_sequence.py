"""Sequences as an Ibis table: how many events others followed in time, or did not, by profile.

One pass over the events of the sequence's names, with a window over what comes after each event of a profile. An event
that qualifies is followed where the first instant that comes after it (for spans of days: the least local day among all
that come after it) lies within the span. From the last step to the first.
"""

from typing import Any

import ibis

from fieldfare.ground.instants import Day, Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.lake_json import sure
from fieldfare.know.audiences.model import EventSequence


def sequence_table(
    node: EventSequence, events: Any, matched: list[Any], inside: Any, moment: tuple[Instant, Day], column: str
) -> Any:
    """Return a table of ``profile_id`` and the count.

    ``matched`` says of an event whether it is of the first kind, the second and so on; ``inside`` whether it is in the
    window; ``moment`` is the instant and the workspace's day that is asked for.
    """
    names = sorted({node.event, *(each.event for each in node.then)})
    flags = {f"is_{place}": sure(expression) for place, expression in enumerate(matched)}
    rows = events.filter(events.name.isin(names)).select(
        "profile_id", "occurred_at", "local_day", is_inside=sure(inside), **flags
    )
    for place in range(len(node.then), 0, -1):
        within = node.then[place - 1].within
        after = ibis.range_window(following=(1, None), group_by="profile_id", order_by="occurred_at")
        looked_at = rows.local_day if within is not None and within.days is not None else rows.occurred_at
        later = ibis.ifelse(rows[f"is_{place}"], looked_at.cast("int64"), ibis.null("int64"))
        rows = rows.mutate(least_after=later.min().over(after))
        is_followed = sure(_reaches(rows, within))
        keeps = ~is_followed & _is_past(rows, within, moment) if node.is_absent else is_followed
        rows = rows.mutate(**{f"is_{place - 1}": rows[f"is_{place - 1}"] & keeps})
    counted = rows.filter(rows.is_0 & rows.is_inside)
    return counted.group_by("profile_id").aggregate(**{column: counted.count()})


def _reaches(rows: Any, within: Duration | None) -> Any:
    """Return whether the least that comes after an event lies within the span."""
    if within is None:
        return rows.least_after.notnull()
    if within.days is None:
        return rows.least_after < rows.occurred_at + within.us
    return rows.least_after <= rows.local_day + within.days


def _is_past(rows: Any, within: Duration | None, moment: tuple[Instant, Day]) -> Any:
    """Return whether the span after an event has passed."""
    assert within is not None, "what is absent is so after a span"
    now, today = moment
    if within.days is None:
        return rows.occurred_at + within.us <= now
    return rows.local_day + within.days < today
