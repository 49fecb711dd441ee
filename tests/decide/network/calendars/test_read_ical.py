"""School breaks from iCalendar files: whole days, times of day, nonsense."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.network.calendars.read_ical import read_ical

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\n"


def calendar(*events: str) -> bytes:
    bodies = "".join(f"BEGIN:VEVENT\r\nUID:{n}\r\n{event}\r\nEND:VEVENT\r\n" for n, event in enumerate(events))
    return f"{HEAD}{bodies}END:VCALENDAR\r\n".encode()


def test_breaks_with_their_lines() -> None:
    read = read_ical(
        "calendars/berlin.ics",
        calendar(
            "SUMMARY:Sommerferien 2026\r\nDTSTART;VALUE=DATE:20260709\r\nDTEND;VALUE=DATE:20260823",
            "SUMMARY:Brückentag\r\nDTSTART;VALUE=DATE:20260515",
            "DTSTART:20261019T080000Z\r\nDTEND:20261031T000000Z",
        ),
    )
    assert not read.problems
    assert read.value == {
        "calendar": "berlin",
        "breaks": [
            {"name": "Sommerferien 2026", "from": "2026-07-09", "to": "2026-08-22"},
            {"name": "Brückentag", "from": "2026-05-15", "to": "2026-05-15"},
            {"name": "break", "from": "2026-10-19", "to": "2026-10-30"},
        ],
    }
    assert read.lines["breaks", 1] == 10


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b"nonsense", "no iCalendar"),
        (b"\xff\xfe\x00", "no iCalendar"),
        (b"", "no event|no iCalendar"),
        (calendar(), "no event"),
        (calendar("SUMMARY:x"), "no `DTSTART`"),
        (calendar("SUMMARY:x\r\nDTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY"), "repeats"),
        (b"x" * 600_000, "larger"),
    ],
)
def test_problems(raw: bytes, what: str) -> None:
    read = read_ical("calendars/x.ics", raw)
    assert any(any(part in each.what for part in what.split("|")) for each in read.problems)


@given(st.binary(max_size=200))
def test_it_never_raises(raw: bytes) -> None:
    read_ical("calendars/x.ics", HEAD.encode() + raw)
