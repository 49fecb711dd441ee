"""Numbers of audiences, read from the changes: as the view of memberships has them, and as estimates of many."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from fieldfare.flow import audience_numbers as numbers
from fieldfare.flow.lake_memberships import MEMBERSHIP_CHANGES
from fieldfare.flow.lake_tables import PROFILE_ROWS, REDIRECTS, TABLES, VIEWS
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.ground.lake.ports import Write

PEOPLE = 2_000
FIRST = 20_000
NOW = (FIRST + 60) * DAY
IN_VIEW = "SELECT profile_id FROM memberships WHERE audience = ? ORDER BY profile_id"


@pytest.fixture(scope="module")
def lake() -> Iterator[DuckLake]:
    """People of whom every second is in `half`, having left it once before, three far apart in `few`, two merged."""
    made = DuckLake(None)
    made.ensure(TABLES, VIEWS)
    changes = [("half", each, joined, day) for each in range(2, PEOPLE, 2) for joined, day in ((True, 0), (False, 9))]
    changes += [("half", each, True, 10 + each % 50) for each in range(2, PEOPLE, 2)]
    changes += [("few", each, True, 5) for each in (1, 2**33, 2**50)]
    told = [
        {"audience": name, "profile_id": who, "joined": joined, "cause": "event", "at": (FIRST + day) * DAY + HOUR}
        for name, who, joined, day in changes
    ]
    gone = {"audience": "half", "profile_id": 4, "joined": False, "cause": "merge", "at": (FIRST + 59) * DAY}
    told += [gone, gone | {"profile_id": 2, "joined": True, "at": told[1]["at"]}]
    table = pa.Table.from_pylist([{"seq": seq, **row} for seq, row in enumerate(told, 1)])
    profiles = [
        {"profile_id": each, "home_location": f"club-{each % 3}", "traits": f'{{"tier": "t{each % 4 // 2}"}}'}
        for each in range(1, PEOPLE)
        if each != 4
    ]
    merged = pa.Table.from_pylist([{"profile_id": 4, "into_id": 2}])
    writes = [Write(MEMBERSHIP_CHANGES.name, table), Write(PROFILE_ROWS.name, pa.Table.from_pylist(profiles))]
    made.load("test", 1, [*writes, Write(REDIRECTS.name, merged)])
    yield made
    made.close()


def in_view(lake: DuckLake, audience: str) -> list[int]:
    return [row["profile_id"] for row in lake.arrow(IN_VIEW, [audience]).to_pylist()]


def pages(lake: DuckLake, audience: str, most: int) -> list[int]:
    found: list[int] = []
    while page := numbers.members(lake, audience, found[-1] if found else 0, most):
        found += [row["profile_id"] for row in page]
    return found


@pytest.mark.parametrize("most", [1, 7, 400])
def test_pages_of_members_are_what_the_view_has(lake: DuckLake, most: int) -> None:
    assert pages(lake, "few", most) == in_view(lake, "few") == [1, 2**33, 2**50]
    if most > 1:
        assert pages(lake, "half", most) == in_view(lake, "half")
        assert len(in_view(lake, "half")) == PEOPLE // 2 - 2


def test_growth_ends_with_the_size_and_a_merge_counts_nobody_twice(lake: DuckLake) -> None:
    days = numbers.growth(lake, "half", FIRST + 5, FIRST + 59, "UTC")
    assert days[0]["size"] == PEOPLE // 2 - 1
    assert (days[4]["left"], days[4]["size"]) == (PEOPLE // 2 - 1, 0)
    assert days[-1]["size"] == PEOPLE // 2 - 2
    assert (days[-1]["joined"], days[-1]["left"]) == (0, 1)
    assert sum(each["joined_live"] for each in days) == PEOPLE // 2 - 1


def test_a_breakdown_counts_members_and_all_who_have_the_value(lake: DuckLake) -> None:
    found, of = numbers.breakdown(lake, "half", "trait", "tier", 10)
    assert of == 1
    assert found == [
        {"value": "t1", "members": 500, "profiles": 1000, "size": 998},
        {"value": "t0", "members": 498, "profiles": 998, "size": 998},
    ]
    by_place, _ = numbers.breakdown(lake, "half", "location", "", 1)
    assert (len(by_place), by_place[0]["size"]) == (1, 998)


def test_of_very_many_a_part_is_looked_at(lake: DuckLake) -> None:
    found, of = numbers.breakdown(lake, "half", "trait", "tier", 10, most_profiles=500)
    assert of == 4
    for row in found:
        assert row["members"] % of == row["profiles"] % of == 0
        assert row["members"] == pytest.approx(499, rel=0.3)
        assert row["profiles"] == pytest.approx(999, rel=0.3)
    rows, of = numbers.overlap(lake, ["few", "half"], most_changes=1_000)
    both = {(row["one"], row["other"]): row["both"] for row in rows}
    assert of == 4
    assert both["half", "half"] % of == 0
    assert both["half", "half"] == pytest.approx(998, rel=0.2)


def test_an_overlap_of_few_is_exact(lake: DuckLake) -> None:
    rows, of = numbers.overlap(lake, ["few", "half"])
    assert of == 1
    assert {(row["one"], row["other"]): row["both"] for row in rows} == {("few", "few"): 3, ("half", "half"): 998}
