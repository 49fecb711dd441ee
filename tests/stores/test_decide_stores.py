"""Walks, proposals and the decision log on both databases."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from fieldfare.decide.gate import store as gate
from fieldfare.decide.gate.judge import judge_by
from fieldfare.decide.gate.model import Facts, Finding, Refusal
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.gate.timing import quiet_hours
from fieldfare.decide.journeys import store as journeys
from fieldfare.decide.journeys.model import Claim, Status
from fieldfare.flow.verdict_tally import VerdictTally
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, metadata, open_state
from tests.decide.decide.gate.facts import facts, proposal
from tests.decide.decide.journeys.walks import NOON, begin, send, simple

_MADE = {"seq", "is_summary"}
"""Columns that the database fills."""
TABLES = [journeys.enrollment, journeys.proposal, gate.decision]


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[State]:
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    opened = open_state(url)
    with opened.write() as connection:
        metadata.create_all(connection, tables=TABLES)
    yield opened
    opened.close()


def test_walks_are_kept_whole_and_rewritten(state: State) -> None:
    journey = simple({"wait": "1 day"}, send())
    one, _ = begin(journey)
    two = msgspec.structs.replace(one, id="enr_2", profile_id=8, due_at=NOON)
    with state.write() as connection:
        journeys.upsert_enrollments(connection, [one, two])
        assert journeys.next_timer_at(connection) == NOON
        assert journeys.due_enrollments(connection, NOON, 10) == [(8, NOON)]
        assert journeys.has_live(connection, "simple")
    done = msgspec.structs.replace(two, status=Status.EXITED, due_at=None, end_reason="left")
    with state.write() as connection:
        journeys.upsert_enrollments(connection, [done])
        assert journeys.load_enrollments(connection, [7, 8]) == [one, done]
        assert journeys.load_enrollments(connection, [9]) == []
        assert journeys.next_timer_at(connection) == one.due_at
        assert journeys.count_enrollments(connection) == {("simple", "waiting"): 1, ("simple", "exited"): 1}
        assert not journeys.has_live(connection, "other")


def test_walks_of_a_profile_that_was_merged_away_leave_its_rows(state: State) -> None:
    one, _ = begin(simple({"wait": "1 day"}, send()))
    with state.write() as connection:
        journeys.upsert_enrollments(connection, [one])
        journeys.remove_enrollments(connection, {(7, one.id), (7, "another")})
        journeys.remove_enrollments(connection, set())
        journeys.upsert_enrollments(connection, [msgspec.structs.replace(one, profile_id=8)])
        assert [each.profile_id for each in journeys.load_enrollments(connection, [7, 8])] == [8]


def claim(owner: str = "me", **fields: Any) -> Claim:
    return Claim(**{"owner": owner, "until": 60, "most": 10, **fields})


def test_proposals_are_queued_once(state: State) -> None:
    first = proposal(due_at=10, variables={"code": "A", "n": 1})
    with state.write() as connection:
        journeys.insert_proposals(connection, [first, proposal(id="prp_2", due_at=20, visit=2)])
        assert journeys.next_proposal_at(connection) == 10
        assert journeys.claim_proposals(connection, 15, claim()) == [first]
        assert [each.id for each in journeys.claim_proposals(connection, 20, claim(most=1))] == ["prp_1"]
        assert [each.id for each in journeys.claim_proposals(connection, 20, claim("other"))] == ["prp_2"]
        assert journeys.claim_proposals(connection, 20, claim(channels=("pigeon",))) == []
        assert journeys.still_due(connection, ["prp_1", "prp_2"], 20, "other") == {"prp_2"}
        assert [each.id for each in journeys.claim_proposals(connection, 60, claim("third"))] == ["prp_1", "prp_2"]
        journeys.release_claims(connection)
        assert journeys.waiting_by_location(connection, ["email"], 20) == {None: 2}
        journeys.set_proposal(connection, "prp_1", "refused")
        journeys.insert_proposals(connection, [first])  # the same wish again
        assert journeys.claim_proposals(connection, 15, claim()) == []
        assert [each.id for each in journeys.claim_proposals(connection, 20, claim())] == ["prp_2"]
        assert journeys.still_due(connection, ["prp_1", "prp_2", "prp_3"], 20, "me") == {"prp_2"}
        same_wish = proposal(id="prp_9")  # another id for the same walk, step, visit and channel
        journeys.insert_proposals(connection, [same_wish])
        assert "prp_9" not in journeys.load_proposals(connection, ["prp_9"])
        journeys.set_proposals(connection, [("prp_2", "due", 30), ("prp_1", "expired", None)])
        assert journeys.still_due(connection, ["prp_2"], 29, "me") == set()
        told = [(each.id, status, due_at) for each, status, due_at in journeys.proposals_of(connection, [1])]
        assert told == [("prp_1", "expired", 10), ("prp_2", "due", 30)]


def decision(**change: Any) -> dict[str, Any]:
    row: dict[str, Any] = {column.name: None for column in gate.decision.c if column.name not in _MADE}
    texts = (
        "event_id",
        "rule_id",
        "channel",
        "template",
        "journey",
        "step",
        "arm",
        "phase",
        "journey_version",
        "policy_version",
    )
    row |= dict.fromkeys(texts, "x") | {"proposal_id": "prp_1", "profile_id": 1, "match_confidence": 100, "at": NOON}
    row |= {"decision_outcome": "refusal", "reasons": json.dumps(["holdout"]), "inputs": "{}", "external_id_hash": b"h"}
    return row | change


def test_the_decision_log(state: State) -> None:
    with state.write() as connection:
        gate.insert_decisions(connection, [decision(), decision(decision_outcome="permit", at=NOON + 1)])
        gate.insert_decisions(connection, [decision(decision_outcome="permit", at=NOON + 2), decision(profile_id=2)])
        gate.insert_decisions(connection, [])
        gate.set_delivery(connection, {"prp_1": ("handed_over", "message")})
        found = gate.decisions_of(connection, 1)
        assert [(row["decision_outcome"], row["delivery_status"]) for row in found] == [
            ("refusal", None),
            ("permit", None),
            ("permit", "handed_over"),
        ]
        assert [row["seq"] for row in found] == [1, 2, 3]
        assert len(gate.decisions_of(connection, 1, also=[2])) == 4
        assert [row["seq"] for row in gate.decisions_after(connection, 2, 10)] == [3, 4]
        assert gate.count_decisions(connection) == {("refusal", "x"): 2, ("permit", "x"): 2}


def test_verdicts_are_counted_as_they_come(state: State) -> None:
    tally = VerdictTally()
    with state.write() as connection:
        assert tally.look(connection) == {}
        gate.insert_decisions(connection, [decision(), decision(decision_outcome="permit")])
        assert tally.look(connection) == {("refusal", "x"): 1, ("permit", "x"): 1}
        gate.insert_decisions(connection, [decision(rule_id="y"), decision()])
        assert tally.look(connection) == tally.look(connection) == gate.count_decisions(connection)
        connection.execute(gate.decision.delete().where(gate.decision.c.seq > 1))
        assert tally.look(connection) == {("refusal", "x"): 1}, "an older database begins anew"


def test_old_decisions_keep_reasons_and_a_hash_of_what_was_looked_at(state: State) -> None:
    with state.write() as connection:
        gate.insert_decisions(connection, [decision(inputs='{"a":1}', at=NOON - 2), decision(at=NOON)])
        assert gate.summarise_before(connection, NOON, 10) == 1
        assert gate.summarise_before(connection, NOON, 10) == 0, "once"
        old, new = gate.decisions_of(connection, 1)
    assert (old["reasons"], old["external_id_hash"], old["is_summary"]) == (new["reasons"], None, True)
    assert list(json.loads(old["inputs"])) == ["hash"]
    assert (new["inputs"], new["external_id_hash"], new["is_summary"]) == ("{}", b"h", False)
    with state.read() as connection:
        assert len(gate.decisions_of(connection, 1, since=NOON)) == 1


def test_rules_that_failed_are_counted_by_rule(state: State) -> None:
    def broken(_facts: Facts, _policy: Policy, _now: Instant) -> Finding | None:
        raise ZeroDivisionError

    (verdict,) = judge_by((broken, quiet_hours), [facts()], Policy(), NOON)
    assert isinstance(verdict, Refusal)
    reasons = json.dumps([finding.reason.value for finding in verdict.findings])
    inputs = json.dumps({finding.rule: finding.inputs for finding in verdict.findings} | {"read": {"rules": "2"}})
    with state.write() as connection:
        told = {"reasons": reasons, "inputs": inputs}
        gate.insert_decisions(
            connection, [decision(**told), decision(**told), decision(), decision(**told, at=NOON - 2)]
        )
        assert gate.count_rule_failures(connection, NOON - 1) == {"broken": 2}
        assert gate.count_rule_failures(connection, NOON + 1) == {}


def test_summaries_are_told_in_order_up_to_the_first_decision_in_full(state: State) -> None:
    with state.write() as connection:
        gate.insert_decisions(connection, [decision(at=NOON - 3), decision(at=NOON - 2), decision(at=NOON)])
        assert gate.summaries_after(connection, 0, 3, 10) == ([], 0)
        gate.summarise_before(connection, NOON, 10)
        first, second = (row["inputs"] for row in gate.decisions_of(connection, 1)[:2])
        assert gate.summaries_after(connection, 0, 3, 10) == ([(1, first), (2, second)], 2)
        assert gate.summaries_after(connection, 0, 3, 1) == ([(1, first)], 1)
        assert gate.summaries_after(connection, 1, 3, 10) == ([(2, second)], 2)
        assert gate.summaries_after(connection, 0, 1, 10) == ([(1, first)], 1), "the lake has no more yet"
        assert gate.summaries_after(connection, 2, 3, 10) == ([], 2)


def test_decisions_of_one_instant_are_told_only_up_to_the_first_in_full_however_many_there_are(state: State) -> None:
    many = 400
    with state.write() as connection:
        ages = [0, 0, 0] + [1] * (many - 3)
        rows = [decision(profile_id=number, at=NOON - age) for number, age in enumerate(ages)]
        gate.insert_decisions(connection, rows)
        assert gate.summarised_through(connection, 0, many) == 0, "the first three are in full, and the youngest"
        gate.forget_people(connection, range(3, many), [])
        assert gate.summarised_through(connection, 0, many) == 0
        assert gate.summaries_after(connection, 0, many, 10) == ([], 0), "the first three are in full"
        gate.insert_decisions(connection, [decision(at=NOON - 5, profile_id=many)])
        gate.forget_people(connection, [0, 1], [])
        told, through = gate.summaries_after(connection, 0, many + 1, 10)
        assert ([place for place, _ in told], through) == ([1, 2], 2)
        gate.forget_people(connection, [2], [])
        assert gate.summarised_through(connection, 2, many + 1) == many, "the youngest place says it is the oldest"
        place, pages = 2, []
        while place < many:
            told, place = gate.summaries_after(connection, place, many + 1, 150)
            pages.append(len(told))
        assert (pages, place) == ([150, 150, 98], many)
        assert gate.summaries_after(connection, place, many + 1, 10) == ([], many)


def test_what_waits_for_later_is_made_due_and_nothing_else(state: State) -> None:
    waiting, gone = proposal(id="a", due_at=NOON + 9), proposal(id="b", due_at=NOON + 9, visit=2)
    with state.write() as connection:
        journeys.insert_proposals(connection, [waiting, gone])
        journeys.set_proposal(connection, "b", "refused")
        journeys.make_due(connection, ["a", "b"], NOON)
        claimed = journeys.claim_proposals(connection, NOON, claim(until=NOON + 60))
        assert [each.id for each in claimed] == ["a"]
