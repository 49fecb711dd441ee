"""The shipped mappings, on small samples of our own with the documented columns: what each row becomes."""

import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.collect.check import check
from fieldfare.collect.contracts import join_contracts
from fieldfare.collect.load import LoadReport, read_calls
from fieldfare.collect.mapping import FileMapping, settle
from fieldfare.collect.mappings import shipped_mappings
from fieldfare.collect.model import Envelope, Event, Mode
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.vocabulary import shipped_contracts
from fieldfare.flow.workspace import KINDS
from fieldfare.ground.instants import parse_iso
from fieldfare.ground.workspace.compile import compile_file

NOW = parse_iso("2026-06-01T00:00:00Z")
ZONE = "America/New_York"


def shipped(name: str) -> FileMapping:
    loaded, problems = compile_file(KINDS["mapping"], f"{name}.yaml", shipped_mappings()[name])
    assert loaded is not None, problems
    assert isinstance(loaded.noun, FileMapping), problems
    return settle(loaded.noun, ZONE)


def events(name: str, file: Path) -> tuple[list[Event], LoadReport]:
    """Return the events of a file after the door and its contracts: none may be refused."""
    report = LoadReport()
    calls = [each.call for each in read_calls(file, shipped(name), report)]
    body = json.dumps({"batch": calls}).encode()
    envelope = Envelope(Mode.BACKFILL, "source", "batch", NOW, body, from_file=True)
    contracts = join_contracts((), shipped_contracts())
    found = [
        check(item, contracts) if isinstance(item, Event) else item
        for item in parse(envelope, 1, 1, ParseSettings(ZONE, synonyms=contracts.synonyms))
    ]
    assert all(isinstance(item, Event) for item in found), found
    assert len({item.message_id for item in found if isinstance(item, Event)}) == len(found)
    return [item for item in found if isinstance(item, Event)], report


def of(name: str, tmp_path: Path, text: str) -> tuple[list[Event], LoadReport]:
    file = tmp_path / "export.csv"
    file.write_text(text, encoding="utf-8-sig")
    return events(name, file)


def at(text: str) -> int:
    return parse_iso(text)


def test_every_shipped_mapping_is_sound_and_named_like_its_file() -> None:
    assert len(shipped_mappings()) == 9
    for name in shipped_mappings():
        mapping = shipped(name)
        assert mapping.name == name
        assert mapping.source in {"square", "mindbody", "ga4", "consent"}


TRANSACTIONS = (
    "Date,Time,Time Zone,Gross Sales,Discounts,Service Charges,Net Sales,Gift Card Sales,Tax,Tip,Partial Refunds,"
    "Total Collected,Source,Card,Card Entry Methods,Cash,Square Gift Card,Other Tender,Fees,Net Total,Transaction ID,"
    "Payment ID,Card Brand,PAN Suffix,Device Name,Staff Name,Staff ID,Details,Description,Event Type,Location,"
    "Dining Option,Customer ID,Customer Name,Customer Reference ID\n"
)


def transaction(date: str, net: str, number: str, kind: str, customer: str) -> str:
    return (
        f'{date},09:15:30,Eastern Time (US & Canada),{net},$0.00,$0.00,{net},$0.00,$0.80,$1.00,$0.00,"{net}",'
        f"Point of Sale,{net},Tapped,$0.00,$0.00,$0.00,-$0.30,$10.00,{number},p-{number},Visa,4242,Till,Ada,1,,Latte,"
        f"{kind},Harbour,For Here,{customer},Some Body,\n"
    )


def test_square_transactions(tmp_path: Path) -> None:
    rows = [
        transaction("2026-05-01", "$12.50", "t1", "Payment", "c1"),
        transaction("05/02/26", "-$12.50", "t1", "Refund", "c1"),
        transaction("2026-05-03", '"$1,200.00"', "t2", "Payment", "").replace('""', '"'),
    ]
    (paid, back), report = of("square-transactions", tmp_path, TRANSACTIONS + "".join(rows))
    assert (paid.name, paid.user_id, paid.occurred_at) == ("Order Completed", "c1", at("2026-05-01T13:15:30Z"))
    assert (paid.payload["revenue"], paid.payload["tip"], paid.location) == (12.5, 1.0, "Harbour")
    assert (back.name, back.payload["revenue"], back.occurred_at) == (
        "Order Refunded",
        12.5,
        at("2026-05-02T13:15:30Z"),
    )
    assert (report.bad, report.skipped) == (0, {"without_customer": 1})


