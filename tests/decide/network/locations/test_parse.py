"""locations.yaml to the tree, and what the tree answers."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.workspace.model import Problem
from fieldfare.network.locations.files import LocationsFile
from fieldfare.network.locations.model import Locations
from fieldfare.network.locations.parse import parse_locations


def read(*places: dict[str, Any]) -> tuple[Locations | None, list[Problem]]:
    return parse_locations(msgspec.convert({"locations": list(places)}, LocationsFile))


def tree() -> Locations:
    found, problems = read(
        {"location": "mitte", "region": "berlin", "time_zone": "Europe/Berlin"},
        {"location": "kreuzberg", "region": "berlin", "name": "Kreuzberg Club"},
        {"location": "soho", "time_zone": "Europe/London", "country": "GB"},
    )
    assert not problems
    assert found is not None
    return found


def test_names_zones_and_regions() -> None:
    places = tree()
    assert places.names() == ("mitte", "berlin", "kreuzberg", "soho")
    assert places.zone("mitte") == "Europe/Berlin"
    assert places.zone("kreuzberg") is None
    assert places.zone("nowhere") is None
    assert places.zone(None) is None
    assert places.zones() == {"mitte": "Europe/Berlin", "soho": "Europe/London"}
    assert places.countries() == {"soho": "GB"}
    assert places.inside("berlin") == ("mitte", "kreuzberg")
    assert places.inside("soho") == ("soho",)
    assert places.inside("paris") == ()


@pytest.mark.parametrize(
    ("location", "name", "expected"),
    [
        ("mitte", "mitte", True),
        ("mitte", "berlin", True),
        ("mitte", "soho", False),
        ("soho", "berlin", False),
        ("berlin", "berlin", False),  # a region is no place that an event can carry
        ("nowhere", "nowhere", False),
        (None, "berlin", False),
    ],
)
def test_within(location: str | None, name: str, expected: bool) -> None:
    assert tree().within(location, name) is expected


def test_within_and_inside_agree() -> None:
    places = tree()
    for name in places.names():
        assert places.inside(name) == tuple(each.name for each in places.places if places.within(each.name, name))


@pytest.mark.parametrize(
    ("places", "path", "what"),
    [
        ([{"location": "a"}, {"location": "a"}], ("locations", 1, "location"), "`a` is declared twice"),
        ([{"location": "a", "time_zone": "Mars/Base"}], ("locations", 0, "time_zone"), "`Mars/Base` is no time zone"),
        ([{"location": "a", "country": "GE1"}], ("locations", 0, "country"), "`GE1` is no country"),
        ([{"location": "a", "country": "de"}], ("locations", 0, "country"), "`de` is no country"),
        ([{"location": "a", "time_zone": "../etc"}], ("locations", 0, "time_zone"), "`../etc` is no time zone"),
        (
            [{"location": "a", "region": "b"}, {"location": "b"}],
            ("locations", 0, "region"),
            "`b` is a region and a location",
        ),
    ],
)
def test_problems(places: list[dict[str, Any]], path: tuple[str | int, ...], what: str) -> None:
    found, problems = read(*places)
    assert found is None
    assert [(each.path, each.what) for each in problems] == [(path, what)]
    assert all(each.why and each.fix for each in problems)


def test_all_problems_come_at_once() -> None:
    _, problems = read({"location": "a", "time_zone": "X"}, {"location": "a", "time_zone": "Y"})
    assert len(problems) == 3
