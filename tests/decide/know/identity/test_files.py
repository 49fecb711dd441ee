"""The shape of identity.yaml."""

import msgspec
import pytest

from fieldfare.know.identity.files import IdentityFile
from tests.decide.file_shape import refuses_unknown_keys, undescribed


def test_every_key_is_described() -> None:
    assert undescribed(IdentityFile) == []


def test_unknown_keys_are_refused() -> None:
    refuses_unknown_keys(IdentityFile, {"kinds": {"card": {"from": ["properties.card"]}}, "phone_region": "DE"})


@pytest.mark.parametrize(
    "file",
    [
        {"kinds": {"Card": {}}},
        {"kinds": {"card": {"joins": "sometimes"}}},
        {"kinds": {"card": {"priority": 0}}},
        {"kinds": {"card": {"form": "number"}}},
        {"kinds": {"card": {"most_per_profile": "many"}}},
        {"kinds": {"card": {"blocked": [17]}}},
        {"blocked": [""]},
    ],
)
def test_values_of_a_wrong_kind_are_refused(file: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(file, IdentityFile)
