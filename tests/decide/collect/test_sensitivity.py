"""Sensitivities are suggested from names and values; what only looks like it is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.collect.sensitivity import RANKS, guess, is_iban, is_luhn, words_of

CARDS = ["4111 1111 1111 1111", "5500005555555559", "378282246310005"]
IBANS = ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"]
NOTES = ["arrived on time and paid in cash", "has a knee injury and takes it slowly", "wants a locker"]


@pytest.mark.parametrize(
    ("name", "values", "sensitivity", "why"),
    [
        ("contact_point", ["anna@example.com", "b@example.org", None], "contact", "e-mail"),
        ("reach", ["+49 30 901820", "+442079460018"], "contact", "telephone"),
        ("reach", ["004930901820"], "contact", "telephone"),
        ("payment", CARDS, "financial", "card numbers"),
        ("payment", IBANS, "financial", "IBANs"),
        ("origin", ["192.0.2.7", "2001:db8::1"], "personal", "IP"),
        ("spot", ["52.52001, 13.40495"], "precise_location", "coordinates"),
        ("position.lat", [52.5], "precise_location", "name"),
        ("latitude", [], "precise_location", "name"),
        ("dateOfBirth", ["1990-01-01"], "personal", "name"),
        ("date_of_birth", [], "personal", "name"),
        ("birthday", [], "personal", "name"),
        ("FirstName", [], "personal", "name"),
        ("name", [], "personal", "name"),
        ("vorname", [], "personal", "name"),
        ("customerEmail", [], "contact", "name"),
        ("mobile_number", [], "contact", "name"),
        ("child_age", [7], "child", "name"),
        ("guardian", [], "child", "name"),
        ("allergies", [], "health", "name"),
        ("heart_rate", [120], "health", "name"),
        ("notes", NOTES, "health", "words of health"),
        ("notes", ["mag es warm und hat R\u00fcckenschmerzen"], "health", "words of health"),
        ("comment", ["the showers were cold this morning"], "personal", "free text"),
        ("billing_iban", [], "financial", "name"),
        ("emailed_diagnosis", ["a@example.com"], "health", "name"),
    ],
)
def test_a_sensitive_field(name: str, values: list[object], sensitivity: str, why: str) -> None:
    found = guess(name, values)
    assert found is not None
    assert found.sensitivity == sensitivity
    assert why in found.why


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("class_name", ["Yoga", "Pilates"]),
        ("product_name", ["Towel"]),
        ("order_id", ["4111111111111112", "1234567890123"]),
        ("ean", ["4006381333931", "5901234123457"]),
        ("plan", ["basic", "plus"]),
        ("parent_id", [4]),
        ("flat_rate", [4]),
        ("mobile_app", [True]),
        ("kind", ["visit"]),
        ("version", ["1.2.3.4.5", "2.0"]),
        ("amount", ["12.5000"]),
        ("notes", ["ok"]),
        ("phase", []),
        ("ip_count_x"[3:8], [7]),
    ],
)
def test_a_plain_field(name: str, values: list[object]) -> None:
    assert guess(name, values) is None


def test_the_words_of_a_name_in_every_style() -> None:
    for name in ("date_of_birth", "dateOfBirth", "DateOfBirth", "date-of-birth", "date of birth", "DATE_OF_BIRTH"):
        assert words_of(name) == ["date", "of", "birth"]
    assert words_of("userID2") == ["user", "id", "2"]


@given(st.text("0123456789", min_size=12, max_size=18), st.integers(1, 9))
def test_one_wrong_digit_is_no_card(digits: str, off: int) -> None:
    check = next(str(digit) for digit in range(10) if is_luhn(digits + str(digit)))
    assert not is_luhn(digits + str((int(check) + off) % 10))


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=11, max_size=26), st.integers(1, 96))
def test_another_check_sum_is_no_iban(account: str, off: int) -> None:
    """The check digits that ISO 7064 gives pass, all others do not."""
    number = int("".join(str(int(char, 36)) for char in account + "DE00"))
    check = 98 - number % 97
    assert is_iban(f"DE{check:02}{account}")
    assert not is_iban(f"DE{(check - 2 + off) % 97 + 2:02}{account}")


def test_every_guess_has_a_rank() -> None:
    assert set(RANKS) == {"personal", "contact", "health", "financial", "child", "precise_location"}
