"""An installation serves only the definitions that its profiles were folded with; a new one takes those it is given."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fieldfare.flow.rebuild import applied_definitions, note_definitions, take_definitions
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    is_sqlite = request.param == "sqlite"
    made = open_state(
        f"sqlite:///{tmp_path / 's.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_database")
    )
    migrate(made)
    yield made
    made.close()


def check_definitions_are_taken_once(take: Callable[[State, str], bool], state: State) -> None:
    assert applied_definitions(state) is None
    assert take(state, "first")
    assert take(state, "first")
    assert not take(state, "second")
    assert applied_definitions(state) == "first", "asking does not change what profiles were folded with"
    note_definitions(state, "second")
    assert take(state, "second")
    assert not take(state, "first")


def test_definitions_are_taken_once(state: State) -> None:
    check_definitions_are_taken_once(take_definitions, state)


def test_a_planted_fault_is_caught(state: State) -> None:
    def always(opened: State, digest: str) -> bool:
        note_definitions(opened, digest)
        return True

    with pytest.raises(AssertionError):
        check_definitions_are_taken_once(always, state)
