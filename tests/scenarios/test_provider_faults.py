"""A provider that hangs, is busy, breaks, answers garbage or closes: bounded, told why, and nobody else's trouble."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from fieldfare.act.delivery.breaker import MOST_BAD, Circuit, circuit_of
from fieldfare.act.delivery.channels.sendgrid import SendgridChannel
from fieldfare.act.delivery.model import ChannelSpec, Outcome, OutcomeKind, Request
from fieldfare.act.delivery.retry import MOST_ATTEMPTS
from fieldfare.act.delivery.run import Delivery
from fieldfare.decide.journeys.store import insert_proposals, proposal
from fieldfare.flow.broadcast_store import broadcast
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, MINUTE, SECOND
from fieldfare.ground.store import State, metadata, open_state
from fieldfare.testing.channel import FakeChannel
from fieldfare.testing.delivery import START, Fuse, World, a_proposal
from fieldfare.testing.sendgrid import FakeSendgrid
from tests.crash.running import until
from tests.decide.act.delivery.builders import LINKS, delivery, settings, template
from tests.scenarios.test_delivery_stores import TABLES, ports_over

PEOPLE = MOST_BAD + 3


@pytest.fixture
def provider() -> Iterator[FakeSendgrid]:
    made = FakeSendgrid()
    yield made
    made.close()


def sendgrid(provider: FakeSendgrid, mode: str = "") -> SendgridChannel:
    """Only one that hangs is given up early: a slow machine must not take an answer for none."""
    spec = ChannelSpec(
        name="email",
        driver="sendgrid",
        address="email",
        url=provider.url,
        api_key=provider.api_key,
        timeout_us=SECOND // 4 if mode == "hang" else 30 * SECOND,
    )
    return SendgridChannel(spec, from_email="hello@linden.example.com", from_name="Linden")


def lived(world: World, channel: SendgridChannel, clock: SimulatedClock) -> None:
    """Run until nothing is due, at most for some days."""
    made = delivery(world.ports(), channel, clock)
    while clock.now() < START + 4 * DAY:
        made.run_due(clock.now(), 100)
        dues = [world.next_due(), *(each.look_up_at for each in world.rows.attempts.values())]
        left = [at for at in dues if at is not None]
        if not left:
            return
        clock.move_to(max(clock.now() + SECOND, min(left)))


def reasons(world: World) -> set[str]:
    return {each for row in world.rows.decisions for each in msgspec.json.decode(row["reasons"])}


@pytest.mark.parametrize(
    ("mode", "statuses", "opens"),
    [
        ("busy", {"failed", "expired"}, True),
        ("broken", {"unknown", "expired"}, True),
        ("hang", {"unknown", "expired"}, True),
        ("break", {"unknown", "expired"}, True),
        ("cut", {"sent"}, False),
        ("garbage", {"sent"}, False),
    ],
)
def test_whatever_it_does_calls_are_bounded_and_the_log_says_why(
    provider: FakeSendgrid, mode: str, statuses: set[str], opens: bool
) -> None:
    world, clock = World(), SimulatedClock(START)
    for number in range(PEOPLE):
        world.add(a_proposal(number))
    provider.mode = mode
    lived(world, sendgrid(provider, mode), clock)
    assert {world.status(f"prp_{number}") for number in range(PEOPLE)} <= statuses
    starts = [each for each in world.rows.attempts.values() if each.call_started_at is not None]
    assert len(starts) <= PEOPLE * MOST_ATTEMPTS
    assert ("provider_open" in reasons(world)) is opens
    took = [asked.body for asked in provider.taken if asked.path == "/v3/mail/send"]
    assert len(took) == len(set(took)), "nothing that may have been taken is sent again"


def test_it_is_called_again_once_it_works(provider: FakeSendgrid) -> None:
    world, clock = World(), SimulatedClock(START)
    for number in range(PEOPLE):
        world.add(a_proposal(number))
    channel = sendgrid(provider)
    made = delivery(world.ports(), channel, clock)
    provider.mode = "busy"
    made.run_due(START, 100)
    calls = provider.calls
    assert calls == 1, "it asked for time with its first answer"
    assert circuit_of(world.rows.breakers["email"], START) is Circuit.OPEN
    made.run_due(START + SECOND, 100)
    assert provider.calls == calls
    provider.mode = "accept"
    lived(world, channel, clock)
    assert {world.status(f"prp_{number}") for number in range(PEOPLE)} == {"sent"}
    assert circuit_of(world.rows.breakers["email"], clock.now()) is Circuit.CLOSED


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = open_state(f"sqlite:///{tmp_path}/state.db", durable=False)
    metadata.create_all(made.engine, tables=[*TABLES, broadcast])
    yield made
    made.close()


def test_one_that_hangs_holds_up_nobody_elses_messages(state: State) -> None:
    world, clock = World(), SimulatedClock(START)
    for number in range(12):
        world.add(a_proposal(number, channel="slow" if number % 2 else "email"))
    world.add(a_proposal(99, channel="pigeon"))
    with state.write() as tx:
        insert_proposals(tx, [each for each, _, _ in world.rows.proposals.values()])
    release = threading.Event()

    def hang(_request: Request) -> Outcome:
        release.wait(20)
        return Outcome(kind=OutcomeKind.UNKNOWN, detail="http_readtimeout")

    slow, quick = FakeChannel("slow"), FakeChannel("email")
    slow.on_send = hang
    both = {"hello": template()}
    channels = {"slow": slow, "email": quick}
    made = Delivery(settings(templates=both), ports_over(state, world, Fuse()), channels, LINKS, clock)
    lanes = made.open_lanes()

    def all_of_the_other() -> bool:
        made.run_due(clock.now(), 100)
        return len(quick.accepted) == 6 and lanes.busy == ["slow"]

    try:
        until(all_of_the_other, 15, "the other channel's messages")
        assert slow.calls == 1, "and the one that hangs was not called again meanwhile"
        with state.read() as tx:
            (told,) = tx.execute(select(proposal.c.status).where(proposal.c.channel == "pigeon")).one()
        assert told == "refused", "nor does one that there is no more wait for it"
    finally:
        release.set()
        lanes.close()
    clock.move_to(START + MINUTE)
