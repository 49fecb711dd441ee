"""The time zone of a person: their word, their devices, their home location, their phone's area, the workspace.

Pure. A document keeps, per UTC day, the last zone that a device told, of the youngest days alone: the greatest
(instant, zone) of each day, of the greatest days. Both are maxima, so no order of arrival matters, and two lists join
into the list of both histories. A stay moves the zone only when it lasted: somebody on a short trip stays at home.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
import phonenumbers

from fieldfare.ground.instants import DAY, Instant, is_zone
from fieldfare.know.profiles.model import Document
from fieldfare.network.locations.model import Locations

ZONE_TRAIT = "time_zone"
"""The trait that decides the zone when it holds an IANA name."""
RECENT_DAYS = 90
"""How long what devices said counts."""
_PAIR = 2


class PersonZone(msgspec.Struct, frozen=True):
    """A zone and where it comes from: ``trait``, ``device``, ``location``, ``phone`` or ``workspace``."""

    zone: str
    source: str


@lru_cache(maxsize=4_096)
def _is_zone(name: str) -> bool:
    return is_zone(name)


def device_zone_in(context: dict[str, Any]) -> str | None:
    """Return the zone that an event's device told, ``None`` when it told none that there is."""
    told = context.get("timezone")
    return told if type(told) is str and told and _is_zone(told) else None


def observe(devices: list[Any], at: Instant, zone: str, most_days: int) -> None:
    """Take one word of a device into the flat list; ``most_days`` days are kept."""
    day = at // DAY
    place = len(devices) - _PAIR
    while place >= 0 and devices[place] // DAY > day:
        place -= _PAIR
    if place >= 0 and devices[place] // DAY == day:
        if (at, zone) > (devices[place], devices[place + 1]):
            devices[place : place + _PAIR] = (at, zone)
    else:
        devices[place + _PAIR : place + _PAIR] = (at, zone)
        if len(devices) > _PAIR * most_days:
            del devices[:_PAIR]


def join_devices(into: list[Any], other: list[Any], most_days: int) -> None:
    """Take all that another list holds."""
    for place in range(0, len(other), _PAIR):
        observe(into, other[place], other[place + 1], most_days)


def kept_days(moves_after_days: int) -> int:
    """Return how many days a document keeps: enough to see a stay behind the longest trip that is none."""
    return 2 * moves_after_days


def zone_by_devices(devices: list[Any], moves_after_days: int, now: Instant) -> str | None:
    """Return the zone in which the person stays by their devices, ``None`` when no device spoke lately.

    The youngest unbroken stay of at least so many days counts; without one the zone of the most days, of these the one
    seen last.
    """
    if not devices or devices[-_PAIR] < now - RECENT_DAYS * DAY:
        return None
    days: dict[str, int] = {}
    last: dict[str, Instant] = {}
    stays = list(_stays(devices))
    for zone, first_day, last_day, count in reversed(stays):
        if last_day - first_day + 1 >= moves_after_days:
            return zone
        days[zone] = days.get(zone, 0) + count
        last.setdefault(zone, last_day)
    return max(days, key=lambda zone: (days[zone], last[zone], zone))


def _stays(devices: list[Any]) -> Iterator[tuple[str, int, int, int]]:
    """Yield the unbroken stays in time order: zone, first and last day, days seen."""
    zone, first_day, last_day, count = devices[1], devices[0] // DAY, devices[0] // DAY, 0
    for place in range(0, len(devices), _PAIR):
        day, here = devices[place] // DAY, devices[place + 1]
        if here != zone:
            yield zone, first_day, last_day, count
            zone, first_day, count = here, day, 0
        last_day, count = day, count + 1
    yield zone, first_day, last_day, count


def phone_area_zone(number: Any) -> str | None:
    """Return the zone of a phone number's area, ``None`` when there is none or the area lies in several."""
    if type(number) is not str:
        return None
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return None
    from phonenumbers.timezone import time_zones_for_number  # noqa: PLC0415 - a large table, for those who have phones

    zones = time_zones_for_number(parsed)
    return zones[0] if len(zones) == 1 and _is_zone(zones[0]) else None


class PersonZones:
    """Answers in which zone a person is; made once per workspace."""

    def __init__(self, locations: Locations, workspace_zone: str, moves_after_days: int) -> None:
        """Take the places, the zone that holds where nothing else is known, and how long a stay must last to count."""
        self._locations, self._workspace_zone, self._moves_after = locations, workspace_zone, moves_after_days

    def of(self, document: Document, now: Instant) -> PersonZone:
        """Return the person's zone at ``now`` and where it comes from, the best word first."""
        own = document.traits.get(ZONE_TRAIT)
        if own is not None and type(own.value) is str and _is_zone(own.value):
            return PersonZone(own.value, "trait")
        device = zone_by_devices(document.devices, self._moves_after, now)
        if device is not None:
            return PersonZone(device, "device")
        home = self._locations.zone(document.home_location)
        if home is not None:
            return PersonZone(home, "location")
        if document.phone_zone is not None:
            return PersonZone(document.phone_zone, "phone")
        return PersonZone(self._workspace_zone, "workspace")
