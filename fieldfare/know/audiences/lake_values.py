"""Columns of what an event's values come to, as Ibis expressions: the same as :mod:`fieldfare.know.profiles.values`.

A column is null where there is no value. The most frequent value needs a grouping of its own and comes as a table.
"""

from typing import Any, assert_never

import ibis

from fieldfare.know.audiences.lake_json import COMPARED, Token, both, holds, scaled, sure, token, whole
from fieldfare.know.audiences.model import Aggregate, Bound, Did

_MIDDLE = 1 << 62
"""Added to an instant before it becomes a text, so that texts compare as instants do."""
_DIGITS = 20
_MOST_COUNT = 10**15


def aggregate_column(aggregate: Aggregate, counted: Any, events: Any, value: Any) -> Any:
    """Return the aggregate over the events for which ``counted`` holds; ``value`` is of the property looked at."""
    at = events.occurred_at

    def only(item: Any) -> Any:
        return ibis.ifelse(counted, item, None)

    match aggregate:
        case Aggregate.COUNT:
            return ibis.ifelse(counted, 1, 0).sum()
        case Aggregate.SUM:
            return ibis.ifelse(counted, scaled(value), 0).sum()
        case Aggregate.MIN:
            return only(whole(value)).min()
        case Aggregate.MAX:
            return only(whole(value)).max()
        case Aggregate.FIRST:
            return only(_dated(at, token(value))).min().substr(_DIGITS)
        case Aggregate.LAST:
            return only(_dated(at, token(value))).max().substr(_DIGITS)
        case Aggregate.DISTINCT:
            return only(token(value)).nunique()
        case Aggregate.FIRST_DAY:
            return only(events.local_day).min()
        case Aggregate.LAST_DAY:
            return only(events.local_day).max()
        case Aggregate.FIRST_AT:
            return only(at).min()
        case Aggregate.LAST_AT:
            return only(at).max()
        case Aggregate.MOST_FREQUENT:
            message = "the most frequent value needs a grouping of its own"
            raise AssertionError(message)
        case _:
            assert_never(aggregate)


def _dated(at: Any, item: Any) -> Any:
    return (at + _MIDDLE).cast("string").lpad(_DIGITS, "0") + item


def most_frequent_table(events: Any, counted: Any, value: Any, column: str) -> Any:
    """Return a table of ``profile_id`` and the most frequent token; of equally frequent ones the first in order."""
    items = events.filter(counted).mutate(item=token(value)).filter(lambda table: table.item.notnull())
    counts = items.group_by(["profile_id", "item"]).aggregate(times=lambda table: table.count())
    ranked = counts.mutate(rank=(_MOST_COUNT - counts.times).cast("string").lpad(_DIGITS, "0") + counts.item)
    return ranked.group_by("profile_id").aggregate(**{column: ranked["rank"].min().substr(_DIGITS)})


def did_holds(did: Did, column: Any) -> Any:
    """Return whether the condition holds of its column."""
    if did.aggregate in {Aggregate.COUNT, Aggregate.SUM, Aggregate.DISTINCT}:
        column = ibis.coalesce(column, 0)
    if did.tests:
        return both([holds(Token(column), test) for test in did.tests])
    return both([bound_holds(column, bound) for bound in did.bounds])


def bound_holds(column: Any, bound: Bound) -> Any:
    """Return whether a number compares as the bound says; null does not."""
    return sure(COMPARED[bound.operator](column, bound.value))
