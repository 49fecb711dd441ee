"""A database that is gone for a moment is a transient failure, whichever way the statement went; a bug is not."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Select, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from fieldfare.ground.errors import TransientError
from fieldfare.ground.store import State, open_state, rows_of

ONE: Select[Any] = select(literal_column("1").label("one"))


@pytest.fixture(params=["core", "driver"])
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def ask_on(connection: Connection, way: str) -> int:
    if way == "driver":
        return int(rows_of(connection, ONE)[0][0])
    return int(connection.execute(text("SELECT 1")).scalar_one())


def ask(state: State, way: str) -> int:
    with state.write() as connection:
        return ask_on(connection, way)


def ask_after_the_server_ended_us(state: State, other: State, way: str) -> None:
    with state.write() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with other.write() as killer:
            killer.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        ask_on(connection, way)


def write_while_locked(state: State) -> None:
    with state.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
        connection.exec_driver_sql("CREATE TABLE u (x INTEGER)")


def ask_nonsense(state: State) -> None:
    with state.write() as connection:
        connection.execute(text("SELECT nothing FROM nowhere"))


def test_a_killed_server_connection_is_transient_and_heals(postgres_database: str, way: str) -> None:
    state, other = open_state(postgres_database), open_state(postgres_database)
    assert ask(state, way) == 1
    with pytest.raises(TransientError):
        ask_after_the_server_ended_us(state, other, way)
    assert ask(state, way) == 1


def test_a_locked_file_is_transient(tmp_path: Path, way: str) -> None:
    url = f"sqlite:///{tmp_path / 'state.sqlite'}"
    holder, waiting = open_state(url), open_state(url)
    with holder.write() as connection:
        connection.execute(text("CREATE TABLE t (x INTEGER)"))
        with pytest.raises(TransientError):
            write_while_locked(waiting)
    assert ask(waiting, way) == 1


def test_a_wrong_statement_is_not_transient(postgres_database: str) -> None:
    with pytest.raises(DBAPIError):
        ask_nonsense(open_state(postgres_database))
