"""Surveys as they are read, and what is wrong with them."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.surveys.files import SurveyFile
from fieldfare.act.surveys.model import Kind
from fieldfare.act.surveys.parse import parse_survey
from fieldfare.ground.instants import DAY
from tests.decide.act.surveys.asked import survey


def test_a_survey() -> None:
    found = survey(low="Not at all", locales={"de": {"question": "Wie war es?"}}, trait="nps")
    assert (found.kind, found.lasts_us, found.words.low, found.trait) == (Kind.NPS, 14 * DAY, "Not at all", "nps")
    assert found.locales["de"].question == "Wie war es?"
    assert survey(kind="words").has_comment


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"kind": "choice"}, ("choices",)),
        ({"kind": "choice", "choices": {"a": "A"}}, ("choices",)),
        ({"choices": {"a": "A", "b": "B"}}, ("choices",)),
        ({"kind": "yes_no", "low": "x"}, ("low",)),
        ({"kind": "words", "trait": "t"}, ("trait",)),
        ({"expires": "soon"}, ("expires",)),
        ({"expires": "0 days"}, ("expires",)),
        ({"locales": {"german": {}}}, ("locales", "german")),
        ({"locales": {"de": {"choices": {"z": "Z"}}}}, ("locales", "de", "choices", "z")),
    ],
)
def test_problems(raw: dict[str, Any], path: tuple[str, ...]) -> None:
    found, problems = parse_survey(msgspec.convert({"survey": "s", "question": "q"} | raw, SurveyFile))
    assert found is None
    assert [each.path for each in problems] == [path]
    assert all(each.what and each.why and each.fix for each in problems)
