"""Comparing a file's event with the one kept: equal, absent, or different, and by which fields."""

from typing import Any

import pytest

from fieldfare.collect.model import Event, Mode, Place
from fieldfare.collect.reconcile import Comparison, Kept, compare
from fieldfare.ground.instants import SECOND


def event(**payload: Any) -> Event:
    return Event(
        place=Place(1, 1, 0),
        mode=Mode.BACKFILL,
        source="till",
        message_id="m",
        type="track",
        name="E",
        user_id="u",
        anonymous_id=None,
        payload=payload,
        context={},
        original_at=0,
        sent_at=None,
        received_at=0,
        occurred_at=0,
        local_day=0,
    )


@pytest.mark.parametrize(
    ("given", "kept", "found"),
    [
        ({"a": 1}, None, Comparison(absent=1)),
        ({"a": 1}, Kept(0, {"a": 1.0}), Comparison(equal=1)),
        ({"a": 1}, Kept(SECOND - 1, {"a": 1}), Comparison(equal=1)),
        ({"a": 1}, Kept(SECOND, {"a": 1}), Comparison(different=1, differing={"occurred_at": 1})),
        ({"a": 1}, Kept(0, {"a": "1"}), Comparison(different=1, differing={"a": 1})),
        (
            {"a": 1, "b": 2},
            Kept(0, {"a": 1, "c": 2}),
            Comparison(different=1, only_in_file={"b": 1}, only_kept={"c": 1}),
        ),
        ({"a": 1, "email": "x"}, Kept(0, {"a": 1}), Comparison(equal=1)),
    ],
)
def test_comparisons(given: dict[str, Any], kept: Kept | None, found: Comparison) -> None:
    counted = Comparison()
    compare(event(**given), kept, frozenset({"email"}), counted)
    assert counted == found


def test_counts_add_up() -> None:
    counted = Comparison()
    for value in (1, 2, 2):
        compare(event(a=value), Kept(0, {"a": 1}), frozenset(), counted)
    assert counted == Comparison(equal=1, different=2, differing={"a": 2})
