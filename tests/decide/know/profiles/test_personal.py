"""Which traits are personal."""

import pytest

from fieldfare.know.profiles.model import Sensitivity, TraitSpec, TraitType
from fieldfare.know.profiles.personal import is_personal, is_personal_name, personal_names

SPECS = {
    "diagnosis": TraitSpec("diagnosis", TraitType.TEXT, Sensitivity.HEALTH),
    "company": TraitSpec("company", TraitType.TEXT),
}


@pytest.mark.parametrize("name", ["email", "Email", "e-mail", "first_name", "firstName", "First Name", "dateOfBirth"])
def test_shipped_names_in_every_spelling(name: str) -> None:
    assert is_personal_name(name)


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


def test_names_for_the_lake_hold_both_cases_and_the_declared() -> None:
    assert {"email", "first_name", "firstName", "diagnosis"} <= personal_names(SPECS.values())
    assert "company" not in personal_names(SPECS.values())


def test_depth_is_no_danger() -> None:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    assert not is_personal("deep", deep, {})
