"""The shape of journeys/*.yaml."""

import msgspec
import pytest

from fieldfare.decide.journeys.files import JourneyFile
from tests.decide.decide.journeys.walks import WIN_BACK
from tests.decide.file_shape import refuses_unknown_keys, undescribed


def test_every_key_is_described() -> None:
    assert undescribed(JourneyFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(JourneyFile, WIN_BACK)


@pytest.mark.parametrize(
    "change", [{"steps": []}, {"priority": 101}, {"journey": "Win Back"}, {"entry": {"joins": "a", "reentry": "often"}}]
)
def test_impossible_values_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(WIN_BACK | change, JourneyFile)
