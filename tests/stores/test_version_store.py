"""Stored versions cannot be changed or removed; contents are kept once; the one applied last is in force."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fieldfare.flow.versions import record, store
from fieldfare.flow.versions.model import Status, Step
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.migrate import migrate

FILES = {"workspace.yaml": b"name: shop\n", "audiences/a.yaml": b"audience: a\n"}


@pytest.fixture(params=["sqlite", "postgresql"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[State]:
    is_sqlite = request.param == "sqlite"
    made = open_state(
        f"sqlite:///{tmp_path / 's.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_database")
    )
    migrate(made)
    yield made
    made.close()


def step(status: Status, by: str = "kim") -> Step:
    return Step(status=status, by=by, reason="why", at=7)


def test_versions_are_append_only(state: State) -> None:
    assert record.files_in_force(state) is None
    record.take_first(state, FILES, "kim", 5)
    record.take_first(state, {}, "ann", 6)
    assert record.files_in_force(state) == (1, FILES)
    for table in ("workspace_file", "workspace_version", "version_step"):
        column = {"workspace_file": "digest"}.get(table, "number")
        for change in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError, match="append-only"), state.write() as connection:
                connection.execute(text(change))


def test_the_version_applied_last_is_in_force(state: State) -> None:
    record.take_first(state, FILES, "kim", 5)
    later = {**FILES, "audiences/b.yaml": b"audience: b\n"}
    with state.write() as connection:
        record.must_be(connection, 1)
        number = record.insert(connection, record.Draft(base=1, files=later), step(Status.WAITING))
        assert (number, store.applied_number(connection)) == (2, 1)
        record.add_step(connection, number, step(Status.APPLIED, "ann"))
        assert store.applied_number(connection) == 2
        assert connection.execute(text("SELECT count(*) FROM workspace_file")).scalar() == 3
    with state.read() as connection:
        assert record.base_of(connection).files == later
        with pytest.raises(ConflictError, match="audiences/b"):
            record.must_be(connection, 1)
        with pytest.raises(CallerError, match="versions 1 to 2"):
            record.version(connection, 3)


def _half(state: State) -> None:
    with state.write() as connection:
        number = record.insert(connection, record.Draft(base=None, files=FILES), step(Status.WAITING))
        record.add_step(connection, number, step(Status.APPLIED))
        raise KeyboardInterrupt


def test_nothing_of_a_version_is_left_when_its_transaction_fails(state: State) -> None:
    with pytest.raises(KeyboardInterrupt):
        _half(state)
    with state.read() as connection:
        assert (store.last_number(connection), store.applied_number(connection)) == (0, None)
        assert store.contents(connection, ["x"]) == {}
