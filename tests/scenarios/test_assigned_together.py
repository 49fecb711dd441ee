"""People behind one address and members of one place meet the same, and the report knows who was assigned as one.

Two people of each house share an e-mail address, which is then nobody's identifier; eight places stand in four blocks.
"""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.learn.experiments.assign import choose
from fieldfare.learn.experiments.model import Split, UnitKind
from fieldfare.learn.experiments.place import number_of
from fieldfare.learn.experiments.store import assignment
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, joins
from tests.scenarios.whole import Whole, opened

PLACES = ("hamburg-altona", "hamburg-hafen", "bremen", "kiel", "munich-ost", "munich-west", "stuttgart", "augsburg")
BLOCKS = tuple(PLACES[at : at + 2] for at in range(0, 8, 2))
HOUSES, PER_HOUSE = 16, 2
JOURNEY = """journey: {name}
entry: {{event: check_in}}
holdout: 50 %
goal: {{event: check_in, within: 30 days}}
steps:
  - exit: done
"""
PLAN = "experiment: {name}\njourney: {name}\nmetric: visits\nsmallest_effect: 1.0\nunit: {unit}\n"
FILES = {
    "journeys/by-address.yaml": JOURNEY.format(name="by-address"),
    "journeys/by-place.yaml": JOURNEY.format(name="by-place"),
    "experiments/by-address.yaml": PLAN.format(name="by-address", unit="address"),
    "experiments/by-place.yaml": PLAN.format(name="by-place", unit="location")
    + f"blocks: [{', '.join(f'[{one}, {other}]' for one, other in BLOCKS)}]\n",
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    folder = tmp_path_factory.mktemp("together")
    workspace = Path(shutil.copytree(FITNESS, folder / "workspace"))
    for name, text in FILES.items():
        (workspace / name).write_text(text)
    with opened(folder / "data", NOON, workspace) as made:
        made.play([call for number in range(HOUSES * PER_HOUSE) for call in lives(number)], NOON + DAY)
        made.clock.move_to(NOON + 40 * DAY)
        yield made


def lives(number: int) -> list[Any]:
    house = number // PER_HOUSE
    home = {"email": f"home-{house}@example.com", "home_location": PLACES[house % len(PLACES)]}
    return joins(f"m-{number}", NOON + number * MINUTE, **home)


def kept(whole: Whole, experiment: str) -> list[dict[str, Any]]:
    return [row for row in whole.rows(assignment) if row["experiment"] == experiment]


def test_people_of_one_address_meet_the_same(whole: Whole) -> None:
    rows = kept(whole, "journey.by-address")
    assert len(rows) == HOUSES * PER_HOUSE
    arms: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        arms[row["unit"]].add(row["arm"])
    assert len(arms) == HOUSES, "the people of a house are different people with one address"
    assert all(len(each) == 1 for each in arms.values())
    assert {arm for each in arms.values() for arm in each} == {"holdout", "treated"}


def test_each_block_has_one_place_of_each_arm(whole: Whole) -> None:
    told = {row["unit"]: row["arm"] for row in kept(whole, "journey.by-place")}
    split = Split(
        name="journey.by-place",
        salt=whole.workspace.name,
        weights={"holdout": 0.5, "treated": 0.5},
        unit=UnitKind.LOCATION,
        blocks=BLOCKS,
    )
    assert told == {number_of(place): choose(place, split) for place in PLACES}
    assert all({told[number_of(place)] for place in block} == {"holdout", "treated"} for block in BLOCKS)


def test_the_report_counts_units_and_reads_blocks_by_their_pairs(whole: Whole) -> None:
    answers = open_answers(whole.installation, whole.lake).registered
    found = answers.report("by-address")["findings"]
    assert sum(found["sizes"].values()) == HOUSES
    told = answers.report("by-place")
    assert told["findings"]["sizes"] == {"holdout": 4, "treated": 4}
    (matched,) = told["findings"]["matched"]
    assert (matched["variant"], matched["pairs"]["reason"]) == ("treated", "no_variation"), "nobody came again"
    assert any("Matched places" in line for line in told["report"])


def test_places_are_matched_and_people_are_not(whole: Whole) -> None:
    answers = open_answers(whole.installation, whole.lake).registered
    assert answers.match("by-place", 2)["report"]
    with pytest.raises(CallerError, match="assigns by address, so no places are matched"):
        answers.match("by-address", 2)
    with pytest.raises(CallerError, match="`fieldfare experiments match by-place` tells what its blocks can find"):
        answers.design("by-place", None, None, None)
