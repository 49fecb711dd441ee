"""People who arrive one after another are dealt in the strata of a trait: balanced, kept, the same for the same log.

Members come one a minute, a third of them in the tier ``gold``, two of each house with one e-mail address.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import Installation, open_answers
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.learn.experiments.model import Split, UnitKind
from fieldfare.learn.experiments.permuted import Dealt, next_in, stratum_of
from fieldfare.learn.experiments.store import assignment, dealing
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins, trains
from tests.scenarios.whole import Whole, opened

PEOPLE = 60
TIERS = ("gold", "plus", "plus")
HALVES = {"holdout": 0.5, "treated": 0.5}
JOURNEY = "journey: {name}\nentry: {{event: check_in, reentry: {{after: 1 hour}}}}\nholdout: 50 %\n"
JOURNEY += "goal: {{event: check_in, within: 30 days}}\nsteps:\n{steps}"
WAYS = """  - experiment:
      name: words
      variants: [{variant: none}, {variant: short}]
  - exit: done
"""
PLAN = "experiment: {name}\njourney: {name}\nmetric: visits\nsmallest_effect: 1.0\nstrata: [membership_tier]\n{more}"
FILES = {
    "journeys/by-tier.yaml": JOURNEY.format(name="by-tier", steps="  - exit: done\n"),
    "journeys/by-house.yaml": JOURNEY.format(name="by-house", steps="  - exit: done\n"),
    "journeys/by-way.yaml": JOURNEY.format(name="by-way", steps=WAYS).replace("holdout: 50 %\n", ""),
    "experiments/by-tier.yaml": PLAN.format(name="by-tier", more=""),
    "experiments/by-house.yaml": PLAN.format(name="by-house", more="unit: address\n"),
    "experiments/by-way.yaml": PLAN.format(name="by-way", more="step: words\n"),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = Path(shutil.copytree(FITNESS, tmp_path_factory.mktemp("strata") / "workspace"))
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def whole(workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with opened(tmp_path_factory.mktemp("dealt") / "data", NOON, workspace) as made:
        made.play([call for number in range(PEOPLE) for call in lives(number)], NOON + DAY)
        yield made


def lives(number: int) -> list[Any]:
    at, user = NOON + number * MINUTE, f"m-{number}"
    more = {"email": f"home-{number // 2}@example.com", "membership_tier": TIERS[number // 2 % len(TIERS)]}
    return joins(user, at, **more)


def kept(whole: Whole, experiment: str) -> list[dict[str, Any]]:
    rows = [row for row in whole.rows(assignment) if row["experiment"] == experiment]
    return sorted(rows, key=lambda row: (row["at"], row["profile_id"]))


def seats(rows: list[dict[str, Any]]) -> list[tuple[int, str, int]]:
    return [(row["at"], row["arm"], row["stratum"]) for row in rows]


def first_of_units(rows: list[dict[str, Any]]) -> dict[int, list[str]]:
    """Return the arms by stratum, in the order in which units came."""
    found: dict[int, list[str]] = defaultdict(list)
    seen = set()
    for row in rows:
        unit = row["profile_id"] if row["unit"] is None else row["unit"]
        if unit not in seen:
            seen.add(unit)
            found[row["stratum"]].append(row["arm"])
    return found


def dealt_as_published(split: Split, stratum: int, many: int) -> list[str]:
    found, at = [], Dealt()
    for _ in range(many):
        variant, at = next_in(split, stratum, at)
        found.append(variant)
    return found


@pytest.mark.parametrize(
    ("name", "weights", "unit", "units"),
    [
        ("journey.by-tier", HALVES, UnitKind.PROFILE, PEOPLE),
        ("journey.by-house", HALVES, UnitKind.ADDRESS, PEOPLE // 2),
        ("journey.by-way.words", {"none": 1, "short": 1}, UnitKind.PROFILE, PEOPLE),
    ],
)
def test_each_stratum_is_dealt_as_the_published_rule_says(
    whole: Whole, name: str, weights: dict[str, float], unit: UnitKind, units: int
) -> None:
    split = Split(name=name, salt=whole.workspace.name, weights=weights, unit=unit)
    rows = kept(whole, name)
    assert len(rows) == PEOPLE
    told = first_of_units(rows)
    assert set(told) == {stratum_of(["gold"]), stratum_of(["plus"])}
    assert sum(len(arms) for arms in told.values()) == units
    for stratum, arms in told.items():
        assert arms == dealt_as_published(split, stratum, len(arms))
        counted = Counter(arms)
        assert max(counted.values()) - min(counted.values()) <= 4


def test_people_of_one_house_have_one_arm_and_take_one_seat(whole: Whole) -> None:
    arms: dict[int, set[tuple[str, int]]] = defaultdict(set)
    for row in kept(whole, "journey.by-house"):
        arms[row["unit"]].add((row["arm"], row["stratum"]))
    assert len(arms) == PEOPLE // 2
    assert all(len(each) == 1 for each in arms.values())


def test_the_report_weighs_the_strata(whole: Whole) -> None:
    whole.clock.move_to(NOON + 40 * DAY)
    answers = open_answers(whole.installation, whole.lake).registered
    found = answers.report("by-tier")
    assert sum(found["findings"]["sizes"].values()) == PEOPLE
    told = [each["strata"] for each in found["findings"]["metrics"] if each["metric"] == "visits"]
    assert told == [2]


def test_two_processes_and_a_start_deal_on_and_who_comes_again_takes_no_seat(
    whole: Whole, workspace: Path, tmp_path: Path
) -> None:
    with opened(tmp_path / "data", NOON, workspace) as other:
        parts = [other.installation, Installation(other.workspace, other.stores, other.clock, capture_all=True)]
        parts[1].loader(other.lake)
        for number in range(PEOPLE):
            other.installation = parts[number % 2]
            other.play(lives(number), NOON + number * MINUTE + 30_000_000)
        other.use(workspace)
        other.play([(NOON + 3 * HOUR, trains("m-0", NOON + 3 * HOUR))], NOON + DAY)
        for name in ("journey.by-tier", "journey.by-way.words"):
            assert seats(kept(other, name)) == seats(kept(whole, name)), "the same log is dealt the same, whoever deals"
        walks = [walk for walk in other.enrollments() if walk["journey"] == "by-tier"]
        assert len(walks) == PEOPLE + 1, "somebody came again"
        assert other.rows(dealing) != []
        at = {row["stratum"]: row["given"] for row in other.rows(dealing) if row["experiment"] == "journey.by-tier"}
        assert at == {
            row["stratum"]: row["given"] for row in whole.rows(dealing) if row["experiment"] == "journey.by-tier"
        }
