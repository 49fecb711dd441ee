"""Compile the values of a mapping into DuckDB expressions: names, texts, tests, types, instants. Pure.

Every name and literal of a mapping passes :func:`name` or :func:`text`, so nothing of a file's content or a mapping
becomes SQL. Every expression gives ``NULL`` for a value that is missing or cannot be read; which of the two it is, is
the caller's question. Sums and products are exact decimals.

A wall time that a zone's clocks show twice is the earlier instant; one that they skip is read with the offset before
the change, which moves it forward by the gap. Both are what Python's ``fold=0`` means, and both are counted.
"""

from functools import lru_cache

from fieldfare.collect.mapping import InstantColumn, MappedField, RowTest
from fieldfare.ground.instants import DAY, MINUTE, Day, date_of, local_offset

_MAX_EXACT_FACTORS = 2
_EPOCHS = {"epoch_s": "1000000", "epoch_ms": "1000", "epoch_us": "1"}
_BLANKS = " \t\r\n\u00a0"
_SHIFTS_MINUTES = (60, 30, 120)
"""By how much zones move their clocks: nearly all by an hour, Lord Howe by half of one, Troll by two."""
_STEP = 15 * MINUTE
_LAST_WEEK = 131 * 365 // 7
_FIRST, _LAST = -62_135_596_800_000_000, 253_402_300_799_999_999
"""The years 1 to 9999, which ISO texts can tell."""


def name(given: str, kind: str = "c") -> str:
    """Return an identifier of our own for a name of the file's or the mapping's: hexadecimal, so it needs no quotes.

    It tells ``Date`` from ``date``, which the engine's own names would not.
    """
    return f"{kind}_{given.encode(errors='surrogatepass').hex()}"


def text(literal: str) -> str:
    """Return the text as a literal."""
    if "\0" in literal:
        return "(" + " || chr(0) || ".join(text(part) for part in literal.split("\0")) + ")"
    return "'" + literal.replace("'", "''") + "'"


def value(column: str) -> str:
    """Return the value of a column, which :func:`trimmed` has made: ``NULL`` when it is missing or blank."""
    return name(column)


def trimmed(column: str) -> str:
    """Return the trimmed value of a column as it was read, ``NULL`` when nothing is left, under the column's name."""
    return f"nullif(trim({name(column)}, {text(_BLANKS)}), '') AS {name(column)}"


def test(asked: RowTest) -> str:
    """Return the truth of a test; ``NULL`` where a missing value cannot be asked."""
    there, operand = value(asked.column), asked.operand
    number = f"TRY_CAST({there} AS DOUBLE)"
    match asked.operator:
        case "is":
            return _equals(asked.column, operand)
        case "is_not":
            return f"NOT coalesce({_equals(asked.column, operand)}, false)"
        case "in":
            return "(" + " OR ".join(_equals(asked.column, item) for item in operand or [""]) + ")"
        case "missing":
            return f"{there} IS {'' if operand else 'NOT '}NULL"
        case "starts_with":
            return f"starts_with({there}, {text(operand)})"
        case "not_starts_with":
            return f"NOT starts_with({there}, {text(operand)})"
        case _:
            sign = {"below": "<", "at_most": "<=", "above": ">", "at_least": ">="}[asked.operator]
            return f"{number} {sign} {float(operand)!r}"


def _equals(column: str, operand: str | float) -> str:
    if isinstance(operand, str):
        return f"{value(column)} = {text(operand)}"
    return f"TRY_CAST({value(column)} AS DOUBLE) = {float(operand)!r}"


def integer(column: str, mark: str = ".") -> str:
    """Return a whole number; ``13085.0`` is one."""
    number = f"TRY_CAST({_marked(value(column), mark)} AS DECIMAL(38, 6))"
    return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"


def decimal(column: str, mark: str = ".") -> str:
    """Return an exact number with up to six digits behind the mark."""
    return f"TRY_CAST({_marked(value(column), mark)} AS DECIMAL(18, 6))"


def _marked(there: str, mark: str) -> str:
    """Return the text of a number with a point as its decimal mark; ``NULL`` where points or commas stand wrongly."""
    if mark == ".":
        return there
    sound = rf"regexp_full_match({there}, '[+-]?(\d+|\d{{1,3}}(\.\d{{3}})+)?(,\d*)?')"
    return f"CASE WHEN {sound} THEN replace(replace({there}, '.', ''), ',', '.') END"


