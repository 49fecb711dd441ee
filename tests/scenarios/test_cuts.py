"""Quintiles by published cuts: found in the lake, versioned, in force from the next start on, for everybody alike."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers, open_backfill
from fieldfare.cli.serve import require_applied
from fieldfare.flow.generate.calls import track
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened

TRAITS = """
  fifth: {quintile: visits_total}
  fifth_of_recency: {quintile: recency_days, best: low}
"""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    traits = folder / "traits.yaml"
    traits.write_text(traits.read_text().replace("computed:\n", f"computed:{TRAITS}", 1))
    (folder / "audiences" / "best.yaml").write_text("audience: best\nwhere: {trait: fifth, at_least: 5}\n")
    with opened(tmp_path / "data", NOON, folder) as made:
        open_backfill(made.installation, made.lake).begin()
        for number in range(10):
            for visit in range(number + 1):
                at = NOON + number * DAY + visit * HOUR
                made.send(track("check_in", f"m-{number}", f"{number}-{visit}", at, {}), at)
        made.tick(NOON + 10 * DAY)
        yield made


def start_again(whole: Whole) -> int:
    whole.use(whole.stores.folder.parent / "workspace")
    require_applied(whole.installation)
    made = open_backfill(whole.installation, whole.lake)
    made.begin()
    return made.run()


def fifths(whole: Whole, name: str) -> list[Any]:
    look, now = whole.installation.look, whole.clock.now()
    return [look.profile(f"user_id:m-{number}", now)["computed"][name]["value"] for number in range(10)]


def test_cuts_hold_from_the_next_start_on(whole: Whole) -> None:
    assert fifths(whole, "fifth") == [None] * 10
    answers = open_answers(whole.installation, whole.lake)
    assert answers.all_cuts() == []
    published = {row["trait"]: row for row in answers.publish_cuts()}
    assert published["visits_total"]["numbers"] == [2, 4, 6, 8]
    assert (published["visits_total"]["version"], published["visits_total"]["profiles"]) == (1, 10)
    assert fifths(whole, "fifth") == [None] * 10, "the running server goes on with what it has"
    assert start_again(whole) == 10
    assert fifths(whole, "fifth") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert fifths(whole, "fifth_of_recency") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    joined = [row for row in whole.memberships() if row["audience"] == "best"]
    assert {(row["cause"], row["joined"]) for row in joined} == {("definition", True)}
    assert len(joined) == 2
    assert start_again(whole) == 0


def test_others_change_nothing_until_new_cuts_are_published(whole: Whole) -> None:
    open_answers(whole.installation, whole.lake).publish_cuts()
    start_again(whole)
    at = NOON + 11 * DAY
    for number in range(40):
        whole.send(track("check_in", f"n-{number}", f"n-{number}", at, {}), at)
    whole.tick(at)
    assert fifths(whole, "fifth") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    again = [
        row for row in open_answers(whole.installation, whole.lake).publish_cuts() if row["trait"] == "visits_total"
    ]
    assert [(row["version"], row["numbers"]) for row in again] == [(1, [2, 4, 6, 8]), (2, [1, 1, 1, 1])]
    start_again(whole)
    assert fifths(whole, "fifth") == [1, 5, 5, 5, 5, 5, 5, 5, 5, 5]


def test_without_a_quintile_there_is_nothing_to_publish(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole, pytest.raises(CallerError) as caught:
        open_answers(whole.installation, whole.lake).publish_cuts()
    assert caught.value.code == "cuts_unused"
