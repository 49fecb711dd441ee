"""Statements over many keys, with the cost of building them paid once. Knows no table.

A statement with one expanding parameter ``many`` is compiled to text once per dialect and size; sizes are powers of
two, and a shorter list repeats its last key, which changes nothing for ``IN``. Other parameters are given by name. The
text runs on the driver's own cursor, inside the connection's transaction: seven times less overhead a statement, and
rows are plain tuples of what the driver returns, so only columns that need no conversion may be asked for: integers,
text, bytes. An update may be run the same way; with ``RETURNING`` it tells what it met.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

LARGEST = 512
"""Most keys in one statement."""

MANY = "many"
"""The name of the expanding parameter."""

Row = tuple[Any, ...]
Statement = Executable
"""A select, or an update."""


def rows_in(connection: Connection, statement: Statement, keys: Iterable[Any], **others: Any) -> Iterator[Row]:
    """Yield the rows for all keys; each distinct key is asked for once, in sorted order.

    The order of rows within a statement is the database's own: ``ORDER BY`` holds only inside one chunk of keys.
    """
    ordered = sorted(set(keys))
    for start in range(0, len(ordered), LARGEST):
        text, values = _prepared(connection, statement, ordered[start : start + LARGEST], others)
        yield from _fetch(connection, text, values)


def run_in(connection: Connection, statement: Statement, keys: Iterable[Any], **others: Any) -> int:
    """Run an update or a delete for all keys, in sorted order; return how many rows it met.

    A list that is filled up by repeating a key changes nothing for ``IN``.
    """
    ordered = sorted(set(keys))
    met = 0
    for start in range(0, len(ordered), LARGEST):
        text, values = _prepared(connection, statement, ordered[start : start + LARGEST], others)
        cursor = connection.connection.cursor()
        try:
            cursor.execute(text, values)
            met += cursor.rowcount
        finally:
            cursor.close()
    return met


def rows_of(connection: Connection, statement: Statement, **values: Any) -> Sequence[Row]:
    """Return the rows of a statement without expanding parameters."""
    text, places = _text(statement, connection.dialect, 0, tuple(values))
    return _fetch(connection, text, _filled(places, (), values))


def _prepared(
    connection: Connection, statement: Statement, chunk: list[Any], others: Mapping[str, Any]
) -> tuple[str, Row]:
    size = 1 << (len(chunk) - 1).bit_length()
    padded = chunk + chunk[-1:] * (size - len(chunk))
    text, places = _text(statement, connection.dialect, size, tuple(others))
    return text, _filled(places, padded, others)


def _fetch(connection: Connection, text: str, values: Row) -> Sequence[Row]:
    cursor = connection.connection.cursor()
    try:
        cursor.execute(text, values)
        found: Sequence[Row] = cursor.fetchall()
    finally:
        cursor.close()
    return found


class _Place(NamedTuple):
    """Where one positional parameter comes from: a key by its number, a named value, or a literal of the statement."""

    key: int | None
    name: str | None
    literal: Any


Places = tuple[_Place, ...] | None
"""Where the parameters come from; ``None``: they are the keys and nothing else, in their order."""


def _filled(places: Places, keys: Sequence[Any], others: Mapping[str, Any]) -> Row:
    if places is None:
        return tuple(keys)
    return tuple([keys[key] if key is not None else others[name] if name else it for key, name, it in places])


@lru_cache(maxsize=512)
def _text(statement: Statement, dialect: Dialect, size: int, others: tuple[str, ...]) -> tuple[str, Places]:
    given: dict[str, Any] = dict.fromkeys(others)
    if size:
        given[MANY] = [None] * size
    assert isinstance(statement, ClauseElement)
    compiled: Any = statement.compile(dialect=dialect)
    state = compiled.construct_expanded_state(given)
    places = tuple(_place(name, others, state.parameters) for name in state.positiontup or ())
    return state.statement, None if [place.key for place in places] == list(range(size)) else places


def _place(name: str, others: tuple[str, ...], literals: Mapping[str, Any]) -> _Place:
    if name in others:
        return _Place(None, name, None)
    prefix, _, number = name.rpartition("_")
    return _Place(int(number) - 1, None, None) if prefix == MANY else _Place(None, None, literals[name])
