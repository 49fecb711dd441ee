"""What goes on with a wake-up: how many journeys started one another, told to whoever joins by it."""

import pytest

from fieldfare.decide.journeys.chain import RHYTHM, carried, due
from fieldfare.ground.instants import HOUR
from tests.decide.decide.journeys.walks import NOON

SOON, LATE = NOON + HOUR, NOON + 2 * RHYTHM


@pytest.mark.parametrize(
    ("kept", "before", "after", "hops", "turned", "found"),
    [
        ({}, None, SOON, 3, False, {"a": 3}),
        ({}, None, LATE, 3, True, {"a": 3}),
        ({}, None, LATE, 3, False, {}),
        ({}, NOON + RHYTHM, SOON, 3, False, {"a": 3}),
        ({}, SOON, SOON, 3, False, {"a": 3}),
        ({}, LATE, LATE, 3, True, {"a": 3}),
        ({}, LATE, LATE, 3, False, {}),
        ({"a": 2}, SOON, SOON, 3, True, {"a": 3}),
        ({"a": 5}, SOON, SOON, 3, True, {"a": 5}),
        ({"a": 5}, SOON, LATE, 0, True, {}),
        ({"a": 5}, SOON, None, 3, True, {}),
        ({"a": 5}, SOON, SOON, 0, False, {"a": 5}),
    ],
)
def test_what_moved_a_wake_up_goes_with_it(
    kept: dict[str, int], before: int | None, after: int | None, hops: int, turned: bool, found: dict[str, int]
) -> None:
    was, now = ({} if at is None else {"a": at} for at in (before, after))
    assert carried(kept, was, now, {"a": hops}, NOON, lambda _: turned) == found


def test_what_happened_counts_for_what_it_can_have_turned_alone() -> None:
    assert carried({}, {}, {"a": SOON, "b": SOON}, {"b": 2}, NOON, lambda _: True) == {"b": 2}


def test_what_is_due_tells_its_own_count() -> None:
    kept = {"a": 2, "b": 4, "c": 7, "d": 9}
    assert due(kept, {"a": NOON, "b": NOON - 1, "c": SOON}, NOON) == {"a": 2, "b": 4}
    assert due(kept, {"a": SOON}, NOON) == due({}, {}, NOON) == {}
