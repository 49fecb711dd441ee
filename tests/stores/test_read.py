"""Reading by many keys equals plain execution of the same statement, on both databases, for any list of keys."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    Connection,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import InvalidRequestError

from fieldfare.ground.store import State, change, insert_new, open_state, rows_in, rows_of, run_in, upsert
from fieldfare.ground.store.read import LARGEST, _text
from tests.amounts import examples

Row = tuple[Any, ...]
Reader = Callable[..., Iterable[Row]]

THERE = 1_500
THING = Table(
    "thing",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("mark", LargeBinary),
    Column("size", BigInteger),
)
MANY: BindParameter[Any] = bindparam("many", expanding=True)
BY_ID = select(THING).where(THING.c.id.in_(MANY))
BY_MARK = select(THING.c.id, THING.c.mark).where(THING.c.mark.in_(MANY))
BY_NAME = select(THING.c.name).where(THING.c.name.in_(MANY), THING.c.name.like("t%7%"))
TWICE = select(THING.c.id).where(or_(THING.c.id.in_(MANY), THING.c.size.in_(MANY)))
WITH_MORE = (
    select(THING.c.id, THING.c.size)
    .where(THING.c.size >= bindparam("least"), THING.c.id.in_(MANY), THING.c.name != "thing 3")
    .limit(bindparam("most"))
)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    folder: Path = tmp_path_factory.mktemp("read")
    is_sqlite = request.param == "sqlite"
    made = open_state(f"sqlite:///{folder / 's.sqlite'}" if is_sqlite else request.getfixturevalue("postgres_url"))
    with made.write() as connection:
        THING.drop(connection, checkfirst=True)
        THING.create(connection)
        rows = [
            {"id": n, "name": f"thing {n}", "mark": n.to_bytes(2, "big") if n % 3 else None, "size": n % 10}
            for n in range(THERE)
        ]
        upsert(connection, THING, rows)
    yield made
    with made.write() as connection:
        THING.drop(connection)
    made.close()


def check_equal(reader: Reader, connection: Connection, statement: Select[Any], keys: list[Any], **others: Any) -> None:
    found = sorted(map(tuple, reader(connection, statement, keys, **others)), key=repr)
    # In one statement each, so that nothing of the reader's own cutting is used to judge it.
    plain = [tuple(row) for row in connection.execute(statement, {"many": keys, **others})]
    assert found == sorted(plain, key=repr)


IDS = st.lists(st.integers(-5, THERE + 5), max_size=40) | st.integers(500, 1_300).map(lambda n: list(range(n)))


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(IDS)
@example([])
@example([7])
@example([7, 7, 7])
@example(list(range(LARGEST)))
@example(list(range(LARGEST + 1)))
@example(list(range(2 * LARGEST, 0, -1)) * 2)
def test_rows_for_many_keys_are_those_of_plain_execution(state: State, keys: list[int]) -> None:
    with state.read() as connection:
        check_equal(rows_in, connection, BY_ID, keys)
        check_equal(rows_in, connection, BY_MARK, [key.to_bytes(2, "big") for key in keys if key >= 0])
        check_equal(rows_in, connection, BY_NAME, [f"thing {key}" for key in keys])
        check_equal(rows_in, connection, WITH_MORE, keys, least=4, most=10_000)


@pytest.mark.parametrize("keys", [[], [3], [3, 5, 9], list(range(300))])
def test_a_statement_may_ask_twice(state: State, keys: list[int]) -> None:
    with state.read() as connection:
        check_equal(rows_in, connection, TWICE, keys)


def test_other_parameters_are_read_anew_each_time(state: State) -> None:
    with state.read() as connection:
        for least in (0, 5, 9, 10):
            check_equal(rows_in, connection, WITH_MORE, [1, 5, 9, 19], least=least, most=100)
            counted = select(func.count()).where(THING.c.size >= bindparam("least"))
            assert rows_of(connection, counted, least=least)[0][0] == (10 - least) * THERE // 10


def test_a_statement_s_own_values_are_kept(state: State) -> None:
    with state.read() as connection:
        for size in (2, 3):
            wanted = select(THING.c.id).where(THING.c.size == size, THING.c.id < bindparam("below"))
            assert [row[0] for row in rows_of(connection, wanted, below=10)] == [size]


def test_it_reads_inside_the_transaction(state: State) -> None:
    def write_and_fail() -> None:
        with state.write() as connection:
            upsert(connection, THING, [{"id": 9_000, "name": "new", "mark": None, "size": 0}])
            assert [row[1] for row in rows_in(connection, BY_ID, [9_000])] == ["new"]
            raise KeyError

    with pytest.raises(KeyError):
        write_and_fail()
    with state.read() as connection:
        assert list(rows_in(connection, BY_ID, [9_000])) == []


def test_the_statement_is_compiled_once_per_size(state: State) -> None:
    with state.read() as connection:
        list(rows_in(connection, BY_ID, range(300)))
        before = _text.cache_info()
        list(rows_in(connection, BY_ID, range(400)))
        list(rows_in(connection, BY_ID, range(257)))
        after = _text.cache_info()
    assert (after.misses, after.hits) == (before.misses, before.hits + 2)


def test_a_missing_parameter_is_a_failure(state: State) -> None:
    with state.read() as connection, pytest.raises(InvalidRequestError, match="least"):
        list(rows_in(connection, WITH_MORE, [1], most=1))


def test_planted_faults_are_caught(state: State) -> None:
    def forgets_the_rest(connection: Connection, statement: Select[Any], keys: list[Any]) -> Iterable[Row]:
        return rows_in(connection, statement, sorted(set(keys))[:LARGEST])

    def pads_with_another(connection: Connection, statement: Select[Any], keys: list[Any]) -> Iterable[Row]:
        return rows_in(connection, statement, [*keys, 0])

    def asks_twice(connection: Connection, statement: Select[Any], keys: list[Any]) -> Iterable[Row]:
        return [row for key in keys for row in rows_in(connection, statement, [key])]

    with state.read() as connection:
        for broken, keys in (
            (forgets_the_rest, list(range(LARGEST + 1))),
            (pads_with_another, [1, 2, 3]),
            (asks_twice, [7, 7]),
        ):
            with pytest.raises(AssertionError):
                check_equal(broken, connection, BY_ID, keys)


def undone(state: State, body: Callable[[Connection], None]) -> None:
    """Run something in a transaction and take it back."""

    def run() -> None:
        with state.write() as connection:
            body(connection)
            raise KeyError

    with pytest.raises(KeyError):
        run()


def test_an_update_of_many_keys_tells_what_it_met(state: State) -> None:
    grow = update(THING).where(THING.c.id.in_(MANY), THING.c.size < bindparam("below")).values(size=77)
    keys = [*range(40), THERE + 3]

    def body(connection: Connection) -> None:
        met = {row[0] for row in rows_in(connection, grow.returning(THING.c.id), keys, below=5)}
        assert met == {n for n in range(40) if n % 10 < 5}
        assert run_in(connection, grow, keys, below=9) == 16
        assert run_in(connection, grow, [], below=9) == 0

    undone(state, body)


def test_rows_are_changed_each_by_its_key(state: State) -> None:
    rows = [{"id": n, "name": f"now {n}", "mark": None if n % 2 else b"m", "size": None} for n in range(700)]

    def body(connection: Connection) -> None:
        insert_new(connection, THING, [{"id": 9_001, "name": "new", "mark": None, "size": 1}])
        change(connection, THING, [*rows, {"id": -1, "name": "none", "mark": None, "size": 1}])
        change(connection, THING, [])
        found = {row[0]: tuple(row[1:]) for row in rows_in(connection, BY_ID, range(702))}
        assert found[1] == ("now 1", None, None)
        assert found[2] == ("now 2", b"m", None)
        assert found[701] == ("thing 701", (701).to_bytes(2, "big"), 1)
        assert len(found) == 702

    undone(state, body)
