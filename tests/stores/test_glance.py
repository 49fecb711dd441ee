"""A glance at a document sees what the whole document says, and tells no less of a broken one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.flow.glance import Glance, glance_at
from fieldfare.flow.work import encode_document
from fieldfare.ground.errors import PermanentError
from fieldfare.know.profiles.model import SCHEMA, Document, MeasureState, TraitValue

NAMES = st.text(max_size=5)


def test_the_fields_are_the_first_of_a_document_in_its_order() -> None:
    fields = Glance.__struct_fields__
    assert Document.__struct_fields__[: len(fields)] == fields


@given(
    st.dictionaries(NAMES, st.integers(0, 2**53)),
    st.none() | NAMES,
    st.dictionaries(NAMES, st.integers(-(2**53), 2**53) | NAMES),
)
def test_it_sees_what_the_whole_document_says(
    memberships: dict[str, int], home: str | None, values: dict[str, int | str]
) -> None:
    told = Document(
        memberships=memberships,
        home_location=home,
        traits={name: TraitValue(value, "app", 1, 2) for name, value in values.items()},
        measures={name: MeasureState(tiles=[1, 2, 3]) for name in values},
        sealed=b"sealed",
    )
    found = glance_at(1, encode_document(told))
    assert (found.memberships, found.home_location) == (memberships, home)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\x00", "document_broken"),
        (encode_document(Document())[:4], "document_broken"),
        (encode_document(Document(schema=SCHEMA + 1)), "document_newer"),
    ],
)
def test_what_is_no_document_is_told_as_ever(body: bytes, code: str) -> None:
    with pytest.raises(PermanentError) as raised:
        glance_at(7, body)
    assert raised.value.code == code
