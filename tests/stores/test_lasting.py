"""Many transactions under one that is committed now and then: parts are whole or not there; throw-away data alone."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection

from fieldfare.ground.errors import TransientError
from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.state import WRITES_TOGETHER


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'state.sqlite'}"


@pytest.fixture
def state(url: str) -> Iterator[State]:
    state = open_state(url, durable=False)
    with state.write() as connection:
        connection.exec_driver_sql("CREATE TABLE t (x INTEGER)")
    yield state
    state.close()


@pytest.fixture
def other(state: State) -> Iterator[State]:
    other = open_state(str(state.engine.url))
    yield other
    other.close()


def add(state: State, number: int) -> None:
    with state.write() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (number,))


def numbers(connection: Connection) -> list[int]:
    return [row[0] for row in connection.exec_driver_sql("SELECT x FROM t ORDER BY x")]


def seen_by(state: State) -> list[int]:
    with state.read() as connection:
        return numbers(connection)


def test_parts_see_those_before_them_and_others_see_all_at_the_end(state: State, other: State) -> None:
    with state.lasting():
        add(state, 1)
        add(state, 2)
        assert seen_by(state) == [1, 2]
        assert seen_by(other) == []
    assert seen_by(other) == [1, 2]


def fail_after(state: State, number: int, error: Exception) -> None:
    with state.write() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (?)", (number,))
        raise error


def test_a_part_that_fails_leaves_nothing_and_the_others_stay(state: State, other: State) -> None:
    with state.lasting():
        add(state, 1)
        with pytest.raises(ValueError, match="no"):
            fail_after(state, 2, ValueError("no"))
        add(state, 3)
    assert seen_by(other) == [1, 3]


def test_what_was_whole_is_kept_when_the_body_fails(state: State, other: State) -> None:
    def add_and_fail() -> None:
        with state.lasting():
            add(state, 1)
            fail_after(state, 2, ValueError("no"))

    with pytest.raises(ValueError, match="no"):
        add_and_fail()
    assert seen_by(other) == [1]


def test_a_database_that_does_not_answer_is_transient(state: State) -> None:
    def ask_nothing() -> None:
        with state.write() as connection:
            connection.exec_driver_sql("SELECT nothing FROM nowhere")

    with pytest.raises(TransientError), state.lasting():
        ask_nothing()


def test_it_commits_now_and_then(state: State, other: State) -> None:
    with state.lasting():
        for number in range(WRITES_TOGETHER + 1):
            add(state, number)
        assert len(seen_by(other)) == WRITES_TOGETHER
    assert len(seen_by(other)) == WRITES_TOGETHER + 1


def test_inside_another_it_is_that_one(state: State, other: State) -> None:
    with state.lasting():
        with state.lasting():
            add(state, 1)
        assert seen_by(other) == []
    assert seen_by(other) == [1]


def test_another_thread_has_transactions_of_its_own(state: State) -> None:
    with ThreadPoolExecutor(1) as elsewhere, state.lasting():
        add(state, 1)
        assert elsewhere.submit(seen_by, state).result() == []


def test_what_is_durable_is_committed_at_once(state: State, other: State) -> None:
    durable = open_state(str(state.engine.url))
    with durable.lasting():
        add(durable, 1)
        assert seen_by(other) == [1]
    durable.close()
