"""Compile a mapping file into :class:`FileMapping`. Pure; whether its columns exist shows when a file is read."""

import codecs
from zoneinfo import ZoneInfoNotFoundError

from fieldfare.collect.files import (
    EventNameFile,
    IdFile,
    MappedFieldFile,
    MappingFile,
    ProductFile,
    RowTestFile,
    SkipFile,
)
from fieldfare.collect.mapping import FileMapping, IdColumn, InstantColumn, MappedField, NameRule, RowTest, SkipRule
from fieldfare.ground.instants import zone_info
from fieldfare.ground.workspace.model import Path, Problem

_OPERATORS = {
    "is": "is_",
    "is_not": "is_not",
    "in": "in_",
    "missing": "missing",
    "below": "below",
    "at_most": "at_most",
    "above": "above",
    "at_least": "at_least",
    "starts_with": "starts_with",
    "not_starts_with": "not_starts_with",
}


def parse_mapping(file: MappingFile) -> tuple[FileMapping | None, list[Problem]]:
    """Return the mapping, or ``None`` with everything that is wrong."""
    problems: list[Problem] = []
    grouped = file.group_by is not None
    event = _event(file, problems)
    ids = {
        key: IdColumn(given) if isinstance(given, str) else IdColumn(given.column, given.type == "integer")
        for key, given in _ids(file).items()
    }
    if not {"userId", "anonymousId"} & set(ids):
        what, why = "neither `user_id` nor `anonymous_id` is given", "An event must point at a person"
        problems.append(Problem(("user_id",), what, why, "Name the column that does"))
    if file.type == "group" and "groupId" not in ids:
        what, why = "`group_id` is missing", "A `group` call names a group"
        problems.append(Problem(("group_id",), what, why, "Name the column with the group's id"))
    fields = tuple(
        field
        for name, given in file.fields.items()
        if (field := _field(("fields", name), name, given, grouped=grouped, problems=problems)) is not None
    )
    _check_paths(fields, file, problems)
    skips = tuple(_skip(("skip_when", index), given, problems) for index, given in enumerate(file.skip_when))
    zone = _zone(("occurred_at", "time_zone"), file.occurred_at.time_zone, problems)
    _check_encoding(file, problems)
    if problems:
        return None, problems
    return FileMapping(
        name=file.mapping,
        source=file.source,
        type=file.type,
        event=event,
        occurred_at=InstantColumn(file.occurred_at.column, file.occurred_at.format, zone),
        ids=ids,
        fields=fields,
        constants=file.constants,
        context=file.context,
        message_id=tuple(file.message_id),
        group_by=file.group_by,
        skips=skips,
        duplicates_label=file.skip_duplicates,
        format=file.format,
        delimiter=file.delimiter,
        encoding=file.encoding,
    ), []


def _ids(file: MappingFile) -> dict[str, str | IdFile]:
    given = {"userId": file.user_id, "anonymousId": file.anonymous_id, "groupId": file.group_id}
    return {key: value for key, value in given.items() if value is not None}


def _event(file: MappingFile, problems: list[Problem]) -> NameRule:
    given = file.event
    if file.type != "track":
        if given is not None:
            what = f"`event` stands beside `type: {file.type}`"
            problems.append(Problem(("event",), what, "Only a `track` has an event name", "Remove it"))
        return NameRule()
    if given is None or (isinstance(given, str) and not given.strip()):
        what, why = "`event` is missing", "A `track` needs an event name"
        problems.append(Problem(("event",), what, why, "Write, for example, `event: Order Completed`"))
        return NameRule()
    if isinstance(given, EventNameFile):
        return NameRule(given.column, given.map, given.starts_with, given.otherwise)
    return NameRule(otherwise=given)


def _field(
    path: Path, name: str, file: MappedFieldFile, *, grouped: bool, problems: list[Problem]
) -> MappedField | None:
    total = file.sum.multiply if isinstance(file.sum, ProductFile) else [file.sum] if file.sum else None
    sources: dict[str, list[str]] = {
        how: columns
        for how, columns in (
            ("column", [file.column] if file.column else None),
            ("product", file.multiply),
            ("sum", total),
            ("count", [] if file.count else None),
            ("distinct", [file.distinct] if file.distinct else None),
        )
        if columns is not None
    }
    if len(sources) != 1:
        what = f"the field `{name}` has {len(sources)} sources"
        fix = "Give exactly one of `column`, `multiply`, `sum`, `count`, `distinct`"
        problems.append(Problem(path, what, "A field comes from one place", fix))
        return None
    how, columns = next(iter(sources.items()))
    if how in {"sum", "count", "distinct"} and not grouped:
        what = f"the field `{name}` is a `{how}`, but the mapping has no `group_by`"
        fix = "Add `group_by`, or use `column` or `multiply`"
        problems.append(Problem((*path, how), what, "Only a group of rows can be added up", fix))
    zone = _zone((*path, "time_zone"), file.time_zone, problems)
    parts = tuple(name.split("."))
    if not all(parts):
        what, why = f"the name `{name}` has an empty part", "Each dot goes into an object"
        problems.append(Problem(path, what, why, "Write a name between dots"))
    return MappedField(parts, how, tuple(columns), file.type, file.format, zone, file.map, file.absolute)


def _check_paths(fields: tuple[MappedField, ...], file: MappingFile, problems: list[Problem]) -> None:
    """Tell when a field would have to be a value and an object at once, or stands as a constant too."""
    paths = {field.path for field in fields}
    for field in fields:
        name = ".".join(field.path)
        inside = any(field.path[:length] in paths for length in range(1, len(field.path)))
        if inside or field.path[0] in file.constants:
            what = f"the field `{name}` is given twice"
            why = "It is also a constant, or another field stands where its object must be"
            problems.append(Problem(("fields", name), what, why, "Rename one of them"))


def _skip(path: Path, file: SkipFile, problems: list[Problem]) -> SkipRule:
    tests = tuple(
        test
        for index, given in enumerate(file.when)
        if (test := _row_test((*path, "when", index), given, problems)) is not None
    )
    return SkipRule(tests, file.count_as)


def _row_test(path: Path, file: RowTestFile, problems: list[Problem]) -> RowTest | None:
    given = {name: value for name, key in _OPERATORS.items() if (value := getattr(file, key)) is not None}
    if len(given) != 1:
        what = f"the test of `{file.column}` has {len(given)} operators"
        fix = f"Give exactly one of {', '.join(f'`{name}`' for name in _OPERATORS)}"
        problems.append(Problem(path, what, "A test asks one question", fix))
        return None
    operator, operand = next(iter(given.items()))
    return RowTest(file.column, operator, operand)


def _zone(path: Path, zone: str | None, problems: list[Problem]) -> str:
    try:
        zone_info(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"`{zone}` is not a time zone"
        fix = "Write one such as `Europe/London`"
        problems.append(Problem(path, what, "Times without an offset need an IANA name", fix))
    return zone or "UTC"


def _check_encoding(file: MappingFile, problems: list[Problem]) -> None:
    try:
        codecs.lookup(file.encoding)
    except LookupError:
        what = f"`encoding: {file.encoding}` is not known"
        problems.append(Problem(("encoding",), what, "The file is read with it", "Write, for example, `latin-1`"))
