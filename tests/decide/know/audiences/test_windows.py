"""Windows over flat lists, against a reading that looks at every moment."""

from hypothesis import example, given
from hypothesis import strategies as st

from fieldfare.know.audiences.windows import Holds, bridged, reaches, stretch, trailing

entries = st.lists(st.tuples(st.integers(0, 12), st.integers(-2, 3)), max_size=6).map(sorted)


def naive(flat: list[tuple[int, int]], far: int, near: int | None, at: int, holds: Holds) -> tuple[bool, int | None]:
    def truth(moment: int) -> bool:
        inside = [w for p, w in flat if p + far > moment and (near is None or p + near <= moment)]
        return holds(sum(inside))

    now = truth(at)
    return now, next((moment for moment in range(at + 1, 60) if truth(moment) is not now), None)


@given(entries, st.integers(1, 10), st.integers(0, 25), st.integers(-2, 5))
def test_trailing_totals(pairs: list[tuple[int, int]], far: int, at: int, bound: int) -> None:
    flat = [number for pair in pairs for number in pair]
    assert trailing(flat, 2, 1, far, at, lambda total: total > bound) == naive(
        pairs, far, None, at, lambda t: t > bound
    )


@given(entries, st.integers(1, 10), st.integers(0, 9), st.integers(0, 25), st.integers(-2, 5))
def test_stretches(pairs: list[tuple[int, int]], far: int, near: int, at: int, bound: int) -> None:
    far = max(far, near + 1)
    flat = [number for pair in pairs for number in pair]
    assert stretch(flat, 2, 1, far, near, at, lambda total: total == bound) == naive(
        pairs, far, near, at, lambda total: total == bound
    )


@given(entries, st.integers(1, 10), st.integers(0, 9), st.integers(0, 25))
@example([(3, 1), (8, 1)], 6, 1, 4).via("one enters when the other leaves")
def test_whether_there_is_anything_in_a_stretch(pairs: list[tuple[int, int]], far: int, near: int, at: int) -> None:
    far = max(far, near + 1)
    each_once, flat = [(position, 1) for position, _ in pairs], [number for pair in pairs for number in pair]
    assert bridged(flat, 2, far, near, at) == naive(each_once, far, near, at, lambda total: total >= 1)


@given(entries, st.integers(1, 10), st.integers(0, 25), st.integers(1, 4))
def test_counts_that_stop_early_agree_with_those_that_do_not(
    pairs: list[tuple[int, int]], far: int, at: int, least: int
) -> None:
    flat = [number for pair in pairs for number in pair]
    assert reaches(flat, 2, 0, far, at, least) == trailing(flat, 2, 0, far, at, lambda total: total >= least)


def test_a_window_that_keeps_its_far_end_is_caught() -> None:
    pairs, flat = [(3, 1)], [3, 1]
    assert trailing(flat, 2, 1, 5, 8, bool) == naive(pairs, 5, None, 8, bool)
    assert trailing(flat, 2, 1, 6, 8, bool) != naive(pairs, 5, None, 8, bool)