def test_square_items(tmp_path: Path) -> None:
    head = (
        "Date,Time,Time Zone,Category,Item,Qty,Price Point Name,SKU,Modifiers Applied,Gross Sales,Discounts,Net Sales,"
        "Tax,Transaction ID,Payment ID,Device Name,Notes,Details,Event Type,Location,Dining Option,Customer ID,"
        "Customer Name,Customer Reference ID\n"
    )
    line = "2026-05-01,09:15:30,Eastern,{},{},{},Regular,,,{},$0.00,{},$0.10,{},p,Till,,,{},Harbour,,c1,B,\n"
    rows = [
        line.format("Coffee", "Latte", "1.0", "$4.50", "$4.50", "t1", "Payment"),
        line.format("Food", "Cake", "2.0", "$7.00", "$7.00", "t1", "Payment"),
        line.format("Food", "Cake", "-1.0", "-$3.50", "($3.50)", "t1", "Refund"),
    ]
    found, report = of("square-items", tmp_path, head + "".join(rows))
    orders = {event.name: event.payload for event in found}
    assert orders["Order Completed"] | {} == {
        "order_id": "t1",
        "revenue": 11.5,
        "tax": 0.2,
        "discount": 0,
        "quantity": 3,
        "lines": 2,
        "categories": 2,
        "products": 2,
        "location": "Harbour",
    }
    assert (orders["Order Refunded"]["revenue"], orders["Order Refunded"]["quantity"]) == (3.5, 1)
    assert report.bad == 0


def test_square_customers(tmp_path: Path) -> None:
    text = (
        "Reference ID,First Name,Last Name,Email Address,Phone Number,Nickname,Company Name,Street Address 1,"
        "Street Address 2,City,State,Postal Code,Birthday,Memo,Square Customer ID,Creation Source,First Visit,"
        "Last Visit,Transaction Count,Lifetime Spend,Email Subscription Status,Instant Profile\n"
        "m-7,Ada,Byron,ada@example.com,+15550100,,,1 Row,,Hull,,H1,,secret memo,C1,Point of Sale,2025-01-02,"
        '05/01/2026,12,"$1,234.50",,No\n'
        ",No,Body,,,,,,,,,,,,,,,,,,,Yes\n"
    )
    (event,), report = of("square-customers", tmp_path, text)
    assert (event.type, event.user_id, event.occurred_at) == ("identify", "C1", NOW)
    assert event.payload["email"] == "ada@example.com"
    assert (event.payload["lifetime_value"], event.payload["transaction_count"]) == (1234.5, 12)
    assert (event.payload["first_visit_on"], event.payload["last_visit_on"]) == ("2025-01-02", "2026-05-01")
    assert event.context["externalIds"][0]["id"] == "m-7"
    assert "secret memo" not in str(event.payload), "what the mapping does not name is not read"
    assert report.skipped == {"without_customer": 1}


def test_mindbody_clients(tmp_path: Path) -> None:
    text = (
        "Client ID,First Name,Last Name,Email,Mobile Phone,Birth Date,Status,Creation Date\n"
        "100001,Ada,Byron,ada@example.com,5550100,12/10/1990,Active,01/02/2025\n"
    )
    (event,), _ = of("mindbody-clients", tmp_path, text)
    assert (event.type, event.user_id, event.payload["membership_status"]) == ("identify", "100001", "Active")
    assert (event.payload["birthday"], event.payload["created_on"]) == ("1990-12-10", "2025-01-02")


def test_mindbody_attendance(tmp_path: Path) -> None:
    head = "Client ID,Client,Visit Date,Visit Time,Visit Type,Staff,Visit Location,Late Cancel,No Show,Rev. per Visit\n"
    row = "7,B,05/01/2026,{},Yoga,Ada,Harbour,{},{},$15.00\n"
    rows = [row.format("6:30 PM", "No", "No"), row.format("7:30 PM", "", "Yes"), row.format("8:30 PM", "Yes", "")]
    found, report = of("mindbody-attendance", tmp_path, head + "".join(rows))
    assert [event.name for event in found] == ["class_attended", "no_show", "booking_cancelled"]
    assert found[0].occurred_at == at("2026-05-01T22:30:00Z")
    assert (found[0].payload["revenue"], found[2].payload["late"]) == (15.0, True)
    assert report.skipped == {}


