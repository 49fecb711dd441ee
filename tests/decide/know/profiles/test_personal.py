"""Which traits are personal."""

import pytest

from fieldfare.know.profiles.model import Sensitivity, TraitSpec, TraitType
from fieldfare.know.profiles.personal import is_personal

SPECS = {
    "diagnosis": TraitSpec("diagnosis", TraitType.TEXT, Sensitivity.HEALTH),
    "company": TraitSpec("company", TraitType.TEXT),
}


@pytest.mark.parametrize(
    ("name", "value", "personal"),
    [
        ("diagnosis", None, True),
        ("plan", "gold", False),
        ("company", {"email": "x"}, False),  # declared as not personal, so the workspace answers for it
        ("family", [{"firstName": "x"}], True),
        ("family", {"size": 4}, False),
        ("names", "x", False),
    ],
)
def test_declared_and_nested(name: str, value: object, personal: bool) -> None:
    assert is_personal(name, value, SPECS) is personal


def test_depth_is_no_danger() -> None:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    assert not is_personal("deep", deep, {})
