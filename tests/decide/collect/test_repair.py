"""Repair: what was sent, patched and tried again; what is left alone; what is shown."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.check import Names
from fieldfare.collect.contracts import Contracts, join_contracts
from fieldfare.collect.files import CollectFile, ContractFile, FieldFile
from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Mode, Place
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.parse_files import parse_collect, parse_contract
from fieldfare.collect.repair import (
    DoorDefinitions,
    Left,
    Letter,
    Resubmission,
    State,
    Where,
    call_of,
    holds,
    items_as_sent,
    masked,
    patch_name,
    patched,
    place_text,
    read_patch,
    read_place,
    read_where,
    shown_keys,
    try_again,
)
from fieldfare.collect.strip import field_policy
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, parse_iso, to_iso
from tests.amounts import examples

AT = parse_iso("2026-01-10T12:00:00Z")
NOW = AT + 20 * DAY
SCHEMA = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "number"}}}


def contracts(**settings_: Any) -> Contracts:
    paid, problems = parse_contract(
        ContractFile(event="paid", schema=SCHEMA, fields={"note": FieldFile(sensitivity="health")}, synonyms=["Paid"])
    )
    assert paid is not None, problems
    chosen, _ = parse_collect(CollectFile(**settings_))
    return join_contracts([paid], (), chosen)


def definitions(names: Names = lambda _event: True, **settings_: Any) -> DoorDefinitions:
    known = contracts(**settings_)
    parsing = ParseSettings("Europe/Berlin", synonyms=known.synonyms)
    return DoorDefinitions(parse=parsing, contracts=known, policy=field_policy(known, {}), names=names)


def letter(reason: str = "contract_violated", **more: Any) -> Letter:
    facts: dict[str, Any] = {
        "place": Place(1, 7, 3),
        "reason": reason,
        "detail": "",
        "source": "app",
        "event": "paid",
        "received_at": AT,
        "contract_version": 1,
        "state": State.OPEN,
        "closed_at": None,
        "closed_why": None,
        "bytes": 1,
    }
    return Letter(**(facts | more))


def paid(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "paid", "userId": "u", "properties": {"amount": "12"}, **more}


def again(call: dict[str, Any], **more: Any) -> Resubmission:
    found = try_again(call, letter(**more), definitions(), NOW)
    assert isinstance(found, Resubmission), found
    return found


def as_it_was(call: dict[str, Any], index: int = 0) -> Event:
    """Return the event that the call would have been when it was first accepted."""
    envelope = Envelope(Mode.LIVE, "app", "batch", AT, json.dumps({"batch": [{}] * index + [call]}).encode())
    event = parse(envelope, 1, 7, definitions().parse)[index]
    assert isinstance(event, Event)
    return event


# What was sent


@pytest.mark.parametrize(
    ("kind", "body", "wanted"),
    [
        ("batch", b'{"batch":[ {"type":"track"} ,1]}', [b'{"type":"track"}', b"1"]),
        ("track", b'{"event":"x"}', [b'{"event":"x","type":"track"}']),
        ("track", b'{"type":"page"}', [b'{"type":"track"}']),
        ("batch", b'{"batch":[{"a":1}],"sentAt":"s"}', [b'{"a":1,"sentAt":"s"}']),
        ("batch", b'{"batch":[{"sentAt":"t"}],"sentAt":"s"}', [b'{"sentAt":"t"}']),
        (
            "batch",
            b'{"batch":[{"context":{"a":1,"b":2}},{},{"context":7}],"context":{"a":0,"c":3}}',
            [b'{"context":{"a":1,"c":3,"b":2}}', b'{"context":{"a":0,"c":3}}', b'{"context":7}'],
        ),
        ("batch", b'{"batch":[{"x":NaN}],"context":{"c":3}}', [b'{"x":NaN,"context":{"c":3}}']),
        ("batch", b'{"batch":[{broken],"context":{"c":3}}', [b'{"batch":[{broken],"context":{"c":3}}']),
        ("batch", b'{"batch":[{"context":{"direct":true}}]}', [b'{"context":{"ip":"1.2.3.4","direct":true}}']),
        ("batch", b'{"batch":[nonsense],"sentAt":"s"}', [b"nonsense"]),
        ("batch", b"not json", [b"not json"]),
    ],
)
def test_an_item_by_itself_says_what_its_request_said(kind: str, body: bytes, wanted: list[bytes]) -> None:
    assert items_as_sent(Envelope(Mode.LIVE, "app", kind, AT, body, "1.2.3.4")) == wanted


@given(
    sent=st.none() | st.integers(-2 * DAY, 2 * DAY).map(lambda shift: to_iso(AT + shift)),
    stated=st.none() | st.integers(-2 * DAY, 2 * DAY).map(lambda shift: to_iso(AT + shift)),
    key=st.sampled_from(["timestamp", "originalTimestamp"]),
)
def test_what_was_sent_alone_is_the_same_event(sent: str | None, stated: str | None, key: str) -> None:
    item: dict[str, Any] = {"type": "page", "userId": "u", "messageId": "m", "context": {"b": 1, "direct": True}}
    if stated is not None:
        item[key] = stated
    head = {"context": {"a": 1, "b": 0}, "integrations": {"All": False}, "sentAt": sent}
    first = Envelope(Mode.LIVE, "app", "batch", AT, json.dumps({"batch": [item], **head}).encode(), "1.2.3.4", "agent")
    (alone,) = items_as_sent(first)
    second = Envelope(Mode.LIVE, "app", "batch", AT, b'{"batch":[' + alone + b"]}", "9.9.9.9", "other")
    settings_ = definitions().parse
    (one,), (two,) = parse(first, 1, 7, settings_), parse(second, 1, 7, settings_)
    if isinstance(one, Event):
        assert one == two
    else:
        assert isinstance(two, DeadLetter)
        assert one.reason is two.reason


# Patches


@pytest.mark.parametrize(
    "given_",
    [
        None,
        {},
        "x",
        7,
        [7],
        [[]],
        [{}],
        [{"op": "replace"}],
        [{"op": "replace", "path": "/a"}],
        [{"op": "jump", "path": "/a", "value": 1}],
        [{"op": "add", "path": "a", "value": 1}],
        [{"op": "add", "path": "/a~2", "value": 1}],
        [{"op": "add", "path": 7, "value": 1}],
        [{"op": "move", "path": "/a"}],
        [{"op": "copy", "path": "/a", "from": "b"}],
        [{"op": "move", "path": "/a/b", "from": "/a"}, {"op": ["add"], "path": ""}],
        [{"op": "remove", "path": "/a"}] * 101,
    ],
)
def test_what_is_no_patch_is_refused(given_: Any) -> None:
    with pytest.raises(CallerError, match="replace") as caught:
        read_patch(given_)
    assert caught.value.code == "patch_invalid"


ADD = {"op": "add", "path": "/properties/amount", "value": 12}


@pytest.mark.parametrize(
    ("patch", "wanted"),
    [
        ([ADD], {**paid(), "properties": {"amount": 12}}),
        ([], paid()),
        ([{"op": "replace", "path": "", "value": {"type": "page"}}], {"type": "page"}),
        ([{"op": "test", "path": "/event", "value": "paid"}, {"op": "remove", "path": "/event"}], None),
        ([{"op": "remove", "path": "/nothing"}], Left.PATCH_FAILED),
        ([{"op": "test", "path": "/event", "value": "other"}, ADD], Left.PATCH_FAILED),
        ([{"op": "replace", "path": "", "value": 7}], Left.PATCH_FAILED),
        ([{"op": "add", "path": "/event/deeper", "value": 7}], Left.PATCH_FAILED),
        ([{"op": "copy", "path": f"/properties/{n}", "from": "/properties"} for n in range(60)], Left.PATCH_FAILED),
    ],
)
def test_a_patch_is_applied_or_the_letter_is_left(patch: list[dict[str, Any]], wanted: Any) -> None:
    call = paid()
    found = patched(call, read_patch(patch))
    assert call == paid(), "the given call stays as it is"
    assert found == (wanted if wanted is not None else {k: v for k, v in paid().items() if k != "event"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
POINTERS = st.sampled_from(["", "/", "/a", "/a/0", "/a/-", "/a/b", "/event", "/properties/amount", "/a~0", "/0", "/-1"])
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), "path": POINTERS},
    optional={"value": JSON, "from": POINTERS},
)


@settings(max_examples=examples(300))
@given(call=JSON, patch=st.lists(OPERATIONS | JSON, max_size=4))
def test_no_patch_and_no_call_raises_anything_but_a_callers_error(call: Any, patch: list[Any]) -> None:
    try:
        made = read_patch(patch)
    except CallerError:
        return
    found = patched(call, made)
    if isinstance(found, Left):
        return
    outcome = try_again(found, letter(), definitions(), NOW)
    assert isinstance(outcome, Resubmission | DeadLetter)
    masked(found, shown_keys(contracts(), made), call)
    assert patch_name(made)


@pytest.mark.parametrize(
    ("raw", "reason", "patch", "wanted"),
    [
        (b'{"type":"page"}', "malformed", False, {"type": "page"}),
        (b"{", "malformed", True, Left.NOT_JSON),
        (b"\xff", "malformed", True, Left.NOT_JSON),
        (b"[" * 100_000, "malformed", True, Left.NOT_JSON),
        (b'{"type":"page"}', "forbidden_field", True, Left.VALUE_GONE),
        (b'{"type":"fieldfare:bad_row","row":2,"problem":"p"}', "bad_row", True, Left.NO_CALL),
        (b'{"type":"fieldfare:bad_row","row":2,"call":{"type":"page"}}', "bad_row", True, {"type": "page"}),
        (b'{"type":"fieldfare:bad_row","row":2,"call":{"type":"page"}}', "bad_row", False, Left.PATCH_NEEDED),
        (b'{"type":"fieldfare:unmapped","call":{"type":"page"}}', "unmapped", True, {"type": "page"}),
        (b'{"type":"fieldfare:unmapped","text":"x"}', "unmapped", True, Left.NO_CALL),
        (b'{"type":"fieldfare:bad_row","call":{}}', "unknown_type", True, {"type": "fieldfare:bad_row", "call": {}}),
    ],
)
def test_the_call_behind_a_letter(raw: bytes, reason: str, patch: bool, wanted: Any) -> None:
    assert call_of(raw, reason, patched=patch) == wanted


# Trying again


def test_it_keeps_its_message_id_or_gets_that_of_its_place() -> None:
    good = {"properties": {"amount": 12}}
    assert again(paid(messageId="mine", **good)).event.message_id == "mine"
    assert again(paid(event_id=77, **good)).event.message_id == "77"
    assert again(paid(messageId="  ", **good)).event.message_id == as_it_was(paid(), index=3).message_id


@given(
    stated=st.none() | st.integers(-3 * DAY, HOUR),
    sent=st.none() | st.integers(-DAY, DAY),
    key=st.sampled_from(["timestamp", "originalTimestamp"]),
)
def test_it_keeps_the_times_that_it_would_have_had(stated: int | None, sent: int | None, key: str) -> None:
    call = paid(properties={"amount": 1})
    if stated is not None:
        call[key] = to_iso(AT + stated)
    if sent is not None:
        call["sentAt"] = to_iso(AT + sent)
    outcome = try_again(call, letter(), definitions(), NOW)
    first = parse(
        Envelope(Mode.LIVE, "app", "batch", AT, json.dumps({"batch": [call]}).encode()), 1, 7, ParseSettings("UTC")
    )[0]
    if isinstance(first, DeadLetter):
        assert isinstance(outcome, DeadLetter)
        assert outcome.reason is first.reason
        return
    assert isinstance(outcome, Resubmission)
    found = outcome.event
    assert (found.original_at, found.sent_at, found.occurred_at) == (
        first.original_at,
        first.sent_at,
        first.occurred_at,
    )
    assert (found.mode, found.received_at) == (Mode.BACKFILL, NOW)
    twice = try_again(msgspec.json.decode(outcome.item), letter(received_at=NOW), definitions(), NOW)
    assert isinstance(twice, Resubmission)
    assert twice.item == outcome.item, "what was sent again is what it will stay"


def test_a_clock_beyond_every_calendar_keeps_its_time() -> None:
    far = -100_000_000_000_000  # milliseconds: long before the year 1
    call = paid(properties={"amount": 1}, timestamp=far, sentAt=far + 60_000)
    found = again(call).event
    assert found.original_at == far * 1_000
    assert found.occurred_at == AT - MINUTE


def test_what_breaks_its_contract_stays_dead_and_synonyms_are_those_of_now() -> None:
    outcome = try_again(paid(), letter(), definitions(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is DeadReason.CONTRACT_VIOLATED
    assert again(paid(event="Paid", properties={"amount": 1})).event.name == "paid"
    unknown = paid(event="nobody knows it")
    assert isinstance(try_again(unknown, letter(), definitions(), NOW), Resubmission)
    assert isinstance(try_again(unknown, letter(), definitions(unknown_events="quarantine"), NOW), DeadLetter)


def test_own_events_are_not_checked() -> None:
    outcome = try_again(paid(), letter(source="fieldfare"), definitions(unknown_events="quarantine"), NOW)
    assert isinstance(outcome, Resubmission)


def test_forbidden_fields_are_removed_again() -> None:
    found = again(paid(properties={"amount": 1, "note": "knee"}))
    assert b"knee" not in found.item
    assert found.removed == {"note": 1}


def test_a_number_that_json_lacks_stays_dead() -> None:
    outcome = try_again(paid(properties={"amount": float("nan")}), letter(), definitions(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is DeadReason.MALFORMED


def test_a_call_that_fits_only_without_its_times_stays_dead() -> None:
    call = paid(properties={"amount": 1, "fill": "x" * (32 * 1024 - 110)})
    outcome = try_again(call, letter(), definitions(), NOW)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason is DeadReason.TOO_LARGE


# What is asked and shown


@pytest.mark.parametrize(
    "text", ["", "1", "1-2", "1-2-3-4", "a-b-c", "-1-2-3", "1-2-x", "1-" + "9" * 19 + "-0", "1-²-3"]
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_place(text)
    assert caught.value.code == "place_invalid"


def test_a_place_is_written_as_it_is_read() -> None:
    assert place_text(read_place("1-4711-0")) == "1-4711-0"
    assert read_place("0-2-5") == Place(0, 2, 5)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("event=paid", True),
        ("properties.amount=12", True),
        ("properties.amount=13", False),
        ("properties.count=3", True),
        ("properties.ok=true", True),
        ("properties.ok=1", False),
        ("properties.none=null", True),
        ("properties.none=", False),
        ("properties.missing=null", False),
        ("event.deeper=x", False),
    ],
)
def test_a_condition_compares_text_or_json(text: str, wanted: bool) -> None:
    call = paid(properties={"amount": "12", "count": 3, "ok": True, "none": None})
    assert holds(read_where(text), call) is wanted


def test_a_condition_may_hold_an_equals_sign_and_no_path_is_refused() -> None:
    assert read_where("properties.q=a=b") == Where(("properties", "q"), "a=b")
    for text in ("", "=x", "nothing", "a..b=1"):
        with pytest.raises(CallerError) as caught:
            read_where(text)
        assert caught.value.code == "where_invalid"


SECRET = "Zaphod"


def test_what_is_shown_holds_no_value_and_no_unknown_key() -> None:
    call = {
        **paid(userId=SECRET, event=SECRET),
        "properties": {SECRET: SECRET, "amount": "12", "list": [SECRET, 1, True, None, {SECRET: 2}]},
    }
    patch = read_patch([{"op": "replace", "path": "/properties/amount", "value": 12}])
    after = patched(call, patch)
    shown = shown_keys(contracts(), patch)
    seen = json.dumps([masked(call, shown), masked(after, shown, call)])
    assert SECRET not in seen
    assert masked(after, shown, call)["properties"]["amount"] == "<number, new>"
    assert masked(after, shown, call)["userId"] == "<text>"
    assert masked(call, shown)["type"] == "track"
    assert masked({"type": SECRET}, shown) == {"type": "<text>"}


def test_a_patch_is_named_without_its_values() -> None:
    patch = read_patch([{"op": "add", "path": "/userId", "value": SECRET}])
    assert SECRET not in patch_name(patch)
    assert patch_name(patch) == patch_name(read_patch([{"op": "add", "path": "/userId", "value": SECRET}]))
    assert patch_name(patch) != patch_name(None)


def test_planted_a_resubmission_without_times_is_seen() -> None:
    """The property of times fails when the call is sent again as it stands."""
    call = paid(properties={"amount": 1}, messageId="m", timestamp=to_iso(AT - HOUR), sentAt=to_iso(AT + 5 * SECOND))
    late = Envelope(Mode.BACKFILL, "app", "batch", NOW, json.dumps({"batch": [call]}).encode())
    (naive,) = parse(late, 1, 9, ParseSettings("UTC"))
    assert isinstance(naive, Event)
    assert naive.occurred_at != as_it_was(call).occurred_at == again(call).event.occurred_at


def test_a_list_or_object_under_type_is_masked_like_everything_else() -> None:
    call = {"type": "track", "properties": {"type": ["a"], "x": {"type": {"y": 1}}}}
    found = masked(call, frozenset({"type", "properties", "x", "y"}))
    assert found == {"type": "track", "properties": {"type": ["<text>"], "x": {"type": {"y": "<number>"}}}}
