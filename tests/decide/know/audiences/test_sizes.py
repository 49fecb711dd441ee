"""What changes do to the number of members, and what a count says is wrong with it."""

from typing import Any

import pytest

from fieldfare.know.audiences.sizes import Change, corrections, steps_of


def row(audience: str, *, joined: bool) -> dict[str, Any]:
    return {"audience": audience, "joined": joined}


def test_joined_adds_and_left_takes_away() -> None:
    rows = [row("lapsed", joined=True), row("lapsed", joined=True), row("vips", joined=False)]
    assert steps_of(rows) == {"lapsed": 2, "vips": -1}


def test_what_is_said_again_adds_nobody() -> None:
    assert steps_of([row("lapsed", joined=False), row("lapsed", joined=True)], {"lapsed": 1}) == {"lapsed": -1}


@pytest.mark.parametrize(
    ("kept", "counted", "since", "steps"),
    [
        ({"lapsed": 3}, {"lapsed": 3}, [], {}),
        ({"lapsed": 0}, {}, [], {}),
        ({"lapsed": 4}, {"lapsed": 3}, [Change("lapsed", True, "event")], {}),
        ({"lapsed": 4}, {"lapsed": 3}, [], {"lapsed": -1}),
        ({}, {"lapsed": 3}, [Change("lapsed", False, "time")], {"lapsed": 2}),
        ({"lapsed": 2}, {}, [], {"lapsed": -2}),
        ({"lapsed": 9, "vips": 9}, {"lapsed": 1, "vips": 1}, [Change("lapsed", True, "merge")], {"vips": -8}),
        ({"lapsed": 1}, {"lapsed": 2}, [Change("lapsed", False, "merge")], {}),
    ],
)
def test_a_count_sets_right_what_it_can_tell(
    kept: dict[str, int], counted: dict[str, int], since: list[Change], steps: dict[str, int]
) -> None:
    assert corrections(kept, counted, since) == steps
