"""Nouns of a mapping: how rows become events, after checking. No I/O."""

from typing import Any

import msgspec

from fieldfare.collect.files import ValueType

ROW = "fieldfare_row"
"""Name of the column with the row's number, from 1."""
RAW = "fieldfare_raw"
"""Name of the column with a JSON line as written."""


class IdColumn(msgspec.Struct, frozen=True):
    """A column with an identifier; ``integer`` writes ``13085.0`` as ``13085``."""

    column: str
    integer: bool = False


class InstantColumn(msgspec.Struct, frozen=True):
    """A column with an instant. ``format``: strptime, ``epoch_s``, ``epoch_ms``, ``None`` for ISO 8601."""

    column: str
    format: str | None = None
    time_zone: str = "UTC"


class NameRule(msgspec.Struct, frozen=True):
    """An event name: fixed (no column), or by a column's value, its beginning, or else ``otherwise``."""

    column: str | None = None
    map: dict[str, str] = {}
    starts_with: dict[str, str] = {}
    otherwise: str | None = None


class MappedField(msgspec.Struct, frozen=True):
    """One field. ``how``: column, product, sum, count, distinct; ``columns`` are its inputs."""

    path: tuple[str, ...]
    how: str
    columns: tuple[str, ...] = ()
    type: ValueType = "text"
    format: str | None = None
    time_zone: str = "UTC"
    map: dict[str, Any] = {}
    absolute: bool = False


class RowTest(msgspec.Struct, frozen=True):
    """One question about one column."""

    column: str
    operator: str
    """is, is_not, in, missing, below, at_most, above, at_least, starts_with, not_starts_with."""
    operand: Any


class SkipRule(msgspec.Struct, frozen=True):
    """Rows left out knowingly: all tests hold."""

    tests: tuple[RowTest, ...]
    label: str


class FileMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of one kind of file become events."""

    name: str
    source: str
    type: str
    event: NameRule
    occurred_at: InstantColumn
    ids: dict[str, IdColumn]
    """Call's key (``userId``, ``anonymousId``, ``groupId``) -> column."""
    fields: tuple[MappedField, ...] = ()
    constants: dict[str, Any] = {}
    context: dict[str, Any] = {}
    message_id: tuple[str, ...] = ()
    group_by: str | None = None
    skips: tuple[SkipRule, ...] = ()
    duplicates_label: str | None = None
    format: str | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
