"""Forbidden fields never pass the door, however they are written, and nothing else is touched."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.contracts import CollectSettings, join_contracts
from fieldfare.collect.files import ContractFile, FieldFile
from fieldfare.collect.parse_files import parse_contract
from fieldfare.collect.strip import UNREADABLE, FieldPolicy, field_policy, strip


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
    other = b'{ "batch" : [ {"event":"plain","properties":{"n":"finding"}} ] }'
    assert strip("batch", other, POLICY) == (other, {})


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


def escaped(text: str, every: int) -> str:
    return "".join(
        f"\\u{ord(char):04x}" if index % every == 0 and char.isalpha() else char for index, char in enumerate(text)
    )


def leaks(strip_: Any, body: bytes, secret: str) -> bool:
    """Return whether a secret under a forbidden name survives."""
    found, _ = strip_("batch", body, POLICY)
    return secret in json.dumps(json.loads(found))


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
        FieldPolicy(traits=frozenset({"diagnosis"}))
