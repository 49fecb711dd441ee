"""Published cuts in the whole product: in force at once, exact at every moment; only whom they concern looks again."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fieldfare.assembly.installation import Installation, open_answers, open_backfill, open_cuts
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.publish_cuts import PublishCuts
from fieldfare.flow.work import decode_document
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.profiles import store as profile_store
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened

COMPUTED = """
  fifth: {quintile: visits_total}
  visits_5d: {measure: count, event: check_in, within: 5 days}
"""
FULL = os.environ.get("FIELDFARE_ROUNDS") == "full"
AUDIENCES = {
    "best": "{trait: fifth, at_least: 5}",
    "keen": "{top: 20 %, by: visits_5d}",
    "called": "{top: 2, by: visits_total, per: location}",
    "keen-best": "{top: 1, by: visits_5d, among: best}",
    "not-keen": "{not: {in: keen}}",
}


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    yield from made_of(tmp_path, AUDIENCES)


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Whole]:
    yield from made_of(tmp_path, {name: AUDIENCES[name] for name in ("best", "keen")})


def made_of(tmp_path: Path, audiences: dict[str, str], url: str | None = None) -> Iterator[Whole]:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    traits = folder / "traits.yaml"
    traits.write_text(traits.read_text().replace("computed:\n", f"computed:{COMPUTED}", 1))
    for name, where in audiences.items():
        (folder / "audiences" / f"{name}.yaml").write_text(f"audience: {name}\nwhere: {where}\n")
    with opened(tmp_path / "data", NOON, folder, url=url) as made:
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


def waiting(whole: Whole) -> int:
    with whole.stores.state.read() as connection:
        return cut_store.count_waiting(connection)


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
    assert members(whole, "best") == [8, 9]
    assert members(whole, "keen") == [8, 9]
    assert members(whole, "called") == [6, 7, 8, 9]
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
    assert members(whole, "called") == [6, 7, 8, 9]
    visit(whole, range(5, 6), NOON + 6 * DAY, lambda _number: 4)  # from 6 to 10 visits
    whole.tick(NOON + 12 * DAY)
    assert members(whole, "called") == [5, 6, 7, 8, 9], "who rises over the mark is in at once"
    concerned = {name: row["concerned"] for name, row in publish(whole).items()}
    assert members(whole, "called") == [5, 6, 8, 9]
    assert concerned["visits_total.top-2.per-location"] == 1, "the one who has to make room, and nobody else"
    everybody_is_exact(whole)


JOURNEY = """journey: {name}
entry: {{joins: best, {more}}}
goal: {{event: check_in, within: 30 days}}
purpose: marketing
steps: [{{wait: 1 day}}]
"""


def test_nobody_enters_a_journey_by_a_cut_unless_it_asks(few: Whole) -> None:
    folder = few.stores.folder.parent / "workspace" / "journeys"
    (folder / "welcome.yaml").write_text(JOURNEY.format(name="welcome", more="max_age: 1 day"))
    (folder / "whoever.yaml").write_text(JOURNEY.format(name="whoever", more="on_cut: true"))
    few.use(folder.parent)
    publish(few)
    assert members(few, "best") == [8, 9]
    entered = {(walk["journey"], walk["profile_id"]) for walk in few.enrollments()}
    best = {few.profile_id(f"user_id:m-{number}") for number in (8, 9)}
    assert {each for each in entered if each[0] in {"welcome", "whoever"}} == {("whoever", each) for each in best}


def test_what_a_crash_left_is_brought_to_its_end_by_the_next_start(few: Whole) -> None:
    job = job_of(few)
    while job.step():
        if waiting(few):
            break
    assert waiting(few) == 10
    few.use(few.stores.folder.parent / "workspace")  # another process
    assert members(few, "best") == []
    assert of(few, "fifth")[9] == 5, "the version is in force: what is computed says so at once"
    job_of(few).run()
    assert waiting(few) == 0
    assert members(few, "best") == [8, 9]
    everybody_is_exact(few)


def test_whoever_has_something_happen_is_brought_to_the_cut_first(few: Whole) -> None:
    job = job_of(few)
    while job.step():
        if waiting(few):
            break
    published_at = few.clock.now()
    at = published_at + HOUR
    few.send(track("check_in", "m-9", "m-9-later", at, {}), at)
    few.tick(at)
    assert waiting(few) == 9
    joined = [row for row in few.memberships() if row["audience"] == "best"]
    assert [(row["cause"], row["at"], row["joined"]) for row in joined] == [("cut", published_at, True)]
    job.run()
    everybody_is_exact(few)
    assert len([row for row in few.memberships() if row["audience"] == "best"]) == 2


def test_another_process_on_the_same_state_sees_the_new_version_before_it_changes_anybody(few: Whole) -> None:
    other = Installation(few.workspace, few.stores, few.clock, capture_all=True)
    publish(few)
    at = few.clock.now() + HOUR
    few.send(track("check_in", "m-0", "m-0-later", at, {}), at)
    assert other.pipeline.apply(NORMAL) == 1
    assert other.definitions.cuts.all() == few.installation.definitions.cuts.all()
    few.clock.move_to(at)
    everybody_is_exact(few)


def test_on_postgresql_too(tmp_path: Path, postgres_database: str) -> None:
    for whole in made_of(tmp_path, AUDIENCES, postgres_database):
        publish(whole)
        assert members(whole, "called") == [6, 7, 8, 9]
        visit(whole, range(5, 6), NOON + 6 * DAY, lambda _number: 4)
        whole.tick(NOON + 12 * DAY)
        assert publish(whole)["visits_total.top-2.per-location"]["concerned"] == 1
        everybody_is_exact(whole)


def test_a_rebuild_goes_by_the_cuts_in_force(few: Whole) -> None:
    publish(few)
    a_rebuild_changes_nothing(few)


def test_a_rebuild_while_some_wait_leaves_nobody_behind(few: Whole) -> None:
    job = job_of(few)
    while job.step():
        if waiting(few):
            break
    few.rebuild()
    assert waiting(few) == 0
    assert members(few, "best") == [8, 9]
    job.run()
    everybody_is_exact(few)


def test_people_who_are_merged_away_wait_for_nothing(few: Whole) -> None:
    job = job_of(few)
    while job.step():
        if waiting(few):
            break
    at = few.clock.now() + HOUR
    few.send(identify("m-1", "together", at, {"email": "one@example.com", "email_verified": True}), at)
    few.send(identify("m-2", "together-too", at, {"email": "one@example.com", "email_verified": True}), at)
    few.tick(at)
    job.run()
    assert waiting(few) == 0
    everybody_is_exact(few)


def test_a_new_audience_is_published_at_the_next_start_and_the_rest_every_night(few: Whole) -> None:
    job = job_of(few)
    assert job.next_at() == few.clock.now(), "never published: due at once"
    job.run()
    assert job.step() == 0
    night = job.next_at()
    assert night is not None
    assert 0 < night - few.clock.now() <= DAY
    few.tick(night)
    job.run()
    versions = {row["cut"]: row["version"] for row in open_answers(few.installation, few.lake).all_cuts()}
    assert set(versions.values()) == {2}
    folder = few.stores.folder.parent / "workspace"
    (folder / "audiences" / "low.yaml").write_text("audience: low\nwhere: {bottom: 10 %, by: visits_total}\n")
    few.use(folder)
    made = open_backfill(few.installation, few.lake)
    made.begin()
    made.run()
    assert members(few, "low") == []
    job_of(few).run()
    versions = {row["cut"]: row["version"] for row in open_answers(few.installation, few.lake).all_cuts()}
    assert versions.pop("visits_total.bottom-10pct") == 1
    assert set(versions.values()) == {2}
    assert members(few, "low") == [0]


def test_what_is_told_of_cuts(whole: Whole) -> None:
    answers = open_answers(whole.installation, whole.lake)
    before = answers.status()["cuts"]
    assert "visits_5d.top-20pct" in before["not_computable"]
    assert before["next_at"] is not None
    listed = {row["cut"]: row for row in answers.all_cuts()}
    assert listed["visits_5d.top-20pct"]["version"] is None
    assert [row["version"] for row in answers.show_cut("visits_5d.top-20pct")] == [None]
    publish(whole)
    assert (answers.status()["cuts"]["not_computable"], answers.status()["cuts"]["profiles_waiting"]) == ("", 0)
    assert [row["version"] for row in answers.show_cut("visits_total.top-2.per-location")] == [1]
    (keen,) = [row for row in answers.audiences.overview() if row["audience"] == "keen"]
    assert keen["cuts"] == ["exact relative to cut visits_5d.top-20pct v1 of 2025-03-13T11:00:00Z"]
    told = whole.installation.look.profile("user_id:m-9", whole.clock.now())["computed"]["fifth"]["cuts"]
    assert told[0].endswith("bottom-80pct is at most 8, of 10 ranked")
    with pytest.raises(CallerError) as caught:
        answers.show_cut("visits_5d.top-20pc")
    assert caught.value.code == "cut_unknown"
    assert "visits_5d.top-20pct" in caught.value.message
    rows = answers.sql("SELECT cut, place, ranked FROM cuts WHERE cut LIKE '%per-location' ORDER BY place", 9)["rows"]
    assert rows == [["visits_total.top-2.per-location", club, 5] for club in ("berlin-mitte", "hamburg-altona")]


def test_other_definitions_than_those_in_force_publish_nothing(few: Whole) -> None:
    folder = few.stores.folder.parent / "workspace"
    (folder / "audiences" / "low.yaml").write_text("audience: low\nwhere: {bottom: 10 %, by: visits_total}\n")
    few.use(folder)
    with pytest.raises(ConflictError) as caught:
        open_answers(few.installation, few.lake).publish_cuts()
    assert caught.value.code == "cuts_unapplied"


def test_a_simulation_publishes_as_nights_pass(tmp_path: Path) -> None:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    (folder / "audiences" / "keen.yaml").write_text("audience: keen\nwhere: {top: 30 %, by: visits_total}\n")
    with opened(tmp_path / "data", NOON, folder) as whole:
        calls = [
            (NOON + day * DAY + number, track("check_in", f"m-{number}", f"{number}-{day}", NOON + day * DAY, {}))
            for day in range(3)
            for number in range(10)
            if day <= number
        ]
        whole.simulate(calls, NOON + 4 * DAY)
        versions = [row["version"] for row in open_answers(whole.installation, whole.lake).show_cut(KEEN)]
        assert versions[-1] == 1
        assert len(versions) >= 3
        everybody_is_exact(whole)


@pytest.mark.parametrize("apart", [False, True])
def test_what_a_cut_lets_happen_comes_before_what_people_do_next(tmp_path: Path, apart: bool) -> None:
    folder = shutil.copytree(FITNESS, tmp_path / "workspace")
    (folder / "audiences" / "keen.yaml").write_text("audience: keen\nwhere: {top: 30 %, by: visits_total}\n")
    (folder / "journeys" / "greets.yaml").write_text(GREETS)
    with opened(tmp_path / "data", NOON, folder) as whole:
        calls = [
            (at, track("check_in", f"m-{number}", f"{number}-{at}", at, {}))
            for day in range(3)
            for number in range(10)
            if day <= number
            for at in (NOON + day * DAY + number,)
        ]
        whole.simulate(calls, NOON + 3 * DAY, apart=apart)
        rows = [row for row in whole.memberships() if row["audience"] == "keen" and row["joined"]]
        joined = {(row["profile_id"], row["at"]): row["cause"] for row in rows}
        greeted = open_answers(whole.installation, whole.lake).sql(
            "SELECT profile_id, epoch_us(received_at) FROM events WHERE name = 'greeted'", 99
        )["rows"]
        causes = {joined.get((who, at)) for who, at in greeted}
        assert causes == {"cut", "event"}, "each at the very instant at which the person joined"


GREETS = """journey: greets
entry: {joins: keen, on_cut: true}
goal: {event: check_in, within: 30 days}
purpose: marketing
steps: [{emit: {event: greeted}}, {wait: 1 day}]
"""
KEEN = "visits_total.top-30pct"


@pytest.mark.skipif(not FULL, reason="long: the same is drawn at random in memory every day")
def test_random_stories_are_exact_and_wake_few(whole: Whole) -> None:
    draw = Random(5)
    publish(whole)
    for day in range(8):
        for _ in range(6):
            at = whole.clock.now() + HOUR
            whole.send(track("check_in", f"m-{draw.randrange(10)}", f"r-{at}", at, {}), at)
            whole.tick(at)
        whole.tick(whole.clock.now() + draw.randrange(DAY))
        everybody_is_exact(whole)
        told = publish(whole)
        everybody_is_exact(whole)
        assert told["visits_total.top-2.per-location"]["version"] == day + 2


def test_without_a_cut_there_is_nothing_to_publish(tmp_path: Path) -> None:
    with opened(tmp_path, NOON) as whole, pytest.raises(CallerError) as caught:
        open_answers(whole.installation, whole.lake).publish_cuts()
    assert caught.value.code == "cuts_unused"
