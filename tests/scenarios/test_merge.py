"""Two profiles that turn out to be one person: what follows them, what stays, and what a rebuild makes of it."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.act.delivery.events import MESSAGE_SENT
from fieldfare.flow.generate.calls import identify, track
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant
from fieldfare.ground.log.ports import NORMAL
from fieldfare.know.identity.store import hold, redirect
from tests.amounts import examples
from tests.scenarios.people import NOON, fails_to_pay, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


def merged_from(whole: Whole, told: str) -> list[int]:
    return list(whole.installation.look.profile(told, whole.clock.now())["merged_from"])


def two_that_become_one(whole: Whole) -> tuple[int, int]:
    """A visitor, and a member known elsewhere; returns their profile ids. They are the same person."""
    whole.play([(NOON, visits("browser-1", NOON)), *joins("m-1", NOON + MINUTE)], NOON + HOUR)
    return whole.profile_id("anonymous_id:browser-1"), whole.profile_id("user_id:m-1")


def signs_in_now(whole: Whole) -> None:
    now = whole.clock.now()
    whole.send(signs_in("m-1", "browser-1", now), now)


def test_an_anonymous_visitor_becomes_the_member(whole: Whole) -> None:
    visitor, member = two_that_become_one(whole)
    assert visitor != member
    signs_in_now(whole)
    whole.tick(whole.clock.now())
    assert whole.profile_id("user_id:m-1") == whole.profile_id("anonymous_id:browser-1") == visitor
    assert whole.profile_id(str(member)) == visitor, "the old id leads to the one that stands"
    assert merged_from(whole, "user_id:m-1") == [member]
    assert list(whole.documents()) == [visitor]


def test_memberships_follow(whole: Whole) -> None:
    visitor, member = two_that_become_one(whole)
    whole.tick(NOON + 40 * DAY)
    mine = set(whole.documents()[member]["document"][3])
    assert "lapsed" in mine
    signs_in_now(whole)
    whole.tick(whole.clock.now())
    assert set(whole.documents()[visitor]["document"][3]) == mine
    moved = [row for row in whole.memberships() if row["cause"] == "merge"]
    assert {row["audience"] for row in moved if row["profile_id"] == member and not row["joined"]} == mine
    assert {row["audience"] for row in moved if row["profile_id"] == visitor and row["joined"]} == mine


def anonymous(call: dict[str, Any], anonymous_id: str) -> dict[str, Any]:
    return {**{name: value for name, value in call.items() if name != "userId"}, "anonymousId": anonymous_id}


def test_of_two_walks_in_one_journey_the_later_ends(whole: Whole) -> None:
    whole.play(
        [
            (NOON, fails_to_pay("m-1", NOON)),
            (NOON + HOUR, anonymous(fails_to_pay("kiosk", NOON + HOUR), "browser-1")),
        ],
        NOON + 2 * HOUR,
    )
    first = whole.profile_id("user_id:m-1")
    assert len({walk["profile_id"] for walk in whole.enrollments()}) == 2
    signs_in_now(whole)
    whole.tick(whole.clock.now())
    walks = sorted(whole.enrollments(), key=lambda walk: walk["entered_at"])
    assert [(walk["profile_id"], walk["end_reason"]) for walk in walks] == [(first, None), (first, "merged")]
    whole.tick(NOON + 40 * DAY)
    assert [walk["end_reason"] for walk in whole.enrollments() if walk["journey"] == "payment-recovery"].count(
        "merged"
    ) == 1


def test_what_is_told_of_a_merged_profile_lands_on_the_one_that_stands(whole: Whole) -> None:
    visitor, member = two_that_become_one(whole)
    whole.send(fails_to_pay("m-1", whole.clock.now()), whole.clock.now())
    pipeline, now = whole.installation.pipeline, whole.clock.now()
    while pipeline.apply(NORMAL):
        continue
    assert whole.installation.delivery.run_due(now, 10).handed_over == 1
    (told,) = whole.attempts()
    assert told["profile_id"] == member
    signs_in_now(whole)
    while pipeline.apply(NORMAL):
        continue
    assert whole.installation.relay.run(now) == 1, "the outcome is told after the merge"
    whole.tick(now)
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.query('SELECT name, profile_id FROM events ORDER BY received_at, "offset"', 100).rows
    assert (MESSAGE_SENT, visitor) in [tuple(row) for row in rows]
    assert {row[1] for row in rows} == {visitor}
    assert drain_urgent(pipeline) == 0


def test_a_shared_device_never_makes_two_members_one(whole: Whole) -> None:
    at = NOON
    for user in ("m-1", "m-2", "m-1", "m-2"):
        at += MINUTE
        whole.send(signs_in(user, "family-tablet", at), at)
        whole.tick(at)
    assert whole.profile_id("user_id:m-1") != whole.profile_id("user_id:m-2")
    assert whole.rows(redirect) == []
    assert len(whole.documents()) == 2
    assert len(whole.rows(hold)) >= 1, "the question is kept for a person"


def test_a_chain_of_merges_keeps_everybodys_events(whole: Whole) -> None:
    """The third joins the second, then the second joins the first: a rebuild must find the third one's events."""
    calls = [
        (NOON, visits("browser-1", NOON)),
        (NOON + MINUTE, visits("browser-2", NOON + MINUTE)),
        (NOON + 2 * MINUTE, trains("m-1", NOON + 2 * MINUTE, spend=7)),
        (NOON + 3 * MINUTE, signs_in("m-1", "browser-2", NOON + 3 * MINUTE)),
        (NOON + 4 * MINUTE, signs_in("m-1", "browser-1", NOON + 4 * MINUTE)),
    ]
    whole.play(calls, NOON + HOUR)
    assert merged_from(whole, "user_id:m-1") == [2, 3]
    a_rebuild_changes_nothing(whole)
    whole.installation.loader(whole.lake).sync()
    assert {row[0] for row in whole.lake.query("SELECT profile_id FROM events", 100).rows} == {1}


