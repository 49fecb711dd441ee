"""Compile a mapping file into :class:`FileMapping`. Pure; whether its columns exist shows when a file is read."""

import codecs
from collections.abc import Iterable
from typing import Any, Literal

from fieldfare.collect.files import (
    EventNameFile,
    FurtherEventFile,
    IdFile,
    InstantFile,
    MappedFieldFile,
    MappingFile,
    ProductFile,
    RowTestFile,
    SentIdFile,
    SkipFile,
)
from fieldfare.collect.mapping import (
    WORKSPACE_ZONE,
    EventPart,
    FileMapping,
    IdColumn,
    InstantColumn,
    MappedField,
    NameRule,
    RowTest,
    SkipRule,
)
from fieldfare.ground.instants import is_zone
from fieldfare.ground.workspace.model import Path, Problem, parse_duration

CONTEXT = "context"
EXTERNAL_IDS = "externalIds"
_EPOCHS = frozenset({"epoch_s", "epoch_ms", "epoch_us"})
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
    ids = {key: _id(given) for key, given in _ids(file).items()}
    if not {"userId", "anonymousId"} & set(ids):
        what, why = "neither `user_id` nor `anonymous_id` is given", "An event must point at a person"
        problems.append(Problem(("user_id",), what, why, "Name the column that does"))
    parts = _parts(file, ids, problems)
    skips = tuple(_skip(("skip_when", index), given, problems) for index, given in enumerate(file.skip_when))
    is_sent = isinstance(file.message_id, SentIdFile)
    mapping = FileMapping(
        name=file.mapping,
        source=file.source,
        parts=parts,
        ids=ids,
        external_ids={kind: _id(given) for kind, given in file.external_ids.items()},
        context=file.context,
        message_id=(file.message_id.column,) if isinstance(file.message_id, SentIdFile) else tuple(file.message_id),
        as_sent=is_sent,
        group_by=file.group_by,
        skips=skips,
        duplicates_label=file.skip_duplicates,
        live_max_age=_max_age(file, problems),
        optional=frozenset(file.optional),
        decimal=file.decimal,
        format=file.format,
        delimiter=file.delimiter,
        encoding=file.encoding,
    )
    _check_context(file, mapping, problems)
    _check_names(mapping, problems)
    _check_encoding(file, problems)
    return (None, problems) if problems else (mapping, [])


def _parts(file: MappingFile, ids: dict[str, IdColumn], problems: list[Problem]) -> tuple[EventPart, ...]:
    grouped = file.group_by is not None
    parts = [_part((), file, file.occurred_at, grouped=grouped, problems=problems)]
    for index, further in enumerate(file.also):
        path: Path = ("also", index)
        parts.append(_part(path, further, further.occurred_at or file.occurred_at, grouped=grouped, problems=problems))
    if grouped and (file.also or file.when or file.pairs):
        key = "also" if file.also else "when" if file.when else "pairs"
        what, why = f"`{key}` stands beside `group_by`", "A group of rows makes one event from its columns"
        problems.append(Problem((key,), what, why, "Use a second mapping for the other events"))
    if any(part.type == "group" for part in parts) and "groupId" not in ids:
        what, why = "`group_id` is missing", "A `group` call names a group"
        problems.append(Problem(("group_id",), what, why, "Name the column with the group's id"))
    return tuple(parts)


def _part(
    path: Path,
    file: MappingFile | FurtherEventFile,
    occurred_at: InstantFile | Literal["loaded"],
    *,
    grouped: bool,
    problems: list[Problem],
) -> EventPart:
    fields = tuple(
        field
        for name, given in file.fields.items()
        if (field := _field((*path, "fields", name), name, given, grouped=grouped, problems=problems)) is not None
    )
    _check_paths(path, fields, file.constants, problems)
    own = file.occurred_at is not None
    return EventPart(
        type=file.type,
        event=_event(path, file, problems),
        occurred_at=_instant((*path, "occurred_at"), occurred_at, problems if own else []),
        when=_tests((*path, "when"), file.when, problems),
        fields=fields,
        constants=file.constants,
        pairs=file.pairs,
    )


