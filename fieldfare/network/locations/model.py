"""Nouns of the network: a location, and the tree network > region > location with its look-ups. Reads no files."""

from enum import StrEnum

import msgspec
import phonenumbers

COUNTRIES: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""ISO 3166 codes of the countries that have telephone numbers of their own."""


# fmt: off
SOUTHERN: frozenset[str] = frozenset({
    "AO", "AR", "AU", "BI", "BO", "BR", "BW", "CD", "CL", "CG", "CK", "EC", "FJ", "FK", "GA", "ID", "KM", "LS",
    "MG", "MU", "MW", "MZ", "NA", "NC", "NR", "NZ", "PE", "PF", "PG", "PY", "RE", "RW", "SB", "SC", "SH", "SZ",
    "TL", "TV", "TZ", "UY", "VU", "WF", "WS", "YT", "ZA", "ZM", "ZW",
})
# fmt: on
"""ISO 3166 codes of the countries that lie, or whose people mostly live, south of the equator."""


class Hemisphere(StrEnum):
    """On which side of the equator a place lies: when its summer is."""

    NORTH = "north"
    SOUTH = "south"


class Location(msgspec.Struct, frozen=True):
    """One place. ``region`` and ``zone`` are ``None`` where nothing was declared."""

    name: str
    region: str | None = None
    zone: str | None = None
    """IANA name."""
    title: str | None = None
    """What people call it."""
    country: str | None = None
    """ISO 3166 code."""
    fields: dict[str, str] = {}
    """What the place says in messages, by the name of the field."""
    hemisphere: Hemisphere | None = None
    """``None``: that of its country, else the northern."""


class Locations:
    """The tree of places. A name is a location or a region, never both. Immutable after construction."""

    __slots__ = ("_by_name", "_inside", "places")

    def __init__(self, places: tuple[Location, ...] = ()) -> None:
        """Index the places."""
        self.places = places
        self._by_name = {place.name: place for place in places}
        self._inside: dict[str, tuple[str, ...]] = {}
        for place in places:
            self._inside[place.name] = (place.name,)
            if place.region is not None:
                self._inside[place.region] = (*self._inside.get(place.region, ()), place.name)

    def names(self) -> tuple[str, ...]:
        """Return all names that a condition may ask for: locations and regions, in the order declared."""
        return tuple(self._inside)

    def zone(self, location: str | None) -> str | None:
        """Return the IANA zone of the location, ``None`` when unknown or not declared: the workspace's holds."""
        place = self._by_name.get(location) if location is not None else None
        return place.zone if place is not None else None

    def zones(self) -> dict[str, str]:
        """Return the declared zone by location, for whoever fixes local days."""
        return {place.name: place.zone for place in self.places if place.zone is not None}

    def countries(self) -> dict[str, str]:
        """Return the declared country by location, for whoever reads telephone numbers."""
        return {place.name: place.country for place in self.places if place.country is not None}

    def hemisphere(self, location: str | None) -> Hemisphere:
        """Return on which side of the equator the place lies; the northern where nothing tells."""
        place = self._by_name.get(location) if location is not None else None
        if place is None:
            return Hemisphere.NORTH
        return place.hemisphere or (Hemisphere.SOUTH if place.country in SOUTHERN else Hemisphere.NORTH)

    def inside(self, name: str) -> tuple[str, ...]:
        """Return the locations that lie in a location or region; none for an unknown name."""
        return self._inside.get(name, ())

    def around(self, location: str | None) -> tuple[str, ...]:
        """Return the location and the region it lies in, nothing for ``None``."""
        region = self.region_of(location) if location is not None else None
        return tuple(each for each in (location, region) if each is not None)

    def region_of(self, location: str) -> str | None:
        """Return the region in which the declared location lies, ``None`` when in none."""
        place = self._by_name.get(location)
        return place.region if place is not None else None

    def within(self, location: str | None, name: str) -> bool:
        """Return whether the declared location is ``name`` or lies in the region ``name``."""
        place = self._by_name.get(location) if location is not None else None
        return place is not None and name in (place.name, place.region)
