"""Seasons as they are told: which phases hold where, and the stretches between two days. Pure; it learns nothing."""

from datetime import date
from typing import Any

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Day, Instant, date_of, day_of, to_iso, today_in
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.locations.model import Locations

MOST_DAYS = 3 * 366
USUAL_DAYS = 365
_YEARS = range(1971, 2200)


def asked_days(first: str | None, last: str | None, today: Day) -> tuple[Day, Day]:
    """Return the days asked for, a year from today when left out. Raises ``CallerError`` ``season_days``."""
    begins = today if first is None else _day(first, "from")
    ends = begins + USUAL_DAYS if last is None else _day(last, "to")
    if not begins <= ends <= begins + MOST_DAYS:
        text = (
            f"From {date_of(begins)} to {date_of(ends)} cannot be shown: `to` must not lie before `from`, nor more "
            f"than {MOST_DAYS} days after it. Choose other days."
        )
        raise CallerError("season_days", text, field="to")
    return begins, ends


def _day(text: str, field: str) -> Day:
    try:
        on = date.fromisoformat(text)
    except ValueError:
        said = f"`{text[:40]}` is no date, so no days can be shown. Write `YYYY-MM-DD`, for example `2026-12-01`."
        raise CallerError("season_days", said, field=field) from None
    if on.year not in _YEARS:
        said = f"{on} cannot be shown: seasons are known from {_YEARS[0]} to {_YEARS[-1]}. Choose a day between."
        raise CallerError("season_days", said, field=field)
    return day_of(on)


def places_asked(locations: Locations, location: str | None) -> tuple[str | None, ...]:
    """Return the places to tell of: all, or those in a location or region. Raises ``CallerError`` (404)."""
    if location is None:
        return tuple(place.name for place in locations.places) or (None,)
    inside = locations.inside(location)
    if not inside:
        fix = nearest(location, locations.names()) or "`locations.yaml` names those there are."
        text = f"There is no location or region `{location[:80]}`. {fix}"
        raise CallerError("location_unknown", text, field="location", status=404)
    return inside


def seasons_told(
    calendar: Calendar, locations: Locations, location: str | None, days: tuple[Day, Day], now: Instant
) -> dict[str, Any]:
    """Return the phases in force now and the stretches between the days; places where all is alike stand together."""
    alike: dict[Any, list[str]] = {}
    told: dict[Any, dict[str, Any]] = {}
    for place in places_asked(locations, location):
        _, zone = calendar.at(place)
        phases, change = calendar.holds(place, now)
        stretches = [
            {
                "season": each.season,
                "phase": each.phase.value,
                "from": date_of(each.first_day).isoformat(),
                "to": date_of(each.last_day).isoformat(),
                "days": each.last_day - each.first_day + 1,
            }
            for each in calendar.between(place, *days)
        ]
        entry = {
            "time_zone": zone,
            "today": date_of(today_in(now, zone)).isoformat(),
            "phases": sorted(phases),
            "until": None if change is None else to_iso(change),
            "stretches": stretches,
        }
        key = str(entry)
        told[key] = entry
        alike.setdefault(key, []).append(place or "everywhere")
    return {
        "from": date_of(days[0]).isoformat(),
        "to": date_of(days[1]).isoformat(),
        "as_of": to_iso(now),
        "places": [{"places": names, **told[key]} for key, names in alike.items()],
    }
