"""The names that are personal, in every spelling."""

import pytest

from fieldfare.collect.personal import PERSONAL_NAMES, PERSONAL_SPELLINGS, is_personal_name


@pytest.mark.parametrize(
    "name", ["email", "Email", "e-mail", "first_name", "firstName", "First Name", "dateOfBirth", "IP", "primaryEmail"]
)
def test_shipped_names_in_every_spelling(name: str) -> None:
    assert is_personal_name(name)


@pytest.mark.parametrize("name", ["", "names", "plan", "email_count", "ip_ratio"])
def test_others_are_not(name: str) -> None:
    assert not is_personal_name(name)


def test_both_cases_are_spelled_out() -> None:
    assert {"email", "first_name", "firstName", "dateOfBirth"} <= PERSONAL_SPELLINGS
    assert all(map(is_personal_name, PERSONAL_NAMES | PERSONAL_SPELLINGS))
