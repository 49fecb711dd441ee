"""What the values of a property come to: extremes, first and last, how often each. Kept per day, or per event.

Numbers are whole ten-thousandths, everything else is a token: a text that tells kinds apart. Each kind of summary joins
in any order to the same result, so that arrival, batches, merges and compacting change nothing. A list of values keeps
the :data:`MOST_VALUES` that come first in the order of tokens, each with its exact count, and counts all others
together: a value that is kept was kept from its first event on. Pure; states are changed in place.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any, assert_never

from fieldfare.ground.instants import Day, Instant
from fieldfare.know.profiles.compare import SUM_LIMIT, number, scaled
from fieldfare.know.profiles.model import SCALE, Keeps, Summary, ValueState

MOST_VALUES = 100
"""So many different values are listed by day, and so many in the total."""
MOST_TEXT = 200
"""Longer texts are no values, nor are lists and objects."""
_TEXT = '"'
_TRUE, _FALSE = "true", "false"


def token_of(value: Any) -> str | None:
    """Return a value as a token, ``None`` when it is none: a text after a quote, ten-thousandths, true or false."""
    kind = type(value)
    if kind is str:
        return _TEXT + value if len(value) <= MOST_TEXT else None
    if kind is bool:
        return _TRUE if value else _FALSE
    amount = whole(value)
    return None if amount is None else str(amount)


def whole(value: Any) -> int | None:
    """Return a number as whole ten-thousandths, ``None`` for anything else and beyond the limit of sums."""
    amount = number(value)
    return None if amount is None or not -SUM_LIMIT <= amount <= SUM_LIMIT else scaled(value)


def value_of(token: str) -> Any:
    """Return the value of a token."""
    if token.startswith(_TEXT):
        return token[1:]
    return token == _TRUE if token in {_TRUE, _FALSE} else int(token) / SCALE


def of_one(keeps: Keeps, at: Instant, item: Any) -> Summary:
    """Return the summary of a single value."""
    match keeps:
        case Keeps.EXTREMES | Keeps.DAYS:
            return [item, item]
        case Keeps.ENDS:
            return [at, item, at, item]
        case Keeps.VALUES:
            return [0, {item: 1}]
        case Keeps.TOTALS | Keeps.MOMENTS:
            message = f"{keeps} have no values"
            raise AssertionError(message)
        case _:
            assert_never(keeps)


def join_summary(keeps: Keeps, into: Summary, other: Summary) -> None:
    """Add the other summary to ``into``; an empty one is of nothing."""
    if not other:
        return
    if not into:
        into.extend([other[0], dict(other[1])] if keeps is Keeps.VALUES else other)
        return
    if keeps is Keeps.VALUES:
        _join_counts(into, other)
    elif keeps is Keeps.ENDS:
        into[0], into[1] = min((into[0], into[1]), (other[0], other[1]))
        into[2], into[3] = max((into[2], into[3]), (other[2], other[3]))
    else:
        into[0], into[1] = min(into[0], other[0]), max(into[1], other[1])


def _join_counts(into: Summary, other: Summary) -> None:
    counts: dict[str, int] = into[1]
    into[0] += other[0]
    for token, count in other[1].items():
        counts[token] = counts.get(token, 0) + count
    if len(counts) > MOST_VALUES:
        for token in sorted(counts)[MOST_VALUES:]:
            into[0] += counts.pop(token)


def distinct(summary: Summary) -> int:
    """Return how many different values there are; one more than the list holds stands for any greater number."""
    return (len(summary[1]) + (1 if summary[0] else 0)) if summary else 0


def most_frequent(summary: Summary) -> tuple[str | None, bool]:
    """Return the most frequent token and whether that is sure; of equally frequent ones the first in order counts.

    It is not sure when the values that are not listed come to as many together: one of them may be the most frequent.
    """
    if not summary:
        return None, True
    token, count = min(summary[1].items(), key=lambda item: (-item[1], item[0]))
    return token, count > summary[0]


def add_value(state: ValueState, keeps: Keeps, at: Instant, day: Day | None, item: Any) -> None:
    """Add one value to its day's tile, or to the total when ``day`` is ``None``."""
    if day is None:
        join_summary(keeps, state.base, of_one(keeps, at, item))
    else:
        _add_tile(state, keeps, day, of_one(keeps, at, item))


def add_instant(state: ValueState, at: Instant, item: Any) -> None:
    """Keep the value with its instant, for windows of hours; sorted by instant and value."""
    instants, items = state.instants, state.items
    place = len(instants)
    while place and (instants[place - 1] > at or (instants[place - 1] == at and items[place - 1] > item)):
        place -= 1
    instants.insert(place, at)
    items.insert(place, item)


def _add_tile(state: ValueState, keeps: Keeps, day: Day, summary: Summary) -> None:
    days = state.days
    place = bisect_left(days, day)
    if place < len(days) and days[place] == day:
        join_summary(keeps, state.tiles[place], summary)
    else:
        days.insert(place, day)
        state.tiles.insert(place, summary)


def join_values(into: ValueState, keeps: Keeps, other: ValueState) -> None:
    """Add the other state to ``into``: the state of both histories together. The other must not be used any more."""
    join_summary(keeps, into.base, other.base)
    for day, tile in zip(other.days, other.tiles, strict=True):
        _add_tile(into, keeps, day, tile)
    for at, item in zip(other.instants, other.items, strict=True):
        add_instant(into, at, item)


def total(state: ValueState, keeps: Keeps) -> Summary:
    """Return the summary of everything ever."""
    return gathered(keeps, [state.base, *state.tiles])


def gathered(keeps: Keeps, summaries: Iterable[Summary]) -> Summary:
    """Return the summary of several together; none of them is changed."""
    found: Summary = []
    for summary in summaries:
        join_summary(keeps, found, summary)
    return found


def fold_values_away(state: ValueState, keeps: Keeps, first_day: Day | None, first_at: Instant) -> None:
    """Move tiles before ``first_day`` into the total (``None``: all of them); drop what lies before ``first_at``."""
    end = len(state.days) if first_day is None else bisect_left(state.days, first_day)
    for tile in state.tiles[:end]:
        join_summary(keeps, state.base, tile)
    del state.days[:end], state.tiles[:end]
    gone = bisect_left(state.instants, first_at)
    del state.instants[:gone], state.items[:gone]
