"""Amounts in minor units, by the digits of their currency."""

import pytest

from fieldfare.ground.money import digits_of, major, said


@pytest.mark.parametrize(
    ("currency", "digits", "units", "text"),
    [
        ("EUR", 2, 1_234.56, "1,234.56 EUR"),
        ("JPY", 0, 123_456.0, "123,456 JPY"),
        ("KWD", 3, 123.456, "123.456 KWD"),
        ("???", 2, 1_234.56, "1,234.56 ???"),
    ],
)
def test_an_amount_has_the_digits_of_its_currency(currency: str, digits: int, units: float, text: str) -> None:
    assert (digits_of(currency), major(123_456, currency), said(123_456, currency)) == (digits, units, text)


def test_a_sign_is_said_where_it_is_asked_for() -> None:
    assert [said(each, "EUR", "+") for each in (5, -5)] == ["+0.05 EUR", "-0.05 EUR"]
