"""One worker per database: the second is refused, the lock goes with its holder, and a lost one is taken again."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from fieldfare.ground.errors import ConflictError, TransientError
from fieldfare.ground.store import Alone, State, open_state

_HOLDER = """SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND granted AND datname = current_database()"""


@pytest.fixture
def state(postgres_database: str) -> Iterator[State]:
    """Return a state database on PostgreSQL."""
    made = open_state(postgres_database)
    yield made
    made.close()


def end_holder(state: State) -> None:
    """End the session that holds the lock, as a restart of the server does, and wait until it is gone."""
    with state.engine.connect() as connection:
        ended = connection.execute(text(f"SELECT pg_terminate_backend(pid, 5000) FROM ({_HOLDER}) AS holder"))
        assert [row[0] for row in ended] == [True]


def test_the_second_is_refused_until_the_first_lets_go(state: State) -> None:
    first, second = Alone(state), Alone(state, wait_s=0.1)
    first.take()
    assert first.check() == 0
    with pytest.raises(ConflictError) as caught:
        second.take()
    assert caught.value.code == "worker_twice"
    first.release()
    first.release()
    second.take()
    second.release()


def test_who_starts_waits_for_the_session_of_a_killed_one(state: State) -> None:
    first, second = Alone(state), Alone(state)
    first.take()
    timer = threading.Timer(0.3, first.release)
    timer.start()
    second.take()
    timer.join()
    second.release()


def test_a_lost_lock_is_taken_again(state: State) -> None:
    alone = Alone(state)
    alone.take()
    end_holder(state)
    with pytest.raises(TransientError):
        alone.check()
    assert alone.check() == 0
    with pytest.raises(ConflictError):
        Alone(state, wait_s=0.1).take()
    alone.release()


def test_a_lost_lock_that_another_took_is_told(state: State) -> None:
    alone, other = Alone(state, wait_s=0.1), Alone(state)
    alone.take()
    end_holder(state)
    other.take()
    with pytest.raises(TransientError):
        alone.check()
    with pytest.raises(ConflictError) as caught:
        alone.check()
    assert caught.value.code == "worker_twice"
    other.release()


def test_a_server_out_of_reach_is_waited_for() -> None:
    with pytest.raises(TransientError):
        Alone(open_state("postgresql+pg8000://postgres@127.0.0.1:1/none")).take()


def test_sqlite_needs_none(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path / 'state.sqlite'}")
    for _ in range(2):
        alone = Alone(state)
        alone.take()
        assert alone.check() == 0
    alone.release()
    state.close()
