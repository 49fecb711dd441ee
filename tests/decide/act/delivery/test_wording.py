"""Which words a person gets: language with region, language, the template's own."""

import pytest

from fieldfare.act.delivery.liquid import compile_plain
from fieldfare.act.delivery.wording import Limit, Template, Wording, is_locale

WORDS = Wording(text=compile_plain("x"))


def a_template(*names: str, fallbacks: tuple[str, ...] = ()) -> Template:
    return Template(
        name="t",
        channel="email",
        wordings={"": WORDS} | dict.fromkeys(names, WORDS),
        fallbacks=dict.fromkeys(fallbacks, WORDS),
        defaults={},
        required=frozenset(),
    )


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("de-AT", "de-at"),
        ("de_AT", "de-at"),
        ("DE", "de"),
        ("de-CH", "de"),
        ("de-Latn-CH", "de"),
        ("fr", ""),
        ("", ""),
        (None, ""),
        ("deutsch", ""),
    ],
)
def test_the_narrowest_wording_that_there_is(language: str | None, wanted: str) -> None:
    assert a_template("de", "de-at").wording_for(language) == wanted


def test_a_fallback_in_the_same_language_goes_first() -> None:
    template = a_template("de", "de-at", fallbacks=("", "de"))
    assert template.fallback_for("de-at") is template.fallbacks["de"]
    assert template.fallback_for("") is template.fallbacks[""]
    assert a_template("de").fallback_for("de") is None


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("de", True), ("pt_BR", True), ("zh-hant-tw", True), ("es-419", True),
        ("german", False), ("d", False), ("", False), ("de-", False),
    ],
)  # fmt: skip
def test_locales(text: str, good: bool) -> None:
    assert is_locale(text) is good


@pytest.mark.parametrize(
    ("limit", "value", "broken"),
    [
        (Limit(max_length=3), "abc", False),
        (Limit(max_length=3), "abcd", True),
        (Limit(max_length=3), 12345, False),
        (Limit(one_of=("10", "20")), 10, False),
        (Limit(one_of=("10", "20")), "30", True),
        (Limit(), "x" * 500, False),
        (Limit(), "x" * 501, True),
    ],
)
def test_limits(limit: Limit, value: object, broken: bool) -> None:
    told = limit.broken_by(value)
    assert (told is not None) is broken
    assert "abcd" not in (told or "")
