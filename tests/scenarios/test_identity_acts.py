"""Acts of people on identity: what they change, that they stay, and what they say when they cannot be meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.installation import open_answers
from fieldfare.flow.generate.calls import track
from fieldfare.flow.identity_answers import ActRequest, IdentityAnswers
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.log.ports import Entry
from fieldfare.know.identity.store import act, link, redirect
from tests.scenarios.people import CLUB, NOON, joins, signs_in, trains, visits
from tests.scenarios.whole import Whole, a_rebuild_changes_nothing, opened


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with opened(tmp_path / "data", NOON) as made:
        yield made


def identity(whole: Whole) -> IdentityAnswers:
    return open_answers(whole.installation, whole.lake, alone=True).identity


def does(whole: Whole, kind: str, a: str, b: str | None = None, *identifiers: str) -> dict[str, Any]:
    asked = ActRequest(kind=kind, a=a, b=b, identifiers=list(identifiers), actor="ann", reason="asked at the desk")
    return identity(whole).act(asked)


def documents(whole: Whole) -> dict[int, Any]:
    """Return what is known of each profile, without what the order of identifiers has to do with."""
    found = {}
    for profile_id, told in whole.documents().items():
        document = list(told["document"])
        document[12] = {kind: sorted(held) for kind, held in document[12].items()}
        found[profile_id] = (document, told.get("personal"))
    return found


def test_merge_then_split_gives_both_documents_back(whole: Whole) -> None:
    whole.play(
        [*joins("m-1", NOON), *joins("m-2", NOON + MINUTE), (NOON + HOUR, trains("m-1", NOON, spend=7))], NOON + DAY
    )
    before = documents(whole)
    merged = does(whole, "merge", "user_id:m-1", "user_id:m-2")
    assert merged["status"] == "applied"
    assert len(merged["profiles"]) == 1
    assert whole.profile_id("user_id:m-1") == whole.profile_id("user_id:m-2")
    apart = does(whole, "split", "user_id:m-1", None, "user_id:m-2", "email:m-2@example.com")
    assert apart["profiles"] == merged["profiles_before"]
    assert documents(whole) == before
    assert whole.rows(redirect) == []
    a_rebuild_changes_nothing(whole)


def test_what_waits_goes_with_its_walk_to_whom_a_split_gives_it(whole: Whole) -> None:
    """A walk of the one proposes at night, while they are one; they are two again in the morning."""
    night = NOON + 10 * HOUR
    whole.play([*joins("m-1", NOON)[:2], *joins("m-2", NOON + MINUTE, first_name="Mo")[:2]], night)
    whole.play([(night, track("membership_activated", "m-2", "starts", night, {"location_id": CLUB}))], night + DAY)
    first, second = whole.profile_id("user_id:m-1"), whole.profile_id("user_id:m-2")
    does(whole, "merge", "user_id:m-1", "user_id:m-2")
    whole.tick(night + 2 * DAY)
    (waits,) = [row for row in whole.proposals() if row["status"] == "due"]
    assert waits["profile_id"] == first
    does(whole, "split", "user_id:m-1", None, "user_id:m-2", "email:m-2@example.com")
    assert [row["profile_id"] for row in whole.proposals() if row["status"] == "due"] == [second]
    whole.tick(night + 3 * DAY)
    (message,) = [row for row in whole.messages() if row["template"] == "first_week"]
    assert message["address_hash"] == whole.installation.look.hash_of("email:m-2@example.com")
    said = {
        row["decision_outcome"]: row["profile_id"] for row in whole.decisions() if row["proposal_id"] == waits["id"]
    }
    assert said == {"deferral": first, "permit": second}
    assert first != second


def test_what_was_split_stays_split_through_events_and_rebuild(whole: Whole) -> None:
    whole.play([(NOON, visits("b-1", NOON)), (NOON + MINUTE, signs_in("m-1", "b-1", NOON + MINUTE))], NOON + HOUR)
    does(whole, "split", "user_id:m-1", None, "anonymous_id:b-1")
    member, browser = whole.profile_id("user_id:m-1"), whole.profile_id("anonymous_id:b-1")
    assert member != browser
    at = NOON + 2 * HOUR
    whole.play([(at, signs_in("m-1", "b-1", at)), (at + MINUTE, visits("b-1", at + MINUTE))], at + HOUR)
    assert (whole.profile_id("user_id:m-1"), whole.profile_id("anonymous_id:b-1")) == (member, browser)
    a_rebuild_changes_nothing(whole)
    whole.replay()
    assert (whole.profile_id("user_id:m-1"), whole.profile_id("anonymous_id:b-1")) == (member, browser)
    assert len(whole.documents()) == 2


def test_a_split_tells_whoever_keeps_copies(whole: Whole) -> None:
    whole.play([(NOON, visits("b-1", NOON)), (NOON + MINUTE, signs_in("m-1", "b-1", NOON + MINUTE))], NOON + HOUR)
    does(whole, "split", "user_id:m-1", None, "anonymous_id:b-1")
    whole.installation.relay.run(whole.clock.now())
    whole.tick(whole.clock.now())
    whole.installation.loader(whole.lake).sync()
    rows = whole.lake.query("SELECT profile_id FROM events WHERE name = 'Profile Corrected'", 10).rows
    assert {row[0] for row in rows} == {whole.profile_id("user_id:m-1"), whole.profile_id("anonymous_id:b-1")}


def test_never_keeps_two_people_apart_until_a_person_merges_them(whole: Whole) -> None:
    whole.play([(NOON, visits("b-1", NOON)), (NOON, trains("m-1", NOON))], NOON + HOUR)
    does(whole, "never", "user_id:m-1", "anonymous_id:b-1")
    at = NOON + 2 * HOUR
    whole.play([(at, signs_in("m-1", "b-1", at))], at + HOUR)
    assert whole.profile_id("user_id:m-1") != whole.profile_id("anonymous_id:b-1")
    told = identity(whole).explain("user_id:m-1", "anonymous_id:b-1")
    assert not told["is_one"]
    assert [each["who"] for each in told["never"]] == ["ann"]
    does(whole, "merge", "user_id:m-1", "anonymous_id:b-1")
    assert whole.profile_id("user_id:m-1") == whole.profile_id("anonymous_id:b-1")


def test_explain_tells_the_chain(whole: Whole) -> None:
    calls = [
        (NOON, signs_in("m-1", "b-1", NOON)),
        (NOON + MINUTE, signs_in("m-1", "b-2", NOON + MINUTE)),
    ]
    whole.play(calls, NOON + HOUR)
    told = identity(whole).explain("anonymous_id:b-1", "anonymous_id:b-2")
    assert told["is_one"]
    assert [each["rule"] for each in told["chain"]] == ["anonymous_id+user_id"] * 2


def test_a_question_is_answered_once(whole: Whole) -> None:
    whole.play([(NOON + n, signs_in(user, "b-1", NOON + n)) for n, user in enumerate(("m-1", "m-2"))], NOON + HOUR)
    (waiting,) = identity(whole).holds()["holds"]
    assert waiting["reason"] == "limit"
    done = identity(whole).review(waiting["hold"], "same", "ann", "a married name")
    assert len(done["profiles"]) == 1
    assert whole.profile_id("user_id:m-1") == whole.profile_id("user_id:m-2")
    assert identity(whole).holds()["holds"] == []
    with pytest.raises(CallerError) as refused:
        identity(whole).review(waiting["hold"], "never", "ann", "no")
    assert refused.value.code == "hold_closed"
    at = NOON + 2 * HOUR
    whole.play([(at, signs_in("m-2", "b-1", at))], at + HOUR)
    assert identity(whole).holds()["holds"] == [], "what was answered is not asked again"


@pytest.mark.parametrize(("status", "reason"), [("waiting", None), ("", None), ("open", "tablet")])
def test_a_filter_that_no_question_can_fit_is_refused(whole: Whole, status: str, reason: str | None) -> None:
    with pytest.raises(CallerError) as refused:
        identity(whole).holds(status, reason)
    assert refused.value.code == "filter_unknown"


def test_a_question_that_something_else_has_answered_is_closed_all_the_same(whole: Whole) -> None:
    whole.play([(NOON + n, signs_in(user, "b-1", NOON + n)) for n, user in enumerate(("m-1", "m-2"))], NOON + HOUR)
    does(whole, "merge", "user_id:m-1", "user_id:m-2")
    for waiting in identity(whole).holds()["holds"]:
        assert identity(whole).review(waiting["hold"], "same", "ann", "merged already")["status"] == "applied"
    assert identity(whole).holds()["holds"] == []
    assert len(identity(whole).holds(status="same")["holds"]) == 1


def test_a_tablet_that_was_set_aside_is_released(whole: Whole) -> None:
    whole.play([(NOON + n, signs_in(f"m-{n}", "desk", NOON + n)) for n in range(3)], NOON + HOUR)
    assert whole.profile_id("anonymous_id:desk") != whole.profile_id("user_id:m-0")
    (aside,) = identity(whole).explain("user_id:m-0", "user_id:m-1")["set_aside"]
    assert aside["identifier"].startswith("anonymous_id:#")
    assert aside["because"] == "too many people use it"
    does(whole, "release", "anonymous_id:desk")
    assert whole.profile_id("anonymous_id:desk") == whole.profile_id("user_id:m-0")
    does(whole, "quarantine", "anonymous_id:desk")
    (aside,) = identity(whole).explain("user_id:m-0", "anonymous_id:desk")["set_aside"]
    assert aside["because"] == "a person set it aside"
    assert whole.profile_id("anonymous_id:desk") != whole.profile_id("user_id:m-0")


def test_a_question_about_what_is_set_aside_waits_for_nobody(whole: Whole) -> None:
    signed = [(NOON + n, signs_in(f"m-{n}", "desk", NOON + n)) for n in range(3)]
    whole.play(signed[:2], NOON + HOUR)
    (asked,) = identity(whole).holds()["holds"]
    assert asked["reason"] == "limit"
    does(whole, "quarantine", "anonymous_id:desk")
    assert identity(whole).holds()["holds"] == []
    (closed,) = identity(whole).holds("dismissed")["holds"]
    assert (closed["hold"], closed["decided_by"]) == (asked["hold"], "fieldfare")
    assert "set aside" in closed["decided_because"]
    does(whole, "release", "anonymous_id:desk")
    (again,) = identity(whole).holds()["holds"]
    assert (again["hold"], again["decided_by"]) == (asked["hold"], None), "it is asked again"
    identity(whole).review(asked["hold"], "never", "ann", "two people")
    does(whole, "quarantine", "anonymous_id:desk")
    does(whole, "release", "anonymous_id:desk")
    assert [row["status"] for row in identity(whole).holds(None)["holds"]] == ["never"], "what Ann said stays"


def test_too_many_people_close_the_questions_too(whole: Whole) -> None:
    whole.play([(NOON + n, signs_in(f"m-{n}", "desk", NOON + n)) for n in range(2)], NOON + HOUR)
    assert len(identity(whole).holds()["holds"]) == 1
    at = NOON + 2 * HOUR
    whole.play([(at, signs_in("m-2", "desk", at))], at + HOUR)
    assert identity(whole).holds()["holds"] == []


def test_a_household_is_a_relation_and_no_merge(whole: Whole) -> None:
    whole.play([*joins("m-1", NOON), *joins("m-2", NOON)], NOON + HOUR)
    does(whole, "household", "user_id:m-1", "user_id:m-2")
    assert whole.profile_id("user_id:m-1") != whole.profile_id("user_id:m-2")
    assert [row["rule"] for row in whole.rows(link) if row["kind"] == "household"] == ["person"]


def test_the_address_of_a_family_joins_nobody_and_relates_all(whole: Whole) -> None:
    at = NOON + DAY
    whole.play([*joins("m-1", NOON), *joins("m-2", at, email="m-1@example.com")], at + HOUR)
    assert whole.profile_id("user_id:m-1") != whole.profile_id("user_id:m-2")
    assert [row["rule"] for row in whole.rows(link) if row["kind"] == "household"] == ["shared_email"]
    later = at + DAY
    whole.play(joins("m-3", later, email="m-1@example.com"), later + HOUR)
    related = [row for row in whole.rows(link) if row["kind"] == "household"]
    assert len({end for row in related for end in (row["a"], row["b"])}) == 3, "the third one is related too"


@pytest.mark.parametrize(
    ("kind", "a", "b", "identifiers", "code"),
    [
        ("join", "user_id:m-1", "user_id:m-2", (), "act_unknown"),
        ("dismiss", "user_id:m-1", "user_id:m-2", (), "act_unknown"),
        ("merge", "user_id:nobody", "user_id:m-2", (), "identifier_unknown"),
        ("merge", "user_id:m-1", "user_id:m-1", (), "act_refused"),
        ("merge", "user_id:m-1", None, (), "act_refused"),
        ("split", "user_id:m-1", None, (), "identifier_missing"),
        ("split", "user_id:m-1", None, ("user_id:m-2",), "act_refused"),
        ("split", "user_id:m-2", None, ("user_id:m-2",), "act_refused"),
        ("never", "user_id:m-1", "email:m-1@example.com", (), "act_refused"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_changes_nothing(
    whole: Whole, kind: str, a: str, b: str | None, identifiers: tuple[str, ...], code: str
) -> None:
    whole.play([*joins("m-1", NOON), (NOON, trains("m-2", NOON))], NOON + HOUR)
    before = documents(whole)
    with pytest.raises(CallerError) as refused:
        does(whole, kind, a, b, *identifiers)
    assert refused.value.code == code
    assert documents(whole) == before


def test_an_act_delivered_twice_is_one(whole: Whole) -> None:
    whole.play([*joins("m-1", NOON), *joins("m-2", NOON)], NOON + HOUR)
    does(whole, "merge", "user_id:m-1", "user_id:m-2")
    (done,) = whole.rows(act)
    for record in whole.stores.log.read(0, 0, 10):
        whole.stores.log.append(0, [Entry(record.received_at, record.body)])
    whole.tick(whole.clock.now())
    assert whole.rows(act) == [done]
