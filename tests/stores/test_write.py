"""Writing any number of rows: each is there once, as it was given, whatever the number is split into."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, Connection, MetaData, Table, Text, select

from fieldfare.ground.store import State, open_state
from fieldfare.ground.store.write import add_counts, insert_ignore, insert_new, upsert

_metadata = MetaData()
narrow = Table(
    "narrow", _metadata, Column("id", BigInteger, primary_key=True, autoincrement=False), Column("told", Text)
)
wide = Table(
    "wide",
    _metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    *(Column(f"told_{number}", BigInteger) for number in range(40)),
)


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[State]:
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    opened = open_state(url)
    with opened.write() as connection:
        _metadata.create_all(connection)
    yield opened
    opened.close()


def rows_of(connection: Connection, table: Table) -> list[tuple[object, ...]]:
    return sorted(tuple(row) for row in connection.execute(select(table)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(count=st.integers(0, 1_300), before=st.integers(0, 40))
def test_every_row_is_written_once_and_what_was_there_stays_or_is_replaced(
    state: State, count: int, before: int
) -> None:
    old = [{"id": number, "told": "old"} for number in range(before)]
    new = [{"id": number, "told": f"new {number}"} for number in range(count)]
    with state.write() as tx:
        tx.execute(narrow.delete())
        insert_new(tx, narrow, old)
        insert_ignore(tx, narrow, new)
        kept = [(each["id"], each["told"]) for each in [*old, *new[before:]]]
        assert rows_of(tx, narrow) == kept
        upsert(tx, narrow, new)
        assert rows_of(tx, narrow) == [(each["id"], each["told"]) for each in [*new, *old[count:]]]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=5, deadline=None)
@given(count=st.integers(1, 200))
def test_wide_rows_keep_their_columns_apart(state: State, count: int) -> None:
    told = [{"id": row, **{f"told_{number}": row * 100 + number for number in range(40)}} for row in range(count)]
    with state.write() as tx:
        tx.execute(wide.delete())
        insert_new(tx, wide, told)
        add_counts(tx, wide, told, ("told_1", "told_3"))
        expected = [tuple({**row, "told_1": 2 * row["told_1"], "told_3": 2 * row["told_3"]}.values()) for row in told]
        assert rows_of(tx, wide) == expected
