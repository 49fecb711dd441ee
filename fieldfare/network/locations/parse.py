"""From ``locations.yaml`` to the tree of places, with every problem at once. Pure; reads no file."""

from zoneinfo import ZoneInfoNotFoundError

from fieldfare.ground.instants import zone_info
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.network.locations.files import LocationEntry, LocationsFile
from fieldfare.network.locations.model import COUNTRIES, Hemisphere, Location, Locations


def zone_problem(zone: str, path: Path) -> Problem | None:
    """Return what is wrong with the name of a time zone, ``None`` when it is known."""
    try:
        zone_info(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return Problem(
            path,
            f"`{zone}` is no time zone",
            "local days and quiet hours need one",
            "Write an IANA name such as `Europe/Berlin`.",
        )
    return None


def country_problem(code: str, path: Path) -> Problem | None:
    """Return what is wrong with the code of a country, ``None`` when it has telephone numbers."""
    if code in COUNTRIES:
        return None
    fix = nearest(code.upper(), COUNTRIES) if code.upper() not in COUNTRIES else f"Write `{code.upper()}`."
    why = "telephone numbers are read by it"
    return Problem(path, f"`{code}` is no country", why, fix or "Write an ISO 3166 code such as `DE`.")


def parse_locations(file: LocationsFile) -> tuple[Locations | None, list[Problem]]:
    """Return the tree, or ``None`` and the problems: names that clash, unknown zones and countries."""
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for index, entry in enumerate(file.locations):
        if entry.location in first:
            why = f"it stands in entry {first[entry.location] + 1} already"
            problems.append(
                Problem(
                    ("locations", index, "location"),
                    f"`{entry.location}` is declared twice",
                    why,
                    "Remove one of them.",
                )
            )
        first.setdefault(entry.location, index)
        problem = (
            zone_problem(entry.time_zone, ("locations", index, "time_zone")) if entry.time_zone is not None else None
        )
        country = country_problem(entry.country, ("locations", index, "country")) if entry.country is not None else None
        problems += [each for each in (problem, country) if each is not None]
    for index, entry in enumerate(file.locations):
        if entry.region is not None and entry.region in first:
            problems.append(
                Problem(
                    ("locations", index, "region"),
                    f"`{entry.region}` is a region and a location",
                    "a condition such as `location: [NAME]` could mean either",
                    "Rename one of them.",
                )
            )
    if problems:
        return None, problems
    return Locations(tuple(_location(entry) for entry in file.locations)), []


def _location(entry: LocationEntry) -> Location:
    side = None if entry.hemisphere is None else Hemisphere(entry.hemisphere)
    return Location(entry.location, entry.region, entry.time_zone, entry.name, entry.country, entry.fields, side)
