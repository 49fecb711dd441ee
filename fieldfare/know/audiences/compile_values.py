"""Compiles conditions over a property's values (extremes, first, last, different ones, the most frequent). Pure.

The answers are as tight as those over counts: the change is the first moment at which the truth really differs. A truth
is ``None`` where a full list of values cannot tell; nobody joins or leaves by it.
"""

from collections.abc import Callable
from functools import partial
from operator import ge, gt, le, lt
from typing import Any, assert_never

from fieldfare.ground.instants import Day, Instant
from fieldfare.know.audiences.measures import keeps_of, measure_key
from fieldfare.know.audiences.model import Aggregate, Bound, Did, Window
from fieldfare.know.profiles.compare import check_of
from fieldfare.know.profiles.model import SCALE, Document, Keeps, MeasureState, Summary, ValueState
from fieldfare.know.profiles.tiles import STAMP, TILE
from fieldfare.know.profiles.values import distinct, gathered, join_summary, most_frequent, of_one, total, value_of

Truth = bool | None
Answer = Callable[[Summary], Truth]
"""Takes a summary (empty: of nothing)."""
Holds = Callable[[int], bool]


class NotComputable:
    """What a full list cannot tell."""


NOT_COMPUTABLE = NotComputable()


def value_at(aggregate: Aggregate, summary: Summary) -> Any:
    """Return what the aggregate comes to: a number, a value, ``None`` when there is none, or ``NOT_COMPUTABLE``."""
    match aggregate:
        case Aggregate.DISTINCT:
            return NOT_COMPUTABLE if summary and summary[0] else distinct(summary)
        case Aggregate.MOST_FREQUENT:
            token, is_sure = most_frequent(summary)
            return (None if token is None else value_of(token)) if is_sure else NOT_COMPUTABLE
        case Aggregate.MIN | Aggregate.MAX:
            return summary[aggregate is Aggregate.MAX] / SCALE if summary else None
        case Aggregate.FIRST | Aggregate.LAST:
            return value_of(summary[1 if aggregate is Aggregate.FIRST else 3]) if summary else None
        case Aggregate.FIRST_DAY | Aggregate.LAST_DAY:
            return summary[aggregate is Aggregate.LAST_DAY] if summary else None
        case Aggregate.COUNT | Aggregate.SUM | Aggregate.FIRST_AT | Aggregate.LAST_AT:
            message = "counts and sums stand in tiles"
            raise AssertionError(message)
        case _:
            assert_never(aggregate)


def answer_of(node: Did) -> Answer:
    """Return the condition's bounds and tests as a function of a summary."""
    aggregate = node.aggregate
    if aggregate is Aggregate.DISTINCT:
        holds = holds_of(node.bounds)
        return lambda summary: holds(distinct(summary))
    if aggregate in {Aggregate.MIN, Aggregate.MAX}:
        holds = holds_of(node.bounds)
        place = 1 if aggregate is Aggregate.MAX else 0
        return lambda summary: bool(summary) and holds(summary[place])
    checks = tuple(check_of(test) for test in node.tests)

    def answer(summary: Summary) -> Truth:
        value = value_at(aggregate, summary)
        return None if value is NOT_COMPUTABLE else all(check(value) for check in checks)

    return answer


_ORDERS: dict[str, Callable[[int, int], bool]] = {"at_least": le, "at_most": ge, "above": lt, "below": gt}
"""Operator -> how the bound compares with the amount: in this order a test is one call."""


def holds_of(bounds: tuple[Bound, ...]) -> Holds:
    """Return the bounds as one test of a count, a scaled sum or a scaled extreme."""
    tests = tuple(_bound(bound) for bound in bounds)
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _bound(bound: Bound) -> Holds:
    value = bound.value
    if bound.operator == "exactly":
        return lambda amount: amount == value
    assert bound.operator in _ORDERS, f"unknown bound {bound.operator}"
    return partial(_ORDERS[bound.operator], value)


def amount_of(node: Did, document: Document, now: Instant, today: Day) -> Any:
    """Return what the aggregate comes to for a profile, told in the plainest way: counted, not inferred."""
    key, keeps, window = measure_key(node), keeps_of(node.aggregate), node.window
    if keeps is not Keeps.TOTALS:
        return value_at(node.aggregate, summary_in(document.values.get(key, ValueState()), keeps, window, now, today))
    state = document.measures.get(key, MeasureState())
    if node.aggregate is Aggregate.FIRST_AT:
        return state.first_at
    if node.aggregate is Aggregate.LAST_AT:
        return state.last_at
    amount = _total(state, window, now, today, summed=node.aggregate is Aggregate.SUM)
    return amount / SCALE if node.aggregate is Aggregate.SUM else amount


