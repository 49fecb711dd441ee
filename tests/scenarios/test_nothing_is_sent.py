"""A load, a replay, a second delivery, a rebuild and a change of definitions send nothing and propose nothing."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.collect.model import Mode
from fieldfare.flow.generate.calls import track
from fieldfare.flow.simulate import Call
from fieldfare.ground.instants import DAY, HOUR
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import NOON, fails_to_pay, joins, trains
from tests.scenarios.whole import Whole, known_of, opened

LOADED_AT = NOON + 100 * DAY
USERS = [f"m-{number}" for number in range(6)]


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path / "data", NOON, url=url) as made:
        yield made


def story() -> list[Call]:
    """Half a dozen members join, train, fail to pay and stay away."""
    calls: list[Call] = []
    for number, user in enumerate(USERS):
        at = NOON + number * HOUR // 10
        calls += joins(user, at)
        calls.append((at + DAY, track("membership_activated", user, f"{user}-activated", at + DAY, {})))
        calls.append((at + 20 * DAY, fails_to_pay(user, at + 20 * DAY)))
    return sorted(calls, key=lambda call: call[0])


def acts(whole: Whole) -> dict[str, Any]:
    return {
        "proposals": whole.proposals(),
        "attempts": whole.attempts(),
        "messages": whole.messages(),
        "decisions": whole.decisions(),
        "walks": whole.enrollments(),
    }


def nothing_more_is_sent(whole: Whole, act: Callable[[], None]) -> None:
    """The check: the act, and a day after it, change nothing that speaks to people."""
    before = acts(whole)
    act()
    whole.tick(whole.clock.now() + HOUR)
    after = acts(whole)
    assert {part for part in before if before[part] != after[part]} == set()


def bring(whole: Whole, mode: Mode) -> None:
    """Accept the whole story at once, long after it happened, as a load does."""
    whole.send([call for _, call in story()], LOADED_AT, mode=mode)
    whole.tick(LOADED_AT)


@pytest.mark.parametrize("mode", [Mode.BACKFILL, Mode.REPLAY])
def test_a_load_and_a_replay(whole: Whole, mode: Mode) -> None:
    whole.tick(LOADED_AT)
    nothing_more_is_sent(whole, lambda: bring(whole, mode))
    joined = [row for row in whole.memberships() if row["audience"] == "lapsed"]
    assert {row["profile_id"] for row in joined} == {whole.profile_id(f"user_id:{user}") for user in USERS}
    assert {(row["cause"], row["joined"]) for row in joined} == {(mode.value, True)}
    assert whole.proposals() == []


def test_planted_the_same_calls_live_do_send(whole: Whole) -> None:
    with pytest.raises(AssertionError):
        nothing_more_is_sent(whole, lambda: whole.play(story(), NOON + 40 * DAY))
    assert {row["template"] for row in whole.messages()} >= {"welcome", "payment_failed", "win_back"}


def test_a_second_delivery_of_everything(whole: Whole) -> None:
    again_at = NOON + 30 * DAY
    whole.play(story(), again_at)
    before = whole.documents(), whole.memberships()

    def again() -> None:
        for _, call in story():
            whole.send(call, again_at)
        whole.tick(again_at)

    nothing_more_is_sent(whole, again)
    assert (whole.documents(), whole.memberships()) == before


def test_planted_a_second_delivery_under_other_message_ids_does_send(whole: Whole) -> None:
    whole.play(story(), LOADED_AT)

    def again() -> None:
        for user in USERS:
            whole.send(fails_to_pay(user, LOADED_AT), LOADED_AT)

    with pytest.raises(AssertionError):
        nothing_more_is_sent(whole, again)


def test_a_rebuild_in_the_middle_of_the_walks(whole: Whole) -> None:
    whole.play(story(), NOON + 22 * DAY)
    before = known_of(whole)
    changes = whole.memberships()

    def rebuild() -> None:
        assert whole.rebuild() == len(USERS)

    nothing_more_is_sent(whole, rebuild)
    assert known_of(whole) == before
    assert whole.memberships() == changes


def test_a_replay_in_the_middle_of_the_walks(whole: Whole) -> None:
    whole.play(story(), NOON + 22 * DAY)
    before = known_of(whole)
    changes = whole.memberships()

    def replay() -> None:
        report = whole.replay()
        assert (report.profiles, report.changed_rows) == (len(USERS), 0)

    nothing_more_is_sent(whole, replay)
    assert known_of(whole) == before
    assert whole.memberships() == changes


def test_a_replay_of_events_that_mean_something_else_now(whole: Whole, tmp_path: Path) -> None:
    """A check-in under a name of old is a check-in now: members leave and join by it, and nobody hears of it."""
    at = NOON + 2 * DAY
    whole.play(joins("m-0", NOON), NOON + DAY)
    whole.send(track("turnstile", "m-0", "t-1", at, {}), at, mode=Mode.BACKFILL)
    whole.tick(NOON + 31 * DAY)
    folder = tmp_path / "synonym"
    shutil.copytree(FITNESS, folder)
    text = "event: check_in\ndescription: Came in.\nsynonyms: [turnstile]\n"
    (folder / "contracts" / "check_in.yaml").write_text(text, encoding="utf-8")

    def replay() -> None:
        whole.use(folder)
        assert whole.replay().left == {"lapsed": 1}

    walks = [walk for walk in whole.enrollments() if walk["journey"] == "win-back"]
    assert walks
    before = acts(whole)
    replay()
    whole.tick(whole.clock.now() + HOUR)
    after = acts(whole)
    assert {part for part in before if before[part] != after[part]} <= {"walks"}, "a walk may only end by it"


def shorter(tmp_path: Path) -> Path:
    """Return a workspace in which a member has lapsed after two days already."""
    folder = tmp_path / "changed"
    shutil.copytree(FITNESS, folder)
    path = folder / "audiences" / "lapsed.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("within: 30 days", "within: 2 days"), encoding="utf-8")
    return folder


def apply_shorter(whole: Whole, tmp_path: Path) -> None:
    whole.use(shorter(tmp_path))
    whole.rebuild("definition")


def test_a_change_of_definitions(whole: Whole, tmp_path: Path) -> None:
    whole.play(story(), NOON + 12 * DAY)
    nothing_more_is_sent(whole, lambda: apply_shorter(whole, tmp_path))
    joined = [row for row in whole.memberships() if row["audience"] == "lapsed"]
    assert len(joined) == len(USERS)
    assert {(row["cause"], row["joined"]) for row in joined} == {("definition", True)}


def test_planted_joining_live_under_the_changed_definitions_does_send(whole: Whole, tmp_path: Path) -> None:
    whole.play(story(), NOON + 12 * DAY)
    apply_shorter(whole, tmp_path)
    at = NOON + 35 * DAY  # in their first month nobody is asked back
    whole.play([(at, trains(user, at)) for user in USERS], at + 4 * DAY)
    assert whole.sent("win_back")
