"""Which traits are personal."""

import pytest

from fieldfare.collect.personal import personal_with
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


@pytest.mark.parametrize("value", ["x", {"memberNo": "x"}, [{"a": {"member_no": 1}}]])
def test_names_of_identifiers(value: object) -> None:
    name = "member_no" if isinstance(value, str) else "club"
    assert is_personal(name, value, SPECS, personal_with(["member_no"]))
    assert not is_personal(name, value, SPECS)


def test_depth_is_no_danger() -> None:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    assert not is_personal("deep", deep, {})
