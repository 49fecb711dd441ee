"""Writing many rows the same way on SQLite and PostgreSQL: insert, replace, leave alone, change.

Statements are built once per table and dialect, and insert many rows at once. PostgreSQL's driver makes a round trip
for each; SQLite's lets other threads run during each, and waits for its turn while one of them computes. On SQLite the
text runs on the driver's own cursor, with as many rows as a power of two, so that few texts are made.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, bindparam, case, cast, column, update, values
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.dml import Delete, Insert, Update

Row = Mapping[str, Any]
_Statement = Insert | Update | Delete

_ROWS_PER_STATEMENT = 500
_VALUES_PER_STATEMENT = 1_024
"""On SQLite, about: what is prepared is kept, and takes memory by its values."""


def _insert(table: Table, dialect: str) -> Any:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


@lru_cache(maxsize=128)
def _ignore(table: Table, dialect: str) -> Insert:
    statement: Insert = _insert(table, dialect).on_conflict_do_nothing()
    return statement


@lru_cache(maxsize=128)
def _replace(table: Table, dialect: str, columns: tuple[str, ...]) -> Insert:
    insert = _insert(table, dialect)
    keys = {column.name for column in table.primary_key}
    changed = {name: insert.excluded[name] for name in columns if name not in keys}
    keyed = list(table.primary_key)
    statement: Insert = (
        insert.on_conflict_do_update(index_elements=keyed, set_=changed) if changed else _ignore(table, dialect)
    )
    return statement


@lru_cache(maxsize=128)
def _plain(table: Table, dialect: str) -> Insert:
    statement: Insert = _insert(table, dialect).inline()
    return statement


@lru_cache(maxsize=128)
def _change(table: Table, key: str, columns: tuple[str, ...]) -> Update:
    told: dict[str, Any] = {name: bindparam(f"to_{name}") for name in columns if name != key}
    return update(table).where(table.c[key] == bindparam(f"to_{key}")).values(told)


@lru_cache(maxsize=256)
def _text(statement: _Statement, dialect: Dialect, columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    keys = list(columns) if isinstance(statement, Insert) else None
    compiled = statement.compile(dialect=dialect, column_keys=keys)
    return str(compiled), tuple(compiled.positiontup or ())


@lru_cache(maxsize=512)
def _text_of_rows(text: str, columns: int, rows: int) -> str:
    """Return the text of an insert of one row as that of so many."""
    one = f"({', '.join('?' * columns)})"
    assert text.count(one) == 1, text
    return text.replace(one, ", ".join([one] * rows))


def _insert_rows(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    """Insert on SQLite: as many rows at once as a statement takes, then half of them, and so on to the last."""
    text, names = _text(statement, connection.dialect, tuple(rows[0]))
    told = list(zip(*(map(itemgetter(name), rows) for name in names), strict=True))
    cursor = connection.connection.cursor()
    done, size = 0, 1 << (_VALUES_PER_STATEMENT // len(names)).bit_length() - 1
    while done < len(told):
        while size > len(told) - done:
            size >>= 1
        many = _text_of_rows(text, len(names), size)
        cursor.execute(many, tuple(chain.from_iterable(told[done : done + size])))
        done += size


def _run(connection: Connection, statement: Insert, rows: Sequence[Row]) -> None:
    if connection.dialect.name == "sqlite":
        _insert_rows(connection, statement, rows)
        return
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        connection.execute(statement.values(list(rows[start : start + _ROWS_PER_STATEMENT])))


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows; one whose key is there is an error of the database. All rows name the same columns."""
    if rows:
        _run(connection, _plain(table, connection.dialect.name), rows)


def change(connection: Connection, table: Table, rows: Sequence[Row], key: str = "id") -> None:
    """Set the columns of rows that are there, each found by its ``key``. All rows name the same columns, and a key."""
    if not rows:
        return
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        text, places = _text(_change(table, key, names), connection.dialect, names)
        told = list(zip(*(map(itemgetter(name.removeprefix("to_")), rows) for name in places), strict=True))
        connection.connection.cursor().executemany(text, told)
        return
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        data = [tuple(row[name] for name in names) for row in rows[start : start + _ROWS_PER_STATEMENT]]
        given = values(*(column(name, table.c[name].type) for name in names), name="given").data(data)
        to = {name: cast(given.c[name], table.c[name].type) for name in names if name != key}
        which = table.c[key] == cast(given.c[key], table.c[key].type)
        connection.execute(update(table).where(which).values(to))


def run_each(connection: Connection, statement: Update | Delete, rows: Sequence[Row]) -> None:
    """Run an update or a delete once for each row, which gives all its parameters by name. Make the statement once."""
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        text, places = _text(statement, connection.dialect, tuple(rows[0]))
        told = list(zip(*(map(itemgetter(name), rows) for name in places), strict=True))
        connection.connection.cursor().executemany(text, told)
    else:
        connection.execute(statement, rows)


def insert_ignore(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, leaving alone those whose key is there. All rows name the same columns."""
    if rows:
        _run(connection, _ignore(table, connection.dialect.name), rows)


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows, replacing the given columns of those whose primary key is there. All rows name the same columns."""
    if rows:
        _run(connection, _replace(table, connection.dialect.name, tuple(rows[0])), rows)


@lru_cache(maxsize=128)
def _adding(table: Table, dialect: str, counts: tuple[str, ...], latest: str | None) -> Insert:
    insert = _insert(table, dialect)
    changed: dict[str, Any] = {name: table.c[name] + insert.excluded[name] for name in counts}
    if latest is not None:
        before, now = table.c[latest], insert.excluded[latest]
        changed[latest] = case((now > before, now), else_=before)
    statement: Insert = insert.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)
    return statement


def add_counts(
    connection: Connection, table: Table, rows: Sequence[Row], counts: Sequence[str], latest: str | None = None
) -> None:
    """Insert rows, adding to the ``counts`` of those whose key is there; of ``latest`` the greater value stays.

    All rows name the same columns, and each another key.
    """
    if rows:
        _run(connection, _adding(table, connection.dialect.name, tuple(counts), latest), rows)
