"""The real two years through the whole product, against totals that were computed in plain pandas without it.

The long run happens once; everything that is asked of it is asked in one test. Every day it is of every third customer,
whose two years are whole; with ``FIELDFARE_ROUNDS=full`` of all. A short run, twice, shows that the same seed gives the
same decisions.
"""

import itertools
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from fieldfare.cli.demo import SEED
from fieldfare.flow.generate import retail
from fieldfare.flow.simulate import Call
from fieldfare.ground.instants import DAY, Instant, to_iso
from tests.amounts import FULL
from tests.scenarios.example_engine import RETAIL
from tests.scenarios.retail_totals import (
    BEYOND_INVOICES,
    DATES,
    MISSING,
    RetailTotals,
    data_file,
    differences,
    expected_totals,
    invoices,
)
from tests.scenarios.whole import Whole, opened

pytestmark = [pytest.mark.skipif(data_file() is None, reason=MISSING), pytest.mark.slow]
LONDON = ZoneInfo("Europe/London")
SHORT = 4_000
EVERY = 1 if FULL else 3
"""One in so many customers lives through the two years."""


@pytest.fixture(scope="module")
def orders(real_orders: list[Call]) -> list[Call]:
    """What the demo plays, in time order: the real orders, and what is generated to make their customers known."""
    return list(retail.with_consent(real_orders, SEED))


def first_instant(day: date) -> Instant:
    """Return midnight in London."""
    return int(datetime(day.year, day.month, day.day, tzinfo=LONDON).timestamp()) * 1_000_000


def totals_of(whole: Whole) -> RetailTotals:
    """Return what the product says, from its lake alone."""
    ask = whole.lake.query
    orders = "name = 'Order Completed'"
    pence = "(sum(round((properties->>'revenue')::DECIMAL(18, 4) * 1000))::BIGINT + 5) // 10"
    ((customers, completed, refunds),) = ask(
        f"""SELECT count(DISTINCT profile_id), count(*) FILTER (WHERE {orders}),
            count(*) FILTER (WHERE name = 'Order Refunded') FROM events WHERE name LIKE 'Order %'""",
        1,
    ).rows
    months = ask(f"SELECT strftime(local_date, '%Y-%m'), {pence} FROM events WHERE {orders} GROUP BY 1", 100).rows
    sizes = {(when.isoformat(), name): 0 for when in DATES for name in whole.workspace.audiences}
    sizes = {key: size for key, size in sizes.items() if key[1] not in BEYOND_INVOICES}
    for when in DATES:
        query = f"""SELECT audience, count(*) FROM (SELECT audience, profile_id, joined FROM membership_changes
            WHERE "at" <= {first_instant(when)}
            QUALIFY row_number() OVER (PARTITION BY audience, profile_id ORDER BY seq DESC) = 1)
            WHERE joined GROUP BY 1"""
        found = ask(query, 100).rows
        sizes.update({(when.isoformat(), name): size for name, size in found if name not in BEYOND_INVOICES})
    return RetailTotals(customers, completed, refunds, dict(months), sizes)


def some_invoices(path: Path) -> pd.DataFrame:
    """Return the invoices of those who are played."""
    table = invoices(path)
    return table[table["customer"] % EVERY == 0]


def test_the_real_two_years_add_up(tmp_path: Path, real_orders: list[Call]) -> None:
    path = data_file()
    assert path is not None
    theirs = [(at, call) for at, call in real_orders if int(call["userId"]) % EVERY == 0]
    orders = list(retail.with_consent(theirs, SEED))
    with opened(tmp_path / "data", orders[0][0] - DAY, RETAIL) as whole:
        whole.simulate(orders, orders[-1][0] + DAY, source="till")
        got = totals_of(whole)
        found = whole.replayed()
        counted = whole.lake.query("SELECT count(*), count(DISTINCT event_id) FROM event_rows", 1).rows[0]
    assert differences(expected_totals(path, some_invoices), got) == []
    assert found.calls > 1_000
    assert found.breaches == ()
    assert counted[0] == counted[1], "no event twice"


def short_run(folder: Path, calls: list[Call], keys_of: Path | None) -> dict[str, Any]:
    with opened(folder, calls[0][0] - DAY, RETAIL, keys_of=keys_of) as whole:
        whole.simulate(calls, calls[-1][0] + 120 * DAY, source="till")
        return {"decisions": whole.decisions(), "memberships": whole.memberships(), "messages": whole.messages()}


@pytest.fixture(scope="module")
def first_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retail") / "first"


@pytest.fixture(scope="module")
def first(first_folder: Path, orders: list[Call]) -> dict[str, Any]:
    return short_run(first_folder, orders[:SHORT], None)


def test_the_same_seed_gives_the_same_decisions(
    tmp_path: Path, orders: list[Call], first: dict[str, Any], first_folder: Path
) -> None:
    assert short_run(tmp_path / "second", orders[:SHORT], first_folder) == first
    assert len(first["decisions"]) > 10
    assert len(first["memberships"]) > 100


def test_planted_another_seed_is_seen(
    tmp_path: Path, real_orders: list[Call], orders: list[Call], first: dict[str, Any], first_folder: Path
) -> None:
    """Other people are given a consent: decisions differ, so the comparison above can fail."""
    other = list(itertools.islice(retail.with_consent(real_orders, SEED + 1), SHORT))
    assert [to_iso(at) for at, _ in other[:3]] == [to_iso(at) for at, _ in orders[:3]]
    assert short_run(tmp_path / "other", other, first_folder)["decisions"] != first["decisions"]
