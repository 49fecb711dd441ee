"""Parsing: every item becomes exactly one event or one dead letter, with the right times, ids, names and places."""

import json
import math
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Mode
from fieldfare.collect.parse import BAD_ROW, MAX_EVENT_BYTES, MAX_NESTING, UNMAPPED, ParseSettings, parse
from fieldfare.ground.instants import DAY, HOUR, SECOND, Instant, date_of, day_of, parse_iso

RECEIVED = parse_iso("2026-03-10T12:00:00Z")
SETTINGS = ParseSettings("Europe/Berlin", {"ny": "America/New_York"}, {"Checked In": "check_in"})
Parse = Callable[[Envelope, int, int, ParseSettings], list[Event | DeadLetter]]


def envelope(body: bytes | dict[str, Any], kind: str = "batch", **more: Any) -> Envelope:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Envelope(Mode.LIVE, "app", kind, RECEIVED, raw, **more)


def items(*calls: dict[str, Any], settings: ParseSettings = SETTINGS, **head: Any) -> list[Event | DeadLetter]:
    return parse(envelope({"batch": list(calls), **head}), 1, 7, settings)


def event(call: dict[str, Any], settings: ParseSettings = SETTINGS, **head: Any) -> Event:
    (item,) = items({"type": "track", "event": "E", "userId": "u", **call}, settings=settings, **head)
    assert isinstance(item, Event), item
    return item


def dead(call: dict[str, Any]) -> DeadLetter:
    (item,) = items({"type": "track", "event": "E", "userId": "u", **call})
    assert isinstance(item, DeadLetter), item
    return item


def test_a_whole_event() -> None:
    call = {
        "event": " Checked In ",
        "messageId": " m1 ",
        "timestamp": "2026-03-10T11:00:00+01:00",
        "properties": {"location_id": "ny", "n": 1},
        "context": {"locale": "de"},
    }
    found = event(call, context={"locale": "en", "app": {"name": "a"}}, sentAt="2026-03-10T12:00:00Z")
    assert (found.place.partition, found.place.offset, found.place.index) == (1, 7, 0)
    assert (found.mode, found.source, found.message_id, found.type, found.name) == (
        Mode.LIVE,
        "app",
        "m1",
        "track",
        "check_in",
    )
    assert found.payload == {"location_id": "ny", "n": 1}
    assert found.context == {"locale": "de", "app": {"name": "a"}}
    assert found.original_at == found.occurred_at == parse_iso("2026-03-10T10:00:00Z")
    assert (found.location, date_of(found.local_day).isoformat()) == ("ny", "2026-03-10")


@pytest.mark.parametrize(
    ("call", "head", "original", "occurred", "trusted"),
    [
        ({}, {}, "12:00", "12:00", "12:00"),
        ({"timestamp": "11:00"}, {}, "11:00", "11:00", "11:00"),
        ({"originalTimestamp": "11:00"}, {}, "11:00", "11:00", "11:00"),
        # The sender's clock is one hour ahead.
        ({"timestamp": "12:30"}, {"sentAt": "13:00"}, "12:30", "11:30", "12:30"),
        ({"originalTimestamp": "12:30"}, {"sentAt": "13:00"}, "12:30", "11:30", "11:30"),
        ({"originalTimestamp": "12:30", "sentAt": "12:40"}, {"sentAt": "13:00"}, "12:30", "11:50", "11:50"),
        ({"originalTimestamp": "12:30", "timestamp": "11:31"}, {"sentAt": "13:00"}, "12:30", "11:31", "11:31"),
        ({"originalTimestamp": "12:30"}, {"sentAt": "13:00", "timestamp": "09:00"}, "12:30", "11:30", "11:30"),
    ],
)
def test_four_times(call: dict[str, str], head: dict[str, str], original: str, occurred: str, trusted: str) -> None:
    def at(text: str) -> Instant:
        return parse_iso(f"2026-03-10T{text}:00Z")

    def written(times: dict[str, str]) -> dict[str, str]:
        return {key: f"2026-03-10T{text}:00Z" for key, text in times.items()}

    corrected = event(written(call), SETTINGS, **written(head))
    assert (corrected.original_at, corrected.occurred_at) == (at(original), at(occurred))
    as_sent = event(written(call), msgspec.structs.replace(SETTINGS, trust_timestamp=True), **written(head))
    assert as_sent.occurred_at == at(trusted)
    assert corrected.received_at == RECEIVED


