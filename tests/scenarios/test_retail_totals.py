"""The oracle of the real-data run: stable, in agreement with what is published of the file, and able to see a fault."""

import os
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from tests.scenarios.retail_totals import (
    DATES,
    MISSING,
    RetailTotals,
    data_file,
    differences,
    expected_totals,
    invoices,
)

pytestmark = pytest.mark.skipif(data_file() is None, reason=MISSING)


@pytest.fixture(scope="module")
def path() -> Path:
    found = data_file()
    assert found is not None
    return found


@pytest.fixture(scope="module")
def table(path: Path) -> pd.DataFrame:
    return invoices(path)


@pytest.fixture(scope="module")
def expected(path: Path, table: pd.DataFrame) -> RetailTotals:
    return expected_totals(path, partial(_given, table))


def test_the_file_adds_up_to_what_is_published_of_it(expected: RetailTotals, table: pd.DataFrame) -> None:
    assert expected.orders == 36_969
    assert int(table.loc[~table["refund"], "customer"].nunique()) == 5_878
    assert len(expected.revenue_by_month) == 25
    assert next(iter(expected.revenue_by_month)) == "2009-12"


def test_the_autumn_is_the_season(expected: RetailTotals) -> None:
    month = expected.revenue_by_month
    assert month["2010-11"] > 1.5 * month["2010-02"]
    assert expected.audience_sizes["2011-11-15", "autumn_buyers"] > 0
    assert expected.audience_sizes["2010-06-01", "autumn_buyers"] == 0


def test_equal_totals_have_no_differences(expected: RetailTotals) -> None:
    assert differences(expected, expected) == []


def _given(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    assert path.is_file()
    return table


def test_planted_faults_are_seen(path: Path, table: pd.DataFrame, expected: RetailTotals) -> None:
    """Keep duplicates, forget one order, move one to another day, take refunds for orders: each changes a number."""
    one_lost = table.drop(index=table.index[~table["refund"]][0])
    first_amount = table.index[~table["refund"]][0]
    a_penny = table.copy()
    a_penny.loc[first_amount, "amount"] += 10
    all_orders = table.assign(refund=False)
    a_day_late = table.assign(day=table["day"] + pd.Timedelta(days=1))
    for fault in (one_lost, a_penny, all_orders, a_day_late):
        assert differences(expected, expected_totals(path, partial(_given, fault)))


def test_every_audience_stands_on_every_date(expected: RetailTotals) -> None:
    assert {key[0] for key in expected.audience_sizes} == {when.isoformat() for when in DATES}
    assert all(expected.audience_sizes[when.isoformat(), "lapsed"] > 0 for when in DATES)


def test_where_the_file_is_said_to_be() -> None:
    assert "FIELDFARE_SHARED" in MISSING
    assert data_file() is not None or "FIELDFARE_SHARED" in os.environ
