"""The page of a survey: labels, groups, errors; no script; whatever is written is text."""

from html.parser import HTMLParser

import pytest

from fieldfare.act.surveys.model import Survey
from fieldfare.act.surveys.pages import SurveyPages, language_for
from tests.decide.act.surveys.asked import survey

CHOICES = {"kind": "choice", "choices": {"price": "Too expensive", "time": "No time"}}


class Read(HTMLParser):
    """Gathers what a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def page(asked: Survey, language: str | None = "en", **form: str) -> str:
    return SurveyPages("Linden <Studio>", asked, language).ask(asked, "f", asked=form)


@pytest.mark.parametrize(("asked", "many"), [(survey(), 11), (survey(kind="rating"), 5), (survey(**CHOICES), 2)])
def test_every_choice_is_a_labelled_radio_button_of_one_group(asked: Survey, many: int) -> None:
    read = Read(page(asked, answer="5"))
    radios = [each for each in read.of("input") if each["type"] == "radio"]
    assert len(radios) == many
    assert {each["for"] for each in read.of("label")} == {each["id"] for each in radios}
    assert (len(read.of("fieldset")), len(read.of("legend")), len(read.of("button"))) == (1, 1, 1)
    assert not read.of("script")
    assert read.of("html")[0]["lang"] == "en"


def test_what_a_link_chose_beforehand_is_checked() -> None:
    radios = [each for each in Read(page(survey(), answer="9")).of("input") if "checked" in each]
    assert [each["value"] for each in radios] == ["9"]
    assert not [each for each in Read(page(survey(), answer="99")).of("input") if "checked" in each]


def test_a_problem_leads_to_the_first_choice() -> None:
    asked = survey(comment=True)
    shown = SurveyPages("b", asked, "en").ask(asked, "f", problem="problem_missing", asked={"comment": "<b>"})
    read = Read(shown)
    ids = {attrs.get("id") for _, attrs in read.tags}
    assert read.of("a")[0]["href"] == "#a.0"
    assert "a.0" in ids
    assert "&lt;b&gt;" in shown
    words = survey(kind="words")
    shown = SurveyPages("b", words, "en").ask(words, "f", problem="problem_missing", asked={})
    assert Read(shown).of("a")[0]["href"] == "#comment"
    assert not Read(shown).of("fieldset")


def test_languages() -> None:
    asked = survey(locales={"de": {"question": "Wie war es?"}, "pl": {"question": "Jak było?"}}, low="never")
    assert [language_for(asked, each) for each in ("de-AT", "pl", "xx", None)] == ["de", "pl", "en", "en"]
    assert "Wie war es?" in page(asked, "de_AT")
    assert "never" in page(asked, "de")
    assert 'lang="pl"' in page(asked, "pl")
    assert "Vielen Dank" in SurveyPages("b", asked, "de").thanks(asked)
    assert "Merci à vous" in SurveyPages("b", None, "fr").thanks(survey(thanks="Merci à vous"))
    assert "This link does not work" in SurveyPages("b", None, None).message("unknown")
