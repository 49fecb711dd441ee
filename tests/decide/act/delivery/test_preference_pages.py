"""The preference centre as HTML: labels, legends, errors, language, and nothing that is not escaped."""

import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.preference_pages import Pages, language_for
from fieldfare.act.delivery.preferences import Choice
from fieldfare.trust.consent.model import ConsentPolicy, InForce, Notice, Page
from tests.decide.act.delivery.test_preferences import choice

POLICY = ConsentPolicy(pages={"it": Page({"title": "Preferenze"})})
CHOICES = [choice(InForce.GRANTED), choice(channel="sms")]


class Outline(HTMLParser):
    """What an assistive program is told: labels, inputs, legends, headings, identifiers."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [values for name, values in self.tags if name == tag]


def accessible(page: str) -> list[str]:
    """Return what is wrong with a page for somebody who cannot see or use a mouse."""
    outline = Outline(page)
    labelled = {each.get("for") for each in outline.of("label")}
    ids = [values["id"] for _, values in outline.tags if "id" in values]
    found = [
        f"no label: {each['id']}"
        for each in outline.of("input")
        if each["type"] == "radio" and each["id"] not in labelled
    ]
    found += [f"twice: {each}" for each in set(ids) if ids.count(each) > 1]
    found += ["no language"] if not outline.of("html")[0].get("lang") else []
    found += ["not one heading"] if len(outline.of("h1")) != 1 else []
    found += ["a group without legend"] if len(outline.of("fieldset")) != len(outline.of("legend")) else []
    found += ["script"] if outline.of("script") else []
    targets = {str(each.get("href")) for each in outline.of("a") if str(each.get("href")).startswith("#")}
    found += [f"leads nowhere: {each}" for each in targets if each[1:] not in ids]
    described = {each["aria-describedby"] for _, each in outline.tags if "aria-describedby" in each}
    found += [f"described by nothing: {each}" for each in described if each not in ids]
    return found


def luminance(colour: str) -> float:
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_every_page_can_be_used_without_eyes_or_mouse() -> None:
    pages = Pages(POLICY, "Linden", "de")
    for page in (
        pages.preferences(CHOICES, "f"),
        pages.preferences(CHOICES, "f", problems=[CHOICES[0].field, "problem_form"]),
        pages.saved(is_changed=True, waits=True),
        pages.confirm(["News"], "f"),
        pages.message("unknown"),
        pages.too_many(),
    ):
        assert accessible(page) == []
    assert accessible(pages.preferences(CHOICES, "f").replace('for="', 'x="')) != [], "the check can fail"


@pytest.mark.parametrize("colour", ["#1b1b1b", "#4a4a4a", "#0b4a6f", "#a4001d", "#1f4d3a"])
def test_text_stands_out_from_white_seven_to_one(colour: str) -> None:
    page = Pages(POLICY, "Linden", "en").preferences(CHOICES, "f")
    assert colour in page
    assert 1.05 / (luminance(colour) + 0.05) >= 7


def test_targets_are_large_and_focus_is_visible() -> None:
    style = re.sub(r"\s", "", Pages(POLICY, "Linden", "en").message("unknown"))
    assert "min-height:44px" in style
    assert ":focus-visible{outline:3px" in style


def test_languages() -> None:
    assert [language_for(POLICY, each) for each in ("de-AT", "FR", "it", "xx", None)] == ["de", "fr", "it", "en", "en"]
    italian = Pages(POLICY, "Linden", "it").preferences(CHOICES, "f")
    assert "Preferenze" in italian
    assert "Save" in italian, "what the brand left out is English"


def test_nothing_is_written_unescaped() -> None:
    evil = "<img src=x>"
    told: Choice = msgspec.structs.replace(
        choice(), title=evil, description=evil, purpose=evil, notice=Notice("1", "en", evil)
    )
    page = Pages(POLICY, evil, "en").preferences([told], evil, problems=[told.field], asked={told.field: evil})
    assert "<img" not in page
