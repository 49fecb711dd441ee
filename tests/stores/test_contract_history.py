"""The recorded history of contracts on both databases: what was in force last, and what was before."""

from collections.abc import Iterator
from typing import Any

import pytest

from fieldfare.collect import store
from fieldfare.collect.contracts import Contracts, join_contracts
from fieldfare.collect.files import ContractFile
from fieldfare.collect.parse_files import parse_contract
from fieldfare.flow.contract_history import record_contracts, recorded_contracts
from fieldfare.ground.store import State, metadata, open_state


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[State]:
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    opened = open_state(url)
    with opened.write() as connection:
        metadata.create_all(connection, tables=[store.contract_version])
    yield opened
    opened.close()


def contracts(*files: tuple[str, int, dict[str, Any]]) -> Contracts:
    made = [parse_contract(ContractFile(event=event, version=version, **more))[0] for event, version, more in files]
    return join_contracts([one for one in made if one is not None])


def test_what_was_recorded_last_is_in_force_and_the_rest_is_history(state: State) -> None:
    assert recorded_contracts(state) == {}
    text = {"schema": {"properties": {"a": {"type": "string", "description": "gr\u00fc\u00df 'x'"}}}}
    record_contracts(state, contracts(("a", 1, text), ("b", 1, {})), 10)
    record_contracts(state, contracts(("a", 1, text), ("b", 1, {})), 20)
    found = recorded_contracts(state)
    assert {event: list(versions) for event, versions in found.items()} == {"a": [1], "b": [1]}
    assert found["a"][1].schema == text["schema"]
    record_contracts(state, contracts(("a", 1, text), ("a", 2, {"synonyms": ["x"]})), 30)
    found = recorded_contracts(state)
    assert {event: sorted(versions) for event, versions in found.items()} == {"a": [1, 2]}
    assert found["a"][2].synonyms == ["x"]
    with state.read() as connection:
        assert sorted(store.contract_history(connection, "a")) == [(1, 10, 30), (2, 30, 30)]
        assert store.contract_history(connection, "b") == [(1, 10, 20)]


def test_what_comes_back_is_in_force_again(state: State) -> None:
    first, second = contracts(("a", 1, {})), contracts(("a", 1, {"description": "other"}))
    for at, each in ((1, first), (2, second), (3, first)):
        record_contracts(state, each, at)
    assert recorded_contracts(state)["a"][1].description == ""
