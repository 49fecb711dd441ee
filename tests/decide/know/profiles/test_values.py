"""Summaries of values: tokens that tell kinds apart, joins in any order, lists that are full."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.know.profiles.model import Keeps, Summary, ValueState
from fieldfare.know.profiles.values import (
    MOST_TEXT,
    MOST_VALUES,
    add_instant,
    add_value,
    distinct,
    fold_values_away,
    gathered,
    join_values,
    most_frequent,
    of_one,
    token_of,
    total,
    value_of,
)


@pytest.mark.parametrize(
    ("value", "token"),
    [
        ("gold", '"gold'),
        ("", '"'),
        ("true", '"true'),
        ("1", '"1'),
        (True, "true"),
        (False, "false"),
        (1, "10000"),
        (1.0, "10000"),
        (-0.25, "-2500"),
        (12.3456, "123456"),
    ],
)
def test_a_token_tells_kinds_apart_and_gives_its_value_back(value: object, token: str) -> None:
    assert token_of(value) == token
    assert value_of(token) == value
    assert type(value_of(token)) is (float if type(value) is int else type(value))


@pytest.mark.parametrize("value", [None, [1], {"a": 1}, float("nan"), 1e300, "x" * (MOST_TEXT + 1)])
def test_what_is_no_value_has_no_token(value: object) -> None:
    assert token_of(value) is None


_items = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("abcdefgh")), max_size=12)
_Entries = list[tuple[int, str]]


def summary(keeps: Keeps, entries: _Entries) -> Summary:
    return gathered(keeps, [of_one(keeps, at, at if keeps is Keeps.EXTREMES else item) for at, item in entries])


@settings(deadline=None)
@given(_items, st.randoms(use_true_random=False), st.integers(0, 12), st.sampled_from(list(Keeps)[1:4]))
def test_joins_come_to_the_same_in_any_order_and_grouping(
    entries: _Entries, random: object, cut: int, keeps: Keeps
) -> None:
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    parts = [summary(keeps, shuffled[:cut]), summary(keeps, shuffled[cut:])]
    assert gathered(keeps, parts) == summary(keeps, entries)


@settings(deadline=None)
@given(st.lists(st.integers(0, MOST_VALUES + 30), max_size=400), st.randoms(use_true_random=False), st.integers(0, 400))
def test_a_full_list_is_the_same_in_any_order_and_its_counts_are_exact(
    numbers: list[int], random: object, cut: int
) -> None:
    entries = [(0, f"{number:03}") for number in numbers]
    shuffled = list(entries)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    parts = [summary(Keeps.VALUES, shuffled[:cut]), summary(Keeps.VALUES, shuffled[cut:])]
    found = gathered(Keeps.VALUES, parts)
    counted = Counter(item for _, item in entries)
    kept = dict(sorted(counted.items())[:MOST_VALUES])
    assert found == ([len(entries) - sum(kept.values()), kept] if entries else [])
    assert distinct(found) == min(len(counted), MOST_VALUES + 1)
    token, is_sure = most_frequent(found)
    if is_sure:
        assert token == (min(counted, key=lambda item: (-counted[item], item)) if counted else None)


def test_the_most_frequent_of_a_full_list_is_told_only_when_it_is_sure() -> None:
    many = [(0, f"{number:03}") for number in range(MOST_VALUES + 3)]
    assert most_frequent(summary(Keeps.VALUES, many)) == ("000", False)
    assert most_frequent(summary(Keeps.VALUES, [*many, *many[:1] * 3])) == ("000", True)
    assert most_frequent([]) == (None, True)


def test_ends_at_one_instant_are_told_apart_by_value() -> None:
    assert summary(Keeps.ENDS, [(3, "b"), (3, "a"), (5, "a"), (5, "b")]) == [3, "a", 5, "b"]


@settings(deadline=None)
@given(_items, _items, st.sampled_from([Keeps.ENDS, Keeps.VALUES]), st.integers(0, 10))
def test_merging_and_folding_away_change_no_total(one: _Entries, other: _Entries, keeps: Keeps, first_day: int) -> None:
    states = [ValueState(), ValueState()]
    for state, entries in zip(states, (one, other), strict=True):
        for at, item in entries:
            add_value(state, keeps, at, at, item)
            add_instant(state, at, item)
    fold_values_away(states[0], keeps, first_day, first_day)
    join_values(states[0], keeps, states[1])
    assert total(states[0], keeps) == summary(keeps, [*one, *other])
    assert states[0].days == sorted({at for at, _ in one if at >= first_day} | {at for at, _ in other})
    kept = sorted([*((at, item) for at, item in one if at >= first_day), *other])
    assert list(zip(states[0].instants, states[0].items, strict=True)) == kept
    fold_values_away(states[0], keeps, None, 99)
    assert (states[0].days, states[0].instants, states[0].items) == ([], [], [])
