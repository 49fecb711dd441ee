"""Which phases hold where and when: the location's own midnight, zones, clock changes, several seasons."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, HOUR, SECOND, Instant, date_of, day_of, from_datetime
from fieldfare.network.calendars.holds import Answer, Calendar
from fieldfare.network.calendars.model import IsoWeek, NthWeekday, Season, Spell, Variant
from fieldfare.network.calendars.stretches import phase_on
from fieldfare.network.locations.model import Hemisphere, Location, Locations

JANUARY = Season("january", "01-02", "02-09", 28, 21)
SUMMER = Season("summer", "06-01", "08-31", 7, 0, ("south",))
PLACES = Locations(
    (
        Location("berlin", "north", "Europe/Berlin"),
        Location("auckland", "south", "Pacific/Auckland"),
        Location("lima", "south"),
    )
)
CALENDAR = Calendar((JANUARY, SUMMER), PLACES, "America/New_York")


def local(zone: str, *parts: int) -> Instant:
    return from_datetime(datetime(*parts, tzinfo=ZoneInfo(zone)))  # type: ignore[arg-type, misc]


def test_phases_come_plain_and_with_their_season() -> None:
    names, _ = CALENDAR.holds("berlin", local("Europe/Berlin", 2026, 1, 15))
    assert names == {"peak", "january.peak", "summer.off"}


def test_plain_off_holds_when_every_season_is_off() -> None:
    names, _ = CALENDAR.holds("berlin", local("Europe/Berlin", 2026, 6, 15))
    assert names == {"off", "january.off", "summer.off"}
    names, _ = CALENDAR.holds("auckland", local("Pacific/Auckland", 2026, 6, 15))
    assert names == {"peak", "january.off", "summer.peak"}


def test_without_seasons_it_is_always_off() -> None:
    assert Calendar((), PLACES, "UTC").holds("berlin", 0) == (frozenset({"off"}), None)


@pytest.mark.parametrize(
    ("location", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        ("auckland", "Pacific/Auckland"),
        ("lima", "America/New_York"),
        (None, "America/New_York"),
    ],
)
def test_the_day_is_the_locations_own(location: str | None, zone: str) -> None:
    midnight = local(zone, 2026, 1, 2)
    assert "january.prepare" in CALENDAR.holds(location, midnight - 1)[0]
    assert "january.peak" in CALENDAR.holds(location, midnight)[0]
    assert CALENDAR.holds(location, midnight - 1)[1] == midnight


def test_an_unknown_location_is_nowhere_in_the_workspace_zone() -> None:
    at = local("America/New_York", 2026, 6, 15)
    assert CALENDAR.holds("atlantis", at) == CALENDAR.holds(None, at)


def test_a_change_on_a_day_without_midnight() -> None:
    # Beirut's clocks jump from 00:00 to 01:00 on the last Sunday of March.
    season = Season("spring", "03-29", "04-10", 0, 0)
    calendar = Calendar((season,), Locations(), "Asia/Beirut")
    jump = from_datetime(datetime(2026, 3, 28, 22, tzinfo=UTC))
    assert calendar.holds(None, jump - SECOND) == (frozenset({"off", "spring.off"}), jump)
    assert "peak" in calendar.holds(None, jump)[0]


def test_a_day_of_25_hours_is_one_day() -> None:
    season = Season("short", "10-25", "10-25", 0, 0)  # clocks go back in Berlin on this day of 2026
    calendar = Calendar((season,), Locations(), "Europe/Berlin")
    start = local("Europe/Berlin", 2026, 10, 25)
    assert calendar.holds(None, start)[1] == start + 25 * HOUR
    assert "peak" in calendar.holds(None, start + 25 * HOUR - 1)[0]
    assert "off" in calendar.holds(None, start + 25 * HOUR)[0]


def test_the_season_runs_over_the_new_year() -> None:
    calendar = Calendar((Season("christmas", "12-20", "01-05", 0, 0),), Locations(), "Europe/Berlin")
    eve = local("Europe/Berlin", 2025, 12, 31, 23, 59)
    assert calendar.holds(None, eve) == (frozenset({"peak", "christmas.peak"}), local("Europe/Berlin", 2026, 1, 6))
    assert "peak" in calendar.holds(None, eve + 2 * 60 * SECOND)[0]


def test_leap_day() -> None:
    calendar = Calendar((Season("leap", "02-29", "02-29", 0, 0),), Locations(), "UTC")
    for year, day in ((2024, 29), (2026, 28), (2028, 29)):
        noon = from_datetime(datetime(year, 2, day, 12, tzinfo=UTC))
        assert "peak" in calendar.holds(None, noon)[0]
        assert "off" in calendar.holds(None, noon - 24 * HOUR)[0]
        assert "off" in calendar.holds(None, noon + 24 * HOUR)[0]


INSTANTS = st.integers(from_datetime(datetime(2020, 1, 1, tzinfo=UTC)), from_datetime(datetime(2030, 1, 1, tzinfo=UTC)))


def check(calendar: Calendar, location: str | None, now: Instant) -> None:
    """Each season has exactly one phase, and nothing changes before the stated instant but something does then."""
    names, change = calendar.holds(location, now)
    for season in calendar.seasons:
        assert sum(name.startswith(f"{season.name}.") for name in names) == 1
    assert ("off" in names) == all(f"{season.name}.off" in names for season in calendar.seasons)
    assert change is not None
    assert change > now
    assert calendar.holds(location, change)[0] != names
    for part in range(1, 6):
        assert calendar.holds(location, now + (change - 1 - now) * part // 5)[0] == names


@given(st.sampled_from(["berlin", "auckland", "lima", None]), INSTANTS)
def test_nothing_changes_before_the_next_change(location: str | None, now: Instant) -> None:
    check(CALENDAR, location, now)


class OffByOneDay(Calendar):
    """A planted fault: the phases of yesterday."""

    def _answer(self, mask: int, zone: str, day: int) -> Answer:
        return super()._answer(mask, zone, day - 1)


def test_the_check_finds_a_day_too_late() -> None:
    broken = OffByOneDay((JANUARY,), Locations(), "UTC")
    with pytest.raises(AssertionError):
        check(broken, None, from_datetime(datetime(2026, 1, 2, 12, tzinfo=UTC)))


def test_kept_answers_are_bounded_and_right() -> None:
    calendar = Calendar((JANUARY,), Locations(), "UTC")
    start = date(2010, 1, 1)
    for ahead in range(5_000):
        day = day_of(start + timedelta(days=ahead))
        names, _ = calendar.holds(None, day * 24 * HOUR)
        assert f"january.{phase_on(JANUARY, day)[0]}" in names
    assert len(calendar._answers) <= 4_096


def check_stretch(calendar: Calendar, location: str | None, phase: str, now: Instant) -> None:
    """Nothing changes before the stated instant, and the stretch that holds is one on whose days the phase holds."""
    running, change = calendar.stretch(phase, 0, location, now)
    assert (running is not None) == (phase in calendar.holds(location, now)[0])
    over, also = calendar.stretch(phase, 1, location, now)
    assert change == also
    assert change is not None
    assert change > now
    for part in range(1, 6):
        at = now + (change - 1 - now) * part // 5
        assert calendar.stretch(phase, 0, location, at)[0] == running
        assert calendar.stretch(phase, 1, location, at)[0] == over
    later = calendar.stretch(phase, 1, location, change)[0]
    assert later == (over if running is None else running)
    assert (calendar.stretch(phase, 0, location, change)[0] is None) == (running is not None)


@given(
    st.sampled_from(["berlin", "auckland", "lima", None]), st.sampled_from(["peak", "january.peak", "off"]), INSTANTS
)
def test_a_stretch_stands_until_its_change(location: str | None, phase: str, now: Instant) -> None:
    check_stretch(CALENDAR, location, phase, now)


class LateByADay(Calendar):
    """A planted fault: the change is told a day late."""

    def stretch(self, phase: str, back: int, location: str | None, now: Instant) -> tuple[Spell | None, Instant | None]:
        found, change = super().stretch(phase, back, location, now)
        return found, None if change is None else change + DAY


def test_the_check_finds_a_stretch_that_ends_too_late() -> None:
    late = LateByADay((JANUARY,), Locations(), "UTC")
    with pytest.raises(AssertionError):
        check_stretch(late, None, "peak", from_datetime(datetime(2026, 2, 9, 12, tzinfo=UTC)))


def test_stretches_follow_the_seasons_and_the_midnight_of_the_place() -> None:
    end = day_of(date(2026, 2, 9))
    evening = local("Europe/Berlin", 2026, 2, 10)
    assert CALENDAR.stretch("january.peak", 1, "berlin", evening)[0] == (day_of(date(2026, 1, 2)), end)
    before = CALENDAR.stretch("january.peak", 1, None, evening)  # New York still has the ninth
    assert before == ((day_of(date(2025, 1, 2)), day_of(date(2025, 2, 9))), local("America/New_York", 2026, 2, 10))
    assert CALENDAR.stretch("summer.peak", 1, "berlin", evening) == (None, None)
    assert CALENDAR.stretch("summer.peak", 1, "auckland", evening)[0] is not None


MIXED = (
    Season(
        "january",
        "01-02",
        "02-09",
        28,
        21,
        at=(Variant(("south",), "01-20", "02-20"), Variant(("lima",), prepare_days=3)),
    ),
    Season("stocktaking", "01-25", "02-02", 5, 0, priority=5),
    Season("summer", "06-01", "08-31", 7, 0, mirrored=True),
    Season("black_week", NthWeekday(4, 3, 11, -3), NthWeekday(4, 3, 11, 4), 14, 7),
    Season("spring", IsoWeek(12, 0), IsoWeek(16, 6), 0, 0, ("north",)),
)
SOUTHERN = Locations(
    (
        Location("berlin", "north", "Europe/Berlin", country="DE"),
        Location("auckland", "south", "Pacific/Auckland", country="NZ"),
        Location("lima", "south", "America/Lima", hemisphere=Hemisphere.NORTH),
    )
)
WIDE = Calendar(MIXED, SOUTHERN, "UTC")


@given(st.sampled_from(["berlin", "auckland", "lima", None]), INSTANTS)
def test_nothing_changes_early_with_variants_priorities_and_hemispheres(location: str | None, now: Instant) -> None:
    names, change = WIDE.holds(location, now)
    for season in WIDE.seasons:
        assert sum(name.startswith(f"{season.name}.") for name in names) == 1
    assert change is not None
    for part in range(1, 6):
        assert WIDE.holds(location, now + (change - 1 - now) * part // 5)[0] == names
    assert WIDE.holds(location, change)[0] != names


@given(
    st.sampled_from(["berlin", "auckland", "lima", None]),
    st.sampled_from(["peak", "prepare", "cool_down", "off", "january.peak", "summer.peak", "stocktaking.off"]),
    INSTANTS,
)
def test_stretches_agree_with_what_holds(location: str | None, phase: str, now: Instant) -> None:
    check_stretch(WIDE, location, phase, now)


def test_the_season_of_the_highest_priority_leads() -> None:
    names, _ = WIDE.holds("berlin", local("Europe/Berlin", 2026, 1, 22))
    assert "january.peak" in names
    assert "stocktaking.prepare" in names
    assert "prepare" in names
    assert "peak" not in names


def test_a_place_has_its_own_variant_and_hemisphere() -> None:
    assert "january.peak" in WIDE.holds("berlin", local("Europe/Berlin", 2026, 1, 5))[0]
    assert "january.prepare" in WIDE.holds("auckland", local("Pacific/Auckland", 2026, 1, 5))[0]
    assert "january.off" in WIDE.holds("lima", local("America/Lima", 2025, 12, 20))[0]  # prepares three days only
    assert "summer.peak" in WIDE.holds("auckland", local("Pacific/Auckland", 2026, 1, 5))[0]
    assert "summer.off" in WIDE.holds("berlin", local("Europe/Berlin", 2026, 1, 5))[0]
    assert "summer.peak" in WIDE.holds("lima", local("America/Lima", 2026, 7, 5))[0]  # it says that it lies north


@given(st.sampled_from(["berlin", "auckland", "lima"]), st.sampled_from(["berlin", "auckland", "lima"]), INSTANTS)
def test_who_travels_has_the_phases_of_the_place_where_they_are(here: str, there: str, now: Instant) -> None:
    alone = Calendar(MIXED, SOUTHERN, "UTC")
    WIDE.holds(here, now)
    assert WIDE.holds(there, now) == alone.holds(there, now)


def test_what_lies_between_two_days() -> None:
    first, last = day_of(date(2026, 11, 1)), day_of(date(2026, 12, 6))
    found = WIDE.between("berlin", first, last)
    assert [(each.season, each.phase) for each in found] == [
        ("black_week", "prepare"),
        ("black_week", "peak"),
        ("black_week", "cool_down"),
        ("january", "prepare"),
    ]
    assert date_of(found[1].first_day) == date(2026, 11, 23)


class Flat(Calendar):
    """A planted fault: every season leads."""

    def _answer(self, number: int, zone: str, day: int) -> Answer:
        names, change = super()._answer(number, zone, day)
        return names | {name.partition(".")[2] for name in names if "." in name} - {"off"}, change


def test_the_check_finds_that_a_lower_season_leads() -> None:
    with pytest.raises(AssertionError):
        check_stretch(Flat(MIXED, SOUTHERN, "UTC"), "berlin", "peak", local("Europe/Berlin", 2026, 1, 22))


@given(INSTANTS)
def test_a_phase_holds_anywhere_when_it_holds_in_some_place(now: Instant) -> None:
    places = ["berlin", "auckland", "lima", None]
    found, each = WIDE.anywhere(now), [WIDE.holds(place, now)[0] for place in places]
    for name in frozenset[str]().union(*each):
        is_off = name.rpartition(".")[2] == "off"
        assert (name in found) == (all(name in names for names in each) if is_off else True)
