"""Compile a mapping into the DuckDB statements that type, skip and group rows, and write their calls. Pure.

Rows pass through stages, each a query over the one before: values trimmed, wall times read, everything typed
(``f0_1``: field 1 of event 0, ``r0_1``: its text, ``at0``, ``name0``, ``m0``: part of the message id …), judged
(``bad0``: what is wrong, ``NULL`` when nothing is), grouped where the mapping says so, written as calls. A value that
is there but cannot be read makes its row a bad row; the sentence that says so quotes no value.
"""

import msgspec

from fieldfare.collect.mapping import LINE, ROW, EventPart, FileMapping, IdColumn, InstantColumn, MappedField
from fieldfare.collect.row_json import UNREADABLE, call, keeps_raw, measured
from fieldfare.collect.row_values import (
    clock_change,
    factor,
    finished,
    instant,
    integer,
    name,
    product,
    test,
    text,
    trimmed,
    typed,
    value,
    wall_time,
)

TYPED = "typed"
"""Name of the table of judged rows, for mappings that need all of them at once."""


def named_columns(mapping: FileMapping) -> list[str]:
    """Return every column that the mapping names, once each; those of pairs are not among them."""
    names = [
        *mapping.message_id,
        *(column.column for column in [*mapping.ids.values(), *mapping.external_ids.values()]),
    ]
    for part in mapping.parts:
        at = part.occurred_at
        names += [] if at is None else [at.column, at.time_column or at.column]
        names += [column for field in part.fields for column in field.columns]
        names += [asked.column for asked in part.when]
        names += [part.event.column] if part.event.column is not None else []
    names += [asked.column for rule in mapping.skips for asked in rule.tests]
    names += [mapping.group_by] if mapping.group_by is not None else []
    return list(dict.fromkeys(names))


def pairs_columns(mapping: FileMapping) -> dict[str, str]:
    """Return the columns that hold lists of pairs, by the name under which their members arrive."""
    return {f"pairs{index}": part.pairs for index, part in enumerate(mapping.parts) if part.pairs is not None}


def judged_rows(mapping: FileMapping, whole: list[str]) -> str:
    """Return the query that types and judges the relation ``rows``; ``whole`` are the columns of the whole row."""
    clean = [f"{ROW} AS file_row", f"{LINE} AS file_line", *map(trimmed, named_columns(mapping))]
    clean += list(pairs_columns(mapping))
    if mapping.needs_whole_row:
        parts = ", ".join(measured(name(column)) for column in whole)
        clean.append(f"sha256(concat({parts})) AS same")
    walls = [
        f"{wall_time(part.occurred_at) if part.occurred_at is not None else 'NULL'} AS wall{index}"
        for index, part in enumerate(mapping.parts)
    ]
    query = f"SELECT {', '.join(clean)} FROM rows"  # noqa: S608 - every name and literal is quoted
    query = f"SELECT *, {', '.join(walls)} FROM ({query})"  # noqa: S608
    query = f"SELECT {', '.join(_typed(mapping))} FROM ({query})"  # noqa: S608
    verdicts = [f"{_verdict(mapping, index)} AS bad{index}" for index in range(len(mapping.parts))]
    return f"SELECT *, {', '.join(verdicts)} FROM ({query})"  # noqa: S608


def mark_duplicates(label: str) -> str:
    """Return the statement that marks every repetition of a row but the first."""
    first = f"SELECT min(file_row) FROM {TYPED} GROUP BY same"  # noqa: S608 - a constant
    sound = "left_out IS NULL AND bad0 IS NULL"
    return f"UPDATE {TYPED} SET left_out = {text(label)} WHERE {sound} AND file_row NOT IN ({first})"  # noqa: S608


def grouped_rows(mapping: FileMapping) -> str:
    """Return the query of one row per group, in time order: like a judged row, fields added up."""
    (part,) = mapping.parts
    outputs = ["min(file_row) AS file_row", "arg_min(file_line, file_row) AS file_line", "NULL AS left_out"]
    outputs += ["min(at0) AS at0", "NULL AS raw_at0", "NULL AS odd0", "NULL AS bad0", "name0", "group_key"]
    keys = [*(name(key, "id") for key in mapping.ids), *(name(kind, "x") for kind in mapping.external_ids)]
    keys += [f"m{index}" for index in range(len(mapping.message_id))]
    outputs += [f"arg_min({key}, file_row) AS {key}" for key in keys]
    outputs += [column for at, field in enumerate(part.fields) for column in _totals(at, field)]
    return (
        f"SELECT {', '.join(outputs)} FROM {TYPED} WHERE left_out IS NULL AND bad0 IS NULL "  # noqa: S608
        "GROUP BY group_key, name0 ORDER BY at0, file_row"
    )