def test_mindbody_bookings(tmp_path: Path) -> None:
    text = (
        "Client ID,Date,Start Time,Description,Staff,Location,Status\n"
        "7,09/01/2026,6:30 PM,Yoga,Ada,Harbour,Confirmed\n8,09/01/2026,6:30 PM,Yoga,Ada,Harbour,Cancelled\n"
    )
    found, _ = of("mindbody-bookings", tmp_path, text)
    assert [(event.name, event.user_id) for event in found] == [
        ("booking_created", "7"),
        ("booking_created", "8"),
        ("booking_cancelled", "8"),
    ]
    assert (found[0].payload["class_on"], found[0].occurred_at) == ("2026-09-01", NOW)


def test_mindbody_sales(tmp_path: Path) -> None:
    text = (
        "Sale Date,Client ID,Client,Sale ID,Item name,Location,Item price,Quantity,Tax,Item Total,Payment Method\n"
        '05/01/2026,7,B,s1,10 Pack,Harbour,"$1,100.00",1,$0.00,"$1,100.00",Visa\n'
        "05/01/2026,7,B,s1,Mat,Harbour,$20.00,2,$0.00,$40.00,Visa\n"
        "05/02/2026,7,B,s2,Mat,Harbour,$20.00,-1,$0.00,($20.00),Visa\n"
    )
    (order, refund), _ = of("mindbody-sales", tmp_path, text)
    assert (order.name, order.payload["revenue"], order.payload["products"]) == ("Order Completed", 1140, 2)
    assert (refund.name, refund.payload["revenue"], refund.payload["quantity"]) == ("Order Refunded", 20, 1)


GA4_ROWS: list[dict[str, Any]] = [
    {
        "event_date": "20260501",
        "event_timestamp": "1777640400123456",
        "event_name": "page_view",
        "event_params": [
            {"key": "page_location", "value": {"string_value": "https://example.com/"}},
            {"key": "ga_session_id", "value": {"int_value": "1777640400"}},
            {"key": "engagement", "value": {"double_value": 1.5}},
        ],
        "event_bundle_sequence_id": "12",
        "user_pseudo_id": "123.456",
        "device": {"category": "mobile", "operating_system": "iOS"},
        "geo": {"country": "France"},
    },
    {
        "event_timestamp": "1777640401000000",
        "event_name": "purchase",
        "event_params": [],
        "user_id": "u7",
        "user_pseudo_id": "123.456",
        "ecommerce": {"transaction_id": "o-1", "purchase_revenue": 19.9},
    },
    {"event_timestamp": "1777640401000000", "event_name": "x", "event_params": []},
]


@pytest.fixture(params=["jsonl", "parquet"])
def ga4(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / f"events.{request.param}"
    if request.param == "jsonl":
        file.write_bytes(b"\n".join(msgspec.json.encode(row) for row in GA4_ROWS))
    else:
        value = pa.struct({"string_value": pa.string(), "int_value": pa.int64(), "double_value": pa.float64()})
        rows = json.loads(json.dumps(GA4_ROWS))
        for row in rows:
            row["event_timestamp"] = int(row["event_timestamp"])
            for pair in row["event_params"]:
                if "int_value" in pair["value"]:
                    pair["value"]["int_value"] = int(pair["value"]["int_value"])
        columns: dict[str, Any] = {
            "event_timestamp": pa.int64(),
            "event_name": pa.string(),
            "event_params": pa.list_(pa.struct({"key": pa.string(), "value": value})),
            "event_bundle_sequence_id": pa.string(),
            "user_id": pa.string(),
            "user_pseudo_id": pa.string(),
            "device": pa.struct({"category": pa.string(), "operating_system": pa.string()}),
            "geo": pa.struct({"country": pa.string()}),
            "ecommerce": pa.struct({"transaction_id": pa.string(), "purchase_revenue": pa.float64()}),
        }
        table = pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()})
        out = io.BytesIO()
        pq.write_table(table, out)
        file.write_bytes(out.getvalue())
    return file


def test_ga4_events(ga4: Path) -> None:
    (view, purchase), report = events("ga4-events", ga4)
    assert (view.name, view.anonymous_id, view.user_id) == ("page_view", "123.456", None)
    assert view.occurred_at == 1_777_640_400_123_456
    assert view.payload == {"page_location": "https://example.com/", "ga_session_id": 1777640400, "engagement": 1.5}
    assert view.context["device"] == {"category": "mobile", "os": "iOS"}
    assert view.context["geo"] == {"country": "France"}
    assert (purchase.name, purchase.user_id) == ("Order Completed", "u7")
    assert purchase.payload == {"order_id": "o-1", "revenue": 19.9}
    assert report.skipped == {"without_user": 1}
