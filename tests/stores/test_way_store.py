"""Messages by several channels over the real tables: chosen once, followed once, and how people answered."""

from collections.abc import Iterator

import msgspec
import pytest

from fieldfare.act.delivery.fates import Kept, Report
from fieldfare.act.delivery.model import Attempt
from fieldfare.act.delivery.store import SqlAttempts
from fieldfare.act.delivery.way_ports import Answered
from fieldfare.decide.journeys import store
from fieldfare.decide.journeys.definition import Escalation, Fallback, Ways
from fieldfare.decide.journeys.model import CHOOSING, DUE, Proposal
from fieldfare.flow import receipt_store
from fieldfare.flow.channel_ways import SqlAnswers, SqlWays
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.store import State, metadata, open_state
from fieldfare.testing.delivery import START, a_proposal

WAYS = Ways(fallbacks=(Fallback("sms", "short"),))
LATER = Ways(escalation=Escalation(channel="sms", template="short", after_us=2 * HOUR))


@pytest.fixture(params=["sqlite", "postgres"])
def state(request: pytest.FixtureRequest, tmp_path: object) -> Iterator[State]:
    url = f"sqlite:///{tmp_path}/state.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_database")
    opened = open_state(url)
    with opened.write() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()


def status_of(state: State, proposal_id: str) -> tuple[str, str, int, int | None]:
    with state.read() as tx:
        row = tx.execute(store.proposal.select().where(store.proposal.c.id == proposal_id)).one()
        return row.status, row.channel, row.due_at, row.follow_at


def put(state: State, *wishes: Proposal) -> None:
    with state.write() as tx:
        store.insert_proposals(tx, wishes)


def test_a_message_is_chosen_once_and_then_due(state: State) -> None:
    wish = a_proposal(1, ways=WAYS)
    put(state, wish)
    assert status_of(state, "prp_1") == (CHOOSING, "email", START, START)
    ways, chosen = SqlWays(), msgspec.structs.replace(wish, channel="sms", choice={"by": "order"}, due_at=START + HOUR)
    with state.read() as tx:
        assert ways.is_any(tx, START)
        assert not ways.is_any(tx, START - 1)
        assert ways.to_choose(tx, START, 10) == [wish]
        assert store.next_proposal_at(tx) == START
    with state.write() as tx:
        ways.write_chosen(tx, [chosen])
        ways.write_chosen(tx, [msgspec.structs.replace(chosen, channel="push")])
    assert status_of(state, "prp_1") == (DUE, "sms", START + HOUR, START)
    put(state, wish)
    assert status_of(state, "prp_1")[:2] == (DUE, "sms"), "the same wish again changes nothing"
    with state.read() as tx:
        assert store.load_proposals(tx, ["prp_1"]) == {"prp_1": chosen}


def test_a_message_is_followed_once_whoever_tries(state: State) -> None:
    wish = a_proposal(1, ways=WAYS, choice={"by": "order"})
    put(state, wish)
    ways = SqlWays()
    follower = msgspec.structs.replace(wish, id="prp_sms", channel="sms", ways=Ways(), follows="prp_1")
    with state.write() as tx:
        assert ways.to_follow(tx, START + DAY, 10) == [], "it has not ended"
        store.set_proposal(tx, "prp_1", "rejected")
        (ended,) = ways.to_follow(tx, START, 10)
        assert (ended.proposal, ended.status, ended.reasons) == (wish, "rejected", frozenset())
        ways.write_followers(tx, [(wish, follower)])
        ways.write_followers(tx, [(wish, msgspec.structs.replace(follower, id="prp_other"))])
        assert ways.to_follow(tx, START + DAY, 10) == []
        assert list(store.load_proposals(tx, ["prp_sms", "prp_other"])) == ["prp_sms"]
        assert store.load_proposals(tx, ["prp_1"])["prp_1"].followed_by is not None


def an_attempt(number: int, **change: object) -> Attempt:
    return msgspec.structs.replace(
        Attempt(
            id=f"prp_{number}.1",
            proposal_id=f"prp_{number}",
            profile_id=number,
            channel="email",
            template="hello",
            purpose="marketing",
            journey="win-back",
            address_hash=b"a",
            granted_at=START,
            call_started_at=START + MINUTE,
            outcome="handed_over",
        ),
        **change,
    )


def kept(number: int, status: str, *, machine: bool = False, at: int = START + HOUR) -> Kept:
    told = Report(status=status, at=at, is_machine=machine)
    return Kept(
        id=f"{number}-{status}-{machine}",
        attempt_id=f"prp_{number}.1",
        proposal_id=f"prp_{number}",
        channel="email",
        report=told,
    )


def test_an_escalation_looks_at_the_handing_over_and_at_receipts(state: State) -> None:
    put(state, a_proposal(1, ways=LATER))
    assert status_of(state, "prp_1")[0] == DUE, "there is nothing to choose"
    ways = SqlWays()
    with state.write() as tx:
        SqlAttempts().add(tx, [an_attempt(1)])
        store.set_proposal(tx, "prp_1", "sent")
        receipt_store.keep(tx, [kept(1, "opened", machine=True)], START + HOUR)
        (ended,) = ways.to_follow(tx, START, 10)
        assert ended.handed_at == START + MINUTE
        assert (ended.fate.opened_at, ended.fate.machine_at) == (None, START + HOUR)
        ways.write_looked(tx, [("prp_1", START + 2 * HOUR)])
        assert store.next_proposal_at(tx) == START + 2 * HOUR
        assert ways.to_follow(tx, START + 2 * HOUR - 1, 10) == []
        ways.write_looked(tx, [("prp_1", None)])
        assert store.next_proposal_at(tx) is None
        receipt_store.keep(tx, [kept(1, "bounced")], START + 3 * HOUR)
        assert [each.fate.rank for each in ways.to_follow(tx, START + 3 * HOUR, 10)] == ["bounced"]


def test_who_was_erased_is_followed_by_nothing(state: State) -> None:
    put(state, a_proposal(1, ways=WAYS), a_proposal(2, ways=WAYS, choice={"by": "order"}))
    with state.write() as tx:
        store.set_proposal(tx, "prp_2", "rejected")
        store.erase(tx, [1, 2])
        assert not SqlWays().is_any(tx, START + DAY)
        assert list(store.load_proposals(tx, ["prp_1", "prp_2"])) == ["prp_2"]


def test_answers_are_those_of_people_one_for_a_message(state: State) -> None:
    with state.write() as tx:
        attempts = [an_attempt(1), an_attempt(2, profile_id=1, channel="sms"), an_attempt(3, location="north")]
        SqlAttempts().add(tx, [*attempts, an_attempt(4, profile_id=1, outcome="rejected")])
        told = [kept(1, "opened"), kept(1, "clicked", at=START + 2 * HOUR), kept(2, "opened", machine=True)]
        receipt_store.keep(tx, [*told, kept(3, "replied", at=START + 20 * MINUTE), kept(3, "delivered")], START + HOUR)
    with state.read() as tx:
        found = SqlAnswers().of_people(tx, [1, 2, 3], START)
        assert sorted(found[1], key=str) == [Answered("email", START + HOUR), Answered("sms", None)]
        assert found[3] == [Answered("email", START + 20 * MINUTE)]
        assert 2 not in found
        assert SqlAnswers().of_people(tx, [1], START + 1) == {}
        places = SqlAnswers().of_places(tx, START)
    assert places == {None: {START + HOUR: 1, START + 2 * HOUR: 1}, "north": {START + 15 * MINUTE: 1}}
