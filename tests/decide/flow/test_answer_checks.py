"""What answers set and surveys need, told with its place."""

from pathlib import Path

import pytest

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
