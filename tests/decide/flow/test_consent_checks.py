"""Conditions on consent that could never hold: told at their line."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

CONSENT = "purposes:\n  news: {channels: [email]}\n  service: {consent: not_required}\n"


@pytest.mark.parametrize(
    ("condition", "place", "part"),
    [
        ("{consent: news, channel: sms}", "where.channel", "cannot be granted for the channel `sms`"),
        ("{not: {consent: service, channel: email}}", "where.not.consent", "needs no consent"),
        ("{consent: newss, channel: email}", "where.consent", "Did you mean `news`?"),
        ("{consent: news, channel: emial}", "where.channel", "`emial`"),
    ],
)
def test_what_is_wrong(condition: str, place: str, part: str, tmp_path: Path) -> None:
    files = {"consent.yaml": CONSENT, "audiences/x.yaml": f"audience: x\nwhere: {condition}\n"}
    workspace, problems = load_changed(tmp_path, more=files)
    assert workspace is None
    found = [str(each) for each in problems]
    assert any(f"audiences/x.yaml:2 {place}" in each and part in each for each in found), found


def test_what_can_be_asked(tmp_path: Path) -> None:
    asked = "{any: [{consent: news, channel: email}, {consent: service, channel: sms, is: withdrawn}]}"
    files = {"consent.yaml": CONSENT, "audiences/x.yaml": f"audience: x\nwhere: {asked}\n"}
    _, problems = load_changed(tmp_path, more=files)
    assert not any("audiences/x.yaml" in str(each) for each in problems), [str(each) for each in problems]
