"""A journey that says what it reads is held to it, in its conditions and in the templates that it sends."""

from pathlib import Path

import pytest

from fieldfare.act.delivery.parse_templates import parse_template
from fieldfare.act.delivery.template_files import TemplateFile
from fieldfare.flow.journey_reads import template_fields
from tests.decide.flow.starter import load_changed

JOURNEY = "journeys/win-back.yaml"
PURPOSE = "purpose: marketing\n"


def said(folder: Path, lists: str, *changes: tuple[str, str, str]) -> list[str]:
    _, problems = load_changed(folder, (JOURNEY, PURPOSE, PURPOSE + lists), *changes)
    return [str(problem) for problem in problems if problem.is_error]


def test_without_a_list_everything_may_be_read(tmp_path: Path) -> None:
    assert said(tmp_path, "") == []


def test_what_the_template_reads_must_be_listed(tmp_path: Path) -> None:
    found = said(tmp_path, "reads: [membership_status]\n")
    assert [text.partition(": ")[0] for text in found] == [
        "journeys/win-back.yaml:17 steps[1].send.template",
        "journeys/win-back.yaml:24 steps[3].branch.else[0].send.template",
    ]
    assert all("reads `profile.first_name`" in text and "Add `first_name` to `reads`" in text for text in found)
    assert said(tmp_path / "other", "reads: [first_name, membership_status]\n") == []


@pytest.mark.parametrize(
    ("condition", "name"),
    [
        ("trait: member_since, newer_than: 9 days", "trait `member_since`"),
        ("did: class_rated, where: {stars: {at_most: 2}}, within: 9 days", "property `stars`"),
    ],
)
def test_what_a_condition_reads_must_be_listed(condition: str, name: str, tmp_path: Path) -> None:
    change = (JOURNEY, "in_phase: peak", condition)
    (text,) = said(tmp_path, "reads: [first_name, membership_status]\n", change)
    assert f"the {name} is read" in text.replace("The ", "the ")
    assert "win-back.yaml:20" in text
    listed = name.split("`")[1]
    assert said(tmp_path / "other", f"reads: [first_name, membership_status, {listed}]\n", change) == []


def test_only_declared_traits_may_be_written(tmp_path: Path) -> None:
    (text,) = said(tmp_path, "writes: [marketing_hold, membership_stats]\n")
    assert "writes[1]" in text
    assert "Did you mean `membership_status`?" in text


def test_a_template_that_takes_the_profile_whole_reads_everything() -> None:
    text = "{% assign p = profile %}{{ p.phone }} {{ event.amount }} {{ profile.a.b }}"
    template, _ = parse_template(TemplateFile(template="t", channel="sms", text=text))
    assert template is not None
    assert template_fields(template) == {("profile", None), ("profile", "a"), ("event", "amount")}