def calls(mapping: FileMapping, source: str) -> str:
    """Return the query that writes the calls of judged rows, with what else is asked of a row and of each event.

    An event that the row does not become has no call.
    """
    columns = ["file_row", "file_line", "left_out"]
    for index, part in enumerate(mapping.parts):
        written = call(mapping, index)
        fits = f"CASE WHEN fits{index} THEN {written} END" if part.when else written
        columns += [
            f"at{index}",
            f"odd{index}",
            f"bad{index}",
            f"CASE WHEN left_out IS NULL THEN {fits} END AS call{index}",
        ]
    return f"SELECT {', '.join(columns)} FROM {source}"  # noqa: S608


def bad_calls(mapping: FileMapping) -> str:
    """Return the query of the bad rows among those of a grouped mapping.

    What only a group has is left out of a call, and its message id is the row's own, so that it is not taken for the
    group's.
    """
    (part,) = mapping.parts
    own = tuple(field for field in part.fields if field.how == "column")
    columns = {f"{kind}0_{at}": f"{kind}0_{part.fields.index(field)}" for at, field in enumerate(own) for kind in "fr"}
    there = {f"{kind}0_{at}" for at, field in enumerate(own) for kind in ("fr" if keeps_raw(field) else "f")}
    renamed = ", ".join(f"{old} AS {new}" for new, old in columns.items() if new in there)
    keys = ", ".join([*(name(key, "id") for key in mapping.ids), *(name(kind, "x") for kind in mapping.external_ids)])
    chosen = f"file_row, file_line, left_out, at0, raw_at0, odd0, bad0, name0, {keys}{', ' if renamed else ''}{renamed}"
    chosen += ", concat(group_key, '/', file_row) AS group_key"
    source = f"(SELECT {chosen} FROM {TYPED} WHERE left_out IS NULL AND bad0 IS NOT NULL ORDER BY file_row)"  # noqa: S608
    single = msgspec.structs.replace(part, fields=own)
    return calls(msgspec.structs.replace(mapping, parts=(single,), message_id=(), as_sent=False), source)


def _typed(mapping: FileMapping) -> list[str]:
    skip = "".join(
        f" WHEN {' AND '.join(test(asked) for asked in rule.tests)} THEN {text(rule.label)}" for rule in mapping.skips
    )
    columns = ["file_row", "file_line", f"CASE{skip} END AS left_out" if skip else "NULL::VARCHAR AS left_out"]
    columns += ["same"] if mapping.needs_whole_row else []
    columns += [f"{_id(column)} AS {name(key, 'id')}" for key, column in mapping.ids.items()]
    columns += [f"{_id(column)} AS {name(kind, 'x')}" for kind, column in mapping.external_ids.items()]
    columns += [f"{value(column)} AS m{index}" for index, column in enumerate(mapping.message_id)]
    columns += [f"{value(mapping.group_by)} AS group_key"] if mapping.group_by is not None else []
    columns += list(pairs_columns(mapping))
    columns.append(f"{_bad_ids(mapping)} AS bad_ids")
    for index, part in enumerate(mapping.parts):
        columns += _typed_part(index, part, mapping.decimal)
    return columns


def _typed_part(index: int, part: EventPart, mark: str) -> list[str]:
    columns = [*_typed_time(index, part.occurred_at), f"{_event(part)} AS name{index}"]
    if part.when:
        columns.append(f"{' AND '.join(f'coalesce({test(asked)}, false)' for asked in part.when)} AS fits{index}")
    for place, field in enumerate(part.fields):
        columns += _inputs(f"{index}_{place}", field, mark)
    return columns


def _typed_time(index: int, at: InstantColumn | None) -> list[str]:
    if at is None:
        return [f"NULL::BIGINT AS at{index}", f"NULL::VARCHAR AS odd{index}", f"NULL::VARCHAR AS raw_at{index}"]
    wall, shown = f"wall{index}", value(at.column)
    if at.time_column is not None:
        shown = f"nullif(concat_ws(' ', {shown}, {value(at.time_column)}), '')"
    return [f"{instant(at, wall)} AS at{index}", f"{clock_change(at, wall)} AS odd{index}", f"{shown} AS raw_at{index}"]


