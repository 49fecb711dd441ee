"""Codes of authenticator apps: which count, and that each counts once."""

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.ground.instants import SECOND
from fieldfare.trust.access.second_factor import STEP_S, address_of, is_secret, secret_text, step_of

SECRET = secret_text(bytes(range(20)))
NOW = 1_800_000_015 * SECOND
HERE = 1_800_000_015 // STEP_S


def code(offset: int) -> str:
    return pyotp.TOTP(SECRET).at((HERE + offset) * STEP_S)


def test_the_secret_of_the_standards_table() -> None:
    secret = secret_text(b"12345678901234567890")
    assert step_of(secret, "287082", 59 * SECOND, -1) == 1, "RFC 6238, appendix B, cut to six digits"


@pytest.mark.parametrize(("offset", "counts"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_neighbours_count_too(offset: int, counts: bool) -> None:
    assert step_of(SECRET, code(offset), NOW, 0) == (HERE + offset if counts else None)


@given(st.integers(min_value=-1, max_value=1), st.integers(min_value=-3, max_value=3))
def test_no_code_counts_at_or_before_the_last_one_used(offset: int, used: int) -> None:
    found = step_of(SECRET, code(offset), NOW, HERE + used)
    assert found is None or found > HERE + used


@given(st.text(max_size=12))
def test_nonsense_is_no_code(told: str) -> None:
    found = step_of(SECRET, told, NOW, 0)
    assert found is None or "".join(told.split()) in {code(-1), code(0), code(1)}


def test_spaces_are_forgiven() -> None:
    assert step_of(SECRET, f" {code(0)[:3]} {code(0)[3:]} ", NOW, 0) == HERE


@pytest.mark.parametrize("told", ["", "A", "a" * 32, "A" * 31, "A" * 33, "1" * 32, "A" * 31 + "é"])
def test_what_is_no_secret(told: str) -> None:
    assert is_secret(SECRET)
    assert not is_secret(told)


def test_the_address_names_whose_it_is() -> None:
    found = address_of(SECRET, "kim", "Fieldfare clubs")
    assert found.startswith("otpauth://totp/Fieldfare%20clubs:kim?")
    assert SECRET in found
