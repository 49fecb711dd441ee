"""Compile a mapping into the DuckDB statements that type, skip and group rows. Pure: text in, text out.

Every name and literal of the mapping passes :func:`_name` or :func:`_text`, so nothing of a file's content or a mapping
becomes SQL. Sums and products are exact decimals. A value that is there but cannot be read makes its row a bad row.
"""

from fieldfare.collect.mapping import ROW, FileMapping, IdColumn, InstantColumn, MappedField, NameRule, RowTest

TYPED = "typed"
"""Name of the table of typed rows: ``file_row``, ``left_out``, ``bad``, ``same``, ``at_us``, ``event_name`` …"""
_MAX_EXACT_FACTORS = 2


def named_columns(mapping: FileMapping) -> list[str]:
    """Return every column that the mapping names, once each."""
    names = [mapping.occurred_at.column, *(column.column for column in mapping.ids.values()), *mapping.message_id]
    names += [column for field in mapping.fields for column in field.columns]
    names += [test.column for rule in mapping.skips for test in rule.tests]
    names += [name for name in (mapping.event.column, mapping.group_by) if name is not None]
    return list(dict.fromkeys(names))


def typed_rows(mapping: FileMapping, whole: list[str]) -> str:
    """Return the query that types the relation ``rows``; ``whole`` are the columns that are the whole row."""
    skip = "".join(
        f" WHEN {' AND '.join(_test(test) for test in rule.tests)} THEN {_text(rule.label)}" for rule in mapping.skips
    )
    parts = ", ".join(f"coalesce({_name(column)}, chr(30))" for column in whole)
    columns = [
        f"{_name(ROW)} AS file_row",
        f"CASE{skip} END AS left_out" if skip else "NULL::VARCHAR AS left_out",
        f"{_bad(mapping)} AS bad",
        f"md5(concat_ws(chr(31), {parts})) AS same",
        f"{_instant(mapping.occurred_at)} AS at_us",
        f"{_event(mapping)} AS event_name",
        *(f"{_id(column)} AS {_name(key)}" for key, column in mapping.ids.items()),
        *(f"{_value(mapping.message_id[index])} AS m{index}" for index in range(len(mapping.message_id))),
        *(column for index, field in enumerate(mapping.fields) for column in _inputs(index, field)),
    ]
    if mapping.group_by is not None:
        columns.append(f"{_value(mapping.group_by)} AS group_key")
    return f"SELECT {', '.join(columns)} FROM rows"  # noqa: S608 - quoted above


def mark_duplicates(label: str) -> str:
    """Return the statement that marks every repetition of a row but the first."""
    first = f"SELECT min(file_row) FROM {TYPED} GROUP BY same"  # noqa: S608 - a constant
    sound = "left_out IS NULL AND bad IS NULL"
    return f"UPDATE {TYPED} SET left_out = {_text(label)} WHERE {sound} AND file_row NOT IN ({first})"  # noqa: S608


def grouped_rows(mapping: FileMapping) -> str:
    """Return the query of one row per group, in time order: like a typed row, fields added up."""
    outputs = ["min(file_row) AS file_row", "min(at_us) AS at_us", "event_name", "group_key"]
    outputs += [f"arg_min({_name(key)}, file_row) AS {_name(key)}" for key in mapping.ids]
    outputs += [f"arg_min(m{index}, file_row) AS m{index}" for index in range(len(mapping.message_id))]
    outputs += [column for index, field in enumerate(mapping.fields) for column in _totals(index, field)]
    return (
        f"SELECT {', '.join(outputs)} FROM {TYPED} WHERE left_out IS NULL AND bad IS NULL "  # noqa: S608 - quoted above
        "GROUP BY group_key, event_name ORDER BY 2, 1"
    )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _value(column: str) -> str:
    return f"nullif(trim({_name(column)}), '')"


def _test(test: RowTest) -> str:
    value, operand = _value(test.column), test.operand
    number = f"TRY_CAST({value} AS DOUBLE)"
    match test.operator:
        case "is":
            return _equals(test.column, operand)
        case "is_not":
            return f"NOT coalesce({_equals(test.column, operand)}, false)"
        case "in":
            return "(" + " OR ".join(_equals(test.column, item) for item in operand or [""]) + ")"
        case "missing":
            return f"{value} IS {'' if operand else 'NOT '}NULL"
        case "starts_with":
            return f"starts_with({value}, {_text(operand)})"
        case "not_starts_with":
            return f"NOT starts_with({value}, {_text(operand)})"
        case _:
            sign = {"below": "<", "at_most": "<=", "above": ">", "at_least": ">="}[test.operator]
            return f"{number} {sign} {float(operand)!r}"


def _equals(column: str, operand: str | float) -> str:
    if isinstance(operand, str):
        return f"{_value(column)} = {_text(operand)}"
    return f"TRY_CAST({_value(column)} AS DOUBLE) = {float(operand)!r}"


def _event(mapping: FileMapping) -> str:
    rule: NameRule = mapping.event
    otherwise = _text(rule.otherwise) if rule.otherwise is not None else "NULL"
    if mapping.type != "track":
        return _text(mapping.type)
    if rule.column is None:
        return otherwise
    value = _value(rule.column)
    whens = [f" WHEN {value} = {_text(text)} THEN {_text(name)}" for text, name in rule.map.items()]
    whens += [
        f" WHEN starts_with({value}, {_text(text)}) THEN {_text(name)}" for text, name in rule.starts_with.items()
    ]
    return f"CASE{''.join(whens)} ELSE {otherwise} END" if whens else otherwise


