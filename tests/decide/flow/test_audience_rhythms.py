"""How soon an audience follows: by the phases of each place, and when next."""

import pytest

from fieldfare.flow.audience_rhythms import next_of, rhythms
from fieldfare.ground.instants import HOUR, Instant, parse_iso
from fieldfare.know.audiences.model import Audience, InAudience, Listed, Refresh
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.model import Season
from fieldfare.network.locations.model import Location, Locations

RUSH = Season("rush", "06-10", "06-20", 2, 0, ("coast",))
CALENDAR = Calendar((RUSH,), Locations((Location("coast"), Location("hill"))), "UTC")
PLACES = ("coast", "hill")
ASKS = InAudience("other")


def an_audience(refresh: Refresh, **by_phase: Refresh) -> Audience:
    return Audience("a", ASKS, "a", refresh=refresh, by_phase=dict(by_phase))


def at(text: str) -> Instant:
    return parse_iso(text + "Z")


def test_without_phases_it_is_the_same_everywhere() -> None:
    told = rhythms(an_audience(Refresh.NIGHTLY), CALENDAR, PLACES, at("2026-06-11T08:00:00"))
    assert told == [{"refresh": "nightly", "places": [], "next_at": "2026-06-12T00:00:00Z"}]
    live = rhythms(an_audience(Refresh.LIVE), CALENDAR, PLACES, at("2026-06-11T08:00:00"))
    assert (live, next_of(live)) == ([{"refresh": "live", "places": [], "next_at": None}], None)


def test_places_in_a_phase_follow_by_its_word() -> None:
    audience = an_audience(Refresh.WEEKLY, peak=Refresh.HOURLY)
    told = rhythms(audience, CALENDAR, PLACES, at("2026-06-11T08:10:00"))
    assert told == [
        {"refresh": "hourly", "places": ["coast"], "next_at": "2026-06-11T09:00:00Z"},
        {"refresh": "weekly", "places": ["hill"], "next_at": "2026-06-15T00:00:00Z"},
    ]
    assert next_of(told) == "2026-06-11T09:00:00Z"
    off = rhythms(audience, CALENDAR, PLACES, at("2026-01-05T08:10:00"))
    assert off == [{"refresh": "weekly", "places": [], "next_at": "2026-01-12T00:00:00Z"}]


def test_where_it_is_live_now_nothing_is_waited_for() -> None:
    audience = an_audience(Refresh.WEEKLY, peak=Refresh.LIVE)
    told = rhythms(audience, CALENDAR, PLACES, at("2026-06-11T08:10:00"))
    assert [(each["refresh"], each["next_at"]) for each in told] == [
        ("live", None),
        ("weekly", "2026-06-15T00:00:00Z"),
    ]


def test_the_beginning_of_a_live_phase_is_a_boundary() -> None:
    told = rhythms(an_audience(Refresh.WEEKLY, peak=Refresh.LIVE), CALENDAR, PLACES, at("2026-06-09T08:00:00"))
    assert {tuple(each["places"]): each["next_at"] for each in told} == {
        ("coast",): "2026-06-10T00:00:00Z",
        ("hill",): "2026-06-15T00:00:00Z",
    }


@pytest.mark.parametrize(("day", "next_at"), [("11", "2026-06-11T09:00:00Z"), ("21", "2026-06-22T00:00:00Z")])
def test_a_query_runs_by_the_phases_that_hold_anywhere(day: str, next_at: str) -> None:
    queried = Audience("q", Listed("q", "SELECT"), "q", refresh=Refresh.NIGHTLY, by_phase={"peak": Refresh.HOURLY})
    told = rhythms(queried, CALENDAR, PLACES, at(f"2026-06-{day}T08:10:00"))
    assert [(each["places"], each["next_at"]) for each in told] == [([], next_at)]


def test_the_next_change_is_that_of_any_place() -> None:
    assert CALENDAR.next_change(at("2026-06-11T08:00:00")) == at("2026-06-21T00:00:00")
    assert Calendar((), Locations(), "UTC").next_change(HOUR) is None
