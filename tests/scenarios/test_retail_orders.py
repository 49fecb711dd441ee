"""The mapping of the real orders: what it keeps, leaves out and counts, on a few lines and on the whole file."""

from pathlib import Path

import pytest

from fieldfare.assembly.files import open_workspace
from fieldfare.collect.load import LoadReport, read_calls
from fieldfare.flow.generate.retail_orders import OrderCounts, orders_of
from fieldfare.flow.simulate import Call
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.instants import local_datetime
from tests.scenarios.example_engine import RETAIL
from tests.scenarios.retail_totals import MISSING, RetailTotals, data_file, differences, expected_totals
from tests.scenarios.whole import ENVIRON

MAPPING = RETAIL / "mappings" / "online_retail.yaml"
HEAD = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
LINES = """\
489434,85048,LIGHTS,12,12/1/2009 7:45,6.95,13085.0,United Kingdom
489434,79323P,CHERRY,2,12/1/2009 7:45,0.125,13085.0,United Kingdom
489434,85048,LIGHTS,12,12/1/2009 7:45,6.95,13085.0,United Kingdom
489435,22350,BOWL,1,12/1/2009 7:46,2.55,,United Kingdom
489436,22350,GIFT,1,12/1/2009 7:47,0.0,13086.0,France
C489437,85048,LIGHTS,-3,12/2/2009 9:00,6.95,13085.0,United Kingdom
489438,22350,BOWL,-4,12/2/2009 9:10,2.55,13087.0,Eire
489439,22350,BOWL,1,7/1/2010 9:10,2.55,13087.0,Eire
"""


def test_a_few_lines(tmp_path: Path) -> None:
    file = tmp_path / "online_retail.csv"
    file.write_text(HEAD + LINES, encoding="utf-8")
    counts = OrderCounts()
    made = list(orders_of(file, MAPPING, counts))
    told = [
        (call["event"], call["userId"], call["properties"]["order_id"], call["properties"]["revenue"])
        for _, call in made
    ]
    assert told == [
        ("Order Completed", "13085", "489434", 83.65),
        ("Order Refunded", "13085", "C489437", 20.85),
        ("Order Completed", "13087", "489439", 2.55),
    ]
    assert made[0][1]["properties"]["lines"] == 2
    assert [call["timestamp"] for _, call in made][1:] == ["2009-12-02T09:00:00Z", "2010-07-01T08:10:00Z"]
    assert counts.report.skipped == {
        "duplicate_line": 1,
        "price_not_positive": 1,
        "quantity_not_positive": 1,
        "without_customer": 1,
    }
    found = read_calls(file, open_workspace(RETAIL, ENVIRON).mappings["online-retail"], LoadReport())
    assert [(each.occurred_at, each.call) for each in found] == made, "the demo reads by the same mapping"
    assert counts.lines()[0] == "8 rows read"
    assert counts.lines()[-1] == "3 events made"


def test_a_mapping_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as failure:
        list(orders_of(tmp_path / "x.csv", tmp_path / "nothing.yaml", OrderCounts()))
    assert failure.value.code == "mapping_invalid"


@pytest.mark.slow
@pytest.mark.skipif(data_file() is None, reason=MISSING)
def test_the_whole_file_gives_the_independent_totals(real_orders: list[Call]) -> None:
    path = data_file()
    assert path is not None
    months: dict[str, int] = {}
    customers: set[str] = set()
    counted = {"Order Completed": 0, "Order Refunded": 0}
    for at, call in real_orders:
        customers.add(call["userId"])
        counted[call["event"]] += 1
        if call["event"] == "Order Completed":
            month = local_datetime(at, "Europe/London").strftime("%Y-%m")
            months[month] = months.get(month, 0) + round(call["properties"]["revenue"] * 1000)
    expected = expected_totals(path)
    got = RetailTotals(
        customers=len(customers),
        orders=counted["Order Completed"],
        refunds=counted["Order Refunded"],
        revenue_by_month={month: (amount + 5) // 10 for month, amount in months.items()},
        audience_sizes=expected.audience_sizes,
    )
    assert differences(expected, got) == []
