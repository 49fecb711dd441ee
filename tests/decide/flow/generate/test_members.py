"""Who the generated members are: a function of seed and number, with the shares that the module states."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.generate.members import (
    ALREADY_MEMBER,
    ANNUAL,
    APP_USERS,
    CLASS_GOERS,
    CLUBS,
    EMAIL_CONSENT,
    FEES,
    SMS_CONSENT,
    WEEKEND_ONLY,
    Member,
    index_of,
    member,
    user_id,
)

FIRST_DAY, DAYS = 20_000, 365
PEOPLE = [member(number, FIRST_DAY, DAYS, 7) for number in range(4_000)]


def test_a_member_is_a_function_of_seed_and_number() -> None:
    assert member(17, FIRST_DAY, DAYS, 7) == PEOPLE[17]
    assert member(17, FIRST_DAY, DAYS, 8) != PEOPLE[17]
    assert len({each.email for each in PEOPLE}) == len(PEOPLE)


def check_share(is_so: Callable[[Member], bool], stated: float) -> None:
    """Five standard deviations of a share of 4,000 are at most 4 points."""
    assert sum(map(is_so, PEOPLE)) / len(PEOPLE) == pytest.approx(stated, abs=0.04)


def test_the_stated_shares_hold() -> None:
    check_share(lambda each: each.consents_email, EMAIL_CONSENT)
    check_share(lambda each: each.consents_sms, SMS_CONSENT)
    check_share(lambda each: each.uses_app, APP_USERS)
    check_share(lambda each: each.goes_to_classes, CLASS_GOERS)
    check_share(lambda each: each.weekend_only, WEEKEND_ONLY)
    check_share(lambda each: each.annual, ANNUAL)
    check_share(lambda each: each.joined_day < FIRST_DAY, ALREADY_MEMBER)
    check_share(lambda each: each.club is CLUBS[0], CLUBS[0].weight / sum(club.weight for club in CLUBS))


def test_a_planted_fault_is_caught() -> None:
    with pytest.raises(AssertionError):
        check_share(lambda each: each.consents_email, EMAIL_CONSENT - 0.1)


def test_everybody_joins_within_the_span_and_pays_a_known_fee() -> None:
    assert all(FIRST_DAY - 701 <= each.joined_day < FIRST_DAY + DAYS for each in PEOPLE)
    assert {each.tier for each in PEOPLE} == set(FEES)
    assert all(0.8 <= each.rate <= 3.5 for each in PEOPLE)
    assert all(each.email.endswith("@example.com") for each in PEOPLE)


@given(st.integers(0, 2_000_000))
def test_a_user_id_leads_back_to_its_number(number: int) -> None:
    assert index_of(user_id(number)) == number


@pytest.mark.parametrize("told", ["", "m", "17", "x000017", "m17a", "m-1"])
def test_other_ids_lead_nowhere(told: str) -> None:
    assert index_of(told) is None
