"""Households inside households, through audiences and stages: told at their line."""

from pathlib import Path

import pytest

from tests.decide.flow.starter import load_changed

HOME = "audience: home\nwhere: {household: {members: {at_least: 2}}}\n"
Files = dict[str, str]


@pytest.mark.parametrize(
    ("files", "place", "part"),
    [
        (
            {
                "audiences/home.yaml": HOME,
                "audiences/x.yaml": "audience: x\nwhere: {household: {others: {in: home}}}\n",
            },
            "audiences/x.yaml:2 where.household.others.in",
            "asks for a household itself",
        ),
        (
            {
                "audiences/home.yaml": HOME,
                "audiences/mid.yaml": "audience: mid\nwhere: {not: {in: home}}\n",
                "audiences/x.yaml": "audience: x\nwhere: {household: {others: {all: [{in: mid}]}}}\n",
            },
            "audiences/x.yaml:2 where.household.others.all[0].in",
            "`mid`",
        ),
        (
            {
                "lifecycle.yaml": "stages:\n  - {stage: here, enter: {household: {members: {at_least: 2}}}}\n",
                "audiences/x.yaml": "audience: x\nwhere: {household: {others: {stage: here}}}\n",
            },
            "audiences/x.yaml:2 where.household.others.stage",
            "is decided by a household",
        ),
        (
            {"audiences/x.yaml": "audience: x\nwhere: {household: {any_member: {in: x}}}\n"},
            "audiences/x.yaml:2 where.household.any_member.in",
            "in a circle",
        ),
        (
            {"audiences/x.yaml": "audience: x\nwhere: {household: {any_member: {identifier: emial}}}\n"},
            "audiences/x.yaml:2 where.household.any_member.identifier",
            "Did you mean `email`?",
        ),
    ],
)
def test_what_is_wrong(files: Files, place: str, part: str, tmp_path: Path) -> None:
    workspace, problems = load_changed(tmp_path, more=files)
    assert workspace is None
    assert any(place in str(problem) and part in str(problem) for problem in problems), [str(each) for each in problems]


def test_beside_one_another_they_may_stand(tmp_path: Path) -> None:
    both = "audience: x\nwhere: {all: [{in: home}, {household: {others: {did: check_in}}}]}\n"
    workspace, problems = load_changed(tmp_path, more={"audiences/home.yaml": HOME, "audiences/x.yaml": both})
    assert workspace is not None, [str(each) for each in problems]
