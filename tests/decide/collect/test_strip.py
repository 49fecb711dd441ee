"""Forbidden fields never pass the door, however they are written, and nothing else is touched."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.collect.contracts import CollectSettings, Contract, Field, join_contracts
from fieldfare.collect.files import ContractFile, FieldFile
from fieldfare.collect.model import DeadLetter, Envelope, Mode
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.parse_files import parse_contract
from fieldfare.collect.split import split
from fieldfare.collect.strip import UNDECLARED, UNREADABLE, EventPolicy, FieldPolicy, field_policy, strip
from tests.amounts import examples


def policy(*allowed: str) -> FieldPolicy:
    fields = {
        "finding": FieldFile(sensitivity="health"),
        "card.number": FieldFile(sensitivity="financial"),
        "context.whereabouts": FieldFile(sensitivity="precise_location"),
        "email": FieldFile(sensitivity="contact"),
    }
    visit, _ = parse_contract(ContractFile(event="visit", fields=fields, synonyms=["Visited"]))
    plain, _ = parse_contract(ContractFile(event="plain"))
    assert visit is not None
    assert plain is not None
    settings = CollectSettings(allowed_sensitivities=frozenset({"none", "personal", "contact", *allowed}))
    return field_policy(join_contracts([visit, plain], (), settings), {"diagnosis": "health", "email": "contact"})


POLICY = policy()


def stripped(call: dict[str, Any], chosen: FieldPolicy = POLICY) -> tuple[dict[str, Any], dict[str, int]]:
    body, removed = strip("batch", json.dumps({"writeKey": "k", "batch": [call]}).encode(), chosen)
    found = json.loads(body)
    assert found["writeKey"] == "k"
    only: dict[str, Any] = found["batch"][0]
    return only, removed


@pytest.mark.parametrize("event", ["visit", "Visited", "unheard of"])
def test_an_events_own_fields_go(event: str) -> None:
    call = {
        "type": "track",
        "event": event,
        "properties": {"finding": "x", "card": {"number": "4", "kind": "v"}, "email": "e", "n": 1},
        "context": {"whereabouts": [1, 2], "locale": "en"},
    }
    found, removed = stripped(call)
    assert found["properties"] == {"card": {"kind": "v"}, "email": "e", "n": 1}
    assert found["context"] == {"locale": "en"}
    assert removed == {"finding": 1, "card.number": 1, "context.whereabouts": 1}


def test_another_events_fields_stay_when_it_has_a_contract() -> None:
    found, removed = stripped({"type": "track", "event": "plain", "properties": {"finding": "x", "diagnosis": "y"}})
    assert found["properties"] == {"finding": "x"}
    assert removed == {"diagnosis": 1}


@pytest.mark.parametrize(
    ("call", "field"),
    [
        ({"type": "identify", "event": "plain", "traits": {"finding": "x"}}, "finding"),
        ({"type": "track", "event": 5, "properties": {"finding": "x"}}, "finding"),
        ({"type": "no call", "event": "plain", "properties": {"finding": "x"}}, "finding"),
    ],
)
def test_only_the_event_that_it_will_be_has_a_say(call: dict[str, Any], field: str) -> None:
    """A name that parsing will not read must not choose the policy."""
    found, removed = stripped(call)
    assert removed == {field: 1}
    assert "x" not in json.dumps({key: found.get(key) for key in ("traits", "properties")})


def test_names_are_found_at_every_depth_and_in_lists() -> None:
    deep = {"a": [{"b": {"diagnosis": "x", "n": 1}}], "people": [[{"Diagnosis": "y"}]], "c": {"card": {"number": 5}}}
    found, removed = stripped(
        {"type": "track", "event": "visit", "properties": deep, "integrations": deep, "own": deep}
    )
    clean = {"a": [{"b": {"n": 1}}], "people": [[{}]], "c": {"card": {}}}
    assert (found["properties"], found["integrations"], found["own"]) == (clean, clean, clean)
    assert removed == {"diagnosis": 6, "card.number": 3}


def test_what_a_call_is_made_of_stays() -> None:
    fields = {name: FieldFile(sensitivity="health") for name in ("type", "name", "timestamp", "version", "ip")}
    visit, _ = parse_contract(ContractFile(event="visit", fields=fields))
    assert visit is not None
    chosen = field_policy(join_contracts([visit]), {})
    context = {"library": {"name": "l", "version": "1"}, "ip": "192.0.2.1", "traits": {"name": "N"}}
    call = {"type": "track", "event": "visit", "timestamp": "t", "version": 1, "context": context, "name": "N"}
    found, removed = stripped({**call, "properties": {"type": 1, "name": 2, "timestamp": 3}}, chosen)
    kept = {"type": "track", "event": "visit", "timestamp": "t", "version": 1, "properties": {}}
    assert found == {**kept, "context": {"library": {"name": "l", "version": "1"}, "traits": {}}}
    assert removed == {"type": 1, "name": 3, "timestamp": 1, "ip": 1}


def test_forbidden_traits_go_wherever_traits_are() -> None:
    call = {
        "type": "identify",
        "traits": {"diagnosis": 1, "a": 2},
        "context": {"traits": {"diagnosis": 3}},
        "diagnosis": 4,
    }
    found, removed = stripped(call)
    assert found == {"type": "identify", "traits": {"a": 2}, "context": {"traits": {}}}
    assert removed == {"diagnosis": 3}


def test_a_shared_context_is_cleaned() -> None:
    body = b'{"context":{"traits":{"diagnosis":1},"whereabouts":2},"batch":[{"type":"page"}],"sentAt":"s"}'
    found, removed = strip("batch", body, POLICY)
    assert json.loads(found) == {"context": {"traits": {}}, "batch": [{"type": "page"}], "sentAt": "s"}
    assert removed == {"diagnosis": 1, "context.whereabouts": 1}


def test_what_is_allowed_stays_byte_for_byte() -> None:
    body = b'{ "batch" : [ {"event":"visit","properties":{"finding":"x"}} ] }'
    assert strip("batch", body, policy("health")) == (body, {})
    assert strip("batch", body, FieldPolicy()) == (body, {})
    other = b'{ "batch" : [ {"event":"plain","properties":{"n":"unfounded"}} ] }'
    assert strip("batch", other, POLICY) == (other, {})


def test_a_body_that_may_hold_a_name_is_written_anew_and_says_the_same() -> None:
    body = b'{ "batch" : [ {"type":"track","event":"plain","properties":{"n":"finding","x":1.5e3}} ] }'
    found, removed = strip("batch", body, POLICY)
    assert (json.loads(found), removed) == (json.loads(body), {})


def test_single_calls_are_cleaned_too() -> None:
    found, removed = strip("identify", b'{"traits":{"diagnosis":1}}', POLICY)
    assert (json.loads(found), removed) == ({"traits": {}}, {"diagnosis": 1})
    assert strip("identify", b'{"traits": {}}', POLICY) == (b'{"traits": {}}', {})


def test_what_cannot_be_read_cannot_be_kept() -> None:
    found, removed = strip("batch", b'{"batch":[{"diagnosis":NaN},{"n":1}]}', POLICY)
    assert found == b'{"batch":[null,{"n":1}]}'
    assert removed == {UNREADABLE: 1}


def test_lists_on_the_way_are_entered() -> None:
    found, removed = stripped({"event": "visit", "properties": {"card": [{"number": 1}, {"number": 2, "x": 3}]}})
    assert found["properties"] == {"card": [{}, {"x": 3}]}
    assert removed == {"card.number": 2}


def refusing(mode: str | None = None, default: str = "refuse") -> FieldPolicy:
    fields = {"finding": FieldFile(sensitivity="health"), "context.place": FieldFile(sensitivity="precise_location")}
    visit, _ = parse_contract(
        ContractFile(event="visit", fields=fields, forbidden_fields=mode)  # type: ignore[arg-type]
    )
    assert visit is not None
    settings = CollectSettings(forbidden_fields=default)  # type: ignore[arg-type]
    return field_policy(join_contracts([visit], (), settings), {"diagnosis": "health"})


def letter_of(kind: str, body: bytes, removed: dict[str, int]) -> DeadLetter:
    envelope = Envelope(Mode.LIVE, "app", kind, 1_767_225_600_000_000, body, removed=removed)
    (letter,) = parse(envelope, 1, 1, ParseSettings("UTC"))
    assert isinstance(letter, DeadLetter)
    return letter


@pytest.mark.parametrize("kind", ["batch", "track"])
def test_a_refused_event_leaves_its_name_its_id_and_the_fields(kind: str) -> None:
    call = {"type": "track", "event": "visit", "messageId": "m-1", "userId": "u", "properties": {"finding": "SECRET"}}
    body = json.dumps({"batch": [call]} if kind == "batch" else call).encode()
    found, removed = strip(kind, body, refusing())
    assert removed == {"finding": 1}
    letter = letter_of(kind, found, removed)
    assert (letter.reason, letter.name) == ("forbidden_field", "visit")
    assert "`finding`" in letter.detail
    assert json.loads(letter.raw) == {
        "type": "fieldfare:forbidden_field",
        "event": "visit",
        "messageId": "m-1",
        "fields": ["finding"],
    }


@pytest.mark.parametrize(
    ("mode", "default", "refused"), [(None, "refuse", True), ("strip", "refuse", False), ("refuse", "strip", True)]
)
def test_a_contract_may_say_otherwise(mode: str | None, default: str, refused: bool) -> None:
    body = b'{"batch":[{"type":"track","event":"visit","properties":{"finding":1}},{"type":"track","event":"visit"}]}'
    first, second = json.loads(strip("batch", body, refusing(mode, default))[0])["batch"]
    assert (first["type"] == "fieldfare:forbidden_field") is refused
    assert second == {"type": "track", "event": "visit"}


def test_what_the_events_of_a_batch_share_refuses_those_it_is_forbidden_to() -> None:
    visit, page = {"type": "track", "event": "visit"}, {"type": "page", "userId": "u"}
    body = json.dumps({"context": {"place": "SECRET"}, "batch": [visit, page]}).encode()
    found, removed = strip("batch", body, refusing("refuse", "strip"))
    assert (json.loads(found)["context"], removed) == ({}, {"context.place": 1})
    assert [item["type"] for item in json.loads(found)["batch"]] == ["fieldfare:forbidden_field", "page"]


def test_a_forged_stub_tells_nothing() -> None:
    """Whoever sends the marker himself gets no text of his own into a detail."""
    forged = b'{"type":"fieldfare:forbidden_field","fields":["SECRET"]}'
    alone = letter_of("track", forged, {})
    assert alone.reason == "name_missing"
    beside = letter_of("track", forged, {"finding": 1})
    assert (beside.reason, "SECRET" in beside.detail) == ("forbidden_field", False)


def test_only_what_is_declared_with_a_purpose_is_taken_where_all_must_be() -> None:
    fields = {
        "plan": FieldFile(purposes=["operations"]),
        "card.kind": FieldFile(purposes=["billing"]),
        "x": FieldFile(),
    }
    visit, _ = parse_contract(ContractFile(event="visit", fields=fields))
    person, _ = parse_contract(ContractFile(event="identify", fields={"plan": FieldFile(purposes=["operations"])}))
    assert visit is not None
    assert person is not None
    settings = CollectSettings(purposes_required="all")
    chosen = field_policy(join_contracts([visit, person], (), settings), {})
    card = [{"kind": "v", "number": 4}]
    properties = {"plan": {"a": 1}, "card": card, "x": 1, "y": 2}
    traits = {"traits": {"plan": 1, "y": 2}, "device": {"id": 1}}
    call = {"type": "track", "event": "visit", "userId": "u", "properties": properties, "context": traits, "own": 1}
    found, removed = stripped(call, chosen)
    assert found["properties"] == {"plan": {"a": 1}, "card": [{"kind": "v"}]}
    assert (found["context"], found["userId"], "own" in found) == (
        {"traits": {"plan": 1}, "device": {"id": 1}},
        "u",
        False,
    )
    assert removed == {UNDECLARED: 5}
    other, removed = stripped({"type": "track", "event": "unheard of", "properties": {"plan": 1}}, chosen)
    assert (other["properties"], removed) == ({}, {UNDECLARED: 1})
    person_call, _ = stripped({"type": "identify", "traits": {"plan": 1, "y": 2}}, chosen)
    assert person_call["traits"] == {"plan": 1}


def escaped(text: str, every: int) -> str:
    return "".join(
        f"\\u{ord(char):04x}" if index % every == 0 and char.isalpha() else char for index, char in enumerate(text)
    )


def leaks(strip_: Any, body: bytes, secret: str) -> bool:
    """Return whether a secret under a forbidden name survives."""
    found, _ = strip_("batch", body, POLICY)
    return secret in json.dumps(json.loads(found))


SECRET = "SECRET"
FORBIDDEN_NAMES = ["diagnosis", "finding", "whereabouts", "card.number", "gr\u00f6\u00dfe"]
EDGES = ["", " ", "\\u0000", "\\ufeff", "\ufeff", "\u200b", "\\t"]


def hard_policy() -> FieldPolicy:
    fields = {
        "finding": FieldFile(sensitivity="health"),
        "card.number": FieldFile(sensitivity="financial"),
        "context.whereabouts": FieldFile(sensitivity="precise_location"),
    }
    visit, _ = parse_contract(ContractFile(event="visit", fields=fields))
    assert visit is not None
    return field_policy(join_contracts([visit]), {"diagnosis": "health", "gr\u00f6\u00dfe": "health"})


HARD = hard_policy()


@st.composite
def spelling(draw: st.DrawFn, name: str) -> str:
    """Return a name as JSON text: any case, any letters escaped, blanks and invisible characters around it."""
    chars = [char.upper() if draw(st.booleans()) and len(char.upper()) == 1 else char for char in name]
    text = "".join(f"\\u{ord(char):04x}" if draw(st.booleans()) else char for char in chars)
    return f'"{draw(st.sampled_from(EDGES))}{text}{draw(st.sampled_from(EDGES))}"'


@st.composite
def planted(draw: st.DrawFn, name: str) -> str:
    """Return an object, as JSON text, with the secret under a forbidden name somewhere inside."""
    value = draw(st.sampled_from([f'"{SECRET}"', f'["{SECRET}"]', f'{{"a": "{SECRET}"}}', f'[[{{"b": "{SECRET}"}}]]']))
    for part in reversed(name.split(".")):
        value = f"{{{draw(spelling(part))}: {value}}}"
    shadow = draw(st.sampled_from(["", "first", "second"]))
    for _ in range(draw(st.integers(0, 4))):
        value = draw(st.sampled_from([f"[{value}]", f'{{"in": {value}, "n": 1}}', f"[1, [{value}, null]]"]))
    if shadow:  # the same key twice: which of them counts must not matter
        pair = [f'"deep": {value}', '"deep": 1']
        value = f"{{{', '.join(pair if shadow == 'first' else reversed(pair))}}}"
    return value


@st.composite
def attacked(draw: st.DrawFn) -> tuple[str, bytes]:
    """Return a request body of valid JSON that holds the secret in a place that the policy reaches."""
    forbidden = draw(st.sampled_from(FORBIDDEN_NAMES))
    what = draw(planted(forbidden))
    places = [
        "properties",
        "traits",
        "integrations",
        "own",
        "timestamp",
        "context",
        "traits in context",
        "head",
        "item",
    ]
    if forbidden == "whereabouts":  # a field of the context is forbidden there alone
        places = ["context", "head"]
    place = draw(st.sampled_from(places))
    name = draw(st.sampled_from(['"visit"', '"vis\\u0069t"', '" visit "', '"unheard of"', "5", "null"]))
    parts = ['"type": "track"', f'"event": {name}', '"userId": "u"']
    context = f'"context": {what}' if place in {"context", "head"} else f'"context": {{"traits": {what}}}'
    if place in {"properties", "traits", "integrations", "own", "timestamp"}:
        extra = [f'"{place}": {what}']
        if draw(st.booleans()):
            extra.insert(draw(st.integers(0, 1)), f'"{place}": {{}}')
        parts += extra
    elif place in {"context", "traits in context"}:
        parts += [context] if draw(st.booleans()) else [context, '"context": {}']
    item = f"{{{', '.join(draw(st.permutations(parts)))}}}" if place != "item" else f"[{what}]"
    if place not in {"head", "item"} and draw(st.booleans()):
        return "track", item.encode()
    batches = [f'"batch": [{item}]', *(['"batch": [{"type": "page"}]'] if draw(st.booleans()) else [])]
    head = [context] if place == "head" else []
    head += ['"sentAt": {}'] if draw(st.booleans()) else []
    return "batch", f"{{{', '.join(draw(st.permutations([*batches, *head])))}}}".encode()


def clean(kind: str, body: bytes, strip_: Any = strip) -> bool:
    """Return whether nothing of the secret is in the bytes that would be stored; two lists are refused before."""
    if isinstance(split(kind, body), str):
        return True
    found: bytes = strip_(kind, body, HARD)[0]
    return SECRET.encode() not in found


@settings(max_examples=examples(400), deadline=None)
@given(attacked())
def test_no_forbidden_value_passes_wherever_and_however_it_is_named(attack: tuple[str, bytes]) -> None:
    kind, body = attack
    assert SECRET.encode() in body
    json.loads(body)
    assert clean(kind, body), body


def test_the_property_sees_a_strip_that_keeps_what_it_did_not_change() -> None:
    """Planted: bytes are kept when nothing was removed, so the first of two equal names stays in them."""

    def lazy(kind: str, body: bytes, policy: FieldPolicy) -> tuple[bytes, dict[str, int]]:
        found, removed = strip(kind, body, policy)
        return (found, removed) if removed else (body, {})

    body = b'{"type":"track","event":"visit","properties":{"finding":"SECRET"},"properties":{}}'
    assert not clean("track", body, lazy)
    assert clean("track", body)


@given(st.integers(1, 4), st.text(max_size=10), st.booleans())
def test_no_spelling_of_a_name_hides_a_value(every: int, other: str, ascii_: bool) -> None:
    rest = json.dumps({"n": other}, ensure_ascii=ascii_)
    body = (
        f'{{"batch":[{{"type":"identify","traits":{{"{escaped("diagnosis", every)}":"SECRET"}},"properties":{rest}}}]}}'
    )
    assert not leaks(strip, body.encode(), "SECRET")


def test_the_check_sees_a_strip_that_only_searches() -> None:
    def naive(kind: str, body: bytes, chosen: FieldPolicy) -> tuple[bytes, dict[str, int]]:
        return strip(kind, body, chosen) if b'"diagnosis"' in body else (body, {})

    body = b'{"batch":[{"type":"identify","traits":{"di\\u0061gnosis":"SECRET"}}]}'
    assert leaks(naive, body, "SECRET")
    assert not leaks(strip, body, "SECRET")


def test_a_policy_that_would_never_look_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        FieldPolicy(otherwise=EventPolicy(fields=frozenset({"diagnosis"})))


@pytest.mark.parametrize("kind", ["fieldfare:unmapped", "fieldfare:bad_row"])
def test_what_we_wrapped_ourselves_stays_whole_and_a_sender_cannot_feign_it(kind: str) -> None:
    settings = CollectSettings(purposes_required="all")
    strict = field_policy(join_contracts([Contract(event="sold")], (), settings), {})
    item = {"type": kind, "problem": "`a` is not a number", "row": 3, "call": {"type": "track", "event": "sold"}}
    body = json.dumps({"batch": [item]}).encode()
    kept, removed = strip("batch", body, strict, ours=True)
    assert (json.loads(kept)["batch"], removed) == ([item], {})
    feigned, counted = strip("batch", body, strict)
    assert "call" not in json.loads(feigned)["batch"][0]
    assert counted


@pytest.mark.parametrize("key", ["messageId", "message_id", "event_id", "idempotency_key"])
def test_a_stub_keeps_the_message_id_under_whatever_name(key: str) -> None:
    contract = Contract(event="sold", fields={"mood": Field("health")}, forbidden_fields="refuse")
    call = {"type": "track", "event": "sold", key: "m-1", "properties": {"mood": "low"}}
    kept, _ = strip("batch", json.dumps({"batch": [call]}).encode(), field_policy(join_contracts([contract]), {}))
    assert json.loads(kept)["batch"][0]["messageId"] == "m-1"
