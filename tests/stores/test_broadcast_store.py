"""What a broadcast's tables answer, on both databases: second messages are the run's too, other editions' are not."""

from collections.abc import Iterator

import msgspec
import pytest

from fieldfare.act.broadcasts.model import Broadcast, Run, Standing
from fieldfare.act.broadcasts.moves import run_id
from fieldfare.act.broadcasts.propose import journey_of, proposal_of
from fieldfare.act.delivery.model import Attempt
from fieldfare.act.delivery.store import SqlAttempts, attempt
from fieldfare.decide.journeys import store as journeys
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow import broadcast_store as store
from fieldfare.flow.channel_ways import SqlWays
from fieldfare.ground.instants import DAY
from fieldfare.ground.store import State, metadata, open_state

NOW = 1_767_960_000 * 1_000_000
TABLES = [store.broadcast, store.recipient, journeys.proposal, attempt]


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[State]:
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    opened = open_state(url, durable=False)
    with opened.write() as connection:
        metadata.create_all(connection, tables=TABLES)
    yield opened
    opened.close()


def a_run(edition: str, standing: Standing = Standing.RUNNING) -> Run:
    told = Broadcast(
        name="spring",
        edition=edition,
        audience="everybody",
        channel="email",
        template="spring",
        purpose="marketing",
        priority=40,
        expires_us=2 * DAY,
        version="v",
    )
    name = run_id("spring", edition)
    return Run(id=name, broadcast=told, standing=standing, listed_at=NOW, started_by="ada", started_at=NOW)


JOURNEY = journey_of(a_run("1").broadcast)


def begun(state: State, run: Run, profile_id: int = 1) -> Proposal:
    """Start a run for one person, whose message was sent."""
    wish = proposal_of(run, profile_id, None, NOW)
    with state.write() as tx:
        store.insert_run(tx, run)
        store.add_recipients(tx, run.id, [profile_id])
        journeys.insert_proposals(tx, [wish])
        store.set_proposed(tx, run.id, [(profile_id, wish.id)])
        journeys.set_proposal(tx, wish.id, "sent")
    return wish


def followed(state: State, wish: Proposal, because: str) -> Proposal:
    """Let a text follow somebody's message."""
    text = {"channel": "sms", "follows": wish.id, "because": because}
    follower = msgspec.structs.replace(wish, id=f"{wish.id}/sms", **text)
    with state.write() as tx:
        SqlWays().write_followers(tx, [(wish, follower)])
    return follower


def status(state: State, proposal_id: str) -> str:
    with state.read() as tx:
        found: str = tx.execute(
            journeys.proposal.select()
            .with_only_columns(journeys.proposal.c.status)
            .where(journeys.proposal.c.id == proposal_id)
        ).scalar_one()
        return found


@pytest.mark.parametrize("because", ["not_opened", "bounced"])
def test_what_follows_is_held_with_its_run_and_goes_on_with_it(state: State, because: str) -> None:
    run, other = a_run("1"), a_run("2")
    second = followed(state, begun(state, run), because)
    elsewhere = followed(state, begun(state, other), because)
    with state.write() as tx:
        journeys.set_proposals(tx, [(each.id, "held", None) for each in (second, elsewhere)])
        assert store.is_any_left(tx, run.id, JOURNEY), "a held message is not the end"
        store.set_held(tx, JOURNEY, run.id, held="held", to="due")
    assert (status(state, second.id), status(state, elsewhere.id)) == ("due", "held")
    with state.write() as tx:
        journeys.set_proposal(tx, second.id, "sent")
        assert not store.is_any_left(tx, run.id, JOURNEY)
        assert store.is_any_left(tx, other.id, JOURNEY)
        store.set_held(tx, JOURNEY, other.id, held="held", to="cancelled")
        assert not store.is_any_left(tx, other.id, JOURNEY)


def test_only_a_run_that_is_done_is_opened_again(state: State) -> None:
    runs = {each: a_run(each.value, each) for each in (Standing.DONE, Standing.CANCELLED, Standing.PAUSED)}
    with state.write() as tx:
        for run in runs.values():
            store.insert_run(tx, msgspec.structs.replace(run, ended_at=NOW))
        done = runs[Standing.DONE].id
        assert store.SqlBroadcasts().reopen(tx, [run.id for run in runs.values()]) == {done}
        every = [run.id for run in runs.values()]
        assert store.SqlBroadcasts().cancelled(tx, every) == {runs[Standing.CANCELLED].id}
        found = store.find(tx, done)
        assert found is not None
        assert (found.standing, found.ended_at) == (Standing.RUNNING, None)


def test_an_address_is_reached_by_the_recipient_whose_messages_went_there(state: State) -> None:
    run = a_run("1")
    wish, other = begun(state, run), proposal_of(a_run("2"), 1, None, NOW)
    rows = [
        Attempt(
            id=f"{proposal_id}.{number}",
            proposal_id=proposal_id,
            profile_id=1,
            channel="email",
            template="spring",
            purpose="marketing",
            journey=JOURNEY,
            address_hash=address,
            granted_at=NOW,
            outcome=outcome,
            broadcast=broadcast,
        )
        for number, (proposal_id, address, outcome, broadcast) in enumerate(
            [
                (wish.id, b"one", "handed_over", run.id),
                (wish.id, b"two", "failed", run.id),
                ("gone", b"three", "unknown", run.id),
                (other.id, b"one", "handed_over", other.broadcast),
            ]
        )
    ]
    with state.write() as tx:
        SqlAttempts().add(tx, rows)
        found = store.SqlBroadcasts().reached(tx, [run.id], [b"one", b"two", b"three", b"four"])
    assert found == {(run.id, b"one", wish.enrollment_id), (run.id, b"three", "")}