@pytest.mark.parametrize(
    ("given_", "instant"),
    [
        ("2026-03-10T10:00:00", "2026-03-10T10:00:00Z"),
        ("2026-03-10 10:00:00.123456789+00:00", "2026-03-10T10:00:00.123456Z"),
        ("2026-03-10", "2026-03-10T00:00:00Z"),
        (1_773_136_800, "2026-03-10T10:00:00Z"),
        (1_773_136_800_000, "2026-03-10T10:00:00Z"),
        (1_773_136_800.5, "2026-03-10T10:00:00.5Z"),
    ],
)
def test_times_as_they_are_written(given_: object, instant: str) -> None:
    assert event({"timestamp": given_}).occurred_at == parse_iso(instant)


@pytest.mark.parametrize(
    ("zone_of", "day"), [({"properties": {"location_id": "ny"}}, "2026-03-09"), ({}, "2026-03-10")]
)
def test_the_local_day_is_the_locations(zone_of: dict[str, Any], day: str) -> None:
    found = event({"timestamp": "2026-03-10T02:00:00Z", **zone_of})
    assert date_of(found.local_day).isoformat() == day


@pytest.mark.parametrize(
    ("call", "location"),
    [
        ({"properties": {"location_id": " a ", "location": "b"}}, "a"),
        ({"properties": {"location": "b"}, "context": {"location": "c"}}, "b"),
        ({"context": {"location": "c"}}, "c"),
        ({"properties": {"location_id": 12}}, "12"),
        ({"properties": {"location_id": "\0a\0"}}, "a"),
        ({"properties": {"location_id": "\0"}}, None),
        ({"context": {"location": {"city": "Oslo"}}}, None),
        ({"properties": {"location_id": ""}}, None),
    ],
)
def test_the_location(call: dict[str, Any], location: str | None) -> None:
    assert event(call).location == location


@pytest.mark.parametrize(
    ("call", "message_id"),
    [
        ({"messageId": "a", "event_id": "b"}, "a"),
        ({"messageId": "  ", "message_id": "b"}, "b"),
        ({"event_id": 17}, "17"),
        ({"idempotency_key": "k"}, "k"),
        ({"messageId": "x" * 100}, "x" * 100),
    ],
)
def test_the_message_id(call: dict[str, Any], message_id: str) -> None:
    assert event(call).message_id == message_id


def test_without_a_message_id_the_place_gives_one() -> None:
    call = {"type": "track", "event": "E", "userId": "u"}
    first, second = items(call, call)
    again, _ = items(call, call)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert isinstance(again, Event)
    assert first.message_id == again.message_id != second.message_id


@pytest.mark.parametrize(
    ("given_", "user_id"), [(5, "5"), (5.0, "5"), (2**70, None), (" x ", "x"), (1.5, "1.5"), (None, None), (" ", None)]
)
def test_ids_that_are_no_strings(given_: object, user_id: str | None) -> None:
    (item,) = items({"type": "track", "event": "E", "userId": given_})
    if user_id is None and isinstance(given_, int):
        assert item.place.index == 0
    else:
        assert isinstance(item, Event)
        assert item.user_id == user_id


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"type": "alias"}, DeadReason.NO_IDENTIFIER),
        ({"type": "group"}, DeadReason.NO_IDENTIFIER),
        ({"type": None}, DeadReason.UNKNOWN_TYPE),
        ({"type": "purchase"}, DeadReason.UNKNOWN_TYPE),
        ({"event": None}, DeadReason.NAME_MISSING),
        ({"event": "  "}, DeadReason.NAME_MISSING),
        ({"event": 5}, DeadReason.MALFORMED),
        ({"event": "x" * 201}, DeadReason.TOO_LARGE),
        ({"event": "a\0b"}, DeadReason.MALFORMED),
        ({"userId": True}, DeadReason.MALFORMED),
        ({"userId": {"id": 1}}, DeadReason.MALFORMED),
        ({"userId": "u\0"}, DeadReason.MALFORMED),
        ({"userId": "x" * 501}, DeadReason.TOO_LARGE),
        ({"messageId": "x" * 101}, DeadReason.TOO_LARGE),
        ({"properties": []}, DeadReason.MALFORMED),
        ({"properties": {"a": 2**63}}, DeadReason.MALFORMED),
        ({"properties": {"a": -(2**63) - 1}}, DeadReason.MALFORMED),
        ({"properties": {"a": [[2**64]]}}, DeadReason.MALFORMED),
        ({"properties": {"a": math.nan}}, DeadReason.MALFORMED),
        ({"properties": {"a": math.inf}}, DeadReason.MALFORMED),
        ({"properties": {"a": "\ud800"}}, DeadReason.MALFORMED),
        ({"context": "x"}, DeadReason.MALFORMED),
        ({"timestamp": "yesterday"}, DeadReason.MALFORMED),
        ({"timestamp": 1e300}, DeadReason.MALFORMED),
        ({"sentAt": "never"}, DeadReason.MALFORMED),
        ({"timestamp": "1999-12-31T23:59:59Z"}, DeadReason.CLOCK_ABSURD),
        ({"timestamp": "2026-03-11T12:00:01Z"}, DeadReason.CLOCK_ABSURD),
        ({"properties": {"a": "x" * MAX_EVENT_BYTES}}, DeadReason.TOO_LARGE),
        ({"type": BAD_ROW, "row": 4, "problem": "anna@example.com"}, DeadReason.UNKNOWN_TYPE),
        ({"type": UNMAPPED, "problem": "anna@example.com"}, DeadReason.UNKNOWN_TYPE),
    ],
)
def test_what_is_no_event_is_a_dead_letter(call: dict[str, Any], reason: DeadReason) -> None:
    found = dead(call)
    assert found.reason is reason
    assert found.source == "app"
    assert found.received_at == RECEIVED
    assert found.raw.startswith(b"{")
    assert found.detail.endswith(".")