def _ids(file: MappingFile) -> dict[str, str | IdFile]:
    given = {"userId": file.user_id, "anonymousId": file.anonymous_id, "groupId": file.group_id}
    return {key: value for key, value in given.items() if value is not None}


def _id(given: str | IdFile) -> IdColumn:
    return IdColumn(given) if isinstance(given, str) else IdColumn(given.column, given.type == "integer")


def _event(path: Path, file: MappingFile | FurtherEventFile, problems: list[Problem]) -> NameRule:
    given, path = file.event, (*path, "event")
    if file.type != "track":
        if given is not None:
            what = f"`event` stands beside `type: {file.type}`"
            problems.append(Problem(path, what, "Only a `track` has an event name", "Remove it"))
        return NameRule()
    if given is None or (isinstance(given, str) and not given.strip()):
        what, why = "`event` is missing", "A `track` needs an event name"
        problems.append(Problem(path, what, why, "Write, for example, `event: Order Completed`"))
        return NameRule()
    if isinstance(given, EventNameFile):
        return NameRule(given.column, given.map, given.starts_with, given.otherwise)
    return NameRule(otherwise=given)


def _instant(path: Path, file: InstantFile | Literal["loaded"], problems: list[Problem]) -> InstantColumn | None:
    if file == "loaded":
        return None
    formats = _formats((*path, "format"), file.format, problems)
    if file.time_column is not None and _EPOCHS & set(formats):
        what = f"`time_column` stands beside `format: {file.format}`"
        problems.append(
            Problem((*path, "time_column"), what, "A count from 1970 holds the time of day", "Remove one of them")
        )
    zone = _zone((*path, "time_zone"), file.time_zone, problems)
    return InstantColumn(file.column, formats, zone, file.time_column)


def _formats(path: Path, given: str | list[str] | None, problems: list[Problem]) -> tuple[str, ...]:
    formats = (given,) if isinstance(given, str) else tuple(given or ())
    mixed = len({"%z" in each for each in formats}) > 1 or (len(formats) > 1 and _EPOCHS & set(formats))
    if mixed or not all(formats):
        what, why = "the formats do not go together", "All of them count from 1970, or have an offset, or have none"
        problems.append(Problem(path, what, why, "Write formats of one kind"))
    return formats


def _field(
    path: Path, name: str, file: MappedFieldFile, *, grouped: bool, problems: list[Problem]
) -> MappedField | None:
    sources = _sources(file)
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
    if file.split is not None and (how != "column" or file.type != "text" or file.map):
        what = f"the field `{name}` is split, but is no plain text of a column"
        problems.append(
            Problem((*path, "split"), what, "A list has texts", "Use `column` without `type` and without `map`")
        )
    zone = _zone((*path, "time_zone"), file.time_zone, problems)
    parts = tuple(name.split("."))
    if not all(parts) or parts == (CONTEXT,):
        what, why = f"the name `{name}` has an empty part", "Each dot goes into an object"
        problems.append(Problem(path, what, why, "Write a name between dots"))
    return MappedField(
        path=parts,
        how=how,
        columns=tuple(columns),
        type=file.type,
        formats=_formats((*path, "format"), file.format, problems),
        time_zone=zone,
        map=file.map,
        absolute=file.absolute,
        default=file.default,
        split=file.split,
        digits=file.digits,
    )


def _sources(file: MappedFieldFile) -> dict[str, list[str]]:
    total = file.sum.multiply if isinstance(file.sum, ProductFile) else [file.sum] if file.sum else None
    given = {
        "column": [file.column] if file.column else None,
        "product": file.multiply,
        "sum": total,
        "count": [] if file.count else None,
        "distinct": [file.distinct] if file.distinct else None,
    }
    return {how: columns for how, columns in given.items() if columns is not None}


