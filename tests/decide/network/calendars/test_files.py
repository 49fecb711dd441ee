"""The shape of seasons.yaml."""

from fieldfare.network.calendars.files import SeasonsFile
from tests.decide.file_shape import refuses_unknown_keys, undescribed


def test_every_key_is_described() -> None:
    assert undescribed(SeasonsFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(SeasonsFile, {"seasons": [{"season": "january", "peak": {"from": "01-02", "to": "02-09"}}]})
