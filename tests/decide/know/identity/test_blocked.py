"""Which values identify nobody: the table of poison and of its neighbours that are somebody's; adding and excepting."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.identity.blocked import LOCAL_PARTS, RUNS, WORDS, Blocked, blocked_of
from fieldfare.know.identity.model import ANONYMOUS_ID, DEFAULT, EMAIL, PHONE, SHIPPED, USER_ID, IdentifierKind, Policy


def tells(name: str = USER_ID, policy: Policy = DEFAULT) -> Blocked:
    return blocked_of(policy.kinds[name], policy)


POISON = [
    *("null", "NULL", "undefined", "None", "nil", "NaN", "n/a", "(null)", "true", "false", "-1"),
    *("0", "00", "0000", "000000000000", "0.0", "00-00", "0000 0000", "00:00:00:00:00:00"),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "FFFFFFFF-FFFF-FFFF"),
    *("1111111", "999999999", "111-111-111", "aaa", "XXXX", "x-x-x", "zzz zzz"),
    *("123456789", "1234567890", "0123456789", "987654321"),
    *("test", "Test", "guest", "unknown", "anonymous", "walk-in", "noname", "your_user_id"),
    *("[object Object]", "[object Undefined]", "{{user.id}}", "{{ user.id }}", "${userId}", "<%= user.id %>"),
    *("{% user %}", "%(user_id)s", "%{user_id}", "{user_id}", "{0}", "<user_id>", "<null>", "[user id]", ":user_id"),
    *("-", "--", "***", "???", ".", "()", "“”"),
]
SOMEBODY = [
    *("7", "11", "222", "4444", "555555", "1001", "100000", "12345", "123456", "1000000000"),
    *("al", "bob", "aa", "anna", "otto", "lol1", "testa", "nulland", "guest-417", "x-1", "{7f3a}", "<7>", ":9"),
    *("00000000-0000-0000-0000-000000000001", "a0a", "0x0f", "00a00", "müller", "李", "Ω-17"),
]


@pytest.mark.parametrize("value", POISON)
def test_what_programs_and_forms_write_for_nothing_is_blocked(value: str) -> None:
    assert tells()(value)
    assert tells(ANONYMOUS_ID)(value)
    assert tells("membership_id")(value)


@pytest.mark.parametrize("value", SOMEBODY)
def test_what_only_looks_like_it_is_somebody(value: str) -> None:
    assert not tells()(value)


@given(st.sampled_from(sorted(WORDS | RUNS)), st.sampled_from([str.lower, str.upper, str.title]))
def test_every_word_is_blocked_in_any_case(word: str, cased: type) -> None:
    assert tells()(cased(word))


@given(st.integers(min_value=1, max_value=10**9).filter(lambda each: len(set(str(each))) > 1 and str(each) not in RUNS))
def test_numbers_that_count_people_are_not_blocked(number: int) -> None:
    assert not tells()(str(number))


@given(st.uuids().filter(lambda each: len(set(each.hex)) > 1))
def test_random_ids_are_not_blocked(value: uuid.UUID) -> None:
    assert not tells(ANONYMOUS_ID)(str(value))


@pytest.mark.parametrize(
    ("address", "is_blocked"),
    [
        ("test@club.de", True),
        ("Test+7@club.de", True),
        ("noreply@club.de", True),
        ("no-reply@club.de", True),
        ("do.not.reply@club.de", True),
        ("n.a@club.de", True),
        ("undefined@club.de", True),
        ("ada@club.de", False),
        ("testa@club.de", False),
        ("info@club.de", False),
        ("aaa@club.de", False),
        ("0815@club.de", False),
        ("ada@example.com", False),
    ],
)
def test_addresses_that_are_nobody_s(address: str, is_blocked: bool) -> None:
    assert tells(EMAIL)(address) is is_blocked


@pytest.mark.parametrize(
    ("number", "is_blocked"),
    [
        ("+10000000000", True),
        ("+19999999999", True),
        ("+49301234567", True),
        ("+447777777777", True),
        ("+4930901820", False),
        ("+16502530000", False),
        ("+12125550123", False),
    ],
)
def test_numbers_that_are_nobody_s(number: str, is_blocked: bool) -> None:
    assert tells(PHONE)(number) is is_blocked


def test_an_id_that_a_fault_gave_to_many_is_blocked_for_devices_only() -> None:
    assert tells("device_id")("9774d56d682e549c")
    assert tells("advertising_id")("00000000-0000-0000-0000-000000000000")
    assert not tells()("9774d56d682e549c")


def test_examples_are_blocked_where_asked_for() -> None:
    policy = Policy(kinds=SHIPPED, block_examples=True)
    for address in ("ada@example.com", "ada@mail.example.org", "ada@club.test", "ada@localhost", "ada@x.invalid"):
        assert tells(EMAIL, policy)(address), address
    for address in ("ada@example.de", "ada@notexample.com", "ada@testing.com", "ada@club.de"):
        assert not tells(EMAIL, policy)(address), address
    assert tells(PHONE, policy)("+12125550123")
    assert not tells(PHONE, policy)("+12125551234")


def test_a_workspace_adds_values_and_patterns_for_all_kinds_or_one() -> None:
    membership = IdentifierKind(name="membership_id", priority=1, blocked=frozenset({"4711", "trial-*"}))
    policy = Policy(kinds={**SHIPPED, "membership_id": membership}, blocked=frozenset({"kiosk-*-tablet", "frontdesk"}))
    for name in ("membership_id", USER_ID):
        assert tells(name, policy)("FrontDesk")
        assert tells(name, policy)("kiosk-mitte-tablet")
        assert not tells(name, policy)("kiosk-mitte")
        assert not tells(name, policy)("my-kiosk-1-tablet")
    assert tells("membership_id", policy)("4711")
    assert tells("membership_id", policy)("trial-2026")
    assert not tells(USER_ID, policy)("4711")
    assert not tells("membership_id", policy)("trial.2026"), "nothing but `*` is special in a pattern"


@pytest.mark.parametrize("value", ["guest", "0", "1111111", "{{x}}", "kiosk-7"])
def test_a_workspace_excepts_values_from_every_list(value: str) -> None:
    added = frozenset({"kiosk-*"})
    policy = Policy(kinds=SHIPPED, blocked=added)
    assert tells(USER_ID, policy)(value)
    for_all = Policy(kinds=SHIPPED, blocked=added, not_blocked=frozenset({value}))
    assert not tells(USER_ID, for_all)(value)
    kind = IdentifierKind(name=USER_ID, priority=1, not_blocked=frozenset({value}))
    assert not tells(USER_ID, Policy(kinds={USER_ID: kind}, blocked=added))(value)
    assert tells(ANONYMOUS_ID, Policy(kinds={**SHIPPED, USER_ID: kind}, blocked=added))(value)


def test_the_lists_are_as_they_are_compared() -> None:
    assert all(word == word.casefold().strip() for word in WORDS | RUNS | LOCAL_PARTS)
    assert not any(letter in word for word in LOCAL_PARTS for letter in "+.-_@")


def test_a_planted_fault_is_caught() -> None:
    def only_zeros(value: str) -> bool:
        return value.casefold() in WORDS or set(value) == {"0"}

    assert [only_zeros(value) for value in POISON] != [True] * len(POISON)
