"""A profile that turns out to be several people: who gets which events, and that nothing is lost on the way."""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from fieldfare.assembly.installation import Installation
from fieldfare.collect.model import Event
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.regroup import History
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, to_iso
from fieldfare.ground.log.ports import NORMAL, URGENT
from fieldfare.know.identity.store import hold, redirect, regrouped
from tests.scenarios.people import NOON, signs_in, trains, visits
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, known_of, opened

_IDENTIFIERS = 12
"""Place of the identifiers in a document."""
WHOLE_UNIT = 10_000
_COUNTED = "SELECT profile_id, count(*) FROM events WHERE source_system <> 'fieldfare' GROUP BY profile_id"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


def events_of(whole: Whole) -> dict[int, int]:
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.query(_COUNTED, 100).rows
    return {row[0]: row[1] for row in rows}


def spent(whole: Whole, profile_id: int) -> set[int]:
    """Return what the measures of money come to."""
    states = whole.documents()[profile_id]["document"][2].values()
    return {base + sum(tiles[2::3]) for _, base, _, _, tiles, *_ in states} - {0}


def test_the_third_member_on_a_tablet_takes_it_from_the_first(whole: Whole) -> None:
    """What was done on it without signing in was the first member's until then; now it is nobody's."""
    whole.play(
        [
            (NOON, trains("m-1", NOON, spend=7)),
            (NOON + MINUTE, signs_in("m-1", "tablet", NOON + MINUTE)),
            (NOON + 2 * MINUTE, visits("tablet", NOON + 2 * MINUTE)),
            (NOON + 3 * MINUTE, signs_in("m-2", "tablet", NOON + 3 * MINUTE)),
        ],
        NOON + HOUR,
    )
    first = whole.profile_id("user_id:m-1")
    assert whole.profile_id("anonymous_id:tablet") == first
    money = spent(whole, first)
    assert money == {7 * WHOLE_UNIT}
    at = NOON + 2 * HOUR
    whole.send([visits("tablet", at), signs_in("m-3", "tablet", at + MINUTE)], at)
    whole.tick(at + HOUR)
    assert whole.profile_id("user_id:m-1") == first
    tablet = whole.profile_id("anonymous_id:tablet")
    assert tablet not in {first, whole.profile_id("user_id:m-2"), whole.profile_id("user_id:m-3")}
    assert spent(whole, first) == money, "what the member did signed in stays theirs"
    assert events_of(whole) == {
        first: 2,
        whole.profile_id("user_id:m-2"): 1,
        whole.profile_id("user_id:m-3"): 1,
        tablet: 2,
    }
    a_rebuild_changes_nothing(whole)


def test_a_tablet_that_two_people_take_in_one_request_takes_nothing_along(whole: Whole) -> None:
    """Two members signed in at one instant, so it is either's; what the first did stays theirs when a third comes."""
    for number in range(8):
        tablet, at = f"tablet-{number}", NOON + number * MINUTE
        known = [(at, trains(f"{who}-{number}", at, spend=1)) for who in "ab"]
        whole.play([*known, (at, visits(tablet, at)), (at, signs_in(f"a-{number}", tablet, at))], at + SECOND)
    for number in range(8):
        at = NOON + number * MINUTE
        third = signs_in(f"c-{number}", f"tablet-{number}", at + HOUR)
        whole.send([signs_in(f"b-{number}", f"tablet-{number}", at), third], at + HOUR)
    whole.tick(NOON + 2 * HOUR)
    for number in range(8):
        for who in "ab":
            assert spent(whole, whole.profile_id(f"user_id:{who}-{number}")) == {WHOLE_UNIT}, (who, number)
    a_rebuild_changes_nothing(whole)


def test_a_late_event_moves_a_device_to_whom_it_was_first_with(whole: Whole) -> None:
    whole.play(
        [
            (NOON + DAY, signs_in("m-2", "phone", NOON + DAY)),
            (NOON + DAY, visits("phone", NOON + DAY)),
            (NOON + DAY + HOUR, signs_in("m-1", "phone", NOON)),
        ],
        NOON + 2 * DAY,
    )
    assert whole.profile_id("anonymous_id:phone") == whole.profile_id("user_id:m-1")
    assert whole.profile_id("user_id:m-2") != whole.profile_id("user_id:m-1")
    assert sorted(events_of(whole).values()) == [1, 2]
    assert len(whole.rows(regrouped)) == 1
    assert {row["reason"] for row in whole.rows(hold)} == {"limit"}
    a_rebuild_changes_nothing(whole)


