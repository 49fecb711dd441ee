"""Detached signatures: a published vector, and that anything changed is refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.trust.consent.jws import canonical, public_jwk, sign, verify
from tests.decide.trust.consent.test_bits import LETTERS

SEED = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
"""Private key of RFC 8037, appendix A.1."""
VALUE = {"b": [1, None, True], "a": "ü"}


def test_the_key_and_its_thumbprint_are_those_of_the_standard() -> None:
    jwk = public_jwk(SEED)
    assert jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "RFC 8037, appendix A.3"


def test_the_canonical_form() -> None:
    assert canonical(VALUE) == '{"a":"ü","b":[1,null,true]}'.encode()
    with pytest.raises(AssertionError):
        canonical({"a": 1.5})
    with pytest.raises(AssertionError):
        canonical({"a": 2**53})


def test_a_signature_fits_its_value_and_no_other() -> None:
    keys = {"keys": [public_jwk(SEED)]}
    signature = sign(VALUE, SEED)
    assert verify(VALUE, signature, keys) is None
    assert verify({"b": VALUE["b"], "a": VALUE["a"]}, signature, keys) is None, "the order of keys does not matter"
    assert verify(VALUE | {"c": 1}, signature, keys) == "the receipt was changed, or another key signed it"
    assert verify(VALUE, signature, {"keys": [public_jwk(bytes(32))]}) == "no key of the set has the signature's `kid`"
    assert verify({"a": 1.5}, signature, keys) == "the receipt holds what is never signed"


def test_there_is_one_text_for_a_signature() -> None:
    signature, keys = sign(VALUE, SEED), {"keys": [public_jwk(SEED)]}
    others = [signature[:-1] + letter for letter in LETTERS if letter != signature[-1]]
    assert all(verify(VALUE, each, keys) is not None for each in others), "unused bits of the last letter count too"


@pytest.mark.parametrize("signature", ["", "a.b.c", "a..b", "..", "!..!"])
def test_what_is_no_signature(signature: str) -> None:
    assert verify(VALUE, signature, {"keys": [public_jwk(SEED)]}) is not None


@given(st.integers(0, 500), st.characters(codec="ascii"))
def test_any_other_text_is_refused(place: int, letter: str) -> None:
    signature = sign(VALUE, SEED)
    at = place % len(signature)
    changed = signature[:at] + letter + signature[at + 1 :]
    assert changed == signature or verify(VALUE, changed, {"keys": [public_jwk(SEED)]}) is not None