def test_only_files_and_webhooks_choose_the_words_of_a_detail() -> None:
    row = {"type": BAD_ROW, "row": 4, "problem": "`a` is not a number", "messageId": "file_1"}
    (letter,) = parse(envelope({"batch": [row]}, from_file=True), 1, 7, SETTINGS)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.BAD_ROW
    assert letter.detail.startswith("Row 4: `a` is not a number.")
    payload = {"type": UNMAPPED, "problem": "no rule fits", "messageId": "m"}
    (letter,) = parse(envelope({"batch": [payload]}, from_webhook=True), 1, 7, SETTINGS)
    assert isinstance(letter, DeadLetter)
    assert letter.reason is DeadReason.UNMAPPED
    assert "no rule fits" in letter.detail
    for from_webhook in (False, True):
        (letter,) = parse(envelope({"batch": [row]}, from_webhook=from_webhook), 1, 7, SETTINGS)
        assert isinstance(letter, DeadLetter)
        assert "a number" not in letter.detail


def test_the_largest_numbers_and_depths_are_events() -> None:
    nested: Any = 1
    for _ in range(MAX_NESTING):
        nested = [nested]
    assert event({"properties": {"a": 2**63 - 1, "b": -(2**63), "c": 1e300, "d": nested}}).payload["a"] == 2**63 - 1
    assert dead({"properties": {"d": [nested]}}).reason is DeadReason.MALFORMED
    assert event({"timestamp": "2026-03-11T12:00:00Z"}).occurred_at == RECEIVED + DAY


def test_a_detail_quotes_no_value() -> None:
    secret = "anna@example.com"
    for call in ({"userId": {"x": secret}}, {"timestamp": secret}, {"context": secret}, {"type": secret}):
        assert secret not in dead(call).detail


@pytest.mark.parametrize("kind", ["track", "identify", "page", "screen", "group", "alias"])
def test_a_single_call_is_one_item(kind: str) -> None:
    body = {"userId": "u", "event": "E", "groupId": "g", "previousId": "p", "traits": {"t": 1}, "properties": {"p": 1}}
    (item,) = parse(envelope(body, kind), 0, 1, SETTINGS)
    assert isinstance(item, Event)
    assert item.type == kind
    assert item.name == ("E" if kind == "track" else kind)
    assert item.payload == ({"p": 1} if kind in {"track", "page", "screen"} else {"t": 1})


def test_a_pages_name_is_a_property() -> None:
    assert event({"type": "page", "name": "Home", "category": "shop"}).payload == {"name": "Home", "category": "shop"}


def test_what_a_direct_sender_cannot_know_comes_from_the_request() -> None:
    call = {"type": "track", "event": "E", "userId": "u", "context": {"direct": True}}
    (item,) = parse(envelope({"batch": [call]}, ip="192.0.2.1", user_agent="ua"), 1, 1, SETTINGS)
    assert isinstance(item, Event)
    assert item.context == {"direct": True, "ip": "192.0.2.1", "userAgent": "ua"}
    call["context"] = {}
    (item,) = parse(envelope({"batch": [call]}, ip="192.0.2.1"), 1, 1, SETTINGS)
    assert isinstance(item, Event)
    assert item.context == {}


