"""Windows that move through time: the total at each position is what lies inside, counted by hand."""

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Aggregate, Did, Window
from fieldfare.know.audiences.sweep import Span, Sweep
from fieldfare.know.profiles.model import MeasureState

VISITS = Did("check_in")
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
    sweep, position, seen = Sweep(spanned(far, near, summed=summed), MeasureState(tiles=flat), first), first, [first]
    while (found := sweep.next_position()) is not None:
        assert found > position, "it goes forward"
        sweep.go(position := found)
        seen.append(position)
        assert sweep.total == inside(days, position, far, near, summed=summed)
    # Where it did not stop nothing came or went.
    for day in range(first, first + 80):
        before = max(each for each in seen if each <= day)
        assert inside(days, day, far, near, summed=summed) == inside(days, before, far, near, summed=summed)


def inside(days: dict[int, tuple[int, int]], today: int, far: int, near: int | None, *, summed: bool) -> int:
    last = 10**6 if near is None else today - near
    return sum(weights[summed] for day, weights in days.items() if today - far <= day <= last)


def test_rolling_windows_count_instants() -> None:
    window = Window(Duration(2, "hour"), Duration(1, "hour"))
    hour = Duration(1, "hour").us
    span = Span.of(Did("check_in", window=window))
    sweep = Sweep(span, MeasureState(stamps=[10, 7, 20, 5]), 10 + hour)
    assert (sweep.total, sweep.next_position()) == (1, 20 + hour)
    sweep.go(20 + hour)
    assert (sweep.total, sweep.next_position()) == (2, 10 + 2 * hour)
    sweep.go(10 + 2 * hour)
    assert sweep.total == 1


def test_everything_ever_never_changes() -> None:
    sweep = Sweep(Span.of(VISITS), MeasureState(base_count=4, tiles=[9, 2, 0]), 3)
    assert (sweep.total, sweep.next_position()) == (6, None)
    sweep.go(99)
    assert sweep.total == 6
    assert Sweep(Span.of(VISITS), None, 3).total == 0
