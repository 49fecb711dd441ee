"""People who live together: what one does is told to the others at its own instant, by whatever way it comes about."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers, open_backfill, open_erasure
from fieldfare.flow.identity_answers import ActRequest
from fieldfare.flow.simulate import Call
from fieldfare.flow.work import Batch
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant, day_start, local_day
from fieldfare.know.profiles.model import Document
from tests.scenarios.households import AUDIENCES, by_lake, edges, members, moves_in, refuses, workspace, write
from tests.scenarios.people import NOON, joins, signs_in, trains
from tests.scenarios.test_backfill import switch
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened

HOME_AT = NOON + HOUR
TOGETHER = ("m-1", "m-2")
IS_KNOWN = Document.__struct_fields__.index("household_known")


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON, workspace(tmp_path / "workspace")) as made:
        yield made


def calls(*more: Call) -> list[Call]:
    """Two members who live together and one who does not."""
    found = [call for user in (*TOGETHER, "m-3") for call in joins(user, NOON)]
    found += [(HOME_AT, moves_in(user, "home-1", HOME_AT)) for user in TOGETHER]
    return sorted([*found, *more], key=lambda call: call[0])


def trained(user: str, *at: Instant) -> list[Call]:
    return [(each, trains(user, each)) for each in at]


def holds_everywhere(whole: Whole) -> None:
    """Documents, lake and a rebuild say the same."""
    assert by_lake(whole) == members(whole)
    a_rebuild_changes_nothing(whole)


def ids(whole: Whole, *users: str) -> set[int]:
    return {whole.profile_id(f"user_id:{user}") for user in users}


def slides_out(at: Instant) -> Instant:
    """Return when an event of that instant is no longer within nine days."""
    return day_start(local_day(at, "Europe/Berlin") + 10, "Europe/Berlin")


def test_what_one_does_the_other_is_told_at_that_instant(whole: Whole) -> None:
    at = NOON + DAY
    whole.play(calls(*trained("m-1", at)), at + HOUR)
    assert edges(whole, "active_home", "m-2") == [(True, at, "event")]
    assert edges(whole, "active_home", "m-1") == [(True, at, "event")]
    assert members(whole)["active_home"] == members(whole)["pair"] == ids(whole, *TOGETHER)
    shown = whole.installation.look.profile("user_id:m-1", whole.clock.now())
    assert shown["household"] == {"members": sorted(ids(whole, "m-2")), "is_known": True}
    assert shown["consent_in_force"] == {"marketing email": "granted"}
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.query("SELECT profile_id, members FROM households ORDER BY 1", 10).rows
    assert [tuple(row) for row in rows] == [(each, 2) for each in sorted(ids(whole, *TOGETHER))]
    consents = whole.lake.query("SELECT DISTINCT purpose, channel, in_force FROM consents", 10).rows
    assert [tuple(row) for row in consents] == [("marketing", "email", "granted")]
    holds_everywhere(whole)


def test_whom_a_query_puts_in_the_others_are_told_of(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "workspace", {"home_picked": "{household: {others: {in: picked}}}"})
    sql = "SELECT profile_id FROM events WHERE name = 'check_in'"
    (folder / "audiences" / "picked.yaml").write_text(f"audience: picked\nrefresh: hourly\nsql: {sql}\n")
    with opened(tmp_path / "data", NOON, folder) as made:
        home = [(HOME_AT, moves_in(user, "home-1", HOME_AT)) for user in TOGETHER]
        there = [(NOON, signs_in(user, "phone", NOON)) for user in TOGETHER]
        at = HOME_AT + MINUTE
        made.play([*there, *home, *trained("m-1", at)], at + MINUTE)
        assert open_answers(made.installation, made.lake, alone=True).queried.run("picked")["ok"]
        assert members(made) == {"picked": ids(made, "m-1"), "home_picked": ids(made, "m-2")}
        assert edges(made, "home_picked", "m-2") == [(True, made.clock.now(), "refresh")]


@pytest.mark.parametrize("late", [0, 3 * DAY])
def test_what_time_turns_reaches_the_other_at_its_own_instant(whole: Whole, late: Instant) -> None:
    at = NOON + DAY
    whole.play(calls(*trained("m-1", at)), at + HOUR)
    turn = slides_out(NOON)
    if late:  # a worker that was away for days
        whole.until_quiet(turn + late)
    else:
        whole.tick(turn)
    assert edges(whole, "active_home", "m-2")[1:] == [(False, turn, "time")]
    whole.tick(at + 20 * DAY)
    quiet = slides_out(at)
    assert edges(whole, "quiet_home", "m-2") == [(True, quiet, "time")]
    assert edges(whole, "quiet_home", "m-1") == [(True, quiet, "time")]
    holds_everywhere(whole)


def test_an_event_finds_the_others_as_they_are_by_then(whole: Whole) -> None:
    """A late worker applies an event of one member after a timer of the other was due."""
    whole.play(calls(*trained("m-1", NOON + DAY, NOON + 2 * DAY)), NOON + 3 * DAY)
    turn = slides_out(NOON + DAY)
    whole.tick(turn - HOUR)
    whole.send(trains("m-2", turn + HOUR), turn + HOUR)
    whole.until_quiet(turn + 2 * HOUR)
    assert edges(whole, "active_home", "m-2")[1:] == [(False, turn, "time")]
    assert edges(whole, "comes_alone", "m-2") == [(True, turn + HOUR, "event")]
    holds_everywhere(whole)


def test_two_members_in_one_batch_are_as_one_after_the_other(tmp_path: Path) -> None:
    at = NOON + DAY
    both = [*trained("m-1", at), *trained("m-2", at + SECOND, at + 2 * SECOND)]
    changes = []
    for name in ("apart", "at once"):
        folder = tmp_path / name
        with opened(folder / "data", NOON, workspace(folder / "workspace")) as made:
            made.play(calls(), HOME_AT)
            if name == "apart":
                made.play(both, at + HOUR)
            else:
                for each, call in both:
                    made.send(call, each)
                made.until_quiet(at + HOUR)
            made.tick(at + 30 * DAY)
            changes.append([{**row, "event_id": None} for row in made.memberships()])
            assert edges(made, "two_often", "m-1")[:2] == [
                (True, at + SECOND, "event"),
                (False, slides_out(NOON), "time"),
            ]
            holds_everywhere(made)
    assert changes[0] == changes[1]


def test_the_simulated_clock_decides_the_same(tmp_path: Path) -> None:
    more = [*trained("m-1", NOON + DAY), *trained("m-2", NOON + 3 * DAY, NOON + 4 * DAY)]
    changes = []
    for name in ("live", "simulated"):
        folder = tmp_path / name
        with opened(folder / "data", NOON, workspace(folder / "workspace")) as made:
            (made.play if name == "live" else made.simulate)(calls(*more), NOON + 30 * DAY)
            changes.append(made.memberships())
    assert changes[0] == changes[1]


def test_the_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    found = []
    for turned in (False, True):
        folder = tmp_path / str(turned)
        with opened(folder / "data", NOON, workspace(folder / "workspace")) as made:
            told = [call for _, call in calls(*trained("m-1", NOON + DAY))]
            for call in reversed(told) if turned else told:
                made.send(call, NOON + 2 * DAY)
            made.tick(NOON + 2 * DAY)
            users = {made.profile_id(f"user_id:{user}"): user for user in (*TOGETHER, "m-3")}
            found.append({name: {users[each] for each in inside} for name, inside in members(made).items()})
            holds_everywhere(made)
    assert found[0] == found[1]


def test_a_trait_tempts_somebody_else_only(whole: Whole) -> None:
    at = NOON + DAY
    whole.play([*calls(), *joins("m-1", at, membership_tier="premium")], at + HOUR)
    assert members(whole)["tempted"] == ids(whole, "m-2")
    holds_everywhere(whole)


def does(whole: Whole, kind: str, a: str, b: str | None = None, *identifiers: str) -> dict[str, Any]:
    asked = ActRequest(kind=kind, a=a, b=b, identifiers=list(identifiers), actor="ann", reason="asked at the desk")
    return open_answers(whole.installation, whole.lake, alone=True).identity.act(asked)


def test_a_person_makes_a_household(whole: Whole) -> None:
    whole.play(calls(*trained("m-1", NOON + DAY)), NOON + DAY + HOUR)
    does(whole, "household", "user_id:m-1", "user_id:m-3")
    assert members(whole)["pair"] == members(whole)["active_home"] == ids(whole, *TOGETHER, "m-3")
    assert [cause for _, _, cause in edges(whole, "active_home", "m-3")] == ["household"]
    does(whole, "never", "user_id:m-1", "user_id:m-3")
    assert members(whole)["pair"] == ids(whole, *TOGETHER, "m-3"), "two people, who live together"
    holds_everywhere(whole)


def test_a_merge_and_its_undoing(whole: Whole) -> None:
    whole.play(calls(*trained("m-1", NOON + DAY)), NOON + DAY + HOUR)
    before = members(whole)
    does(whole, "merge", "user_id:m-1", "user_id:m-2")
    assert members(whole)["pair"] == set()
    assert members(whole)["active_home"] == ids(whole, "m-1")
    holds_everywhere(whole)
    does(whole, "split", "user_id:m-1", None, "user_id:m-2", "email:m-2@example.com")
    assert members(whole) == before
    holds_everywhere(whole)


def test_a_merge_from_outside_brings_its_deeds(whole: Whole) -> None:
    whole.play(calls(*trained("m-3", NOON + DAY)), NOON + DAY + HOUR)
    assert members(whole)["active_home"] == ids(whole, "m-3")
    does(whole, "merge", "user_id:m-1", "user_id:m-3")
    assert members(whole)["active_home"] == ids(whole, *TOGETHER)
    assert edges(whole, "active_home", "m-2")[-1][2] == "merge"
    holds_everywhere(whole)


def test_a_merge_elsewhere_leads_the_household_to_whoever_stands(whole: Whole) -> None:
    both = [call for user in (*TOGETHER, "m-3") for call in joins(user, NOON)]
    whole.play(sorted(both, key=lambda call: call[0]), NOON + HOUR)
    does(whole, "household", "user_id:m-2", "user_id:m-3")
    does(whole, "merge", "user_id:m-1", "user_id:m-3")
    at = whole.clock.now() + HOUR
    whole.send(trains("m-1", at), at)
    whole.tick(at)
    assert edges(whole, "active_home", "m-2")[-1][0]
    assert members(whole)["pair"] == ids(whole, "m-1", "m-2")
    holds_everywhere(whole)


def test_erasure_takes_a_member_out(whole: Whole) -> None:
    whole.play(calls(*trained("m-1", NOON + DAY)), NOON + DAY + HOUR)
    other = ids(whole, "m-2")
    open_erasure(whole.installation, whole.lake).erase("user_id:m-1", "ann", "asked for it")
    assert members(whole)["active_home"] == members(whole)["pair"] == set()
    rows = [row for row in whole.memberships() if row["audience"] == "pair" and not row["joined"]]
    assert {row["cause"] for row in rows if row["profile_id"] in other} == {"erasure"}
    holds_everywhere(whole)


def test_too_many_are_no_household_until_one_goes(whole: Whole) -> None:
    users = [f"desk-{number}" for number in range(21)]
    at = NOON + DAY
    told = [call for user in users for call in joins(user, NOON)]
    told += [(at + place * SECOND, moves_in(user, "desk", at)) for place, user in enumerate(users)]
    whole.play(sorted(told, key=lambda call: call[0]), at + HOUR)
    documents = whole.documents()
    assert all(not each["document"][IS_KNOWN] for each in documents.values()), "nothing is said of it"
    assert len(members(whole)["pair"]) == 20, "who was in stays in, nobody joins"
    assert by_lake(whole)["pair"] == set()
    whole.rebuild()
    assert len(members(whole)["pair"]) == 20
    open_erasure(whole.installation, whole.lake).erase("user_id:desk-3", "ann", "asked for it")
    assert all(each["document"][IS_KNOWN] for each in whole.documents().values())
    assert members(whole)["pair"] == ids(whole, *(user for user in users if user != "desk-3"))
    holds_everywhere(whole)


def test_a_new_definition_waits_for_nobody(tmp_path: Path) -> None:
    folder = workspace(tmp_path / "workspace", {"often": AUDIENCES["often"]})
    with opened(tmp_path / "data", NOON, folder) as whole:
        open_backfill(whole.installation, whole.lake).begin()
        whole.play(calls(*trained("m-1", NOON + DAY)), NOON + DAY + HOUR)
        write(folder, AUDIENCES | {"fresh": "{household: {others: {did: check_in, where: {weekday: mon}}}}"})
        backfill = switch(whole, folder)
        whole.send(trains("m-2", NOON + 2 * DAY), NOON + 2 * DAY)
        whole.tick(NOON + 2 * DAY)
        assert edges(whole, "fresh", "m-1") == [], "not computable until it is filled"
        backfill.run()
        assert members(whole)["fresh"] == ids(whole, *TOGETHER)
        assert members(whole)["active_home"] == ids(whole, *TOGETHER)
        holds_everywhere(whole)


def test_planted_fault_a_household_that_is_not_loaded_is_seen(whole: Whole) -> None:
    people = whole.installation.people

    class Alone(type(people)):  # type: ignore[misc]  # the class of what stands there
        def begun(self, connection: Any, batch: Batch) -> Batch:
            super().begun(connection, batch).loads_kin = False
            return batch

    people.__class__ = Alone
    at = NOON + DAY
    whole.play(calls(*trained("m-1", at)), at + HOUR)
    assert members(whole)["active_home"] != by_lake(whole)["active_home"]


def test_consent_counts_at_once_and_follows_the_address(whole: Whole) -> None:
    at = NOON + DAY
    whole.play([*calls(), *joins("m-4", at, email="m-1@example.com")], at + HOUR)
    assert members(whole)["reachable"] == ids(whole, *TOGETHER, "m-3", "m-4")
    assert members(whole)["pair"] == ids(whole, *TOGETHER, "m-4"), "whoever shares an address is related"
    whole.send(refuses("m-1", at + 2 * HOUR), at + 2 * HOUR)
    whole.tick(at + 2 * HOUR)
    assert members(whole)["refused"] == ids(whole, "m-1", "m-4"), "the address is the same"
    assert members(whole)["home_reachable"] == ids(whole, *TOGETHER, "m-3", "m-4"), (
        "of either home somebody may be written to"
    )
    assert edges(whole, "reachable", "m-4")[-1] == (False, at + 2 * HOUR, "event")
    holds_everywhere(whole)
    whole.play(joins("m-4", at + DAY, email="m-4@example.com"), at + 2 * DAY)
    assert whole.profile_id("user_id:m-4") in members(whole)["reachable"], "another address, and a new grant"
    holds_everywhere(whole)


def test_confidence_and_identifiers_turn_by_identity_alone(whole: Whole) -> None:
    whole.play(calls(), NOON + DAY)
    assert members(whole)["sure"] == ids(whole, *TOGETHER, "m-3")
    at = NOON + DAY + MINUTE
    phone = {"phone": "+4940123456", "phone_verified": True}
    whole.play([(at, signs_in("m-1", "browser-1", at, **phone))], at + HOUR)
    assert members(whole)["sure"] == ids(whole, "m-2", "m-3"), "a phone is attached"
    does(whole, "split", "user_id:m-1", None, "email:m-1@example.com")
    assert ids(whole, "m-2", "m-3") <= members(whole)["by_mail"]
    assert not members(whole)["by_mail"] & ids(whole, "m-1"), "the address is somebody else's"
    holds_everywhere(whole)
