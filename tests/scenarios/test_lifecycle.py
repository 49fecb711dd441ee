"""The lifecycle of the fitness example: stages move by events and by time alone, and every move is recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.assembly.answering import open_lifecycle_answers, open_trait_answers
from fieldfare.flow.generate.calls import track
from fieldfare.flow.trait_answers import Reveal
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant
from fieldfare.know.lifecycle.store import stage_change
from fieldfare.know.profiles.store import reveal
from tests.scenarios.people import CLUB, NOON, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened

Moves = list[tuple[str | None, str | None]]
MIDNIGHT = NOON - 11 * HOUR - HOUR
"""The local midnight before."""


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


def activated(user: str, at: Instant) -> dict[str, object]:
    return track("membership_activated", user, f"{user}-activated-{at}", at, {"plan": "plus", "location_id": CLUB})


def changes(whole: Whole) -> list[tuple[Instant, str | None, str | None, str]]:
    rows = sorted(whole.rows(stage_change), key=lambda row: row["seq"])
    return [(row["at"], row["from_stage"], row["to_stage"], row["cause"]) for row in rows]


def a_year(whole: Whole) -> None:
    """A member joins, trains for a while, stays away for months, and comes back."""
    whole.play([*joins("m-1", NOON), (NOON + MINUTE, activated("m-1", NOON + MINUTE))], NOON + HOUR)
    whole.play([(NOON + 20 * DAY, trains("m-1", NOON + 20 * DAY))], NOON + 150 * DAY)
    whole.play([(NOON + 150 * DAY, trains("m-1", NOON + 150 * DAY))], NOON + 150 * DAY)


def test_a_year_of_a_member(whole: Whole) -> None:
    a_year(whole)
    days = [((at - NOON) / DAY, one, other, cause) for at, one, other, cause in changes(whole)]
    assert [each[1:] for each in days] == [
        (None, "prospect", "event"),
        ("prospect", "active", "event"),
        ("active", "new_joiner", "event"),
        ("new_joiner", "active", "time"),
        ("active", "at_risk", "time"),
        ("at_risk", "lapsed", "time"),
        ("lapsed", "reactivated", "event"),
    ]
    instants = [at for at, *_ in changes(whole)]
    assert instants[3] == MIDNIGHT + 31 * DAY - HOUR, "a local midnight, and clocks have gone forward meanwhile"
    assert instants[4] == MIDNIGHT + 51 * DAY - HOUR
    assert instants[5] == MIDNIGHT + 111 * DAY - HOUR
    found = whole.installation.look.profile("user_id:m-1", whole.clock.now())
    assert found["stage"] == "reactivated"
    before = changes(whole)
    a_rebuild_changes_nothing(whole)
    assert changes(whole) == before


def test_it_can_be_looked_at(whole: Whole) -> None:
    a_year(whole)
    whole.play(joins("m-2", whole.clock.now()), whole.clock.now() + HOUR)
    shown = open_lifecycle_answers(whole.installation, whole.lake).show(60)
    sizes = {each["stage"]: each["size"] for each in shown["stages"]}
    assert (sizes["reactivated"], sizes["active"], sizes["lapsed"]) == (1, 1, 0)
    assert {(each["from_stage"], each["to_stage"]): each["moves"] for each in shown["moves"]} == {
        ("at_risk", "lapsed"): 1,
        ("lapsed", "reactivated"): 1,
        (None, "prospect"): 1,
        ("prospect", "active"): 1,
    }
    assert [each["name"] for each in shown["outcomes"]] == ["habit", "keep", "churn"]
    stages = whole.lake.arrow("SELECT stage FROM stages ORDER BY stage").to_pylist()
    assert [row["stage"] for row in stages] == ["active", "reactivated"]


def test_simulated_and_live_moves_are_the_same(whole: Whole, tmp_path: Path) -> None:
    calls = [*joins("m-1", NOON), *((NOON + day * DAY, trains("m-1", NOON + day * DAY)) for day in (3, 60, 200))]
    whole.play(calls, NOON + 250 * DAY)
    (tmp_path / "other").mkdir()
    with opened(tmp_path / "other", NOON, keys_of=tmp_path / "data") as other:
        other.simulate(calls, NOON + 250 * DAY)
        assert changes(other) == changes(whole)
    assert len(changes(whole)) > 6


def test_two_that_become_one_keep_the_older_stage(whole: Whole) -> None:
    whole.play(joins("m-1", NOON), NOON + 120 * DAY)
    at = whole.clock.now()
    whole.play([(at, visits("browser-1", at))], at + HOUR)
    assert whole.installation.look.profile("user_id:m-1", at)["stage"] == "lapsed"
    whole.send(signs_in("m-1", "browser-1", at + HOUR), at + HOUR)
    whole.tick(at + HOUR)
    assert whole.installation.look.profile("user_id:m-1", at)["stage"] == "lapsed"
    ended = [row for row in whole.rows(stage_change) if row["cause"] == "merge"]
    assert ended
    assert all(row["profile_id"] for row in ended)


def test_the_canonical_view(whole: Whole) -> None:
    whole.play(joins("m-1", NOON, ltv=120), NOON + HOUR)
    answers = open_trait_answers(whole.installation, whole.lake)
    found = answers.canonical("user_id:m-1")
    assert (found["primary_email"], found["external_id"], found["emails"]) == (None, None, [None])
    assert (found["membership_status"], found["lifetime_value"], found["consent_flags"]) == (
        "active",
        120,
        {"consent_email": True},
    )
    assert found["provenance"]["primary_email"]["basis"] == "verified"
    assert found["primary_id"] == {"kind": "user_id", "value": None}
    assert (found["phi_tag"], found["stage"], found["merge_confidence"]) == (False, "active", 100)
    assert whole.rows(reveal) == []
    shown = answers.canonical("user_id:m-1", Reveal("kim", "a complaint"))
    assert (shown["primary_email"], shown["external_id"]) == ("m-1@example.com", "m-1")
    assert [row["what"] for row in whole.rows(reveal)] == ["canonical"]
    whole.installation.loader(whole.lake).sync()
    (row,) = whole.lake.arrow("SELECT * FROM canonical").to_pylist()
    assert (row["lifetime_value"], row["membership_status"], row["stage"]) == ("120", "active", "active")
    assert "primary_email" not in row
