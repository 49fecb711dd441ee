"""Windows that move through time: the total at each position is what lies inside, counted by hand."""

from itertools import groupby
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Aggregate, Did, Window
from fieldfare.know.audiences.sweep import NEVER, Span, course, empty_from
from fieldfare.know.profiles.model import MeasureState

VISITS = Did("check_in")
KEY = Span.of(VISITS).key
_days = st.dictionaries(st.integers(0, 40), st.tuples(st.integers(1, 3), st.integers(-2, 5)), max_size=12)


def spanned(oldest: int, newest: int | None, *, summed: bool = False) -> Span:
    near = None if newest is None else Duration(newest, "day")
    aggregate, of = (Aggregate.SUM, "total") if summed else (Aggregate.COUNT, None)
    return Span.of(Did("check_in", aggregate=aggregate, of=of, window=Window(Duration(oldest, "day"), near)))


@given(_days, st.integers(0, 20), st.none() | st.integers(0, 10), st.booleans(), st.integers(0, 60))
def test_every_position_holds_what_lies_inside(
    days: dict[int, tuple[int, int]], more: int, near: int | None, summed: bool, first: int
) -> None:
    far = more + (near or 0)
    flat = [number for day in sorted(days) for number in (day, *days[day])]
    state, seen = MeasureState(tiles=flat), [first]
    span = spanned(far, near, summed=summed)
    (total,), changes = course([span], {span.key: state}, first)
    assert total == inside(days, first, far, near, summed=summed)
    for position, together in groupby(changes, itemgetter(0)):
        assert position > seen[-1], "it goes forward"
        seen.append(position)
        total += sum(added for _, place, added in together if place == 0)
        assert total == inside(days, position, far, near, summed=summed)
    # Where it did not stop nothing came or went.
    for day in range(first, first + 80):
        before = max(each for each in seen if each <= day)
        assert inside(days, day, far, near, summed=summed) == inside(days, before, far, near, summed=summed)
    empty = empty_from(span, {span.key: state})
    assert all(inside(days, day, far, near, summed=summed) == 0 for day in range(max(empty, 0), 100))
    assert course([span], {span.key: state}, first, empty)[1] == [each for each in changes if each[0] <= empty]


def inside(days: dict[int, tuple[int, int]], today: int, far: int, near: int | None, *, summed: bool) -> int:
    last = 10**6 if near is None else today - near
    return sum(weights[summed] for day, weights in days.items() if today - far <= day <= last)


def test_rolling_windows_count_instants() -> None:
    hour = Duration(1, "hour").us
    spans = [
        Span.of(Did("check_in", aggregate=kind, of=of, window=Window(Duration(2, "hour"), Duration(1, "hour"))))
        for kind, of in [(Aggregate.COUNT, None), (Aggregate.SUM, "total")]
    ]
    keys = {span.key for span in spans}
    found = course(spans, dict.fromkeys(keys, MeasureState(stamps=[10, 7, 20, 5])), 10 + hour)
    entering, leaving = [(20 + hour, 0, 1), (20 + hour, 1, 5)], [(10 + 2 * hour, 0, -1), (10 + 2 * hour, 1, -7)]
    assert found == ([1, 7], [*entering, *leaving, (20 + 2 * hour, 0, -1), (20 + 2 * hour, 1, -5)])
    assert course(spans, {}, 0) == ([0, 0], [])


def test_everything_ever_never_changes() -> None:
    spans = [Span.of(VISITS), spanned(2, None)]
    assert course(spans, {KEY: MeasureState(base_count=4, tiles=[9, 2, 0])}, 9) == ([6, 2], [(12, 1, -2)])
    assert course(spans, {}, 3) == ([0, 0], [])


def test_a_window_is_empty_when_the_youngest_has_left_it() -> None:
    state = MeasureState(tiles=[3, 1, 0, 9, 2, 0])
    assert empty_from(spanned(5, None), {KEY: state}) == 15  # the ninth is in as long as it is five days ago
    assert empty_from(spanned(5, 2), {KEY: state}) == 15
    assert empty_from(Span.of(VISITS), {KEY: state}) == NEVER
    assert empty_from(spanned(5, None), {KEY: MeasureState(base_count=4)}) == empty_from(spanned(5, None), {}) < 0
