"""The shape of locations.yaml."""

from fieldfare.network.locations.files import LocationsFile
from tests.decide.file_shape import Undescribed, refuses_unknown_keys, undescribed


def test_every_key_is_described() -> None:
    assert undescribed(LocationsFile) == []


def test_a_key_without_description_is_caught() -> None:
    assert undescribed(Undescribed) == ["Undescribed.silent"]


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(LocationsFile, {"locations": [{"location": "north", "region": "city", "time_zone": "UTC"}]})