def test_integrations_are_kept_when_they_say_something() -> None:
    assert event({"integrations": {}}).context == {}
    assert event({"integrations": {"b": False}}, integrations={"All": True}).context == {
        "integrations": {"All": True, "b": False}
    }


def test_an_unreadable_batch_time_spoils_only_who_needs_it() -> None:
    call = {"type": "track", "event": "E", "userId": "u"}
    first, second = items({**call, "sentAt": "2026-03-10T12:00:00Z"}, call, sentAt="never")
    assert isinstance(first, Event)
    assert isinstance(second, DeadLetter)


def test_a_shared_context_of_a_wrong_kind_spoils_every_item() -> None:
    call = {"type": "track", "event": "E", "userId": "u"}
    assert [type(item) for item in items(call, call, context=[1])] == [DeadLetter, DeadLetter]


def test_a_body_that_is_none_is_one_dead_letter() -> None:
    assert [type(item) for item in parse(envelope(b"{"), 1, 1, SETTINGS)] == [DeadLetter]


ODD = ["track", "identify", "alias", "2026-01-01T00:00:00Z", "u", "1", 2**63, -(2**70), 1e308]


def json_values(*, finite: bool) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(ODD)
    floats = st.floats(allow_nan=not finite, allow_infinity=not finite)
    return st.recursive(
        leaves | floats,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=8,
    )


JSON = json_values(finite=False)
KEYS = [
    "type",
    "event",
    "name",
    "userId",
    "anonymousId",
    "previousId",
    "groupId",
    "messageId",
    "event_id",
    "timestamp",
    "originalTimestamp",
    "sentAt",
    "properties",
    "traits",
    "context",
    "integrations",
    "row",
]
CALLS = st.dictionaries(st.sampled_from(KEYS), JSON, max_size=8).map(
    lambda call: {"type": "track", "event": "E", **call}
)
HEADS = st.dictionaries(
    st.sampled_from(["context", "integrations", "sentAt", "writeKey"]), json_values(finite=True), max_size=3
)


def loses_nothing(parse_: Parse, body: bytes, count: int) -> bool:
    """Return whether parsing gives exactly one item per place, in order, each storable."""
    found = parse_(envelope(body), 1, 1, SETTINGS)
    for item in found:
        if isinstance(item, Event):
            msgspec.msgpack.encode(item)
            assert abs(item.local_day - item.occurred_at // DAY) <= 1
            assert item.occurred_at <= RECEIVED + DAY
    return [item.place.index for item in found] == list(range(count))


@given(st.lists(CALLS | JSON, min_size=1, max_size=4), HEADS)
def test_nothing_raises_and_nothing_is_lost(calls: list[Any], head: dict[str, Any]) -> None:
    assert loses_nothing(parse, json.dumps({**head, "batch": calls}).encode(), len(calls))


@given(st.lists(CALLS, min_size=1, max_size=3), st.binary(min_size=1, max_size=20), st.data())
def test_broken_bytes_raise_nothing(calls: list[Any], noise: bytes, data: st.DataObject) -> None:
    body = json.dumps({"batch": calls}).encode()
    at = data.draw(st.integers(0, len(body)))
    for item in parse(envelope(body[:at] + noise + body[at:]), 1, 1, SETTINGS):
        assert isinstance(item, Event | DeadLetter)
    for kind in ("track", "alias"):
        assert len(parse(envelope(noise, kind), 1, 1, SETTINGS)) == 1


def test_the_check_sees_a_parser_that_drops_what_it_cannot_read() -> None:
    def careless(given_: Envelope, partition: int, offset: int, settings: ParseSettings) -> list[Event | DeadLetter]:
        return [item for item in parse(given_, partition, offset, settings) if isinstance(item, Event)]

    body = json.dumps({"batch": [{"type": "track", "event": "E", "userId": "u"}, {"type": "nonsense"}]}).encode()
    assert loses_nothing(parse, body, 2)
    assert not loses_nothing(careless, body, 2)


def test_days_and_hours_are_plain_numbers() -> None:
    found = event({"timestamp": "2026-03-10T00:30:00Z"})
    assert isinstance(found.local_day, int)
    assert found.occurred_at % SECOND == 0
    assert found.occurred_at // HOUR * HOUR == parse_iso("2026-03-10T00:00:00Z")
    assert found.local_day == day_of(date_of(found.local_day))
