"""What answers set and surveys need, told with its place."""

from pathlib import Path

import pytest

from fieldfare.act.surveys.files import SurveyFile
from fieldfare.collect.files import CollectFile
from fieldfare.flow.answer_checks import EXPIRES, REMEMBERED
from tests.decide.flow.starter import load_changed

SURVEY = "survey: month\nquestion: How was it?\ntrait: TRAIT\n"
ASK = "template: ask\nchannel: email\nsubject: s\ntext: Tell us TEXT {{ unsubscribe_url }}\n"
JOURNEY = """
journey: feedback
entry: {event: class_attended}
writes: [email, nps]
steps:
  - STEP
"""
TRAITS = ("traits.yaml", "traits:\n", "traits:\n  nps: {type: number}\n")
ASKED = "survey: {survey: month, channel: email, template: ask}"


@pytest.mark.parametrize(
    ("trait", "text", "step", "told"),
    [
        ("nps", "{{ survey_url }}", ASKED, None),
        ("email", "{{ survey_url }}", ASKED, "the trait `email` is personal"),
        ("nps", "nothing", ASKED, "the template `ask` has no `survey_url`"),
        ("nps", "{{ survey_url }}", "send: {channel: email, template: ask}", "the template `ask` has `survey_url`"),
        (
            "nps",
            "{{ survey_url }}",
            "survey: {survey: none, channel: email, template: ask}",
            "`none` is unknown",
        ),
        ("nps", "a", "webhook: {channel: email, template: ask, answers: [email]}", "the trait `email` is personal"),
    ],
)
def test_problems(tmp_path: Path, trait: str, text: str, step: str, told: str | None) -> None:
    more = {
        "surveys/month.yaml": SURVEY.replace("TRAIT", trait),
        "templates/ask.yaml": ASK.replace("TEXT", text),
        "journeys/feedback.yaml": JOURNEY.replace("STEP", step),
    }
    _, problems = load_changed(tmp_path, TRAITS, more=more)
    found = [str(each).lower() for each in problems if each.is_error]
    assert (told is None and found == []) or (told is not None and any(told in each for each in found)), found


@pytest.mark.parametrize(
    ("expires", "remembered", "is_ok"),
    [
        (None, None, True),
        ("30 days", None, True),
        ("31 days", None, False),
        ("721 hours", None, False),
        ("60 days", "60 days", True),
        ("20 days", "10 days", False),
        (None, "10 days", False),
    ],
)
def test_answers_are_taken_no_longer_than_a_second_one_is_recognised(
    tmp_path: Path, expires: str | None, remembered: str | None, *, is_ok: bool
) -> None:
    survey = SURVEY.replace("TRAIT", "nps") + (f"expires: {expires}\n" if expires else "")
    more = {"surveys/month.yaml": survey}
    if remembered is not None:
        more["collect.yaml"] = f"remember_message_ids: {remembered}\n"
    _, problems = load_changed(tmp_path, TRAITS, more=more)
    found = [str(each) for each in problems if each.is_error]
    assert (found == []) is is_ok, found
    assert is_ok or "second answer is recognised for" in found[0]


def test_what_counts_where_nothing_is_said_is_what_the_files_say() -> None:
    assert (CollectFile().remember_message_ids, SurveyFile("s", "q").expires) == (REMEMBERED, EXPIRES)
