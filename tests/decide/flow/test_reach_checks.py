"""Thresholds that nobody can reach are told, those that cannot be decided are not."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

TRAITS = (
    "traits.yaml",
    "traits:\n",
    """computed:
  recency: {days_since: last, event: class_attended}
  visits: {measure: count, event: class_attended, within: 30 days}
  tier: {bands: visits, steps: {none: 0, some: 1, many: 8}}
traits:
  score: {type: number}
""",
)
JOURNEY = """
journey: late
owner: ann
entry: {event: class_attended, if: CONDITION}
exit: [{after: 3 days}]
steps: [{wait: 1 day}]
"""
AUDIENCE = "audience: odd\nwhere: CONDITION\n"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("{trait: recency, above: 14}", "when `class_attended` has just happened: `recency` is -1 to 2"),
        ("{all: [{trait: score, above: 70}, {trait: tier, is: none}]}", "`tier` is one of many, some"),
        ("{any: [{trait: score, above: 70}, {trait: tier, is: none}]}", None),
        ("{any: [{trait: recency, above: 30}, {trait: tier, is: none}]}", "`recency` is -1 to 2"),
        ("{not: {trait: tier, is: none}}", None),
        ("{trait: score, above: 1000}", None),
        ("{trait: recency, at_most: 1}", None),
        ("{in: odd}", "`tier` is one of many, some"),
    ],
)
def test_entries(tmp_path: Path, condition: str, told: str | None) -> None:
    more = {
        "journeys/late.yaml": JOURNEY.replace("CONDITION", condition),
        "audiences/odd.yaml": AUDIENCE.replace("CONDITION", "{trait: tier, is: none}"),
    }
    _, problems = load_changed(tmp_path, TRAITS, more=more)
    found = [str(each) for each in problems if "can ever meet this" in str(each)]
    assert ([] if told is None else [told]) == [told for each in found if told is not None and told in each]
    assert len(found) == (told is not None)


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("{trait: visits, below: 0}", "`visits` is 0 or more"),
        ("{trait: tier, is: lots}", "`tier` is one of"),
        ("{trait: recency, above: 14}", None),
    ],
)
def test_audiences(tmp_path: Path, condition: str, told: str | None) -> None:
    _, problems = load_changed(tmp_path, TRAITS, more={"audiences/odd.yaml": AUDIENCE.replace("CONDITION", condition)})
    found = [str(each) for each in problems if "can ever meet this" in str(each)]
    assert len(found) == (told is not None)
    assert told is None or told in found[0]
