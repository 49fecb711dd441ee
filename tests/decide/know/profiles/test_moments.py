"""Lists of when events happened: the same in any order and grouping, full or not, and what a full one knows."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY
from fieldfare.know.profiles.model import ValueState
from fieldfare.know.profiles.moments import MOST_MOMENTS, add_moment, fold_moments_away, join_moments, unknown_through
from tests.amounts import examples

Entries = Sequence[tuple[int, int]]


def listed(entries: Entries) -> ValueState:
    state = ValueState()
    for at, day in entries:
        add_moment(state, at, day)
    return state


def plain(state: ValueState) -> tuple[list[int], list[int], list[int]]:
    return list(state.base), list(state.instants), list(state.items)


def naive(entries: Entries) -> tuple[list[int], list[int], list[int]]:
    """Read what must be listed off all entries at once: the limit's next youngest instant, and what is younger."""
    ordered = sorted(entries)
    unknown = [ordered[-MOST_MOMENTS - 1][0]] if len(ordered) > MOST_MOMENTS else []
    kept = [entry for entry in ordered if not unknown or entry[0] > unknown[0]]
    return unknown, [at for at, _ in kept], [day for _, day in kept]


_few = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), max_size=20)
_many = st.integers(MOST_MOMENTS - 3, MOST_MOMENTS + 40).flatmap(
    lambda count: st.lists(st.tuples(st.integers(0, 150), st.integers(0, 2)), min_size=count, max_size=count)
)


@settings(max_examples=examples(60), deadline=None)
@given(st.one_of(_few, _many), st.randoms(use_true_random=False), st.floats(0, 1))
def test_order_grouping_and_merges_change_nothing(entries: Entries, random: object, share: float) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    cut = round(share * len(shuffled))
    joined = listed(shuffled[:cut])
    join_moments(joined, listed(shuffled[cut:]))
    assert plain(listed(shuffled)) == plain(joined) == naive(entries)


def careless(state: ValueState, at: int, day: int) -> None:
    """Planted: of equal instants some are kept when the list overflows."""
    entries = sorted([*zip(state.instants, state.items, strict=True), (at, day)])
    if len(entries) > MOST_MOMENTS:
        state.base[:] = [entries.pop(0)[0]]
    state.instants[:], state.items[:] = [at for at, _ in entries], [day for _, day in entries]


def test_a_list_that_keeps_half_of_an_instant_is_caught() -> None:
    state = ValueState()
    entries = [(5, 0)] * (MOST_MOMENTS - 1) + [(7, 0), (7, 0)]
    for at, day in entries:
        careless(state, at, day)
    assert plain(state) != naive(entries)
    assert plain(listed(entries)) == naive(entries)


def test_a_full_list_knows_nothing_up_to_some_instant() -> None:
    assert unknown_through(listed([(1, 0)])) is None
    full = listed([(at, 0) for at in range(MOST_MOMENTS + 5)])
    assert unknown_through(full) == 4
    assert full.instants[0] == 5
    add_moment(full, 4, 0)
    assert len(full.instants) == MOST_MOMENTS


@pytest.mark.parametrize(("first_at", "unknown", "left"), [(3, 4, 256), (5, None, 256), (7, None, 254)])
def test_what_nobody_asks_for_is_dropped(first_at: int, unknown: int | None, left: int) -> None:
    full = listed([(at, at // DAY) for at in range(MOST_MOMENTS + 5)])
    fold_moments_away(full, first_at)
    assert (unknown_through(full), len(full.instants), len(full.items)) == (unknown, left, left)
