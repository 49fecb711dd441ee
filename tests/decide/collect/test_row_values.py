"""The engine reads values as the page of the loader says: types, money, instants, clocks that are moved."""
# ruff: noqa: DTZ001 - a wall time has no zone

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldfare.collect.mapping import InstantColumn, MappedField
from fieldfare.collect.row_values import (
    amount,
    change_days,
    clock_change,
    instant,
    name,
    text,
    trimmed,
    typed,
    wall_time,
)
from fieldfare.ground.instants import from_datetime, parse_iso

ENGINE = duckdb.connect(":memory:", config={"threads": 1})
ENGINE.execute("SET TimeZone = 'UTC'")


def read(expression: str, *values: str | None, **others: str) -> list[Any]:
    columns = {name("c"): pa.array(values, pa.string())}
    columns |= {name(key): pa.array([given] * len(values), pa.string()) for key, given in others.items()}
    ENGINE.register("given", pa.table(columns))
    clean = ", ".join(trimmed(column) for column in ("c", *others))
    return [row[0] for row in ENGINE.sql(f"SELECT {expression} FROM (SELECT {clean} FROM given)").fetchall()]


@pytest.mark.parametrize(
    ("when", "given_text", "found"),
    [
        ({}, "2026-01-02T03:04:05.5", "2026-01-02T03:04:05.5Z"),
        ({}, "2026-01-02 03:04:05+02:00", "2026-01-02T01:04:05Z"),
        ({}, "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ({}, "2026-07-02", "2026-07-02T00:00:00Z"),
        ({"time_zone": "Europe/London"}, "2026-07-02 03:04:05", "2026-07-02T02:04:05Z"),
        ({"time_zone": "Europe/London"}, "2026-07-02", "2026-07-01T23:00:00Z"),
        ({"time_zone": "Europe/London"}, "2026-07-02T03:04:05Z", "2026-07-02T03:04:05Z"),
        ({"format": "%m/%d/%Y %H:%M", "time_zone": "America/New_York"}, "1/2/2026 7:45", "2026-01-02T12:45:00Z"),
        (
            {"format": "%Y-%m-%d %H:%M %z", "time_zone": "Europe/London"},
            "2026-07-02 3:04 +0200",
            "2026-07-02T01:04:00Z",
        ),
        ({"format": "epoch_s"}, "1767322800.5", "2026-01-02T03:00:00.5Z"),
        ({"format": "epoch_ms"}, "1767322800500", "2026-01-02T03:00:00.5Z"),
        ({"format": "epoch_us"}, "1767322800500000", "2026-01-02T03:00:00.5Z"),
        ({"time_column": "t", "time_zone": "Europe/London"}, "2026-07-02", "2026-07-02T07:30:00Z"),
        ({"time_column": "t", "format": "%d.%m.%Y %H:%M"}, "2.7.2026", "2026-07-02T08:30:00Z"),
        ({}, "soon", None),
        ({}, None, None),
        ({"format": "%Y"}, "2026-01-02", None),
        ({}, "infinity", None),
        ({}, "290000-01-01", None),
        ({}, "0001-01-01 (BC)", None),
        ({}, "99999999999999999999", None),
        ({"format": "epoch_us"}, "99999999999999999999", None),
        ({"format": "epoch_s"}, "1e300", None),
    ],
)
def test_instants(when: dict[str, str], given_text: str | None, found: str | None) -> None:
    plain = {key: given for key, given in when.items() if key != "format"}
    column = InstantColumn("c", tuple(given for key, given in when.items() if key == "format"), **plain)
    assert read(instant(column), given_text, t="08:30") == [parse_iso(found) if found else None]


@pytest.mark.parametrize(
    ("type_", "given_text", "found"),
    [
        ("text", " a ", "a"),
        ("text", "\u00a0\t", None),
        ("number", "1.50", 1.5),
        ("number", "nan", None),
        ("number", "inf", None),
        ("number", "x", None),
        ("integer", "13085.0", 13085),
        ("integer", "1.5", None),
        ("integer", "99999999999999999999", None),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("boolean", "maybe", None),
        ("date", "2026-01-02", "2026-01-02"),
        ("date", "2026-01-02 10:00:00", "2026-01-02"),
        ("date", "infinity", None),
        ("date", "x", None),
        ("json", '[1, {"a": "b"}]', '[1, {"a": "b"}]'),
        ("json", "[1", None),
    ],
)
def test_types(type_: Any, given_text: str, found: Any) -> None:
    assert read(typed(MappedField(("f",), "column", ("c",), type_), "."), given_text) == [found]


def test_a_date_has_a_format() -> None:
    field = MappedField(("f",), "column", ("c",), "date", formats=("%d.%m.%Y", "%m/%d/%y"))
    assert read(typed(field, "."), "2.1.2026", "2026-01-02", "1/2/26") == ["2026-01-02", None, "2026-01-02"]


@pytest.mark.parametrize(
    ("mark", "given_text", "cents"),
    [
        (".", "$1,234.50", 123450),
        (".", "EUR 12", 1200),
        (".", "12 usd", 1200),
        (".", "(5.00)", -500),
        (".", "($5.00)", -500),
        (".", "5.00-", -500),
        (".", "-£3", -300),
        (".", "£-3", -300),
        (".", "1 000.00", 100000),
        (".", "1\u202f000.5", 100050),
        (".", "CHF 1'234.05", 123405),
        (".", ".5", 50),
        (".", "12,5", None),
        (".", "1,23,456", None),
        (".", "1.005", None),
        (".", "USD", None),
        (".", "five", None),
        (".", "--5", None),
        (",", "1.234,50 €", 123450),
        (",", "12,5", 1250),
        (",", "-3,00", -300),
        (",", "1,234.50", None),
    ],
)
def test_money_in_cents(mark: str, given_text: str, cents: int | None) -> None:
    assert read(typed(MappedField(("f",), "column", ("c",), "money"), mark), given_text) == [cents]


def test_money_of_other_units_and_without_its_sign() -> None:
    yen = MappedField(("f",), "column", ("c",), "money", digits=0)
    assert read(typed(yen, "."), "¥1,200", "1200.5") == [1200, None]
    owed = MappedField(("f",), "column", ("c",), "money", absolute=True)
    assert read(typed(owed, "."), "(12.34)") == [1234]


@pytest.mark.parametrize(("given_text", "found"), [("1.234,5", 1234.5), ("0,5", 0.5), ("-7", -7.0), ("1.5", None)])
def test_a_decimal_comma(given_text: str, found: float | None) -> None:
    assert read(typed(MappedField(("f",), "column", ("c",), "number"), ","), given_text) == [found]


@given(st.integers(-(10**12), 10**12), st.sampled_from([".", ","]))
def test_an_amount_comes_back_as_it_was_written(cents: int, mark: str) -> None:
    shown = f"{abs(cents) / 100 if abs(cents) < 10**9 else abs(cents) // 100:,.2f}"
    expected = round(float(shown.replace(",", "")) * 100)
    if mark == ",":
        shown = shown.translate(str.maketrans(",.", ".,"))
    (found,) = read(amount("c", mark), f"€{shown}" if cents >= 0 else f"(€{shown})")
    assert round(found * 100) == (expected if cents >= 0 else -expected)


ZONES = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Sao_Paulo",
    "Asia/Kolkata",
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2017, 2025, 2031])
def test_every_quarter_of_a_day_with_a_change_is_read_as_python_reads_it(zone: str, year: int) -> None:
    """A time shown twice is the earlier, a skipped one goes forward: ``fold=0``."""
    days = [divmod(day, 32) for day in change_days(zone)] or [(3, 30)]
    walls = [
        datetime(year, month, day, hour, minute)
        for month, day in days
        for hour in range(5)
        for minute in (0, 15, 30, 45)
        if (month, day) != (2, 29)
    ]
    column = InstantColumn("c", (), zone)
    found = read(instant(column), *(wall.isoformat(" ") for wall in walls))
    here = ZoneInfo(zone)
    assert found == [from_datetime(wall.replace(tzinfo=here).astimezone(UTC)) for wall in walls]
    odd = read(clock_change(column, f"({wall_time(column)})"), *(wall.isoformat(" ") for wall in walls))
    assert odd == [_odd(wall, here) for wall in walls]


def _odd(wall: datetime, zone: ZoneInfo) -> str | None:
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != wall:
        return "never"
    return "twice" if first != second else None


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.sampled_from(ZONES))
@example(datetime(2025, 10, 26, 1, 30), "Europe/London")
@example(datetime(2025, 3, 30, 1, 30), "Europe/London")
def test_any_wall_time_is_read_as_python_reads_it(wall: datetime, zone: str) -> None:
    expected = from_datetime(wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))
    assert read(instant(InstantColumn("c", (), zone)), wall.isoformat()) == [expected]
    (odd,) = read(clock_change(InstantColumn("c", (), zone), wall_time(InstantColumn("c", (), zone))), wall.isoformat())
    assert odd == _odd(wall, ZoneInfo(zone))


def test_an_offset_is_never_ambiguous() -> None:
    column = InstantColumn("c", (), "Europe/London")
    assert read(clock_change(column, wall_time(column)), "2025-10-26 01:30:00Z", "2025-10-26 01:30") == [None, "twice"]


def test_names_are_identifiers_and_texts_are_literals() -> None:
    assert name('a"; --').removeprefix("c_").isalnum()
    assert name("Date") != name("date")
    assert read(text("it's \0 'q'"), "x") == ["it's \0 'q'"]
