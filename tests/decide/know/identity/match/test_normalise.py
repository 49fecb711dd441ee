import pytest

from fieldfare.know.identity.match.model import Field
from fieldfare.know.identity.match.normalise import date_digits, day_first, normal_values, plain, sound, street_words


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("1971-06-24", "19710624"),
        ("1971-06-24T00:00:00Z", "19710624"),
        ("19710624", "19710624"),
        ("06/24/1971", "19710624"),
        ("06241971", "19710624"),
        ("24 June 1971", "19712406"),  # month first was told: the parts stand as they do
        ("1971-13-45", "19711345"),
        ("1971", "1971"),
        ("7/4/1971", "19710704"),
    ],
)
def test_dates_become_year_month_day_and_nothing_is_corrected(text: str, digits: str) -> None:
    assert date_digits(text, is_day_first=False) == digits


def test_the_order_of_a_column_is_chosen_by_what_most_of_it_allows() -> None:
    assert day_first(["24/06/1971", "03/04/1980"])
    assert not day_first(["06/24/1971", "03/04/1980"])
    assert not day_first(["1971-06-24"])
    assert date_digits("24/06/1971", is_day_first=True) == "19710624"


@pytest.mark.parametrize(("one", "other"), [("robert", "rupert"), ("smith", "smyth"), ("ashcraft", "ashcroft")])
def test_names_that_sound_alike_have_one_code(one: str, other: str) -> None:
    assert sound(one) == sound(other)


def test_soundex_is_the_american_one() -> None:
    assert [sound(name) for name in ("tymczak", "pfister", "honeyman", "lee")] == ["t522", "p236", "h555", "l000"]


def test_words_lose_case_accents_and_punctuation() -> None:
    assert plain("  Zoë O'Brien-Núñez ") == "zoe obrien nunez"
    assert plain("李雷") == "李雷"
    assert street_words("High Street") == street_words("high st.") == "high st"


def test_a_record_is_brought_into_one_form() -> None:
    row = {
        Field.FULL_NAME: "Smith, Bob",
        Field.EMAIL: " Bob+news@Example.com",
        Field.PHONE: "+44 (0)7700 900123",
        Field.SEX: "Male",
        Field.CITY: "unknown",
    }
    assert normal_values(row, is_day_first=False) == {
        "given_name": "bob",
        "surname": "smith",
        "formal": "robert",
        "surname_sound": "s530",
        "email": "bob+news@example.com",
        "mailbox": "bob",
        "phone": "700900123",
        "sex": "m",
    }
