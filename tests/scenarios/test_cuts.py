"""Published cuts in the whole product: in force at once, exact at every moment; only whom they concern looks again."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers, open_backfill, open_cuts
from fieldfare.flow.generate.calls import track
from fieldfare.flow.publish_cuts import PublishCuts
from fieldfare.flow.work import decode_document
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, opened

COMPUTED = """
  fifth: {quintile: visits_total}
  fifth_of_recency: {quintile: recency_days, best: low}
  visits_5d: {measure: count, event: check_in, within: 5 days}
"""
AUDIENCES = {
    "best": "{trait: fifth, at_least: 5}",
    "keen": "{top: 20 %, by: visits_5d}",
    "fresh": "{bottom: 30 %, by: recency_days}",
    "called": "{top: 2, by: visits_total, per: location}",
    "middle": "{percentile: {of: visits_total, between: [40, 60]}}",
    "keen-best": "{top: 1, by: visits_5d, among: best}",
    "not-keen": "{not: {in: keen}}",
    "by-fifth": "{all: [{trait: fifth_of_recency, at_most: 2}, {did: check_in, within: 8 days}]}",
}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    traits = folder / "traits.yaml"
    traits.write_text(traits.read_text().replace("computed:\n", f"computed:{COMPUTED}", 1))
    for name, where in AUDIENCES.items():
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nwhere: {where}\n")
    with opened(tmp_path / "data", NOON, folder) as made:
        open_backfill(made.installation, made.lake).begin()
        visit(made, range(10), NOON, lambda number: number + 1)
        made.tick(NOON + 10 * DAY)
        yield made


def visit(whole: Whole, members: range, first: int, times: Callable[[int], int]) -> None:
    """Send so many check-ins of each member, beginning a day later each."""
    for number in members:
        for place in range(times(number)):
            at = first + number * DAY + place * HOUR
            club = {"location_id": ("hamburg-altona", "berlin-mitte")[number % 2]}
            whole.send(track("check_in", f"m-{number}", f"{number}-{at}", at, club), at)


def job_of(whole: Whole) -> PublishCuts:
    return open_cuts(whole.installation, whole.lake)


def publish(whole: Whole) -> dict[str, dict[str, Any]]:
    return {row["cut"]: row for row in open_answers(whole.installation, whole.lake).publish_cuts()}


def of(whole: Whole, name: str) -> list[Any]:
    look, now = whole.installation.look, whole.clock.now()
    return [look.profile(f"user_id:m-{number}", now)["computed"][name]["value"] for number in range(10)]


def members(whole: Whole, audience: str) -> list[int]:
    look, now = whole.installation.look, whole.clock.now()
    return [n for n in range(10) if audience in look.profile(f"user_id:m-{n}", now)["audiences"]]


def everybody_is_exact(whole: Whole) -> None:
    """The check: every membership is what the condition says at this moment by the cuts in force."""
    evaluator, now = whole.installation.definitions.evaluator, whole.clock.now()
    with whole.stores.state.read() as connection:
        waiting = cut_store.waiting_among(connection, profile_store.load_after(connection, 0, 1_000))
        rows = profile_store.load(connection, profile_store.load_after(connection, 0, 1_000))
    assert not waiting
    for profile_id, body, _ in rows:
        document = decode_document(profile_id, body)
        for audience in whole.workspace.audiences.values():
            truth = evaluator.state(audience.condition, document, now)[0]
            assert truth is None or truth is (audience.name in document.memberships), (profile_id, audience.name)


def test_cuts_hold_at_once(whole: Whole) -> None:
    assert of(whole, "fifth") == [None] * 10
    assert members(whole, "keen") == members(whole, "called") == []
    published = publish(whole)
    by_fifth = published["visits_total.bottom-20pct.bottom-40pct.bottom-60pct.bottom-80pct"]
    assert [mark["number"] for mark in by_fifth["places"][0]["marks"]] == [2, 4, 6, 8]
    assert (by_fifth["version"], by_fifth["ranked"], by_fifth["concerned"]) == (1, 10, 10)
    assert of(whole, "fifth") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert of(whole, "fifth_of_recency") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert members(whole, "best") == [8, 9]
    assert members(whole, "keen") == [8, 9]
    assert members(whole, "called") == [6, 7, 8, 9]
    assert members(whole, "middle") == [4, 5]
    assert members(whole, "keen-best") == [9]
    everybody_is_exact(whole)
    joined = {(row["cause"], row["joined"]) for row in whole.memberships() if row["audience"] in {"best", "keen"}}
    assert joined == {("cut", True)}


def test_others_change_nothing_until_the_next_version(whole: Whole) -> None:
    publish(whole)
    at = NOON + 11 * DAY
    for number in range(40):
        whole.send(track("check_in", f"n-{number}", f"n-{number}", at, {}), at)
    whole.tick(at)
    everybody_is_exact(whole)
    assert of(whole, "fifth") == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    again = publish(whole)["visits_total.bottom-20pct.bottom-40pct.bottom-60pct.bottom-80pct"]
    assert (again["version"], [mark["number"] for mark in again["places"][0]["marks"]]) == (2, [1, 1, 1, 1])
    assert of(whole, "fifth") == [1, 5, 5, 5, 5, 5, 5, 5, 5, 5]
    everybody_is_exact(whole)


def test_a_new_version_reaches_only_whom_it_concerns(whole: Whole) -> None:
    publish(whole)
    with whole.stores.state.read() as connection:
        before = dict(cut_store.latest(connection, whole.installation.definitions.wanted))
    visit(whole, range(5, 6), NOON + 6 * DAY, lambda _number: 4)  # from 6 to 10 visits
    whole.tick(NOON + 12 * DAY)
    concerned = {name: row["concerned"] for name, row in publish(whole).items()}
    assert before["visits_total.bottom-40pct.bottom-60pct"].places[""].marks != ()
    assert concerned["visits_total.bottom-40pct.bottom-60pct"] == 1, "7 visits are now in the middle, nobody else moved"
    assert members(whole, "middle") == [4, 6]
    everybody_is_exact(whole)


def test_nobody_enters_a_journey_by_a_cut_unless_it_asks(whole: Whole) -> None:
    publish(whole)
    assert whole.enrollments() == []


def test_without_a_cut_there_is_nothing_to_publish(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole, pytest.raises(CallerError) as caught:
        open_answers(whole.installation, whole.lake).publish_cuts()
    assert caught.value.code == "cuts_unused"
