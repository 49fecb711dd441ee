"""The writers of one process share one connection to SQLite and wait in line; readers have their own."""

import threading
from pathlib import Path

from sqlalchemy import text

from fieldfare.ground.store import open_state
from fieldfare.ground.store.line import Line


def test_whoever_has_waited_longest_writes_next_and_not_whoever_wrote_just_now(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    line = state.line
    assert line is not None
    order: list[str] = []

    def write(name: str) -> None:
        with state.write():
            order.append(name)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    with state.write():
        for waiting, thread in enumerate(threads, 1):
            thread.start()
            while line.length < waiting:
                assert thread.is_alive(), "it did not wait in line"
    write("again")
    for thread in threads:
        thread.join(20)
    assert order == ["a", "b", "c", "d", "again"]
    state.close()


def test_a_line_is_handed_on_and_nobody_waits_longer_than_they_say() -> None:
    line = Line()
    assert line.take(0)
    assert not line.take(0.01), "somebody has it"
    came: list[bool] = []
    thread = threading.Thread(target=lambda: came.append(line.take(20)))
    thread.start()
    while not line.length:
        assert thread.is_alive(), "it did not wait in line"
    line.leave()
    assert not line.take(0), "it was handed to whoever waited"
    thread.join(20)
    line.leave()
    assert (came, line.take(0), line.length) == ([True], True, 0)


def test_writers_wait_in_line_for_one_connection_and_readers_for_nobody(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    used: list[int] = []
    with state.write() as tx:
        tx.execute(text("CREATE TABLE line (number INTEGER)"))

    def write(number: int) -> None:
        with state.write() as mine:
            used.append(id(mine.connection.driver_connection))
            mine.execute(text(f"INSERT INTO line SELECT {number} + count(*) * 10 FROM line"))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 5)]
    with state.write() as tx:
        used.append(id(tx.connection.driver_connection))
        tx.execute(text("INSERT INTO line VALUES (0)"))
        for thread in threads:
            thread.start()
        with state.read() as other:
            assert other.execute(text("SELECT count(*) FROM line")).scalar_one() == 0
            assert id(other.connection.driver_connection) not in used
    for thread in threads:
        thread.join(20)
    with state.read() as tx:
        numbers = sorted(tx.execute(text("SELECT number / 10 FROM line")).scalars())
    assert numbers == [0, 1, 2, 3, 4], "each saw all that was written before it"
    assert (len(used), len(set(used))) == (5, 1)
    state.close()
