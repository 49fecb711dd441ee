"""What events mean to walks: keys of events and of walks."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.journeys.definition import Trigger
from fieldfare.decide.journeys.hear import MOST_KEY, key_of, matches
from tests.decide.decide.journeys.walks import begin, event, simple

KEYED = simple({"wait": "1 day"}, entry={"event": "start", "key": "booking_id"})
PLAIN = simple({"wait": "1 day"})


@pytest.mark.parametrize(
    ("key", "told", "expected"),
    [
        ("7", {"booking_id": 7}, True),
        ("7", {"booking_id": "8"}, False),
        ("7", {}, True),
        (None, {"booking_id": 7}, True),
    ],
)
def test_an_event_with_a_key_concerns_the_walks_of_that_key(
    key: str | None, told: dict[str, Any], expected: bool
) -> None:
    walk = msgspec.structs.replace(begin(KEYED)[0], key=key)
    assert matches(KEYED, walk, Trigger("cancelled"), event("cancelled", **told)) is expected
    assert matches(PLAIN, walk, Trigger("cancelled"), event("cancelled", **told))
    assert not matches(PLAIN, walk, Trigger("other"), event("cancelled", **told))


def test_a_key_is_a_text_that_every_database_holds() -> None:
    values = ["b-1", 7, 7.5, "b\0-1", "x" * 300, "", "\0", True, None, ["b"]]
    assert [key_of(each) for each in values] == ["b-1", "7", "7.5", "b-1", "x" * MOST_KEY, None, None, None, None, None]
