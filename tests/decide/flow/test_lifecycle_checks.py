"""Stages against the audiences and outcomes of a workspace: what is wrong is told at its line."""

from pathlib import Path

import pytest

from fieldfare.flow.lifecycle_checks import stage_names
from tests.decide.flow.starter import load_changed

LIFECYCLE = """stages:
  - stage: here
    enter: {did: check_in, within: 30 days}
  - stage: gone
    enter: {did_not: check_in, within: 30 days}
"""
Files = dict[str, str]


@pytest.mark.parametrize(
    ("files", "place", "part"),
    [
        ({"lifecycle.yaml": LIFECYCLE.replace("did: check_in", "in: lapset")}, "lifecycle.yaml:3", "`lapset`"),
        ({"lifecycle.yaml": LIFECYCLE + "    after: [her]\n"}, "lifecycle.yaml:6", "Did you mean `here`?"),
        (
            {
                "lifecycle.yaml": LIFECYCLE.replace("did: check_in, within: 30 days", "in: staged"),
                "audiences/staged.yaml": "audience: staged\nwhere: {stage: gone}\n",
            },
            "lifecycle.yaml:3 stages[0].enter.in",
            "asks for a stage",
        ),
        (
            {"lifecycle.yaml": LIFECYCLE, "audiences/staged.yaml": "audience: staged\nwhere: {stage: [gone, vip]}\n"},
            "audiences/staged.yaml:2 where.stage[1]",
            "`vip` is unknown",
        ),
        (
            {
                "lifecycle.yaml": LIFECYCLE,
                "outcomes.yaml": "outcomes:\n  - {outcome: o, stage: vip, kpi: k, target: {at_least: 1}}\n",
            },
            "outcomes.yaml:2 outcomes[0].stage",
            "no such stage",
        ),
    ],
)
def test_what_is_wrong(files: Files, place: str, part: str, tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, more=files)
    assert workspace is None
    assert any(place in str(problem) and part in str(problem) for problem in problems), [str(each) for each in problems]


def test_shipped_stages_are_known_when_they_are_taken(tmp_path: Path) -> None:
    files = {"lifecycle.yaml": "shipped: true\n", "audiences/staged.yaml": "audience: staged\nwhere: {stage: vip}\n"}
    workspace, problems = load_changed(tmp_path, more=files)
    assert workspace is not None, [str(each) for each in problems]
    assert len(workspace.stages) == 8
    assert stage_names([], frozenset({"vip"})) == frozenset()