PEOPLE = st.sampled_from(["a", "b", "c"])
BROWSERS = st.sampled_from(["x", "y", "z"])
SIGN_IN = st.tuples(st.just("sign in"), PEOPLE, BROWSERS)
ACTS = st.one_of(
    st.tuples(st.just("train"), PEOPLE, st.integers(0, 9)),
    st.tuples(st.just("visit"), BROWSERS, st.just(0)),
    st.tuples(st.just("train anonymously"), BROWSERS, st.integers(0, 9)),
    SIGN_IN,
    SIGN_IN,
    st.tuples(st.just("tell e-mail"), PEOPLE, st.sampled_from(["p", "q"])),
    st.tuples(st.just("tell tier"), PEOPLE, st.sampled_from(["basic", "premium"])),
    st.tuples(st.just("train late"), PEOPLE, st.integers(1, 50)),
    st.tuples(st.just("wait"), st.just(""), st.integers(1, 40)),
)
NUMBERS = itertools.count()


def call_of(act: tuple[str, str, Any], prefix: str, number: int, at: Instant) -> dict[str, Any]:
    kind, who, what = act
    name, message = f"{prefix}-{who}", f"{prefix}-{number}"
    match kind:
        case "train":
            return trains(name, at, spend=what)
        case "visit":
            return visits(name, at)
        case "train anonymously":
            return anonymous(trains(name, at, spend=what), name)
        case "sign in":
            return signs_in(name, f"{prefix}-{what}", at, membership_status="active")
        case "tell e-mail":
            return identify(name, message, at, {"email": f"{prefix}-{what}@example.com", "email_verified": True})
        case "tell tier":
            return identify(name, message, at, {"membership_tier": what})
        case _:
            return track("check_in", name, message, at - what * DAY, {"location_id": "hamburg-altona", "spend": 1})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """One installation for all examples; each has people of its own."""
    with opened(tmp_path_factory.mktemp("merge") / "data", NOON) as made:
        yield made


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=st.lists(ACTS, min_size=4, max_size=25))
def test_a_rebuild_gives_what_live_folding_gave(shared: Whole, acts: list[tuple[str, str, Any]]) -> None:
    prefix = f"e{next(NUMBERS)}"
    for number, act in enumerate(acts):
        now = shared.clock.now()
        if act[0] == "wait":
            shared.tick(now + act[2] * HOUR)
            continue
        shared.tick(now + SECOND)
        shared.send(call_of(act, prefix, number, now + SECOND), now + SECOND)
    shared.tick(shared.clock.now() + SECOND)
    a_rebuild_changes_nothing(shared)


def test_planted_a_rebuild_without_an_event_is_seen(whole: Whole) -> None:
    two_that_become_one(whole)
    signs_in_now(whole)
    whole.tick(whole.clock.now())
    whole.installation.loader(whole.lake).sync()
    whole.lake._connection.execute("DELETE FROM event_rows WHERE name = 'check_in'")
    with pytest.raises(AssertionError):
        a_rebuild_changes_nothing(whole)


def test_nobody_answers_to_an_unknown_id(whole: Whole) -> None:
    with pytest.raises(CallerError, match="No profile answers"):
        whole.profile_id("user_id:nobody")
