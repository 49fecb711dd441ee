"""Relaxed audiences, audiences by a query and measures by name, when definitions change: what is planned, what follows.

A relaxed audience that changed is looked at at once and lets nobody in; one that did not follows at its boundary, and
then people enter its journeys. An audience by a query follows when its query is run, after the change began.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.flow.audience_lake import AudienceLake
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.know.profiles.editions import Editions
from tests.scenarios.people import NOON
from tests.scenarios.planned import MORE, apply, asked, audience, bring, happenings, start, versions_of, write
from tests.scenarios.whole import Whole, opened

DAYS = 4
A = audience("a", "{did: check_in, count: {at_least: 2}, within: 20 days}", "nightly")
OTHER = audience("b", "{did: app_opened, count: {at_least: 2}}")
ASKS_A = audience("c", "{in: a}", "weekly")
QUERIED = "audience: q\nrefresh: nightly\nsql: SELECT profile_id FROM events WHERE name = '{}' GROUP BY ALL\n"
ASKS_Q = audience("r", "{not: {in: q}}")


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        start(made, write(tmp_path / "workspace", A | MORE))
        made.play(happenings(5, range(DAYS)), NOON + DAYS * DAY - 2 * HOUR)
        yield made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def causes(whole: Whole, name: str) -> set[str]:
    return {row["cause"] for row in whole.memberships() if row["audience"] == name}


def planned(whole: Whole, folder: Path) -> dict[str, Any]:
    return {each["audience"]: each for each in versions_of(whole).plan(asked(folder))["audiences"]}


def waiting(whole: Whole) -> set[int]:
    """Return the profiles that would be in `a` by its condition and are not yet."""
    workspace = whole.workspace
    asked_of = AudienceLake(whole.lake, workspace.audiences, whole.installation.definitions.moment)
    whole.installation.loader(whole.lake).sync()
    differing = asked_of.differing(workspace.audiences["a"], whole.clock.now())
    return {each for each, is_inside in differing.items() if is_inside}


def changed_beside_it(whole: Whole, folder: Path) -> set[int]:
    """Apply a change of something else while people wait for the boundary of `a`; return those who wait."""
    whole.play(happenings(6, range(DAYS, DAYS + 1)), NOON + DAYS * DAY + 10 * HOUR)
    late = waiting(whole)
    assert late, "nobody waits, so nothing is tested"
    before = whole.memberships()
    write(folder, A | OTHER | MORE)
    assert set(planned(whole, folder)) == {"b"}
    apply(whole, folder)
    bring(whole, folder)
    assert {row["audience"] for row in whole.memberships()[len(before) :]} <= {"a", "b"}
    whole.tick(NOON + (DAYS + 1) * DAY)
    return late


def test_one_that_did_not_change_follows_at_its_boundary_and_lets_people_in(whole: Whole, folder: Path) -> None:
    late = changed_beside_it(whole, folder)
    assert causes(whole, "a") == {"time"}
    assert causes(whole, "b") == {"backfill"}
    assert {walk["profile_id"] for walk in whole.enrollments()} >= late


def test_planted_an_edition_that_looks_at_everything_takes_the_entry_away(whole: Whole, folder: Path) -> None:
    class Forgetful(Editions, frozen=True):
        def waiting_since(self, number: int) -> frozenset[str]:
            return frozenset()

    class Eager(Whole):
        def use(self, workspace: Path) -> None:
            super().use(workspace)
            people = self.installation.people
            people._editions = Forgetful(*msgspec.structs.astuple(people._editions))

    whole.__class__ = Eager
    late = changed_beside_it(whole, folder)
    assert causes(whole, "a") == {"time", "definition"}
    assert not {walk["profile_id"] for walk in whole.enrollments()} >= late


def test_one_that_changed_is_looked_at_at_once_and_lets_nobody_in(whole: Whole, folder: Path) -> None:
    walked = whole.enrollments()
    wider = audience("a", "{did: check_in, within: 20 days}", "nightly")
    write(folder, wider | ASKS_A | MORE)
    plan = planned(whole, folder)
    assert (plan["a"]["is_exact"], plan["a"]["joins"] > 0, plan["c"]["size_after"]) == (
        True,
        True,
        plan["a"]["size_after"],
    )
    apply(whole, folder)
    bring(whole, folder)
    joined = [row for row in whole.memberships() if row["audience"] == "a" and row["cause"] == "definition"]
    assert sum(row["joined"] for row in joined) == plan["a"]["joins"]
    whole.tick(NOON + (DAYS + 1) * DAY)
    entered = {walk["profile_id"] for walk in whole.enrollments()} - {walk["profile_id"] for walk in walked}
    assert entered.isdisjoint(row["profile_id"] for row in joined)


def test_a_query_is_planned_by_its_answer_of_now_and_followed_when_it_is_run(whole: Whole, folder: Path) -> None:
    write(folder, A | MORE | {"audiences/q.yaml": QUERIED.format("app_opened")} | ASKS_Q)
    plan = planned(whole, folder)
    assert [plan[name]["is_exact"] for name in ("q", "r")] == [False, False]
    assert plan["q"]["joins"] > 0
    assert plan["r"]["size_after"] + plan["q"]["size_after"] == sum(1 for _ in whole.documents())
    apply(whole, folder)
    bring(whole, folder)
    assert "q" not in planned(whole, folder)
    assert open_answers(whole.installation, whole.lake).queried.run_due() == 1
    inside = {name: size(whole, name) for name in ("q", "r")}
    assert inside == {name: plan[name]["size_after"] for name in ("q", "r")}
    write(folder, A | MORE)
    gone = planned(whole, folder)
    assert (gone["q"]["leaves"], gone["q"]["is_exact"]) == (inside["q"], True)


def test_a_query_that_fails_leaves_its_audience_as_it_stands_and_the_plan_says_so(whole: Whole, folder: Path) -> None:
    bad = "audience: q\nrefresh: nightly\nsql: SELECT CAST(name AS BIGINT) AS profile_id FROM events\n"
    write(folder, A | MORE | {"audiences/q.yaml": bad})
    told = versions_of(whole).plan(asked(folder))
    assert {each["audience"]: each["joins"] for each in told["audiences"]} == {"q": 0}
    (notice,) = [each for each in told["warnings"] if each["warned"] == "query_failed"]
    assert notice["thing"] == "audiences/q"
    assert "Could not convert" in notice["what"]


def size(whole: Whole, name: str) -> int:
    whole.installation.loader(whole.lake).sync()
    return len(whole.lake.arrow("SELECT profile_id FROM memberships WHERE audience = ?", [name]))