def _check_paths(
    path: Path, fields: tuple[MappedField, ...], constants: dict[str, Any], problems: list[Problem]
) -> None:
    """Tell when a field would have to be a value and an object at once, or stands as a constant too."""
    paths = {field.path for field in fields}
    for field in fields:
        name = ".".join(field.path)
        inside = any(field.path[:length] in paths for length in range(1, len(field.path)))
        if inside or field.path[0] in constants:
            what = f"the field `{name}` is given twice"
            why = "It is also a constant, or another field stands where its object must be"
            problems.append(Problem((*path, "fields", name), what, why, "Rename one of them"))


def _check_context(file: MappingFile, mapping: FileMapping, problems: list[Problem]) -> None:
    """Tell when a part of the context is given by `context` and by a field or `external_ids` too."""
    own = set(file.context) | ({EXTERNAL_IDS} if file.external_ids else set())
    for index, part in enumerate(mapping.parts):
        for field in part.fields:
            if field.path[0] == CONTEXT and own.intersection(field.path[1:2]):
                name = ".".join(field.path)
                what, why = f"the field `{name}` is given twice", "`context` or `external_ids` gives that part too"
                place: Path = ("also", index - 1) if index else ()
                problems.append(Problem((*place, "fields", name), what, why, "Give it in one place"))
    if file.external_ids and EXTERNAL_IDS in file.context:
        what, why = f"`{EXTERNAL_IDS}` is given twice", "`external_ids` writes that part of the context"
        problems.append(Problem(("external_ids",), what, why, "Remove it from `context`"))


def _check_names(mapping: FileMapping, problems: list[Problem]) -> None:
    """Tell when two events of one row could have the same name, and so the same message id."""
    taken: set[str] = set()
    for index, part in enumerate(mapping.parts):
        names = set(_names(part))
        for name in sorted(names & taken):
            what, why = f"two events of a row are `{name}`", "They would have the same message id, and count once"
            problems.append(Problem(("also", index - 1, "event"), what, why, "Give them different names"))
        taken |= names
    if mapping.as_sent and len(mapping.parts) > 1:
        what, why = "`as_sent` stands beside `also`", "Only one event can have the id that was sent"
        problems.append(Problem(("message_id", "as_sent"), what, why, "Use a second mapping for the other events"))


def _names(part: EventPart) -> Iterable[str]:
    if part.type != "track":
        return (part.type,)
    rule = part.event
    named = (*rule.map.values(), *rule.starts_with.values())
    return named if rule.otherwise is None else (*named, rule.otherwise)


def _max_age(file: MappingFile, problems: list[Problem]) -> int | None:
    if file.live is None:
        return None
    if not (file.message_id or file.group_by):
        what, why = "`live` stands without `message_id`", "In tomorrow's export the same row has another number"
        problems.append(Problem(("live",), what, why, "Name the columns that name an event in `message_id`"))
    duration = parse_duration(file.live.max_age)
    if isinstance(duration, str):
        what, why = f"`max_age: {file.live.max_age}` is not a duration", "Older rows count as backfill"
        problems.append(Problem(("live", "max_age"), what, why, duration))
        return None
    return duration.us


def _skip(path: Path, file: SkipFile, problems: list[Problem]) -> SkipRule:
    return SkipRule(_tests((*path, "when"), file.when, problems), file.count_as)


def _tests(path: Path, given: list[RowTestFile], problems: list[Problem]) -> tuple[RowTest, ...]:
    found = (_row_test((*path, index), test, problems) for index, test in enumerate(given))
    return tuple(test for test in found if test is not None)


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
    if zone is not None and zone != WORKSPACE_ZONE and not is_zone(zone):
        what = f"`{zone}` is not a time zone"
        fix = f"Write one such as `Europe/London`, or `{WORKSPACE_ZONE}` for the workspace's own"
        problems.append(Problem(path, what, "Times without an offset need an IANA name", fix))
    return zone or "UTC"


def _check_encoding(file: MappingFile, problems: list[Problem]) -> None:
    try:
        codecs.lookup(file.encoding)
    except LookupError:
        what = f"`encoding: {file.encoding}` is not known"
        problems.append(Problem(("encoding",), what, "The file is read with it", "Write, for example, `latin-1`"))
