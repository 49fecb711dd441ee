"""A profile that turns out to be several people: who gets which events, and that nothing is lost on the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.know.identity.store import hold, redirect, regrouped
from tests.scenarios.people import NOON, signs_in, trains, visits
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened

_COUNTED = "SELECT profile_id, count(*) FROM events WHERE source_system <> 'fieldfare' GROUP BY profile_id"


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


def events_of(whole: Whole) -> dict[int, int]:
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.query(_COUNTED, 100).rows
    return {row[0]: row[1] for row in rows}


def spent(whole: Whole, profile_id: int) -> dict[str, Any]:
    return {key: state for key, state in whole.documents()[profile_id]["document"][2].items() if state[1]}


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
