"""Whatever bytes and headers come: never a 500, nothing half taken.

What is answered 200 is in the log whole, and becomes exactly as many items as were sent; what is refused leaves
nothing. The door's application runs in memory here; ``test_hostile.py`` does the like to the real process.
"""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fieldfare.collect.contracts import join_contracts
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.paths import REFUSALS, call_paths
from fieldfare.collect.routes import DoorSettings
from fieldfare.collect.strip import field_policy
from fieldfare.ground.errors import TransientError
from fieldfare.ground.log.memory import MemoryLog
from fieldfare.ground.log.ports import Entry
from tests.amounts import examples
from tests.web.memory_door import Answer, MemoryDoor

KEY = "k"
POLICY = field_policy(join_contracts(()), {"secret": "health"})
SETTINGS = DoorSettings({KEY: "app"}, POLICY)
PARSE = ParseSettings(zone="UTC")
DEEP = b"[" * 10_000 + b"]" * 10_000
SCALARS = [
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"9" * 100_000,
    b"1e999",
    b"-",
    b"tru",
    b'"\\ud800"',
    b'"\xff\xfe"',
    b'"\\',
    DEEP,
]
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"content-type", b"content-encoding", b"authorization", b"x-write-key", b"x-retry-count", b"user-agent"]
        )
        | st.binary(max_size=20),
        st.sampled_from(
            [b"gzip", b"identity", b"gzip, gzip", b"deflate", b"text/plain", b"Basic azo=", b"Basic \xff", b"k"]
        )
        | st.binary(max_size=40),
    ),
    max_size=8,
)
_CALL = ["type", "event", "userId", "anonymousId", "messageId", "timestamp", "sentAt", "context", "properties"]
_REST = ["traits", "groupId", "previousId", "integrations", "secret", "consent", "batch", "writeKey", "ip", "name"]
NAMES = st.sampled_from([*_CALL, *_REST])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
TYPES = st.sampled_from(["track", "identify", "page", "screen", "group", "alias", "other", 5, None, ["track"]])
EVENTS = st.fixed_dictionaries(
    {"type": TYPES}, optional={"event": JSON, "userId": JSON, "properties": JSON, "context": JSON}
)


@pytest.fixture(scope="module")
def door() -> Iterator[MemoryDoor]:
    with MemoryDoor(SETTINGS) as running:
        yield running


def check(door: MemoryDoor, answer: Answer) -> int | None:
    """Return how many items an answered request became; empty the log."""
    kept = door.kept()
    for partition in (0, 1):
        door.log.trim(partition, door.log.head(partition))
    assert answer.status < 500, answer
    if answer.status != 200:
        told = answer.json()
        assert set(told) == {"code", "message"}
        assert told["code"] in REFUSALS
        assert kept == []
        return None
    assert len(kept) == 1
    return len(parse(kept[0], 1, 1, PARSE))


def items_of(events: list[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(events) + b'],"writeKey":"k"}'


@given(st.binary(max_size=300), HEADERS, st.sampled_from(sorted(call_paths())))
@example(b"\x1f\x8b" + b"\0" * 50, [], "/v1/batch")
@settings(max_examples=examples(300))
def test_random_bytes(door: MemoryDoor, body: bytes, headers: list[tuple[bytes, bytes]], path: str) -> None:
    check(door, door.ask("POST", path, [body], headers))


@given(
    st.lists(EVENTS.map(lambda event: json.dumps(event).encode()) | st.sampled_from(SCALARS), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=0, max_size=3)), max_size=2),
    st.booleans(),
)
@settings(max_examples=examples(300))
def test_mutated_batches(door: MemoryDoor, events: list[bytes], changes: list[tuple[int, bytes]], packed: bool) -> None:
    body = items_of(events)
    whole = not changes
    for at, put in changes:
        body = body[:at] + put + body[at + 1 :]
    sent = gzip.compress(body, mtime=0) if packed else body
    count = check(door, door.ask("POST", "/v1/batch", [sent], {"x-write-key": KEY}))
    if whole and not any(event in {b'"\\', b'"\xff\xfe"'} for event in events):
        assert count == len(events)


@given(EVENTS, st.sampled_from(SCALARS), NAMES, st.booleans())
@settings(max_examples=examples(200))
def test_single_calls(door: MemoryDoor, event: dict[str, Any], value: bytes, name: str, twice: bool) -> None:
    call = json.dumps({**event, "writeKey": KEY}).encode()[:-1]
    call += b',"' + name.encode() + b'":' + value + (b',"' + name.encode() + b'":1' if twice else b"") + b"}"
    assert check(door, door.ask("POST", "/v1/track", [call], {"x-write-key": KEY})) in {1, None}


@pytest.mark.parametrize("value", SCALARS)
def test_a_hostile_value_takes_no_neighbour(door: MemoryDoor, value: bytes) -> None:
    good = b'{"type":"track","event":"E","userId":"u"}'
    bad = b'{"type":"track","event":"E","userId":"u","properties":{"a":' + value + b"}}"
    count = check(door, door.ask("POST", "/v1/batch", [items_of([good, bad, good])], {"x-write-key": KEY}))
    assert count == (None if value == b'"\\' else 3)  # a string that never ends swallows the rest, and says so


PLAIN = items_of([b'{"type":"track","event":"E","userId":"u","n":%d}' % n for n in range(3)])
BOMB = gzip.compress(b'{"batch":[' + b"[" * 50_000_000, mtime=0)


@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (200, gzip.compress(PLAIN[:40], mtime=0) + gzip.compress(PLAIN[40:], mtime=0)),
        (400, gzip.compress(gzip.compress(PLAIN, mtime=0), mtime=0)),
        (400, gzip.compress(PLAIN, mtime=0) + b"tail"),
        (413, BOMB),
        (413, gzip.compress(PLAIN, mtime=0) + BOMB),
        (413, gzip.compress(items_of([b"1"] * 1_000_000), mtime=0)),
        (413, items_of([b"{}"] * 100_000)),
        (400, PLAIN.replace(b'"writeKey"', b'"batch":[1],"writeKey"')),
        (200, PLAIN.replace(b'"writeKey"', b'"writeKey":"x","sentAt":1,"sentAt":2,"writeKey"')),
    ],
)
def test_packed_and_doubled_bodies(door: MemoryDoor, status: int, sent: bytes) -> None:
    answer = door.ask("POST", "/v1/batch", [sent], {"x-write-key": KEY})
    assert answer.status == status
    assert check(door, answer) == (3 if status == 200 else None)


def test_a_stranger_cannot_unfold_megabytes(door: MemoryDoor) -> None:
    event = b'{"type":"track","event":"E","userId":"u","n":"%s"}' % (b"x" * 10_000)
    packed = gzip.compress(items_of([event] * 100), mtime=0)
    assert door.ask("POST", "/v1/batch", [packed]).status == 413
    assert check(door, door.ask("POST", "/v1/batch", [packed], {"x-write-key": KEY})) == 100


class _TakesHalf(MemoryLog):
    """Keeps an entry, then says that it could not."""

    def append(self, partition: int, entries: Any) -> list[int]:
        super().append(partition, list[Entry](entries))
        raise TransientError("log_unavailable", "The disk went away. It is tried again.")


def test_the_check_sees_what_is_half_taken() -> None:
    with MemoryDoor(SETTINGS, log=_TakesHalf()) as faulty:
        answer = faulty.ask("POST", "/v1/batch", [PLAIN])
        assert answer.status == 503
        with pytest.raises(AssertionError):
            check(faulty, Answer(400, {}, answer.body))
