"""What is shown of a personal value says that it is there, and identifies nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.profiles.mask import HIDDEN, hidden_fields, masked


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("email", "ada@example.com", "a•••@•••.com"),
        ("email", "a@example.com", "•••@•••.com"),
        ("email", "no address", HIDDEN),
        ("phone", "+491701234567", "•••67"),
        ("phone", "+49170", HIDDEN),
        ("user_id", "m-17", HIDDEN),
        ("anonymous_id", "", HIDDEN),
    ],
)
def test_masked(kind: str, value: str, shown: str) -> None:
    assert masked(kind, value) == shown


@given(st.sampled_from(["email", "phone", "user_id"]), st.text(min_size=4))
def test_a_value_is_never_shown_whole(kind: str, value: str) -> None:
    assert value not in masked(kind, value) or value in HIDDEN


def test_hidden_fields_keep_their_names_alone() -> None:
    assert hidden_fields({"note": "ill", "ids": [1, 2]}) == {"note": HIDDEN, "ids": HIDDEN}
