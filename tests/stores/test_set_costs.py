"""What a set of messages costs does not grow with what else there is: the steps of SQLite's machine are counted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from fieldfare.act.delivery.model import Attempt, Outcome, OutcomeKind
from fieldfare.act.delivery.store import SqlAttempts, attempt, count_attempts, message_replay
from fieldfare.decide.gate import store as gate
from fieldfare.decide.journeys import store as journeys
from fieldfare.decide.journeys.model import Claim, Proposal
from fieldfare.flow.broadcast_store import SqlBroadcasts
from fieldfare.ground.ids import text_digest
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State, metadata, open_state
from tests.decide.decide.gate.facts import proposal

NOW: Instant = 1_000_000
SET, FEW, MANY = 32, 200, 4_000
HANDED = Outcome(kind=OutcomeKind.HANDED_OVER)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(f"sqlite:///{tmp_path}/state.db")
    tables = [journeys.proposal, gate.decision, attempt, message_replay]
    metadata.create_all(opened.engine, tables=tables)
    yield opened
    opened.close()


def a_proposal(number: int) -> Proposal:
    return proposal(id=f"prp_{number}", enrollment_id=f"enr_{number}", profile_id=number, due_at=NOW)


def an_attempt(number: int, outcome: str = "handing_over") -> Attempt:
    return Attempt(
        id=f"prp_{number}.1",
        proposal_id=f"prp_{number}",
        profile_id=number,
        channel="email",
        template="spring",
        purpose="marketing",
        journey="broadcast:spring",
        address_hash=text_digest(str(number))[:16],
        granted_at=NOW,
        counts_toward_caps=True,
        broadcast="spring",
        units=1,
        outcome=outcome,
    )


def a_permit(number: int) -> dict[str, Any]:
    texts = dict.fromkeys(("event_id", "channel", "template", "journey", "step", "arm", "phase"), "-")
    return texts | {
        "proposal_id": f"prp_{number}",
        "external_id_hash": None,
        "profile_id": number,
        "rule_id": "permit",
        "decision_outcome": "permit",
        "reasons": "[]",
        "inputs": "{}",
        "at": NOW,
        "match_confidence": 1,
        "delivery_status": None,
        "action_sent": None,
        "ticket_id": None,
        "journey_version": "1",
        "policy_version": "1",
    }


def fill(tx: Connection, numbers: range) -> None:
    """Write permitted messages: due and claimed, with a verdict, handed over but for the first set."""
    journeys.insert_proposals(tx, [a_proposal(number) for number in numbers])
    journeys.claim_proposals(tx, NOW, Claim(owner="w", until=2 * NOW, most=len(numbers)))
    gate.insert_decisions(tx, [a_permit(number) for number in numbers])
    SqlAttempts().add(tx, [an_attempt(each, "handing_over" if each < SET else "handed_over") for each in numbers])


def steps(tx: Connection, asked: Callable[[Connection], Any]) -> int:
    """Return how many steps of SQLite's machine it takes."""
    driver: Any = tx.connection.driver_connection
    count = 0

    def one() -> int:
        nonlocal count
        count += 1
        return 0

    driver.set_progress_handler(one, 1)
    try:
        asked(tx)
    finally:
        driver.set_progress_handler(None, 1)
    return count


IDS = [f"prp_{number}" for number in range(SET)]
ATTEMPTS = [f"{each}.1" for each in IDS]
HASHES = [an_attempt(number).address_hash for number in range(SET)]
ASKED: dict[str, Callable[[Connection], Any]] = {
    "still due": lambda tx: journeys.still_due(tx, IDS, NOW, "w"),
    "note": lambda tx: gate.set_delivery(tx, dict.fromkeys(IDS, ("handed_over", "spring"))),
    "start": lambda tx: SqlAttempts().start(tx, ATTEMPTS, NOW),
    "finish": lambda tx: SqlAttempts().finish(tx, dict.fromkeys(ATTEMPTS, HANDED), NOW),
    "tally": lambda tx: SqlAttempts().tally(tx, IDS),
    "counted": lambda tx: SqlAttempts().counted(tx, HASHES, range(SET), 0),
    "reached": lambda tx: SqlBroadcasts().reached(tx, ["spring"], HASHES),
}


@pytest.mark.parametrize("name", sorted(ASKED))
def test_a_set_costs_the_same_among_many(state: State, name: str) -> None:
    with state.write() as tx:
        fill(tx, range(FEW))
    counts = []
    for more in (range(0), range(FEW, MANY)):
        with state.write() as tx:
            fill(tx, more)
        with state.write() as tx:
            counts.append(steps(tx, ASKED[name]))
            tx.rollback()
    few, many = counts
    assert few > SET, "nothing was counted"
    assert many < few * 3 // 2, counts


def test_attempts_are_counted_by_outcome(state: State) -> None:
    told = ["handing_over", "handed_over", "handed_over", "unknown", "failed", "failed", "failed"]
    with state.write() as tx:
        assert count_attempts(tx) == {}
        SqlAttempts().add(tx, [an_attempt(number, outcome) for number, outcome in enumerate(told)])
        assert count_attempts(tx) == {"failed": 3, "handed_over": 2, "handing_over": 1, "unknown": 1}
