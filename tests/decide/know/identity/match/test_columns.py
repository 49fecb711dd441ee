import pytest

from fieldfare.know.identity.match.columns import field_of, fields_of
from fieldfare.know.identity.match.model import Field


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("first_name", Field.GIVEN),
        ("givenName", Field.GIVEN),
        ("Last Name", Field.SURNAME),
        ("dob", Field.BIRTH),
        ("soc_sec_id", Field.NATIONAL_ID),
        ("address_1", Field.STREET),
        ("address.street", Field.STREET),
        ("address.postalCode", Field.POSTCODE),
        ("mailing_address_zipcode", Field.POSTCODE),
        ("suburb", Field.CITY),
        ("employer_name", None),
        ("wages", None),
    ],
)
def test_names_in_every_spelling_are_understood(column: str, field: Field | None) -> None:
    assert field_of(column) is field


def test_what_the_caller_says_wins_and_of_two_the_first_counts() -> None:
    told = {"moniker": Field.GIVEN, "email": None}
    assert fields_of(["moniker", "email", "phone", "mobile"], told) == {"moniker": Field.GIVEN, "phone": Field.PHONE}
