"""In which zone a person is: the best word, and that a short trip moves nobody."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.ground.instants import DAY, HOUR
from fieldfare.know.profiles.model import Document, TraitValue
from fieldfare.know.profiles.zone import (
    PersonZone,
    PersonZones,
    device_zone_in,
    join_devices,
    kept_days,
    observe,
    phone_area_zone,
    zone_by_devices,
)
from fieldfare.network.locations.model import Location, Locations
from tests.amounts import examples
from tests.decide.know.worlds import START_AT

HOME, AWAY, THIRD = "Europe/Berlin", "Asia/Tokyo", "America/New_York"
STAY = 7
ZONES = PersonZones(Locations((Location("north", zone="Europe/Lisbon"),)), "UTC", STAY)


def seen(*days: tuple[int, str], most: int = 2 * STAY) -> list[object]:
    devices: list[object] = []
    for day, zone in days:
        observe(devices, START_AT + day * DAY, zone, most)
    return devices


def many(zone: str, first: int, last: int) -> list[tuple[int, str]]:
    return [(day, zone) for day in range(first, last + 1)]


@pytest.mark.parametrize(
    ("days", "zone"),
    [
        ([], None),
        (many(HOME, 0, 0), HOME),
        (many(HOME, 0, 9), HOME),
        ([*many(HOME, 0, 9), *many(AWAY, 10, 15)], HOME),
        ([*many(HOME, 0, 9), *many(AWAY, 10, 16)], AWAY),
        ([*many(HOME, 0, 9), (10, AWAY), (16, AWAY)], AWAY),
        ([*many(HOME, 0, 9), *many(AWAY, 10, 20), (21, HOME)], AWAY),
        ([*many(HOME, 0, 9), *many(AWAY, 10, 20), *many(HOME, 21, 27)], HOME),
        ([(0, HOME), (1, AWAY), (2, HOME), (3, AWAY), (4, HOME)], HOME),
        ([(0, HOME), (1, AWAY)], AWAY),
        ([*many(HOME, 0, 6), (7, AWAY), (8, THIRD), (9, AWAY)], HOME),
    ],
)
def test_a_stay_must_last(days: list[tuple[int, str]], zone: str | None) -> None:
    assert zone_by_devices(seen(*days), STAY, START_AT + 30 * DAY) == zone


def test_what_devices_said_long_ago_does_not_count() -> None:
    devices = seen((0, HOME))
    assert zone_by_devices(devices, STAY, START_AT + 90 * DAY) == HOME
    assert zone_by_devices(devices, STAY, START_AT + 90 * DAY + 1) is None


def test_the_best_word_counts() -> None:
    document, now = Document(), START_AT + DAY
    assert ZONES.of(document, now) == PersonZone("UTC", "workspace")
    document.phone_zone = THIRD
    assert ZONES.of(document, now) == PersonZone(THIRD, "phone")
    document.home_location = "elsewhere"
    assert ZONES.of(document, now) == PersonZone(THIRD, "phone")
    document.home_location = "north"
    assert ZONES.of(document, now) == PersonZone("Europe/Lisbon", "location")
    document.devices = seen((0, AWAY))
    assert ZONES.of(document, now) == PersonZone(AWAY, "device")
    document.traits["time_zone"] = TraitValue("nowhere", "app", 0, 0)
    assert ZONES.of(document, now) == PersonZone(AWAY, "device")
    document.traits["time_zone"] = TraitValue(HOME, "app", 0, 0)
    assert ZONES.of(document, now) == PersonZone(HOME, "trait")


@pytest.mark.parametrize(
    ("context", "zone"),
    [({"timezone": HOME}, HOME), ({"timezone": "nowhere"}, None), ({"timezone": 3}, None), ({"timezone": ""}, None)],
)
def test_what_a_device_tells(context: dict[str, object], zone: str | None) -> None:
    assert device_zone_in(context) == zone


@pytest.mark.parametrize(
    ("number", "zone"),
    [
        ("+491701234567", "Europe/Berlin"),
        ("+12125550123", "America/New_York"),
        ("+351912345678", None),
        ("+18005550123", None),
        ("0170 1234567", None),
        ("", None),
        (491701234567, None),
    ],
)
def test_the_area_of_a_phone(number: object, zone: str | None) -> None:
    assert phone_area_zone(number) == zone


words = st.lists(
    st.tuples(st.integers(0, 40 * 24).map(lambda hour: START_AT + hour * HOUR), st.sampled_from([HOME, AWAY, THIRD])),
    max_size=40,
)


def taken(told: list[tuple[int, str]], most: int) -> list[object]:
    devices: list[object] = []
    for at, zone in told:
        observe(devices, at, zone, most)
    return devices


@settings(max_examples=examples(200), deadline=None)
@given(words, st.integers(1, 9), st.integers(0, 40), st.randoms(use_true_random=False))
def test_no_order_and_no_cut_matters(told: list[tuple[int, str]], stay: int, cut: int, random: Random) -> None:
    most = kept_days(stay)
    whole = taken(told, most)
    shuffled = list(told)
    random.shuffle(shuffled)
    assert taken(shuffled, most) == whole
    joined = taken(told[:cut], most)
    join_devices(joined, taken(told[cut:], most), most)
    assert joined == whole
    assert len(whole) <= 2 * most


def test_keeping_the_first_word_of_a_day_is_caught() -> None:
    early, late = (START_AT, HOME), (START_AT + HOUR, AWAY)
    assert taken([early, late], 9) == taken([late, early], 9) == [*late]
