"""What a sender leaves out is counted, whatever form it sends in."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect import shape
from fieldfare.collect.shape import shape_of

WHOLE = {"type": "track", "event": "x", "userId": "u", "messageId": "m", "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("changes", "lacks"),
    [
        ({}, []),
        ({"timestamp": "2026-01-01T00:00:00+0100"}, []),
        ({"timestamp": 1_770_000_000}, []),
        ({"timestamp": None, "originalTimestamp": "2026-01-01T00:00:00.5-03:00"}, []),
        ({"timestamp": "2026-01-01T00:00:00"}, [shape.NO_ZONE]),
        ({"timestamp": "2026-01-01"}, [shape.NO_ZONE]),
        ({"timestamp": None}, [shape.NO_TIME]),
        ({"userId": None, "anonymousId": "a"}, []),
        ({"userId": ""}, [shape.NO_PERSON]),
        ({"messageId": None, "event_id": "e"}, []),
        ({"messageId": None, "idempotency_key": 7}, []),
        ({"messageId": None}, [shape.NO_MESSAGE_ID]),
        ({"userId": None, "messageId": "", "timestamp": None}, [shape.NO_TIME, shape.NO_PERSON, shape.NO_MESSAGE_ID]),
        ({"userId": ["u"]}, [shape.UNREADABLE]),
    ],
)
def test_what_an_item_lacks(changes: dict[str, object], lacks: list[str]) -> None:
    call = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    for kind, body in (("track", call), ("batch", {"batch": [call]})):
        assert shape_of(kind, msgspec.json.encode(body)) == dict.fromkeys([shape.EVENTS, *lacks], 1)


@given(st.binary(max_size=60))
def test_nothing_that_is_sent_makes_it_fail(body: bytes) -> None:
    counts = shape_of("batch", b'{"batch":[' + body + b"]}")
    assert all(0 <= counts[name] <= counts[shape.EVENTS] for name in shape.COUNTED)
