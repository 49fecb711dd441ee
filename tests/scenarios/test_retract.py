"""An event that is taken back counts nowhere, and never again, whatever is folded anew afterwards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers, open_backfill, open_refolds
from fieldfare.flow import store as flow_store
from fieldfare.flow.generate.calls import track
from fieldfare.flow.profile_answers import EventFilter
from fieldfare.flow.retract import CAUSE, Refolds
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR
from fieldfare.ground.log.ports import NORMAL
from tests.scenarios.people import NOON, granted, joins
from tests.scenarios.whole import Whole, known_of, opened

USER = "user_id:m-1"


@pytest.fixture(params=["sqlite", "postgres"])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    url = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with opened(tmp_path, NOON, url=url) as made:
        made.play([*joins("m-1", NOON), *joins("m-2", NOON)], NOON + HOUR)
        for number in range(5):
            at = NOON + (number + 1) * DAY
            spends = {"location_id": "hamburg-altona", "spend": 10 + number, "currency": "EUR"}
            for user in ("m-1", "m-2"):
                made.send(track("check_in", user, f"{user}-visit-{number}", at, spends), at)
            made.tick(at)
        yield made


def ask(whole: Whole, message_id: str, actor: str = "anna", reason: str = "a test of the till") -> dict[str, Any]:
    return open_answers(whole.installation, whole.lake).retract(message_id, actor, reason)


def refolds(whole: Whole) -> Refolds:
    return open_refolds(whole.installation, whole.lake)


def taken_back(whole: Whole, *message_ids: str) -> None:
    for message_id in message_ids:
        assert ask(whole, message_id)["state"] == "asked"
    whole.tick(whole.clock.now())
    refolds(whole).step()


def computed(whole: Whole, name: str, told: str = USER) -> Any:
    return whole.installation.look.profile(told, whole.clock.now())["computed"][name]["value"]


def test_it_counts_nowhere_any_more(whole: Whole) -> None:
    assert computed(whole, "spend_365d") == 60
    assert computed(whole, "visits_total") == 6
    assert "counter_spenders" in whole.installation.look.profile(USER, whole.clock.now())["audiences"]
    taken_back(whole, "m-1-visit-4", "m-1-visit-3")
    assert computed(whole, "spend_365d") == 33
    assert computed(whole, "visits_total") == 4
    assert computed(whole, "recency_days") == 2
    assert computed(whole, "spend_365d", "user_id:m-2") == 60
    changes = [row for row in whole.memberships() if row["cause"] == CAUSE]
    assert [(row["audience"], row["joined"]) for row in changes] == [("counter_spenders", False)]
    answers = open_answers(whole.installation, whole.lake)
    for table, counted in (
        ("events", 0),
        ("events_normalized", 0),
        ("facts", None),
        ("event_rows", 1),
        ("retractions", 1),
    ):
        if counted is not None:
            sql = f"SELECT count(*) FROM {table} WHERE event_id = 'm-1-visit-4'"
            assert answers.sql(sql, 1)["rows"] == [[counted]], table
    timeline = answers.profiles.timeline(USER, EventFilter(limit=500))["events"]
    assert {each["event_id"] for each in timeline if each["retracted"]} == {"m-1-visit-4", "m-1-visit-3"}
    assert answers.sql("SELECT actor, reason FROM retractions", 1)["rows"] == [["anna", "a test of the till"]]


def test_it_stays_taken_back(whole: Whole) -> None:
    taken_back(whole, "m-1-visit-2")
    found, changes = known_of(whole), whole.memberships()
    whole.rebuild()
    assert known_of(whole) == found
    whole.replay()
    assert known_of(whole) == found
    made = open_backfill(whole.installation, whole.lake)
    made.begin()
    made.run()
    assert known_of(whole) == found
    assert whole.memberships() == changes


def test_late_events_are_folded_beside_it(whole: Whole) -> None:
    taken_back(whole, "m-1-visit-4")
    at = whole.clock.now() + HOUR
    whole.send(
        track("check_in", "m-1", "late", NOON + 2 * DAY + HOUR, {"spend": 7, "location_id": "hamburg-altona"}), at
    )
    whole.tick(at)
    found = known_of(whole)
    assert computed(whole, "spend_365d") == 60 - 14 + 7
    whole.rebuild()
    assert known_of(whole) == found


def test_taking_back_twice_is_once(whole: Whole) -> None:
    assert ask(whole, "m-1-visit-0")["state"] == "asked"
    assert ask(whole, "m-1-visit-0")["state"] == "asked"
    whole.tick(whole.clock.now())
    told = ask(whole, "m-1-visit-0", "bert", "again")
    assert (told["state"], told["actor"], told["reason"]) == ("retracted", "anna", "a test of the till")
    head = whole.stores.log.head(NORMAL)
    assert refolds(whole).step() == 1
    assert refolds(whole).step() == 0
    assert ask(whole, "m-1-visit-0")["state"] == "folded"
    assert whole.stores.log.head(NORMAL) == head
    assert computed(whole, "visits_total") == 5


@pytest.mark.parametrize(
    ("message_id", "actor", "reason", "code"),
    [
        ("nothing-like-it", "a", "r", "event_unknown"),
        ("m-1-visit-0", " ", "r", "retract_invalid"),
        ("m-1-visit-0", "a", "", "retract_invalid"),
        ("m-1-visit-0", "a", "r" * 501, "retract_invalid"),
    ],
)
def test_what_cannot_be_taken_back_is_said(whole: Whole, message_id: str, actor: str, reason: str, code: str) -> None:
    head = whole.stores.log.head(NORMAL)
    with pytest.raises(CallerError) as caught:
        ask(whole, message_id, actor, reason)
    assert caught.value.code == code
    assert whole.stores.log.head(NORMAL) == head


def test_own_events_stay(whole: Whole) -> None:
    taken_back(whole, "m-1-visit-0")
    own = open_answers(whole.installation, whole.lake).sql(
        "SELECT event_id FROM events WHERE name = 'Event Retracted'", 1
    )
    with pytest.raises(CallerError, match="own"):
        ask(whole, own["rows"][0][0])


def test_consent_stays_in_the_ledger(whole: Whole) -> None:
    at = whole.clock.now() + HOUR
    whole.send(granted("m-1", at), at)
    whole.tick(at)
    before = whole.installation.look.profile(USER, whole.clock.now())["consent"]
    taken_back(whole, f"m-1-grant-{at}")
    assert whole.installation.look.profile(USER, whole.clock.now())["consent"] == before


def test_a_crash_before_the_fold_was_noted_does_it_again(whole: Whole) -> None:
    assert ask(whole, "m-1-visit-1")["state"] == "asked"
    whole.tick(whole.clock.now())
    refolds(whole).step()
    found = known_of(whole)
    with whole.stores.state.write() as connection:
        connection.execute(flow_store.retraction.update().values(folded_at=None))
    assert refolds(whole).step() == 1
    assert known_of(whole) == found
