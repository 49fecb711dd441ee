"""Warnings about wording: the brief's own onboarding message has most of what hurts."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed
from tests.decide.flow.test_message_checks import CHANNELS, MAIL, SMS

BRIEF = "Ready for your 2nd visit? Reply YES to reserve a spot."


def warned(folder: Path, template: str) -> list[str]:
    workspace, problems = load_changed(folder, more={"channels.yaml": CHANNELS, "templates/extra.yaml": template})
    assert workspace is not None, [str(each) for each in problems]
    return [str(each) for each in problems if not each.is_error and each.file == "templates/extra.yaml"]


def test_the_briefs_own_message_is_told_all_of_it(tmp_path: Path) -> None:
    found = "\n".join(warned(tmp_path, f"template: extra\nchannel: sms\ntext: {BRIEF}\n"))
    assert "does not say who writes" in found
    assert "does not say how to opt out" in found
    assert "asks for the answer YES" in found


@pytest.mark.parametrize(
    ("template", "word"),
    [
        (SMS, None),
        (MAIL, None),
        (MAIL.replace("subject: Hi", "subject: COME BACK TODAY"), "all capitals"),
        (MAIL.replace("subject: Hi", "subject: 'OK {{ profile.first_name }}'"), None),
        (MAIL.replace("subject: Hi", f"subject: {'word ' * 20}"), "about 99 characters"),
        (MAIL.replace("Hello", "see http://shop.example.com/x"), "is not https"),
        (MAIL.replace("Hello", "see https://shop.example.com/x"), None),
        (SMS.replace("hello.", "hello. Reply START to go on."), "asks for the answer START"),
        (SMS.replace("hello.", "hello. Reply BOOK to go on."), None),
        (SMS.replace("STOP to leave", "see you"), "how to opt out"),
        (SMS.replace("STOP to leave", "see you") + "purpose: transactional\n", None),
        (SMS.replace("hello", "word " * 120), "segments, and the channel allows 3"),
        (SMS.replace("hello", "word " * 25 + "…"), "`…` makes the text take"),
    ],
)
def test_each_warning(tmp_path: Path, template: str, word: str | None) -> None:
    found = warned(tmp_path, template)
    assert (found == []) if word is None else any(word in each for each in found), found
