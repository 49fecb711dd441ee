"""Normal forms: every spelling of a value meets at one, what is none has none; the short way is the library's."""

from collections.abc import Callable

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given
from hypothesis import strategies as st

from fieldfare.know.identity.model import Form
from fieldfare.know.identity.normal import (
    MOST_OPAQUE,
    MOST_TEXT,
    NORMAL,
    Regions,
    normal_email,
    normal_folded,
    normal_opaque,
    normal_phone,
    normal_text,
    suggestion_key,
)

Normal = Callable[[object], str | None]


def by_the_library(text: str) -> str | None:
    try:
        return validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError:
        return None


def check_equal_to_the_library(normal: Normal, text: str) -> None:
    assert normal(text) == by_the_library(text), text


LOCALS = st.text(st.sampled_from("aZ09._+-'é @\"\n"), min_size=0, max_size=8) | st.integers(60, 70).map("a".__mul__)
LABELS = st.text(st.sampled_from("aZ09-üßK。"), min_size=0, max_size=6) | st.integers(55, 65).map("b".__mul__)
DOMAINS = st.lists(LABELS, min_size=1, max_size=5).map(".".join) | st.sampled_from(["X.test", "xn--bcher-kva.de"])
LONG = "a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".com"
OUTSIDE_ASCII = "a" * 64 + "@" + ".".join(["ü"] * 24) + ".com"


@given(st.builds(lambda local, domain: f"{local}@{domain}", LOCALS, DOMAINS) | st.text(max_size=12))
@example(LONG)
@example(OUTSIDE_ASCII)
@example("Ada.B+c@Bücher.Example.com")
@example(" a@b.de\n")
@example("a@b@c.de")
def test_the_short_way_to_an_address_is_the_library_s(text: str) -> None:
    check_equal_to_the_library(normal_email, text)


@pytest.mark.parametrize("value", [None, 7, True, ["a@b.de"], b"a@b.de"])
def test_only_text_is_an_address_or_a_number(value: object) -> None:
    assert normal_email(value) is None
    assert normal_phone(value, "DE") is None


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("ada@example.com", "ada@example.com"),
        ("ada+shop@example.com", "ada@example.com"),
        ("a.d.a@example.com", "a.d.a@example.com"),
        ("a.d.a+x+y@gmail.com", "ada@gmail.com"),
        ("ada@googlemail.com", "ada@gmail.com"),
        ("+x@example.com", "+x@example.com"),
    ],
)
def test_addresses_of_one_mailbox_meet_at_a_suggestion_key(address: str, key: str) -> None:
    assert suggestion_key(address) == key
    assert suggestion_key(key) == key
    assert normal_email(address) == address, "the key is for suggestions; the identifier keeps tag and dots"


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("+49 30 901820", None, "+4930901820"),
        ("+49 (0)30 901820", None, "+4930901820"),
        ("0049 30 901820", "DE", "+4930901820"),
        ("tel:+49-30-901820", None, "+4930901820"),
        ("+1 650-253-0000", "DE", "+16502530000"),
        ("030 901820", None, None),
        ("030 901820", "DE", "+4930901820"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("650 253 0000", "GB", None),
        ("030 901820", "XX", None),
        ("+44 7700 900123", None, None),  # kept for films; no network has it
        ("+1 650 253 0000 ext. 7", None, None),
        ("+1 000 000 0000", None, None),
        ("+49 1", None, None),
        ("call me", "DE", None),
        ("", "DE", None),
        ("+49 30 901820" + " " * 90, None, None),
    ],
)
def test_a_number_is_valid_in_its_country_or_none(text: str, region: str | None, expected: str | None) -> None:
    assert normal_phone(text, region) == expected


def check_one_form(normal: Normal, spelled: list[str]) -> None:
    assert len({normal(each) for each in spelled}) == 1


SPELLED = ["+16502530000", "+1 650 253 0000", "+1-650-253-0000", " +1 (650) 253-0000 "]


@given(st.text(st.sampled_from(" -.()"), max_size=2), st.text(st.sampled_from(" -."), max_size=2))
def test_every_spelling_of_a_number_meets_at_one_form(first: str, second: str) -> None:
    check_one_form(normal_phone, [*SPELLED, f"+1{first}650{second}2530000"])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" A-17 ", "A-17"),
        (17, "17"),
        (13085.0, "13085"),
        ("Zoe\u0308", "Zo\u00eb"),
        (1.5, None),
        (True, None),
        (None, None),
        (["17"], None),
        ("", None),
        (" \t ", None),
        ("a\x00b", None),
        ("a\nb", None),
        ("x" * MOST_TEXT, "x" * MOST_TEXT),
        ("x" * (MOST_TEXT + 1), None),
    ],
)
def test_text_is_trimmed_and_bounded(value: object, expected: str | None) -> None:
    assert normal_text(value) == expected
    assert normal_folded(value) == (expected.casefold() if expected is not None else None)


@given(st.text(max_size=20))
def test_a_normal_form_is_its_own(text: str) -> None:
    for form, normal in NORMAL.items():
        found = normal(text, "DE")
        assert found is None or normal(found, None) == found, form


def test_a_machine_s_token_keeps_its_case_and_has_bounds() -> None:
    assert normal_opaque(" AbCd1234:x ") == "AbCd1234:x"
    for value in ("short", "with blank inside", "x" * (MOST_OPAQUE + 1), "zöglingstoken", 12345678, None):
        assert normal_opaque(value) is None
    assert len(normal_opaque("x" * MOST_OPAQUE) or "") == MOST_OPAQUE


def test_every_form_has_its_normal_form() -> None:
    assert set(NORMAL) == set(Form)


def test_the_country_of_a_number_is_its_location_s_else_the_workspace_s() -> None:
    regions = Regions({"soho": "GB"}, "DE")
    assert [regions.of(each) for each in ("soho", "mitte", None)] == ["GB", "DE", "DE"]
    assert Regions().of("soho") is None


def test_planted_faults_are_caught() -> None:
    def without_a_bound(text: object) -> str | None:
        local, _, domain = str(text).rpartition("@")
        checked = by_the_library(f"x@{domain}")
        return f"{local.lower()}@{checked[2:]}" if checked is not None else None

    for text in (LONG, "a b@example.com", "a@b@example.com"):
        with pytest.raises(AssertionError):
            check_equal_to_the_library(without_a_bound, text)
    with pytest.raises(AssertionError):
        check_one_form(lambda text: str(text).strip(), SPELLED)
