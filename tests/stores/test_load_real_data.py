"""A real Parquet file through a mapping with several events a row, against counts made without any code of ours."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fieldfare.collect.files import MappingFile
from fieldfare.collect.parse_mapping import parse_mapping
from fieldfare.collect.read_calls import LoadReport, read_items

MAPPING: dict[str, Any] = {
    "mapping": "hotel-bookings",
    "source": "booking",
    "type": "track",
    "event": "booking_created",
    "user_id": {"column": "agent", "type": "integer"},
    "occurred_at": {"column": "reservation_status_date"},
    "skip_when": [{"when": [{"column": "agent", "missing": True}], "count_as": "without_agent"}],
    "fields": {
        "nights": {"column": "stays_in_week_nights", "type": "integer"},
        "rate": {"column": "adr", "type": "number"},
        "location": {"column": "hotel"},
        "guest.country": {"column": "country"},
    },
    "also": [
        {
            "event": {"column": "reservation_status", "map": {"Canceled": "booking_cancelled", "No-Show": "no_show"}},
            "when": [{"column": "reservation_status", "is_not": "Check-Out"}],
        }
    ],
}


def data_file() -> Path | None:
    """Return the raw file, or ``None`` when this machine does not have it."""
    shared = os.environ.get("FIELDFARE_SHARED")
    folder = Path(shared) if shared else Path(__file__).resolve().parents[2].parent / "shared"
    path = folder / "data" / "hotel_bookings" / "hotel_bookings.parquet"
    return path if path.is_file() else None


@pytest.mark.skipif(data_file() is None, reason="set FIELDFARE_SHARED to the folder that has data/hotel_bookings")
def test_hotel_bookings() -> None:
    path = data_file()
    assert path is not None
    mapping, problems = parse_mapping(msgspec.convert(MAPPING, MappingFile))
    assert mapping is not None, problems
    report = LoadReport()
    events: Counter[str] = Counter()
    ids: set[str] = set()
    last_row = 0
    for item in read_items(path, mapping, report, lambda _done, _total: None):
        assert item.call is not None
        assert item.row >= last_row, "in the order of the file"
        last_row = item.row
        head = msgspec.json.decode(item.call, type=_Head)
        events[head.event] += 1
        ids.add(head.message_id)
    table = pq.read_table(path, columns=["agent", "reservation_status"])
    known = table.filter(pc.is_valid(table["agent"]))
    statuses = Counter(known["reservation_status"].to_pylist())
    assert events == {
        "booking_created": known.num_rows,
        "booking_cancelled": statuses["Canceled"],
        "no_show": statuses["No-Show"],
    }
    assert report.rows == table.num_rows
    assert report.skipped == {"without_agent": table.num_rows - known.num_rows}
    assert (report.bad, len(ids)) == (0, report.events)


class _Head(msgspec.Struct):
    event: str
    message_id: str = msgspec.field(name="messageId")
