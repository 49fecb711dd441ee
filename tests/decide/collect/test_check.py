"""Contracts: what passes, what is stripped, what is set aside, and what is personal."""

from typing import Any

import msgspec
import pytest

from fieldfare.collect.check import as_call, check, judge, personal_fields
from fieldfare.collect.contracts import Contracts, join_contracts
from fieldfare.collect.files import CollectFile, ContractFile, FieldFile
from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Mode
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.parse_files import parse_collect, parse_contract

SCHEMA = {
    "type": "object",
    "required": ["revenue"],
    "properties": {
        "revenue": {"type": "number", "minimum": 0},
        "items": {"type": "array", "items": {"type": "object"}},
    },
}
FIELDS = {"note": FieldFile(sensitivity="health"), "name": FieldFile(), "buyer.age": FieldFile(sensitivity="personal")}


def contracts(**settings: Any) -> Contracts:
    order, problems = parse_contract(ContractFile(event="order", schema=SCHEMA, fields=FIELDS, synonyms=["Order"]))
    assert order is not None, problems
    chosen, _ = parse_collect(CollectFile(**settings))
    return join_contracts([order], (), chosen)


def event(payload: dict[str, Any], name: str = "order", type_: str = "track") -> Event:
    body = {"event": name, "userId": "u", "messageId": "m", "properties": payload, "traits": payload}
    raw = msgspec.json.encode(body)
    (item,) = parse(Envelope(Mode.LIVE, "app", type_, 1_767_225_600_000_000, raw), 1, 1, ParseSettings("UTC"))
    assert isinstance(item, Event)
    return item


def test_what_keeps_its_contract_is_the_same_event() -> None:
    given = event({"revenue": 1, "extra": True})
    assert check(given, contracts()) is given


def test_what_names_nobody_is_set_aside_before_its_contract_is_asked() -> None:
    given = event({"revenue": "secret"})
    found = judge(given, contracts(), lambda _event: False)
    assert isinstance(found, DeadLetter)
    assert found.reason is DeadReason.NO_IDENTIFIER
    assert judge(found, contracts(), lambda _event: True) is found
    assert "stand for nobody" in found.detail
    bare = msgspec.structs.replace(given, user_id=None)
    without = judge(bare, contracts(), lambda _event: False)
    assert isinstance(without, DeadLetter)
    assert "neither `userId` nor `anonymousId`" in without.detail
    assert isinstance(judge(event({"revenue": 1}), contracts(), lambda _event: True), Event)
    kept = event({"revenue": 1})
    assert judge(kept, contracts(), lambda _event: True) is kept
    broken = judge(given, contracts(), lambda _event: True)
    assert isinstance(broken, DeadLetter)
    assert broken.reason is DeadReason.CONTRACT_VIOLATED


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({}, ["the event", "`required`"]),
        ({"revenue": "secret"}, ["`revenue`", "`type`"]),
        ({"revenue": -5}, ["`revenue`", "`minimum`"]),
        ({"revenue": 1, "items": [5]}, ["something in `items`", "`type`"]),
    ],
)
def test_what_breaks_its_contract_is_set_aside(payload: dict[str, Any], words: list[str]) -> None:
    found = check(event(payload), contracts())
    assert isinstance(found, DeadLetter)
    assert found.reason is DeadReason.CONTRACT_VIOLATED
    assert all(word in found.detail for word in words)
    assert "secret" not in found.detail
    assert "-5" not in found.detail
    assert found.name == "order"


def test_a_dead_letter_can_be_sent_again() -> None:
    given = event({"revenue": "x"})
    found = check(given, contracts())
    assert isinstance(found, DeadLetter)
    again = msgspec.json.decode(found.raw)
    assert again == as_call(given)
    assert (again["type"], again["event"], again["messageId"], again["userId"]) == ("track", "order", "m", "u")
    assert again["properties"] == {"revenue": "x"}


def test_unknown_events() -> None:
    given = event({}, "unheard of")
    assert check(given, contracts()) is given
    found = check(given, contracts(unknown_events="quarantine"))
    assert isinstance(found, DeadLetter)
    assert found.reason is DeadReason.UNKNOWN_EVENT
    page = event({}, type_="page")
    assert check(page, contracts(unknown_events="quarantine")) is page


