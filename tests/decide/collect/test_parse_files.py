"""Contract files: what is wrong is told with its place."""

from typing import Any

import pytest

from fieldfare.collect.files import CollectFile, ContractFile, FieldFile
from fieldfare.collect.parse_files import parse_collect, parse_contract


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"event": "  "}, ("event",)),
        ({"schema": {"type": "nonsense"}}, ("schema",)),
        ({"schema": {"$ref": "http://example.com/schema"}}, ("schema",)),
        ({"schema": {"properties": {"a": {"pattern": "("}}}}, ("schema",)),
        ({"fields": {"a": FieldFile(retention="30")}}, ("fields", "a", "retention")),
        ({"fields": {"a": FieldFile(retention="30 hours")}}, ("fields", "a", "retention")),
        ({"synonyms": ["x", "e"]}, ("synonyms", 1)),
        ({"synonyms": [" "]}, ("synonyms", 0)),
    ],
)
def test_what_is_wrong_has_a_place(more: dict[str, Any], path: tuple[str | int, ...]) -> None:
    contract, problems = parse_contract(ContractFile(**{"event": "e", **more}))
    assert contract is None
    assert [problem.path for problem in problems] == [path]
    assert all(problem.what and problem.why and problem.fix for problem in problems)


def test_all_problems_come_at_once() -> None:
    _, problems = parse_contract(ContractFile(event="", schema={"type": 5}, synonyms=[""]))
    assert len(problems) == 3


def test_a_contract_is_compiled() -> None:
    fields = {"a": FieldFile(sensitivity="health", retention="2 weeks", purposes=["care"]), "b": FieldFile(unit="kg")}
    schema = {"description": "d", "properties": {"c": {"type": "string"}}}
    contract, _ = parse_contract(ContractFile(event="e", schema=schema, fields=fields))
    assert contract is not None
    assert contract.fields["a"].retention_days == 14
    assert (contract.known, contract.personal, contract.plain) == (frozenset("abc"), frozenset("a"), frozenset("b"))
    assert not contract.validator.is_valid({"c": 1})


def test_a_schema_that_asks_for_nothing_costs_nothing() -> None:
    contract, _ = parse_contract(ContractFile(event="e", schema={"description": "d"}))
    assert contract is not None
    assert contract.validator is None


def test_the_door_keeps_everything_plain_by_default() -> None:
    settings, problems = parse_collect(CollectFile())
    assert settings is not None
    assert problems == []
    assert (settings.unknown_events, settings.unknown_fields) == ("keep", "keep")
    assert settings.allowed_sensitivities == {"none", "personal", "contact"}
    strict, _ = parse_collect(CollectFile(allowed_sensitivities=["health"]))
    assert strict is not None
    assert strict.allowed_sensitivities == {"none", "health"}
