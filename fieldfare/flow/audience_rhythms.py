"""How soon the members of an audience follow, place by place, and when they do so next: by its rhythm of now. Pure.

People follow by the phases of their home, an audience by a query by those that hold anywhere. It changes nothing.
"""

from typing import Any

from fieldfare.ground.instants import Instant, to_iso
from fieldfare.know.audiences.model import Audience, Refresh
from fieldfare.know.audiences.refresh import boundary_of
from fieldfare.network.calendars.holds import Calendar

Place = str | None


def rhythms(audience: Audience, calendar: Calendar, places: tuple[Place, ...], now: Instant) -> list[dict[str, Any]]:
    """Return the rhythms in force, each with where it holds and when it is next kept; ``next_at`` of a live one: none.

    ``places`` is empty where it is the same everywhere.
    """
    if not audience.is_exact or not audience.by_phase:
        refresh, next_at = _anywhere(audience, calendar, now)
        return [_told(refresh, (), next_at)]
    found: dict[tuple[Refresh, Instant | None], list[Place]] = {}
    for place in places:
        refresh = audience.refresh_in(calendar.holds(place, now)[0], calendar.seasons)
        found.setdefault((refresh, _next_at(audience, calendar, place, now)), []).append(place)
    return [
        _told(refresh, tuple(where) if len(found) > 1 else (), next_at) for (refresh, next_at), where in found.items()
    ]


def next_of(told: list[dict[str, Any]]) -> str | None:
    """Return when the first of them follows next, ``None`` when all are live."""
    return min((each["next_at"] for each in told if each["next_at"] is not None), default=None)


def _told(refresh: Refresh, places: tuple[Place, ...], next_at: Instant | None) -> dict[str, Any]:
    return {
        "refresh": refresh.value,
        "places": [place for place in places if place is not None],
        "next_at": None if next_at is None else to_iso(next_at),
    }


def _next_at(audience: Audience, calendar: Calendar, place: Place, now: Instant) -> Instant | None:
    def held(at: Instant) -> tuple[Refresh, Instant | None]:
        phases, until = calendar.holds(place, at)
        return audience.refresh_in(phases, calendar.seasons), until

    return None if held(now)[0] is Refresh.LIVE else boundary_of(held, now + 1, calendar.zone)


def _anywhere(audience: Audience, calendar: Calendar, now: Instant) -> tuple[Refresh, Instant | None]:
    def held(at: Instant) -> tuple[Refresh, Instant | None]:
        until = calendar.next_change(at) if audience.by_phase else None
        return audience.refresh_in(calendar.anywhere(at), calendar.seasons), until

    refresh = held(now)[0]
    return refresh, None if refresh is Refresh.LIVE else boundary_of(held, now + 1, calendar.zone)
