"""Nouns of a mapping: how rows become events, after checking. No I/O."""

from typing import Any

import msgspec

from fieldfare.collect.files import ValueType

ROW = "fieldfare_row"
"""Name of the column with the row's number, from 1."""
LINE = "fieldfare_line"
"""Name of the column with the line on which the row begins, from 1; null where a file has no lines."""
RAW = "fieldfare_raw"
"""Name of the column with a JSON line as written."""
WORKSPACE_ZONE = "workspace"
"""Zone of a mapping that leaves it to the workspace; :func:`settle` replaces it."""


class IdColumn(msgspec.Struct, frozen=True):
    """A column with an identifier; ``integer`` writes ``13085.0`` as ``13085``."""

    column: str
    integer: bool = False


class InstantColumn(msgspec.Struct, frozen=True):
    """A column with an instant. ``formats``: strptime, or one of ``epoch_s``, ``epoch_ms``, ``epoch_us``; none: ISO."""

    column: str
    formats: tuple[str, ...] = ()
    time_zone: str = "UTC"
    time_column: str | None = None
    """Column with the time of day, read behind the other one."""


class NameRule(msgspec.Struct, frozen=True):
    """An event name: fixed (no column), or by a column's value, its beginning, or else ``otherwise``.

    A column without any rule gives the name itself.
    """

    column: str | None = None
    map: dict[str, str] = {}
    starts_with: dict[str, str] = {}
    otherwise: str | None = None


class MappedField(msgspec.Struct, frozen=True):
    """One field. ``how``: column, product, sum, count, distinct; ``columns`` are its inputs."""

    path: tuple[str, ...]
    """Keys from the payload inwards; a path that begins with ``context`` goes into the context."""
    how: str
    columns: tuple[str, ...] = ()
    type: ValueType = "text"
    formats: tuple[str, ...] = ()
    time_zone: str = "UTC"
    map: dict[str, Any] = {}
    absolute: bool = False
    default: Any = None
    split: str | None = None
    digits: int = 2


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


class EventPart(msgspec.Struct, frozen=True, kw_only=True):
    """One event that a row can become."""

    type: str
    event: NameRule
    occurred_at: InstantColumn | None
    """``None``: the time of loading."""
    when: tuple[RowTest, ...] = ()
    fields: tuple[MappedField, ...] = ()
    constants: dict[str, Any] = {}
    pairs: str | None = None
    """Column with a list of key and value, each a property."""


class FileMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How the rows of one kind of file become events."""

    name: str
    source: str
    parts: tuple[EventPart, ...]
    """The events of a row, at least one; with ``group_by`` exactly one."""
    ids: dict[str, IdColumn]
    """Call's key (``userId``, ``anonymousId``, ``groupId``) -> column."""
    external_ids: dict[str, IdColumn] = {}
    """Kind of identifier -> column."""
    context: dict[str, Any] = {}
    message_id: tuple[str, ...] = ()
    as_sent: bool = False
    """Whether the one column of ``message_id`` holds the message id itself."""
    group_by: str | None = None
    skips: tuple[SkipRule, ...] = ()
    duplicates_label: str | None = None
    live_max_age: int | None = None
    """Microseconds; ``None`` when the file is no export of a living system."""
    optional: frozenset[str] = frozenset()
    """Columns that a file may lack."""
    decimal: str = "."
    format: str | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"

    @property
    def needs_whole_row(self) -> bool:
        """Return whether a row is known by all of its values: to name its event, or to find its repetitions."""
        return self.duplicates_label is not None or not (self.message_id or self.group_by)


def settle(mapping: FileMapping, zone: str, source: str | None = None) -> FileMapping:
    """Return the mapping with the workspace's zone where it asks for it, and with another source when one is given."""

    def zoned(part: EventPart) -> EventPart:
        return replace(
            part,
            occurred_at=_settled(part.occurred_at, zone),
            fields=tuple(replace(field, time_zone=_zone(field.time_zone, zone)) for field in part.fields),
        )

    replace = msgspec.structs.replace
    return replace(mapping, parts=tuple(zoned(part) for part in mapping.parts), source=source or mapping.source)


def _settled(column: InstantColumn | None, zone: str) -> InstantColumn | None:
    return None if column is None else msgspec.structs.replace(column, time_zone=_zone(column.time_zone, zone))


def _zone(own: str, zone: str) -> str:
    return zone if own == WORKSPACE_ZONE else own
