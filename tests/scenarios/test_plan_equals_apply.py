"""What a plan says of joins and leaves is what applying writes, on drawn workspaces and drawn people."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from fieldfare.flow.versions.plan import Foreseen, Planner
from fieldfare.flow.versions.run import Versions
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import DAY
from tests.scenarios.people import NOON
from tests.scenarios.planned import apply, asked, bring, drawn, happenings, start, versions_of, write
from tests.scenarios.whole import Whole, opened

Edges = Counter[tuple[str, bool]]


def told(plan: dict[str, Any]) -> Edges:
    found: Edges = Counter()
    for each in plan["audiences"]:
        found[each["audience"], True] += each["joins"]
        found[each["audience"], False] += each["leaves"]
        assert sum(place["joins"] for place in each["by_location"]) == each["joins"]
        assert sum(place["leaves"] for place in each["by_location"]) == each["leaves"]
        assert each["size"] + each["joins"] - each["leaves"] == each["size_after"]
    return +found


def written(whole: Whole) -> Edges:
    rows = [row for row in whole.memberships() if row["cause"] in {"definition", "backfill"}]
    return Counter((row["audience"], row["joined"]) for row in rows)


def played(whole: Whole, folder: Path, seed: int) -> None:
    write(folder, drawn(seed))
    start(whole, folder)
    whole.play(happenings(seed, range(DAYS)), NOON + DAYS * DAY)


SEEDS = range(60 if os.environ.get("FIELDFARE_ROUNDS") == "full" else 3)
DAYS = 22


class OldDefinitions(Planner):
    """Planted: it foresees by the definitions that are in force."""

    def _foresee(self, before: Workspace | None, after: Workspace, audiences: Sequence[str], now: int) -> Foreseen:
        return super()._foresee(before, before or after, audiences, now)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_plan_says_what_applying_does(tmp_path: Path, seed: int) -> None:
    folder = tmp_path / "workspace"
    with opened(tmp_path / "data", NOON) as whole:
        played(whole, folder, seed)
        assert not written(whole)
        write(folder, drawn(seed + 1_000))
        plan = versions_of(whole).plan(asked(folder))
        assert plan["has_changes"]
        parts = whole.stores.state, whole.lake, whole.installation.loader(whole.lake), whole.clock
        planted = Versions(whole.stores.state, OldDefinitions(*parts), whole.clock, is_serving=False)
        wrong = planted.plan(asked(folder))
        assert not written(whole), "a plan changes nothing"
        assert apply(whole, folder)["status"] == "applied"
        bring(whole, folder)
        assert told(plan) == written(whole)
        assert told(wrong) != written(whole)
        for each in plan["audiences"]:
            for word, joined in (("joining", True), ("leaving", False)):
                rows = {row["profile_id"] for row in whole.memberships() if row["joined"] is joined}
                assert set(each[f"examples_{word}"]) <= rows
        assert not versions_of(whole).plan(asked(folder))["has_changes"]
