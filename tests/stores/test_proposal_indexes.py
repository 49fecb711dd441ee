"""What waits, what is under way and what was given up is found by an index of nothing else, however much was sent."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Connection

from fieldfare.decide.journeys import store
from fieldfare.decide.journeys.coming_store import coming_by
from fieldfare.decide.journeys.model import Claim
from fieldfare.flow import broadcast_store
from fieldfare.flow.channel_ways import SqlWays
from fieldfare.flow.failed_messages import FailedFilter, FailedMessages
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, MINUTE
from fieldfare.ground.store import State, metadata, open_state
from fieldfare.testing.delivery import START, a_proposal


@pytest.fixture
def state(tmp_path: object) -> Iterator[State]:
    opened = open_state(f"sqlite:///{tmp_path}/state.db")
    with opened.write() as connection:
        metadata.create_all(connection)
        store.insert_proposals(connection, [a_proposal(number) for number in range(1, 200)])
        store.set_proposals(connection, [(f"prp_{number}", "sent", None) for number in range(1, 190)])
    yield opened
    opened.close()


def used(connection: Connection, act: Callable[[Connection], object]) -> set[str]:
    """Return by what the rows of proposals were found in what ``act`` asked: an index, or the whole table."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    asked: list[str] = []
    driver.set_trace_callback(asked.append)
    act(connection)
    driver.set_trace_callback(None)
    steps = [
        row[3]
        for statement in asked
        if statement.startswith(("SELECT", "UPDATE", "DELETE")) and "proposal" in statement
        for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
    ]
    about = [step for step in steps if " proposal" in step]
    assert about, asked
    return {
        step.split(" INDEX ", 1)[1].split(" ")[0] if " INDEX " in step else "the whole table"
        for step in about
        if "sqlite_autoindex_proposal" not in step
    }


WHOLE = Claim(owner="here", until=START + MINUTE, most=10)
ASKED: dict[str, tuple[Callable[[Connection], object], set[str]]] = {
    "any due": (lambda tx: store.is_any_due(tx, START), {"ix_proposal_waiting"}),
    "next due": (store.next_proposal_at, {"ix_proposal_waiting", "ix_proposal_follow_at"}),
    "coming": (lambda tx: coming_by(tx, START), {"ix_proposal_waiting", "ix_proposal_follow_at"}),
    "to choose": (lambda tx: SqlWays().to_choose(tx, START, 10), {"ix_proposal_waiting"}),
    "claim": (lambda tx: store.claim_proposals(tx, START, WHOLE), {"ix_proposal_waiting"}),
    "release": (store.release_claims, {"ix_proposal_waiting"}),
    "under way": (lambda tx: broadcast_store.under_way(tx, "welcome", START), {"ix_proposal_under_way"}),
}


@pytest.mark.parametrize("what", ASKED)
def test_what_is_open_is_found_by_its_own_index(state: State, what: str) -> None:
    act, by = ASKED[what]
    with state.write() as tx:
        assert used(tx, act) == by


def test_claims_of_a_channel_look_at_nothing_that_was_sent(state: State) -> None:
    claim = Claim(owner="here", until=START + MINUTE, most=10, channels=("email",))
    with state.write() as tx:
        assert used(tx, lambda tx: store.claim_proposals(tx, START, claim)) <= {
            "ix_proposal_waiting",
            "ix_proposal_claimable",
        }


def test_what_was_given_up_is_found_among_nothing_else(state: State) -> None:
    with state.write() as tx:
        store.set_proposals(tx, [("prp_1", "failed", None), ("prp_2", "unknown", None)])
    messages = FailedMessages(state=state, zone="UTC", clock=SimulatedClock(START + DAY))
    assert {each["id"] for each in messages.overview(FailedFilter())["messages"]} == {"prp_1", "prp_2"}
    with state.write() as tx:
        found = store.proposal.select().where(store.IS_GIVEN_UP).order_by(store.proposal.c.due_at)
        assert used(tx, lambda tx: tx.execute(found).all()) == {"ix_proposal_given_up"}


def test_a_message_that_is_sent_is_in_no_narrow_index(state: State) -> None:
    with state.write() as tx:
        store.set_proposals(tx, [(f"prp_{number}", "sent", None) for number in range(190, 200)])
    with state.read() as tx:
        assert not store.is_any_due(tx, START + DAY)
        assert broadcast_store.under_way(tx, "welcome", START + DAY) == 0
        for words in (store.IS_WAITING, store.IS_UNDER_WAY, store.IS_GIVEN_UP):
            assert tx.execute(store.proposal.select().where(words)).all() == []
