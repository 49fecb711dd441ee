"""Undeclared fields are suggested by name, share and sensitivity; no value is told; a rename is seen."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fieldfare.collect.contracts import INTERNAL_PURPOSES
from fieldfare.collect.files import ContractFile
from fieldfare.collect.parse_files import parse_contract
from fieldfare.collect.suggest import Rename, renames, suggest

ALLOWED = frozenset({"none", "personal", "contact"})


def found(payloads: list[dict[str, Any]], known: frozenset[str] = frozenset(), *, has_contract: bool = False) -> Any:
    return suggest("trial_started", payloads, known, ALLOWED, has_contract=has_contract)


def test_what_is_declared_is_not_suggested() -> None:
    assert found([{"a": 1}], frozenset("a")) is None
    assert found([]) is None


def test_types_shares_and_sensitivities() -> None:
    payloads: list[dict[str, Any]] = [
        {"weeks": 2, "start": "2026-01-05", "at": "2026-01-05T10:00:00Z", "mail": "a@example.com", "known": 1},
        {"weeks": 2.5, "person": {"diagnosis": "flu", "tags": [{"lat": 1.5}]}, "mail": None},
        {"weeks": "2", "list": [1]},
        {},
    ]
    suggestion = found(payloads, frozenset({"known"}), has_contract=True)
    by_name = {field.name: field for field in suggestion.fields}
    assert (by_name["weeks"].types, by_name["weeks"].share) == (["string", "number"], 0.75)
    assert (by_name["start"].format, by_name["at"].format) == ("date", "date-time")
    assert (by_name["mail"].types, by_name["mail"].sensitivity) == (["string", "null"], "contact")
    assert by_name["person.diagnosis"].sensitivity == "health"
    assert by_name["person.tags.lat"].sensitivity == "precise_location"
    assert by_name["list"].types == ["array"]
    assert "known" not in by_name
    assert suggestion.sampled == 4
    assert suggestion.yaml.startswith("# add to the contract of trial_started\n")
    assert "health, purposes: [service]} # its name; not allowed by collect.yaml" in suggestion.yaml


def test_keys_that_are_values_are_counted_and_not_shown() -> None:
    payloads = [{"anna@example.com": 1, "by_user": {"4915123456789": 2, "ok": 3}, "user_4711081": 1, "\u00fc": 1}]
    suggestion = found(payloads)
    assert [field.name for field in suggestion.fields] == ["by_user", "by_user.ok"]
    assert suggestion.hidden == 4
    told = msgspec.json.encode(suggestion).decode()
    assert not any(value in told for value in ("anna", "4915", "4711081"))


_names = st.sampled_from(["weeks", "email", "notes", "class name", "on", "yes", "x-y", "$id", "person", "null", "a.b"])
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(0, 9), st.sampled_from(["2026-01-01", "s p"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_names, inner, max_size=2)),
    max_leaves=4,
)


@given(st.lists(st.dictionaries(_names, _values, max_size=5), min_size=1, max_size=6))
def test_the_yaml_is_a_contract_that_its_own_events_keep(payloads: list[dict[str, Any]]) -> None:
    suggestion = found(payloads)
    if suggestion is None:
        return
    contract, problems = parse_contract(msgspec.convert(YAML(typ="safe").load(suggestion.yaml), ContractFile))
    assert contract is not None, problems
    assert all(contract.validator is None or contract.validator.is_valid(payload) for payload in payloads)
    assert all(set(field.purposes) <= INTERNAL_PURPOSES and field.purposes for field in contract.fields.values())


OLD: list[dict[str, Any]] = [{"tier": "plus", "n": 1}] * 25
NEW: list[dict[str, Any]] = [{"level": "plus", "n": 1}] * 25


def test_a_renamed_field_is_seen() -> None:
    known = frozenset({"tier", "n"})
    assert renames("joined", "app", OLD, NEW, known) == [Rename("joined", "app", "tier", "level")]
    assert renames("joined", "app", OLD, OLD, known) == []
    assert renames("joined", "app", OLD, NEW[:5], known) == [], "too few to tell"
    assert renames("joined", "app", OLD, [{"level": 5, "n": 1}] * 25, known) == [], "another type"
    assert renames("joined", "app", OLD, [{"n": 1}] * 25, known) == [], "nothing came"
    rare: list[dict[str, Any]] = [*[{"level": "x"}] * 5, *[{"n": 1}] * 45]
    assert renames("joined", "app", OLD, rare, known) == [], "it stands much less often"
    both = [{"tier": "plus", "level": "plus"}] * 25
    assert renames("joined", "app", OLD, both, known) == [], "the old one is still there"


def test_each_field_is_renamed_once() -> None:
    before = [{"a": "x", "b": "y"}] * 30
    after = [{"c": "x", "d": "y"}] * 30
    found_pairs = renames("e", "s", before, after, frozenset("ab"))
    assert [(each.old, each.new) for each in found_pairs] == [("a", "c"), ("b", "d")]
