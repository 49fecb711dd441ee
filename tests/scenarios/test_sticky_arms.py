"""Whose arm it is: the experiment's own row says so, neither earlier walks nor who has come to the household since.

Members walk a journey before it is an experiment, one under the global holdout; then it holds out nearly everybody.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.learn.experiments.assign import choose
from fieldfare.learn.experiments.model import Split, UnitKind
from fieldfare.learn.experiments.programme import GLOBAL
from fieldfare.learn.experiments.store import assignment
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.households import moves_in
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import Whole, opened

PEOPLE = 24
HOMES = 6
JOURNEY = "journey: {name}\nentry: {{event: check_in, reentry: always}}\n"
JOURNEY += "goal: {{event: check_in, within: 30 days}}\n{more}steps:\n  - exit: done\n"
PLAN = "experiment: {name}\njourney: {name}\nmetric: visits\nsmallest_effect: 1.0\nunit: household\n"
SHARED = {
    "journeys/by-coin.yaml": JOURNEY.format(name="by-coin", more="holdout: 50 %\n"),
    "journeys/by-tier.yaml": JOURNEY.format(name="by-tier", more="holdout: 50 %\n"),
    "experiments/by-coin.yaml": PLAN.format(name="by-coin"),
    "experiments/by-tier.yaml": PLAN.format(name="by-tier") + "strata: [membership_tier]\n",
}


def of(whole: Whole, experiment: str) -> dict[int, dict[str, Any]]:
    return {row["profile_id"]: row for row in whole.rows(assignment) if row["experiment"] == experiment}


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FITNESS, tmp_path / "workspace"))


def test_who_walked_before_the_experiment_was_is_split_as_declared(workspace: Path, tmp_path: Path) -> None:
    before = {
        "journeys/tour.yaml": JOURNEY.format(name="tour", more=""),
        "programme.yaml": "global_holdout:\n  - {since: 2025-01-01, share: 30 %}\n",
    }
    with opened(tmp_path / "data", NOON, write(workspace, before)) as whole:
        whole.play([call for number in range(PEOPLE) for call in joins(f"m-{number}", NOON)], NOON + HOUR)
        out = {each for each, row in of(whole, GLOBAL).items() if row["arm"] == "holdout"}
        (workspace / "programme.yaml").unlink()
        whole.use(write(workspace, {"journeys/tour.yaml": JOURNEY.format(name="tour", more="holdout: 50 %\n")}))
        assert of(whole, "journey.tour") == {}
        for day in (1, 2):
            at = NOON + day * DAY
            whole.play([(at, trains(f"m-{number}", at)) for number in range(PEOPLE)], at + HOUR)
        split = Split(
            name="journey.tour",
            salt=whole.workspace.name,
            weights={"holdout": 0.5, "treated": 0.5},
            unit=UnitKind.PROFILE,
        )
        people = {whole.profile_id(f"user_id:m-{number}") for number in range(PEOPLE)}
        met = of(whole, "journey.tour")
        assert 0 < len(out) < PEOPLE
        assert {each: row["arm"] for each, row in met.items()} == {each: choose(each, split) for each in people - out}
        walks = [walk for walk in whole.enrollments() if walk["journey"] == "tour"]
        assert len(walks) == 3 * PEOPLE
        assert {row["arm"] for row in met.values()} == {"holdout", "treated"}


@pytest.fixture
def homes(workspace: Path, tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON, write(workspace, SHARED)) as whole:
        yield whole


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "batch by batch"])
def test_a_household_keeps_its_arm_when_its_first_member_comes_last(homes: Whole, *, together: bool) -> None:
    """The member with the lowest id was known first, and enters last."""
    known = [joins(f"m-{home}-{member}", NOON)[0] for member in range(3) for home in range(HOMES)]
    homes.play(known, NOON + MINUTE)
    at = NOON + HOUR
    came = []
    for member in (2, 1, 0):
        for home in range(HOMES):
            user, at = f"m-{home}-{member}", at if together else at + MINUTE
            came += [(at, moves_in(user, f"home-{home}", at)), (at, trains(user, at))]
    homes.play(came, at + DAY)
    for name in ("journey.by-coin", "journey.by-tier"):
        met = of(homes, name)
        assert len(met) == 3 * HOMES
        told = set()
        for home in range(HOMES):
            rows = [met[homes.profile_id(f"user_id:m-{home}-{member}")] for member in range(3)]
            assert len({(row["arm"], row["unit"], row["stratum"]) for row in rows}) == 1
            told.add(rows[0]["unit"])
        assert len(told) == HOMES