def _total(state: MeasureState, window: Window | None, now: Instant, today: Day, *, summed: bool) -> int:
    if window is None:
        return (state.base_sum if summed else state.base_count) + sum(state.tiles[2 if summed else 1 :: TILE])
    near = window.near
    if window.in_days:
        return sum(
            state.tiles[at + (2 if summed else 1)]
            for at in range(0, len(state.tiles), TILE)
            if today - window.far <= state.tiles[at] and (near is None or state.tiles[at] <= today - near)
        )
    return sum(
        state.stamps[at + 1] if summed else 1
        for at in range(0, len(state.stamps), STAMP)
        if state.stamps[at] > now - window.far and (near is None or state.stamps[at] <= now - near)
    )


class Buckets:
    """The summaries of a state along one axis: days with their tiles, or instants with their values."""

    def __init__(self, state: ValueState, keeps: Keeps, *, in_days: bool) -> None:
        """Read tiles, or instants."""
        self.places = state.days if in_days else state.instants
        self._state, self._keeps, self._in_days = state, keeps, in_days

    def __getitem__(self, index: int) -> Summary:
        """Return one summary."""
        state = self._state
        return state.tiles[index] if self._in_days else of_one(self._keeps, state.instants[index], state.items[index])


def summary_in(state: ValueState, keeps: Keeps, window: Window | None, now: Instant, today: Day) -> Summary:
    """Return the summary of what lies in the window, told in the plainest way."""
    if window is None:
        return total(state, keeps)
    buckets = Buckets(state, keeps, in_days=window.in_days)
    at, far, near = (today, window.far + 1, window.near) if window.in_days else (now, window.far, window.near)
    inside = [
        index for index, place in enumerate(buckets.places) if place > at - far and (near is None or place <= at - near)
    ]
    return gathered(keeps, [buckets[index] for index in inside])


def trailing_values(buckets: Buckets, keeps: Keeps, far: int, at: int, answer: Answer) -> tuple[Truth, int | None]:
    """Return the answer over everything younger than ``far``, and when it changes."""
    places = buckets.places
    place = len(places)
    found: Summary = []
    answers = [answer(found)]
    while place and places[place - 1] > at - far:
        place -= 1
        join_summary(keeps, found, buckets[place])
        answers.append(answer(found))
    truth = answers[-1]
    # `answers` counts from the youngest: what is left when the bucket at `place` has gone comes just before its own.
    for index in range(place, len(places)):
        is_last_of_moment = index + 1 == len(places) or places[index + 1] != places[index]
        if is_last_of_moment and answers[len(places) - index - 1] is not truth:
            return truth, places[index] + far
    return truth, None


def stretch_values(
    buckets: Buckets, keeps: Keeps, far: int, near: int, at: int, answer: Answer
) -> tuple[Truth, int | None]:
    """Return the answer over what entered at ``near`` and is not past ``far``, and when it changes."""
    places = buckets.places

    def answer_at(moment: int) -> Truth:
        inside = [i for i, place in enumerate(places) if moment - far < place <= moment - near]
        return answer(gathered(keeps, [buckets[i] for i in inside]))

    truth = answer_at(at)
    for moment in sorted({place + step for place in places for step in (near, far) if place + step > at}):
        if answer_at(moment) is not truth:
            return truth, moment
    return truth, None


def next_edge(state: MeasureState | ValueState, window: Window | None, now: Instant, today: Day) -> int | None:
    """Return the day or instant at which something next enters the window or leaves it."""
    if window is None:
        return None
    at, far, near = (today, window.far + 1, window.near) if window.in_days else (now, window.far, window.near)
    if isinstance(state, ValueState):
        places = state.days if window.in_days else state.instants
    else:
        places = state.tiles[::TILE] if window.in_days else state.stamps[::STAMP]
    steps = (far,) if near is None else (near, far)
    return min((place + step for place in places for step in steps if place + step > at), default=None)


def value_part(node: Did) -> Callable[[ValueState, Instant, Day], tuple[Truth, int | None]]:
    """Return the condition over one state; the change is a day or an instant, as the window is."""
    keeps, window, answer = keeps_of(node.aggregate), node.window, answer_of(node)
    if window is None:
        return lambda state, _now, _today: (answer(total(state, keeps)), None)
    in_days, near = window.in_days, window.near
    far = window.far + 1 if in_days else window.far

    def part(state: ValueState, now: Instant, today: Day) -> tuple[Truth, int | None]:
        buckets = Buckets(state, keeps, in_days=in_days)
        at = today if in_days else now
        if near is None:
            return trailing_values(buckets, keeps, far, at, answer)
        return stretch_values(buckets, keeps, far, near, at, answer)

    return part
