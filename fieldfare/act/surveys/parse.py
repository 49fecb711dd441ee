"""From ``surveys/*.yaml`` to surveys, with every problem at once. Pure; other files check the names."""

import re

from fieldfare.act.surveys.files import SurveyFile, SurveyWordsEntry
from fieldfare.act.surveys.model import Kind, Survey, Words
from fieldfare.ground.workspace.model import Path, Problem, parse_duration

FEWEST_CHOICES, MOST_CHOICES = 2, 12
_LANGUAGE = re.compile(r"^[a-z]{2}$")


def parse_survey(file: SurveyFile) -> tuple[Survey | None, list[Problem]]:
    """Return the survey, or ``None`` and the problems: choices that do not fit the kind, no length of time."""
    problems: list[Problem] = []
    kind = Kind(file.kind)
    _choices(file, kind, problems)
    if kind not in {Kind.NPS, Kind.RATING}:
        for key in ("low", "high"):
            if getattr(file, key) is not None:
                what, why = f"`{key}` stands beside `kind: {kind}`", "it says what a number means"
                problems.append(Problem((key,), what, why, "Remove it."))
    if kind is Kind.WORDS and file.trait is not None:
        what, why = "`trait` stands beside `kind: words`", "what people write is kept with the answer and nowhere else"
        problems.append(Problem(("trait",), what, why, "Remove it, or ask for a number or a choice."))
    span = parse_duration(file.expires)
    lasts_us = 0 if isinstance(span, str) else span.us
    if isinstance(span, str) or not lasts_us:
        fix = span if isinstance(span, str) else "Write for example `14 days`."
        problems.append(Problem(("expires",), f"`{file.expires}` is no length of time", "links must end", fix))
    for language, words in file.locales.items():
        _locale(language, words, file, problems)
    if problems:
        return None, problems
    own = SurveyWordsEntry(file.question, file.low, file.high, file.thanks, file.choices)
    return Survey(
        name=file.survey,
        kind=kind,
        words=_words(own),
        locales={language: _words(words) for language, words in sorted(file.locales.items())},
        choices=tuple(file.choices),
        has_comment=file.comment or kind is Kind.WORDS,
        trait=file.trait,
        lasts_us=lasts_us,
    ), []


def _choices(file: SurveyFile, kind: Kind, problems: list[Problem]) -> None:
    if kind is Kind.CHOICE and not FEWEST_CHOICES <= len(file.choices) <= MOST_CHOICES:
        what, why = f"there are {len(file.choices)} choices", f"a page shows {FEWEST_CHOICES} to {MOST_CHOICES}"
        problems.append(Problem(("choices",), what, why, "Write for example `{price: Too expensive, time: No time}`."))
    if kind is not Kind.CHOICE and file.choices:
        what, why = f"`choices` stand beside `kind: {kind}`", "they would not be shown"
        problems.append(Problem(("choices",), what, why, "Write `kind: choice`, or remove them."))


def _locale(language: str, words: SurveyWordsEntry, file: SurveyFile, problems: list[Problem]) -> None:
    path: Path = ("locales", language)
    if not _LANGUAGE.match(language):
        problems.append(Problem(path, f"`{language}` is no language", "pages have two letters", "Write `de`."))
    for name in words.choices:
        if name not in file.choices:
            what, why = f"`{name}` is none of the choices", "nobody could choose it"
            problems.append(Problem((*path, "choices", name), what, why, "Write the names of `choices`."))


def _words(entry: SurveyWordsEntry) -> Words:
    return Words(
        question=entry.question or "",
        low=entry.low or "",
        high=entry.high or "",
        thanks=entry.thanks or "",
        choices=dict(entry.choices),
    )