def test_an_unknown_event_is_kept_without_its_properties() -> None:
    given = event({"a": 1}, "unheard of")
    found = check(given, contracts(unknown_events="strip"))
    assert isinstance(found, Event)
    assert (found.name, found.payload, found.user_id, given.payload) == ("unheard of", {}, "u", {"a": 1})
    person = event({"a": 1}, type_="identify")
    assert check(person, contracts(unknown_events="strip")) is person


def versioned(unversioned: str = "newest", *, shipped: bool = False) -> Contracts:
    first, _ = parse_contract(ContractFile(event="order", fields={"note": FieldFile(sensitivity="personal")}))
    schema = {"required": ["total"], "properties": {"total": {"type": "number"}}}
    second, _ = parse_contract(ContractFile(event="order", version=2, schema=schema, fields={"note": FieldFile()}))
    assert first is not None
    assert second is not None
    settings, _ = parse_collect(CollectFile(unversioned_events=unversioned))  # type: ignore[arg-type]
    both = [msgspec.structs.replace(each, shipped=shipped) for each in (second, first)]
    return join_contracts([], both[:1], settings) if shipped else join_contracts(both, (), settings)


@pytest.mark.parametrize(
    ("stated", "version"), [(None, 2), (1, 1), (2, 2), (1.0, 1), (3, None), ("1", None), (True, None), ([1], None)]
)
def test_an_event_says_which_version_it_keeps(stated: Any, version: int | None) -> None:
    given = event({"total": 1})
    given.context["protocols"] = {"event_version": stated}
    found = check(given, versioned())
    if version is not None:
        assert isinstance(found, Event)
        assert found.contract_version == version
        return
    assert isinstance(found, DeadLetter)
    assert (found.reason, found.contract_version) == (DeadReason.CONTRACT_VIOLATED, None)
    assert "1, 2" in found.detail
    assert "event_version" in found.detail


@pytest.mark.parametrize(("unversioned", "is_kept"), [("newest", False), ("oldest", True)])
def test_the_workspace_chooses_for_events_that_state_none(unversioned: str, is_kept: bool) -> None:
    for protocols in (None, {}, {"event_version": None}, "nonsense"):
        given = event({})
        given.context["protocols"] = protocols
        found = check(given, versioned(unversioned))
        assert isinstance(found, Event) is is_kept
        assert found.contract_version == (1 if is_kept else 2)


def test_a_version_of_somebody_elses_tracking_plan_is_not_looked_at_under_a_shipped_contract() -> None:
    given = event({"total": 1})
    given.context["protocols"] = {"event_version": 7}
    assert check(given, versioned(shipped=True)) is given


def test_each_version_says_what_is_personal() -> None:
    for stated, personal in ((1, {"note"}), (2, set())):
        given = event({"total": 1, "note": "n"})
        given.context["protocols"] = {"event_version": stated}
        checked = check(given, versioned())
        assert isinstance(checked, Event)
        assert personal_fields(checked, versioned(), frozenset()) == personal


def test_unknown_fields() -> None:
    given = event({"revenue": 1, "note": "n", "odd": 2})
    kept = check(given, contracts(unknown_fields="strip"))
    assert isinstance(kept, Event)
    assert kept.payload == {"revenue": 1, "note": "n"}
    assert given.payload["odd"] == 2
    assert isinstance(check(given, contracts(unknown_fields="quarantine")), DeadLetter)
    known = event({"revenue": 1})
    assert check(known, contracts(unknown_fields="quarantine")) is known


@pytest.mark.parametrize(
    ("payload", "name", "personal"),
    [
        ({"email": 1, "phone": 1, "firstName": 1, "last_name": 1, "birthday": 1, "ip": 1, "n": 1}, "x", None),
        ({"name": "Yoga", "revenue": 1}, "order", []),
        ({"name": "Anna"}, "x", ["name"]),
        ({"note": 1, "buyer": {"age": 5}}, "order", ["note", "buyer"]),
        ({"buyer": {"email": 1}, "list": [{"a": {"phone": 1}}], "plain": {"a": [1]}}, "x", ["buyer", "list"]),
        ({"shoe_size": 40, "b": {"shoe_size": 1}}, "x", ["shoe_size", "b"]),
    ],
)
def test_personal_fields(payload: dict[str, Any], name: str, personal: list[str] | None) -> None:
    expected = set(payload) - {"n"} if personal is None else set(personal)
    assert personal_fields(event(payload, name), contracts(), frozenset({"shoe_size"})) == expected
