"""Which column of a person's record holds what: known names in every spelling, or as the caller says. Pure."""

from collections.abc import Iterable, Mapping

from fieldfare.know.identity.match.model import Field

_NAMES: dict[Field, str] = {
    Field.GIVEN: "givenname firstname forename fname first given christianname",
    Field.SURNAME: "surname lastname familyname lname last",
    Field.FULL_NAME: "name fullname personname customername",
    Field.MIDDLE: "middlename middleinitial middle middlenames",
    Field.BIRTH: "dateofbirth dob birthdate birthday birthon dayofbirth bday",
    Field.SEX: "sex gender",
    Field.EMAIL: "email emailaddress mail primaryemail",
    Field.PHONE: "phone phonenumber mobile mobilephone telephone tel cell primaryphone mobilenumber",
    Field.NATIONAL_ID: "nationalid socsecid ssn socialsecuritynumber nhsnumber taxid nino passportnumber",
    Field.MEMBERSHIP_ID: "membershipid memberid loyaltyid membershipnumber membernumber cardnumber",
    Field.NUMBER: "streetnumber housenumber streetno addressnumber buildingnumber",
    Field.STREET: "street streetname address address1 addressline1 streetaddress street1 addr addr1 addrline1",
    Field.LINE_2: "address2 addressline2 street2 unit unitnumber apartment addr2 addrline2 flat",
    Field.POSTCODE: "postcode zip zipcode postalcode postcodefake",
    Field.CITY: "city suburb town locality municipality",
    Field.STATE: "state region province county stateprovince",
}
_PREFIXES = ("mailingaddress", "homeaddress", "residential", "home", "address", "postal", "customer", "primary")
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_DROP = str.maketrans("", "", "_- .")


def field_of(column: str) -> Field | None:
    """Return what a column of this name holds, in any case, with or without ``_``, ``-``, spaces and dots."""
    plain = column.translate(_DROP).lower()
    found = _FIELD_OF.get(plain)
    for prefix in _PREFIXES:
        if found is None and plain.startswith(prefix):
            found = _FIELD_OF.get(plain.removeprefix(prefix))
    return found


def fields_of(columns: Iterable[str], told: Mapping[str, Field | None] | None = None) -> dict[str, Field]:
    """Return column -> what it holds. ``told`` wins over names, ``None`` there leaves a column out.

    Of two columns that hold the same, the first counts.
    """
    told = told or {}
    found: dict[str, Field] = {}
    taken: set[Field] = set()
    for column in columns:
        field = told[column] if column in told else field_of(column)
        if field is not None and field not in taken:
            found[column] = field
            taken.add(field)
    return found
