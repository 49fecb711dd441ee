"""What the real two years of orders must add up to, computed in plain pandas and without any code of the product.

``expected_totals`` reads the raw file and applies the rules of ``examples/retail/README.md`` anew; ``differences``
compares it with what a run of the product reports. An audience's size on a date is its size at the first instant of
that date in London: what happened before it counts, nothing later does.
"""

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

DATES = (date(2010, 6, 1), date(2011, 1, 15), date(2011, 11, 15))
BEYOND_INVOICES = {"browsed", "top_customers", "sale_listeners"}
"""Audiences that ask for more than invoices tell."""
AUTUMN_PEAK = ((9, 15), (12, 9))

AudienceSizes = dict[tuple[str, str], int]


class RetailTotals(NamedTuple):
    """Totals of one run. Money in pence; months as ``YYYY-MM``; audience sizes by (ISO date, audience)."""

    customers: int
    """Customers with at least one order or refund."""
    orders: int
    refunds: int
    revenue_by_month: dict[str, int]
    """Orders only; refunds are not taken off."""
    audience_sizes: AudienceSizes


def data_file() -> Path | None:
    """Return the raw file, or ``None`` when this machine does not have it."""
    shared = os.environ.get("FIELDFARE_SHARED")
    folder = Path(shared) if shared else Path(__file__).resolve().parents[2].parent / "shared"
    path = folder / "data" / "online_retail_II" / "online_retail.csv.xz"
    return path if path.is_file() else None


MISSING = "the orders are not on this machine: set FIELDFARE_SHARED to the folder that has data/online_retail_II"


def invoices(path: Path) -> pd.DataFrame:
    """Return one row for each invoice that counts: customer, day, refund (bool), thousandths of a pound."""
    lines = pd.read_csv(path, dtype=str, keep_default_na=False)
    lines = lines.drop_duplicates()
    lines = lines[lines["Customer ID"] != ""]
    quantity = lines["Quantity"].astype("int64")
    thousandths = (lines["Price"].astype("float64") * 1000).round().astype("int64")
    refund = lines["Invoice"].str.startswith("C")
    counts = (thousandths > 0) & ((refund & (quantity < 0)) | (~refund & (quantity > 0)))
    kept = pd.DataFrame(
        {
            "invoice": lines["Invoice"],
            "customer": lines["Customer ID"].astype("float64").astype("int64"),
            "day": pd.to_datetime(lines["InvoiceDate"], format="%m/%d/%Y %H:%M").dt.normalize(),
            "refund": refund,
            "amount": (quantity * thousandths).abs(),
        }
    )[counts]
    return kept.groupby("invoice", as_index=False).agg(
        customer=("customer", "first"), day=("day", "first"), refund=("refund", "first"), amount=("amount", "sum")
    )


def audience_sizes(table: pd.DataFrame, when: date) -> dict[str, int]:
    """Return the sizes of the audiences of ``examples/retail`` at the first instant of a date."""
    today = pd.Timestamp(when)
    past = table[table["day"] < today]
    age = (today - past["day"]).dt.days
    bought = ~past["refund"]

    def people(chosen: "pd.Series[bool]", least: int = 1) -> set[int]:
        counted = past.loc[chosen, "customer"].value_counts()
        return set(counted[counted >= least].index)

    spent = past[bought & (age <= 365)].groupby("customer")["amount"].sum()
    peak = AUTUMN_PEAK[0] <= (when.month, when.day) <= AUTUMN_PEAK[1]
    return {
        "recent_buyers": len(people(bought & (age <= 30))),
        "loyal": len(people(bought & (age <= 180), 3)),
        "high_spend": int((spent > 2_000_000).sum()),
        "lapsed": len(people(bought, 2) - people(bought & (age <= 90))),
        "autumn_buyers": len(people(bought & (age <= 60))) if peak else 0,
        "often_returns": len(people(past["refund"] & (age <= 365), 2)),
    }


def expected_totals(path: Path, read: Callable[[Path], pd.DataFrame] = invoices) -> RetailTotals:
    """Return the totals of the raw file."""
    table = read(path)
    orders = table[~table["refund"]]
    months = orders.groupby(orders["day"].dt.strftime("%Y-%m"))["amount"].sum()
    return RetailTotals(
        customers=int(table["customer"].nunique()),
        orders=len(orders),
        refunds=int(table["refund"].sum()),
        revenue_by_month={str(month): int((amount + 5) // 10) for month, amount in months.items()},
        audience_sizes={
            (when.isoformat(), name): size for when in DATES for name, size in audience_sizes(table, when).items()
        },
    )


def differences(expected: RetailTotals, got: Any) -> list[str]:
    """Return one line for each number of ``got`` (any object with the same fields) that is not the expected one."""
    found = [
        f"{name}: {getattr(got, name)} instead of {getattr(expected, name)}"
        for name in ("customers", "orders", "refunds")
        if getattr(got, name) != getattr(expected, name)
    ]
    for name in ("revenue_by_month", "audience_sizes"):
        ours, theirs = getattr(expected, name), getattr(got, name)
        found += [
            f"{name} {key}: {theirs.get(key)} instead of {ours.get(key)}"
            for key in sorted({*ours, *theirs})
            if ours.get(key) != theirs.get(key)
        ]
    return found
