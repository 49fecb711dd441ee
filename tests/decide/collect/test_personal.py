"""The names that are personal, in every spelling."""

import pytest

from fieldfare.collect.personal import PERSONAL_NAMES, PERSONAL_SPELLINGS, is_personal_name, personal_with


@pytest.mark.parametrize(
    "name", ["email", "Email", "e-mail", "first_name", "firstName", "First Name", "dateOfBirth", "IP", "primaryEmail"]
)
def test_shipped_names_in_every_spelling(name: str) -> None:
    assert is_personal_name(name)


@pytest.mark.parametrize("name", ["", "names", "plan", "email_count", "ip_ratio"])
def test_others_are_not(name: str) -> None:
    assert not is_personal_name(name)


@pytest.mark.parametrize("name", ["email", "memberNo", "member_no", "Member-No", "payment_id"])
def test_more_names_in_every_spelling(name: str) -> None:
    assert personal_with(["member_no", "payment_id"])(name)
    assert not personal_with(["member_no"])("member")
    assert is_personal_name(name) is (name == "email"), "the shipped list stays what it is"


def test_both_cases_are_spelled_out() -> None:
    assert {"email", "first_name", "firstName", "dateOfBirth"} <= PERSONAL_SPELLINGS
    assert all(map(is_personal_name, PERSONAL_NAMES | PERSONAL_SPELLINGS))