def amount(column: str, mark: str) -> str:
    """Return an amount of money as a decimal: ``$1,234.50``, ``EUR 12``, ``(5.00)`` and ``5.00-``.

    A symbol, a code of three letters, spaces and marks between thousands are passed over; brackets and a minus behind
    the amount mean less than nothing.
    """
    group = r"[,'\x{2019}]" if mark == "." else r"[.'\x{2019}]"
    point = "[.]" if mark == "." else ","
    bare = rf"regexp_replace({value(column)}, '\p{{Sc}}|\b[A-Za-z]{{3}}\b|[\s\x{{a0}}\x{{202f}}]', '', 'g')"
    group_sql = group.replace("'", "''")
    digits = rf"(\d+|\d{{1,3}}({group_sql}\d{{3}})+)?({point}\d*)?"
    sound = rf"regexp_full_match({bare}, '[+-]?{digits}|\({digits}\)|{digits}-')"
    plain = rf"replace(regexp_replace({bare}, '[()+-]|{group_sql}', '', 'g'), '{mark}', '.')"
    number = f"TRY_CAST({plain} AS DECIMAL(18, 6))"
    below = f"(starts_with({bare}, '-') OR starts_with({bare}, '(') OR ends_with({bare}, '-'))"
    return f"CASE WHEN {sound} THEN CASE WHEN {below} THEN -{number} ELSE {number} END END"


def minor(number: str, digits: int) -> str:
    """Return a decimal in smallest units, ``NULL`` when it has digits beyond them."""
    units = f"({number}) * {10**digits}"
    return f"CASE WHEN {units} = trunc({units}) THEN TRY_CAST({units} AS BIGINT) END"


def factor(column: str, field: MappedField, mark: str) -> str:
    """Return one number of a product or sum."""
    return amount(column, mark) if field.type in {"amount", "money"} else decimal(column, mark)


def product(field: MappedField, mark: str) -> str:
    """Return the product of a field's columns: a decimal, for more than two columns a double."""
    factors = [factor(column, field, mark) for column in field.columns]
    if len(factors) > _MAX_EXACT_FACTORS:
        factors = [f"CAST({one} AS DOUBLE)" for one in factors]
    return " * ".join(f"({one})" for one in factors)


def finished(total: str, field: MappedField) -> str:
    """Return a product or sum as it is written: without its sign where asked, money in smallest units."""
    total = f"abs({total})" if field.absolute else total
    return (
        f"CAST(round(({total}) * {10**field.digits}) AS BIGINT)"
        if field.type == "money"
        else f"CAST({total} AS DOUBLE)"
    )


def typed(field: MappedField, mark: str) -> str:
    """Return the value of a field that copies a column."""
    column = field.columns[0]
    there = value(column)
    match field.type:
        case "text":
            return there
        case "number":
            number = f"TRY_CAST({_marked(there, mark)} AS DOUBLE)"
            return f"CASE WHEN isfinite({number}) THEN {number} END"
        case "integer":
            return integer(column, mark)
        case "amount":
            number = amount(column, mark)
            return f"CAST({f'abs({number})' if field.absolute else number} AS DOUBLE)"
        case "money":
            number = minor(amount(column, mark), field.digits)
            return f"abs({number})" if field.absolute else number
        case "boolean":
            yes, no = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
            return f"CASE WHEN lower({there}) IN {yes} THEN true WHEN lower({there}) IN {no} THEN false END"
        case "date":
            day = _parsed(there, field.formats)
            return f"strftime(CASE WHEN {_told(day)} THEN {day}::DATE END, '%Y-%m-%d')"
        case "instant":
            return instant(InstantColumn(column, field.formats, field.time_zone))
        case "json":
            return f"CASE WHEN json_valid({there}) THEN {there} END"


def instant(column: InstantColumn, wall: str | None = None) -> str:
    """Return microseconds since 1970 UTC; wall times without an offset are of the column's zone.

    ``wall`` is where :func:`wall_time` of the column stands already, so that it is not worked out again.
    """
    there = _written(column)
    if is_count(column):
        count = f"TRY_CAST(TRY_CAST({there} AS DECIMAL(24, 6)) * {_EPOCHS[column.formats[0]]} AS BIGINT)"
        return f"CASE WHEN {count} BETWEEN {_FIRST} AND {_LAST} THEN {count} END"
    zoned = f"epoch_us({_resolved(wall or wall_time(column), _zone(column))})"
    if column.formats:
        return zoned
    absolute = f"TRY_CAST({there} AS TIMESTAMPTZ)"
    with_offset = f"CASE WHEN {_told(absolute)} THEN epoch_us({absolute}) END"
    return f"CASE WHEN {_has_offset(there)} THEN {with_offset} ELSE {zoned} END"