def _id(column: IdColumn) -> str:
    return f"CAST({_integer(column.column)} AS VARCHAR)" if column.integer else _value(column.column)


def _integer(column: str) -> str:
    decimal = f"TRY_CAST({_value(column)} AS DECIMAL(38, 6))"
    return f"CASE WHEN {decimal} = trunc({decimal}) THEN TRY_CAST({decimal} AS BIGINT) END"


def _decimal(column: str) -> str:
    return f"TRY_CAST({_value(column)} AS DECIMAL(18, 6))"


def _instant(column: InstantColumn | MappedField, name: str | None = None) -> str:
    """Return microseconds since 1970 UTC; wall times without an offset are of the column's zone."""
    value = _value(
        name if name is not None else column.columns[0] if isinstance(column, MappedField) else column.column
    )
    zone = _text(column.time_zone)
    if column.format in {"epoch_s", "epoch_ms"}:
        factor = 1_000_000 if column.format == "epoch_s" else 1_000
        return f"TRY_CAST(TRY_CAST({value} AS DECIMAL(24, 6)) * {factor} AS BIGINT)"
    if column.format is None:
        has_offset = rf"regexp_matches({value}, '(Z|[+-]\d\d(:?\d\d)?)$') AND regexp_matches({value}, ':')"
        wall = f"TRY_CAST({value} AS TIMESTAMP)"
        absolute = f"TRY_CAST({value} AS TIMESTAMPTZ)"
        return f"epoch_us(CASE WHEN {has_offset} THEN {absolute} ELSE {wall} AT TIME ZONE {zone} END)"
    return f"epoch_us(try_strptime({value}, {_text(column.format)})::TIMESTAMP AT TIME ZONE {zone})"


def _inputs(index: int, field: MappedField) -> list[str]:
    """Return what a field needs in a typed row: ``f0`` its value or summand, ``r0`` its text for ``map``."""
    if field.how == "count":
        return []
    if field.how == "distinct":
        return [f"{_value(field.columns[0])} AS f{index}"]
    if field.how in {"product", "sum"}:
        return [f"{_product(field)} AS f{index}"]
    text = [f"{_value(field.columns[0])} AS r{index}"] if field.map else []
    return [f"{_typed(field)} AS f{index}", *text]


def _totals(index: int, field: MappedField) -> list[str]:
    match field.how:
        case "count":
            return [f"count(*) AS f{index}"]
        case "distinct":
            return [f"count(DISTINCT f{index}) AS f{index}"]
        case "sum":
            total = f"CAST(sum(f{index}) AS DOUBLE)"
            return [f"{f'abs({total})' if field.absolute else total} AS f{index}"]
        case _:
            text = [f"arg_min(r{index}, file_row) AS r{index}"] if field.map else []
            return [f"arg_min(f{index}, file_row) AS f{index}", *text]


def _product(field: MappedField) -> str:
    if len(field.columns) > _MAX_EXACT_FACTORS:
        product = " * ".join(f"CAST({_decimal(column)} AS DOUBLE)" for column in field.columns)
    else:
        product = " * ".join(_decimal(column) for column in field.columns)
    if field.how == "sum":
        return product
    return f"CAST({f'abs({product})' if field.absolute else product} AS DOUBLE)"


def _typed(field: MappedField) -> str:
    column = field.columns[0]
    value = _value(column)
    match field.type:
        case "text":
            return value
        case "number":
            return f"CASE WHEN isfinite(TRY_CAST({value} AS DOUBLE)) THEN TRY_CAST({value} AS DOUBLE) END"
        case "integer":
            return _integer(column)
        case "boolean":
            yes, no = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
            return f"CASE WHEN lower({value}) IN {yes} THEN true WHEN lower({value}) IN {no} THEN false END"
        case "date":
            day = (
                f"try_strptime({value}, {_text(field.format)})::DATE" if field.format else f"TRY_CAST({value} AS DATE)"
            )
            return f"strftime({day}, '%Y-%m-%d')"
        case "instant":
            return _instant(field)


def _bad(mapping: FileMapping) -> str:
    """Return the expression that says what is wrong with a row, ``NULL`` when nothing is. It quotes no value."""
    whens = [(f"{_instant(mapping.occurred_at)} IS NULL", f"`{mapping.occurred_at.column}` is not a date-time")]
    if mapping.event.column is not None:
        whens.append((f"{_event(mapping)} IS NULL", f"`{mapping.event.column}` gives no event name"))
    if mapping.group_by is not None:
        whens.append((f"{_value(mapping.group_by)} IS NULL", f"`{mapping.group_by}` is missing"))
    for id_column in mapping.ids.values():
        if id_column.integer:
            there = f"{_value(id_column.column)} IS NOT NULL"
            whens.append((f"{there} AND {_id(id_column)} IS NULL", f"`{id_column.column}` is not an integer"))
    for field in mapping.fields:
        whens += _bad_inputs(field)
    return "CASE" + "".join(f" WHEN {test} THEN {_text(problem)}" for test, problem in whens) + " END"


def _bad_inputs(field: MappedField) -> list[tuple[str, str]]:
    if field.how in {"product", "sum"}:
        return [
            (f"{_value(column)} IS NOT NULL AND {_decimal(column)} IS NULL", f"`{column}` is not a number")
            for column in dict.fromkeys(field.columns)
        ]
    if field.how != "column" or field.type == "text":
        return []
    column = field.columns[0]
    mapped = "".join(f" AND {_value(column)} <> {_text(text)}" for text in field.map)
    there = f"{_value(column)} IS NOT NULL{mapped}"
    return [(f"{there} AND {_typed(field)} IS NULL", f"`{column}` is not of type {field.type}")]