def _inputs(at: str, field: MappedField, mark: str) -> list[str]:
    """Return what a field needs in a typed row: its value or summand, its text, what is wrong with its factors."""
    if field.how == "count":
        return []
    if field.how == "distinct":
        return [f"{value(field.columns[0])} AS f{at}"]
    if field.how == "column":
        text_too = [f"{value(field.columns[0])} AS r{at}"] if keeps_raw(field) else []
        return [f"{typed(field, mark)} AS f{at}", *text_too]
    whens = "".join(
        f" WHEN {value(column)} IS NOT NULL AND {factor(column, field, mark)} IS NULL"
        f" THEN {text(f'`{column}` is not a number')}"
        for column in dict.fromkeys(field.columns)
    )
    problem = f"CASE{whens} END AS p{at}"
    if field.how == "sum":
        return [f"{product(field, mark)} AS f{at}", problem]
    texts = ", ".join(value(column) for column in field.columns)
    there = " OR ".join(f"{value(column)} IS NOT NULL" for column in field.columns)
    raw = f"CASE WHEN {there} THEN [{texts}] END AS r{at}"
    return [f"{finished(product(field, mark), field)} AS f{at}", raw, problem]


def _totals(at: int, field: MappedField) -> list[str]:
    column = f"f0_{at}"
    match field.how:
        case "count":
            return [f"count(*) AS {column}"]
        case "distinct":
            return [f"count(DISTINCT {column}) AS {column}"]
        case "sum":
            return [f"{finished(f'sum({column})', field)} AS {column}"]
        case _:
            kinds = "fr" if keeps_raw(field) else "f"
            return [f"arg_min({kind}0_{at}, file_row) AS {kind}0_{at}" for kind in kinds]


def _event(part: EventPart) -> str:
    rule = part.event
    otherwise = text(rule.otherwise) if rule.otherwise is not None else "NULL::VARCHAR"
    if part.type != "track":
        return text(part.type)
    if rule.column is None:
        return otherwise
    there = value(rule.column)
    whens = [f" WHEN {there} = {text(known)} THEN {text(event)}" for known, event in rule.map.items()]
    whens += [
        f" WHEN starts_with({there}, {text(known)}) THEN {text(event)}" for known, event in rule.starts_with.items()
    ]
    if whens:
        return f"CASE{''.join(whens)} ELSE {otherwise} END"
    return otherwise if rule.otherwise is not None else there


def _id(column: IdColumn) -> str:
    return f"CAST({integer(column.column)} AS VARCHAR)" if column.integer else value(column.column)


def _bad_ids(mapping: FileMapping) -> str:
    """Return what is wrong with what all events of a row share."""
    whens: list[tuple[str, str]] = []
    if mapping.group_by is not None:
        whens.append((f"{value(mapping.group_by)} IS NULL", f"`{mapping.group_by}` is missing"))
    if mapping.as_sent:
        sent = mapping.message_id[0]
        whens.append((f"{value(sent)} IS NULL", f"`{sent}`, the message id, is missing"))
    for column in [*mapping.ids.values(), *mapping.external_ids.values()]:
        if column.integer:
            wrong = f"{value(column.column)} IS NOT NULL AND {_id(column)} IS NULL"
            whens.append((wrong, f"`{column.column}` is not an integer"))
    return _case(whens)


def _verdict(mapping: FileMapping, index: int) -> str:
    """Return what is wrong with an event of a typed row."""
    part = mapping.parts[index]
    at, whens = part.occurred_at, list[tuple[str, str]]()
    if at is not None:
        shown = f"`{at.column}`" if at.time_column is None else f"`{at.column}` with `{at.time_column}`"
        whens.append((f"at{index} IS NULL", f"{shown} is not a date-time"))
    if part.event.column is not None:
        whens.append((f"name{index} IS NULL", f"`{part.event.column}` gives no event name"))
    if part.pairs is not None:
        whens.append((f"pairs{index} = {text(UNREADABLE)}", f"`{part.pairs}` is not a list of keys and values"))
    problems = ["bad_ids", _case(whens)]
    for place, field in enumerate(part.fields):
        key = f"{index}_{place}"
        if field.how in {"product", "sum"}:
            problems.append(f"p{key}")
        elif field.how == "column" and field.type != "text":
            mapped = "".join(f" AND r{key} <> {text(known)}" for known in field.map)
            wrong = f"r{key} IS NOT NULL AND f{key} IS NULL{mapped}"
            problems.append(_case([(wrong, f"`{field.columns[0]}` is not of type {field.type}")]))
    found = f"coalesce({', '.join(problems)})"
    return f"CASE WHEN fits{index} THEN {found} END" if part.when else found


def _case(whens: list[tuple[str, str]]) -> str:
    return (
        "CASE" + "".join(f" WHEN {asked} THEN {text(problem)}" for asked, problem in whens) + " END"
        if whens
        else "NULL"
    )