def wall_time(column: InstantColumn) -> str:
    """Return the wall time that a column's text shows, an offset in it left out of account; a ``TIMESTAMP``."""
    if is_count(column):
        return "NULL::TIMESTAMP"
    wall = _parsed(_written(column), column.formats)
    return f"CASE WHEN {_told(wall)} THEN {wall} END"


def clock_change(column: InstantColumn, wall: str) -> str:
    """Return ``twice`` or ``never`` for a wall time that the zone's clocks show twice or skip, else ``NULL``."""
    zone = _zone(column)
    if is_count(column) or not change_days(zone):
        return "NULL::VARCHAR"
    later = f"({wall} AT TIME ZONE {text(zone)})"
    twice = " OR ".join(_same(later, minutes, wall, zone) for minutes in _SHIFTS_MINUTES)
    odd = f"CASE WHEN ({later} AT TIME ZONE {text(zone)}) <> {wall} THEN 'never' WHEN {twice} THEN 'twice' END"
    asked = _changes(wall, zone)
    if not column.formats:
        asked += f" AND NOT ({_has_offset(_written(column))})"
    return f"CASE WHEN {asked} THEN {odd} END"


@lru_cache(maxsize=16)
def change_days(zone: str) -> tuple[int, ...]:
    """Return the days of the year, as month * 32 + day, on which a zone's clocks are moved in any year to 2100."""
    found: set[Day] = set()
    for week in range(_LAST_WEEK):
        low, high = week * 7 * DAY, (week + 1) * 7 * DAY
        before = local_offset(low, zone)
        if before == local_offset(high, zone):
            continue
        while high - low > _STEP:
            middle = (low + high) // 2
            low, high = (middle, high) if local_offset(middle, zone) == before else (low, middle)
        found |= {(low + before) // DAY, (high + local_offset(high, zone)) // DAY}
    return tuple(sorted({date_of(day).month * 32 + date_of(day).day for day in found}))


def _changes(wall: str, zone: str) -> str:
    """Return whether clocks are moved on the day of a wall time: only then it must be looked at closely."""
    return f"(month({wall}) * 32 + day({wall})) IN ({', '.join(map(str, change_days(zone)))})"


def is_count(column: InstantColumn) -> bool:
    """Return whether the column counts from 1970."""
    return bool(column.formats) and column.formats[0] in _EPOCHS


def _parsed(there: str, formats: tuple[str, ...]) -> str:
    if not formats:
        return f"TRY_CAST({there} AS TIMESTAMP)"
    return f"try_strptime({there}, [{', '.join(map(text, formats))}])::TIMESTAMP"


def _written(column: InstantColumn) -> str:
    if column.time_column is None:
        return value(column.column)
    return f"({value(column.column)} || ' ' || {value(column.time_column)})"


def _zone(column: InstantColumn) -> str:
    # An offset in the text, read by %z, has made it UTC.
    return "UTC" if any("%z" in each for each in column.formats) else column.time_zone


def _told(at: str) -> str:
    return f"{at} BETWEEN '0001-01-03' AND '9999-12-29'"


def _has_offset(there: str) -> str:
    return rf"regexp_matches({there}, ':.*(Z|[+-]\d\d(:?\d\d)?)$')"


def _resolved(wall: str, zone: str) -> str:
    """Return the instant of a wall time. The engine takes the later of two, and shifts a skipped one forward."""
    later = f"({wall} AT TIME ZONE {text(zone)})"
    if not change_days(zone):
        return later
    whens = "".join(
        f" WHEN {_same(later, minutes, wall, zone)} THEN {later} - INTERVAL {minutes} MINUTE"
        for minutes in _SHIFTS_MINUTES
    )
    return f"CASE WHEN {_changes(wall, zone)} THEN CASE{whens} ELSE {later} END ELSE {later} END"


def _same(later: str, minutes: int, wall: str, zone: str) -> str:
    """Return whether the clocks showed the same wall time so many minutes earlier."""
    return f"(({later} - INTERVAL {minutes} MINUTE) AT TIME ZONE {text(zone)}) = {wall}"