def test_a_tear_undoes_an_earlier_merge_and_both_have_their_ids_again(whole: Whole) -> None:
    """A device was merged into a member; then it turns out that it is one of many people's."""
    whole.play(
        [
            (NOON, visits("kiosk", NOON)),
            (NOON + MINUTE, trains("m-1", NOON + MINUTE, spend=3)),
        ],
        NOON + HOUR,
    )
    kiosk, member = whole.profile_id("anonymous_id:kiosk"), whole.profile_id("user_id:m-1")
    at = NOON + 2 * HOUR
    whole.play([(at + n, signs_in(user, "kiosk", at + n)) for n, user in enumerate(("m-1", "m-2"))], at + HOUR)
    assert whole.profile_id("user_id:m-1") == whole.profile_id("anonymous_id:kiosk") == kiosk
    whole.play([(at + DAY, signs_in("m-3", "kiosk", at + DAY))], at + 2 * DAY)
    assert (whole.profile_id("anonymous_id:kiosk"), whole.profile_id("user_id:m-1")) == (kiosk, member)
    assert whole.profile_id(str(member)) == member, "the redirect of the merge is gone"
    assert whole.rows(redirect) == []
    assert events_of(whole)[kiosk] == 1
    assert events_of(whole)[member] == 2
    a_rebuild_changes_nothing(whole)


def on_each_others_browsers(seed: int) -> list[dict[str, Any]]:
    """Return late calls of four members who sign in on each other's browsers, so that people are torn apart again."""
    drawn = random.Random(seed)
    calls = []
    for number in range(40):
        member = drawn.randrange(4)
        browser = drawn.randrange(8) if drawn.random() < 0.3 else 2 * member + drawn.randrange(2)
        call = trains(f"m-{member}", NOON + number * SECOND, spend=drawn.randrange(1, 9))
        call["messageId"] = f"c-{number}"
        knows = drawn.random()
        if knows < 0.7:
            call["anonymousId"] = f"b-{browser}"
        if knows < 0.35:
            del call["userId"]
        call["timestamp"] = to_iso(NOON + number * SECOND - drawn.randrange(3_600) * SECOND)
        calls.append(call)
    return calls


def people_of(whole: Whole) -> dict[frozenset[str], Any]:
    """Return what is known of each person, by the identifiers that lead to them."""
    found = {}
    for each in known_of(whole).values():
        identifiers = frozenset(str(node) for nodes in each["document"][_IDENTIFIERS].values() for node in nodes)
        found[identifiers] = {
            **each,
            "document": [*each["document"][:_IDENTIFIERS], *each["document"][_IDENTIFIERS + 1 :]],
        }
    return found


@pytest.mark.parametrize("seed", [0, 7, 11])
def test_people_torn_again_and_again_are_the_same_however_their_events_are_cut(tmp_path: Path, seed: int) -> None:
    """All in one request, each in one of its own, and each applied before the next is sent."""
    calls = on_each_others_browsers(seed)
    at = NOON + HOUR
    found, tears = [], []
    for number, requests in enumerate(([calls], [[call] for call in calls], None)):
        folder = tmp_path / f"{number}"
        with opened(folder, at, keys_of=tmp_path / "0" if number else None) as whole:
            for request in requests or [[call] for call in calls]:
                whole.send(request, at)
                while requests is None and whole.installation.pipeline.apply(NORMAL):
                    continue
            whole.tick(at)
            found.append(people_of(whole))
            tears.append(len(whole.rows(regrouped)))
            assert sum(events_of(whole).values()) == len(calls)
            a_rebuild_changes_nothing(whole)
    assert min(tears) > 1
    assert found[0] == found[1] == found[2]


class Outrun:
    """The past of a lake; once, after it was caught up with, another process applies what waits."""

    def __init__(self, past: History, other: Pipeline) -> None:
        self._past, self._other = past, other
        self.applied: list[int] = []

    def catch_up(self) -> None:
        self._past.catch_up()
        if not self.applied:
            self.applied.append(self._other.apply(URGENT))

    def events(self, connection: Connection, profile_ids: Iterable[int]) -> list[tuple[int, Event]]:
        return self._past.events(connection, profile_ids)


def test_what_another_process_applies_before_the_tear_is_not_left_out(whole: Whole) -> None:
    whole.play([(NOON + DAY, signs_in("m-2", "phone", NOON + DAY))], NOON + DAY + HOUR)
    at = NOON + 2 * DAY
    regrouping = whole.installation.pipeline.regrouping
    assert regrouping.history is not None
    other = Installation(whole.workspace, whole.stores, whole.clock, capture_all=True)
    regrouping.history = outrun = Outrun(regrouping.history, other.pipeline)
    whole.clock.move_to(at)
    whole.send({**trains("m-2", at, spend=5), "anonymousId": "phone"}, at, partition=URGENT)
    whole.send(signs_in("m-1", "phone", NOON), at)
    assert whole.installation.pipeline.apply(NORMAL) == 1
    assert outrun.applied == [1]
    whole.tick(at + HOUR)
    assert whole.profile_id("user_id:m-2") != whole.profile_id("anonymous_id:phone")
    assert sum(events_of(whole).values()) == 3
    a_rebuild_changes_nothing(whole)
