"""Calls and what follows from them, in time order."""

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.rehearsal.streams import Counting, before, turned

Timed = tuple[int, dict[str, Any]]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 30)), max_size=40))
def test_whatever_is_caused_comes_out_in_time_order_and_nothing_is_lost(found: list[tuple[int, int]]) -> None:
    calls = [(at, {"n": number, "later": later}) for number, (at, later) in enumerate(sorted(found))]

    def twice(at: int, call: dict[str, Any]) -> Iterator[Timed]:
        yield at, call
        yield at + call["later"], {"again": call["n"]}

    out = list(turned(calls, twice))
    assert [at for at, _ in out] == sorted(at for at, _ in out)
    assert [call["n"] for _, call in out if "n" in call] == [call["n"] for _, call in calls]
    assert sorted(call["again"] for _, call in out if "again" in call) == sorted(call["n"] for _, call in calls)


def test_what_is_not_given_back_is_dropped() -> None:
    assert list(turned([(1, {"a": 1})], lambda _at, _call: ())) == []


def test_the_end_itself_is_too_late_and_what_passes_is_counted() -> None:
    counting = Counting(before([(1, {}), (2, {}), (3, {})], 3))
    assert [at for at, _ in counting] == [1, 2]
    assert counting.count == 2
