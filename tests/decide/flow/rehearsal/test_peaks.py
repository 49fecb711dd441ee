"""Which peaks lie in a simulation."""

from fieldfare.flow.rehearsal.peaks import COME_BACK_DAYS, peaks_between, whole_peaks
from fieldfare.flow.workspace import read_workspace
from fieldfare.ground.instants import date_of, day_start, parse_iso
from fieldfare.network.calendars.holds import Calendar
from tests.decide.flow.rehearsal.counts import a_plan
from tests.scenarios.example_engine import FITNESS

WORKSPACE = read_workspace(FITNESS)
CALENDAR = Calendar(WORKSPACE.seasons, WORKSPACE.locations, WORKSPACE.time_zone)
PLACES = tuple(place.name for place in WORKSPACE.locations.places)


def _peaks(start: str, end: str) -> list[tuple[str, str, str]]:
    found = peaks_between(CALENDAR, PLACES, parse_iso(start), parse_iso(end), "Europe/Berlin")
    return [(name, date_of(first).isoformat(), date_of(last).isoformat()) for name, first, last in found]


def test_a_peak_that_has_a_day_in_the_span_counts_once_for_all_places() -> None:
    assert _peaks("2026-02-01T00:00:00Z", "2026-09-02T00:00:00Z") == [
        ("january", "2026-01-02", "2026-02-09"),
        ("september", "2026-09-01", "2026-10-05"),
    ]
    assert _peaks("2026-03-01T00:00:00Z", "2026-08-01T00:00:00Z") == []


def test_retention_needs_the_whole_peak_and_the_time_after_it() -> None:
    peak = ("january", 20_455, 20_493)
    start, after = day_start(peak[1], "UTC"), day_start(peak[2] + 1 + COME_BACK_DAYS, "UTC")
    assert whole_peaks([peak], a_plan(start=start, end=after), "UTC")[0][0] == "january"
    assert whole_peaks([peak], a_plan(start=start + 1, end=after), "UTC") == []
    assert whole_peaks([peak], a_plan(start=start, end=after - 1), "UTC") == []
