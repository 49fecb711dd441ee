"""The audiences of the examples over their real and generated events, through the product's own fold and evaluate."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from fieldfare.flow.generate import calls
from fieldfare.flow.generate.calls import Timed
from fieldfare.flow.generate.fitness import HOME_ZONE, generate
from fieldfare.ground.instants import DAY, HOUR, Instant, day_of, day_start, from_datetime, parse_iso
from tests.scenarios.example_engine import FITNESS, RETAIL, Engine
from tests.scenarios.retail_totals import DATES, MISSING, audience_sizes, data_file, invoices

LONDON = "Europe/London"


def orders(table: pd.DataFrame) -> Iterator[Timed]:
    """Yield the invoices as calls in time order; all of a day at noon."""
    rows: list[Any] = table.sort_values("day", kind="stable").to_dict("records")
    for row in rows:
        at = from_datetime(row["day"].to_pydatetime().replace(hour=12, tzinfo=ZoneInfo(LONDON)))
        name = "Order Refunded" if row["refund"] else "Order Completed"
        properties = {"order_id": row["invoice"], "revenue": row["amount"] / 1000, "currency": "GBP"}
        yield at, calls.track(name, str(row["customer"]), row["invoice"], at, properties)


@pytest.mark.skipif(data_file() is None, reason=MISSING)
def test_audiences_of_the_real_orders_have_the_independent_sizes() -> None:
    path = data_file()
    assert path is not None
    table = invoices(path)
    made = list(orders(table))
    engine = Engine(RETAIL, LONDON)
    taken = 0
    for when in DATES:
        now = day_start(day_of(when), LONDON)
        before = next(place for place, (at, _) in enumerate(made) if at >= now)
        engine.take(made[taken:before])
        taken = before
        expected = audience_sizes(table, when)
        assert {name: engine.sizes(now)[name] for name in expected} == expected
        # Planted fault: a day more or less gives other sizes.
        assert engine_is_off(engine, now, table)


def engine_is_off(engine: Engine, now: Instant, table: pd.DataFrame) -> bool:
    late = pd.Timestamp(now + 36 * HOUR, unit="us").date()
    expected = audience_sizes(table, late)
    return {name: engine.sizes(now)[name] for name in expected} != expected


def test_every_audience_of_the_clubs_has_members_at_some_time() -> None:
    start = parse_iso("2025-01-01T00:00:00+01:00")
    engine = Engine(FITNESS, HOME_ZONE)
    made = list(generate(300, start, 365, 5))
    largest = dict.fromkeys(engine.names, 0)
    taken = 0
    for month in range(1, 13):
        now = start + month * 30 * DAY
        before = next((place for place, (at, _) in enumerate(made) if at >= now), len(made))
        engine.take(made[taken:before])
        taken = before
        largest = {name: max(largest[name], size) for name, size in engine.sizes(now).items()}
    assert [name for name, size in largest.items() if size == 0] == []
    assert largest["lapsed"] < 150
