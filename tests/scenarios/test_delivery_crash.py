"""The heart of delivery: the process is ended between every two calls, restarted, and nobody gets a message twice."""

import pytest

from fieldfare.act.delivery.model import (
    HANDING_OVER,
    DeliveryReport,
    Outcome,
    OutcomeKind,
    ProposalChange,
    Request,
)
from fieldfare.act.delivery.recover import CALL_LEASE, Recovery
from fieldfare.act.delivery.run import Delivery
from fieldfare.act.delivery.settle import batches
from fieldfare.decide.gate.policy import Cap, Policy, Selector
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, HOUR, MINUTE
from fieldfare.ground.workspace.model import Duration
from fieldfare.learn.experiments.model import Arm
from fieldfare.testing.channel import FakeChannel
from fieldfare.testing.delivery import START, Fuse, Fused, Killed, World, a_proposal
from tests.decide.act.delivery.builders import LINKS, settings

EMAIL = Selector(channels=("email",))
POLICY = Policy(caps=(Cap(most=2, per=Duration(7, "day"), obeys=EMAIL, counts_towards=EMAIL),))


def a_world() -> World:
    """Six people's wishes: ordinary, two to one address, no consent, a holdout, a failing and a rejected address."""
    world = World()
    world.add(a_proposal(1))
    world.add(a_proposal(2), to="shared@example.com")
    world.add(a_proposal(3), to="shared@example.com")
    world.add(a_proposal(4), consent="missing")
    world.add(a_proposal(5, arm=Arm.HOLDOUT))
    world.add(a_proposal(6), to="failing@example.com")
    world.add(a_proposal(7), to="gone@example.com")
    return world


class Mailbox(FakeChannel):
    """Fails the failing address once, rejects the one that is gone."""

    def __init__(self, *, instant: bool = False) -> None:
        super().__init__(instant=instant)
        self.failed: set[str] = set()
        self.on_send = self.answer

    def answer(self, request: Request) -> Outcome | None:
        if request.to == "gone@example.com":
            return Outcome(kind=OutcomeKind.REJECTED, detail="smtp_550_5.1.1", suppress=True)
        if request.to == "failing@example.com" and request.proposal_id not in self.failed:
            self.failed.add(request.proposal_id)
            return Outcome(kind=OutcomeKind.FAILED, detail="http_503")
        return None


def start(world: World, channel: FakeChannel, clock: SimulatedClock, fuse: Fuse, owner: str = "delivery") -> Delivery:
    parts = {"email": Fused(channel, fuse)}
    return Delivery(settings(POLICY, batch=2), world.ports(fuse), parts, LINKS, clock, owner=owner)


def finish(world: World, channel: FakeChannel, clock: SimulatedClock) -> None:
    """Start again and run until nothing is due and nothing is open."""
    for _ in range(40):
        start(world, channel, clock, Fuse()).run_due(clock.now(), 100)
        open_ones = [each for each in world.rows.attempts.values() if each.outcome == HANDING_OVER]
        due = world.next_due()
        if not open_ones and due is None:
            return
        clock.move_to(max(clock.now() + MINUTE, due or 0))
    raise AssertionError(world.rows)


def check(world: World, channel: FakeChannel) -> None:
    """The promises, whatever happened on the way."""
    for proposal_id in set(channel.accepted):
        assert channel.accepted.count(proposal_id) == 1, f"{proposal_id} went out twice"
    started = [each for each in world.rows.attempts.values() if each.call_started_at is not None]
    permits = [row["proposal_id"] for row in world.rows.decisions if row["decision_outcome"] == "permit"]
    for proposal_id in channel.accepted:
        assert proposal_id in {each.proposal_id for each in started}, "a call without a recorded start"
        assert proposal_id in permits, "a call without a permit on record"
    statuses = {number: world.status(f"prp_{number}") for number in range(1, 8)}
    assert statuses[4] == "refused"
    assert statuses[5] == "refused"
    assert statuses[7] in {"rejected", "unknown"}
    for number in (1, 2, 3, 6):
        sent = f"prp_{number}" in channel.accepted
        assert statuses[number] in ({"sent", "unknown"} if sent else {"unknown"}), (number, statuses)
    assert not {"prp_4", "prp_5"} & set(channel.accepted)
    assert world.rows.exposures["journey.win-back", 5][0] == "holdout"
    assert world.rows.exposures["journey.win-back", 1][0] == "treated"
    assert ("journey.win-back", 4) not in world.rows.exposures
    outcomes = [event["properties"]["proposal_id"] for event in world.rows.outbox.values()]
    assert sorted(outcomes) == ["prp_1", "prp_2", "prp_3", "prp_6", "prp_7"], "one event for each final outcome"
    if statuses[7] == "rejected":
        assert b"gone@example.com"[:16] in world.rows.suppressions


def boundaries(*, instant: bool) -> int:
    world, fuse, clock = a_world(), Fuse(), SimulatedClock(START)
    start(world, Mailbox(instant=instant), clock, fuse).run_due(START, 100)
    return fuse.count


@pytest.mark.parametrize("instant", [False, True])
def test_ended_between_every_two_calls_and_restarted(instant: bool) -> None:
    total = boundaries(instant=instant)
    assert total > 100, "the matrix is not empty"
    unknown = 0
    for at in range(1, total + 1):
        world, channel, clock = a_world(), Mailbox(instant=instant), SimulatedClock(START)
        fuse = Fuse(at)
        with pytest.raises(Killed):
            start(world, channel, clock, fuse).run_due(START, 100)
        clock.move_to(START + MINUTE)
        finish(world, channel, clock)
        try:
            check(world, channel)
        except AssertionError as error:
            message = f"ended at boundary {at} ({fuse.burnt}): {error}"
            raise AssertionError(message) from error
        unknown += any(world.status(f"prp_{number}") == "unknown" for number in (1, 2, 3, 6, 7))
    assert 0 < unknown < total / 2, "some ends fall into a call, most do not"


def test_ended_twice_in_a_row() -> None:
    total = boundaries(instant=False)
    for first in range(1, total + 1, 13):
        for second in range(1, total + 1, 11):
            world, channel, clock = a_world(), Mailbox(), SimulatedClock(START)
            with pytest.raises(Killed):
                start(world, channel, clock, Fuse(first)).run_due(START, 100)
            clock.move_to(START + CALL_LEASE + MINUTE)
            try:
                start(world, channel, clock, Fuse(second)).run_due(clock.now(), 100)
            except Killed:
                clock.move_to(clock.now() + CALL_LEASE + MINUTE)
            finish(world, channel, clock)
            check(world, channel)


def test_two_workers_with_the_same_due_list_send_once() -> None:
    world, channel, clock = a_world(), Mailbox(), SimulatedClock(START)
    slow = start(world, channel, clock, Fuse(), "another")
    drafts = slow._draft(None, slow._claim(START, 100))
    assert start(world, channel, clock, Fuse()).run_due(START, 100).due == 0, "another has claimed all of it"
    clock.move_to(START + MINUTE)
    finish(world, channel, clock)
    before = list(channel.accepted)

    report = DeliveryReport()
    for batch in batches(drafts, 2):
        assert slow._decide(batch, report) == []
    assert report.stale == 7
    assert channel.accepted == before


def test_a_recovered_attempt_cannot_be_started_by_the_process_that_slept() -> None:
    world, channel, clock = World(), FakeChannel(), SimulatedClock(START)
    world.add(a_proposal(1))
    sleeper = start(world, channel, clock, Fuse())

    drafts = sleeper._draft(None, sleeper._claim(START, 100))
    granted = sleeper._decide(batches(drafts, 2)[0], DeliveryReport())
    clock.move_to(START + HOUR)
    finish(world, channel, clock)
    assert channel.accepted == ["prp_1"]
    sleeper.hand_over().run(granted, DeliveryReport())
    assert channel.accepted == ["prp_1"]


class Forgetful(Recovery):
    """A planted fault: recovery gives started calls back instead of calling them unknown."""

    def run(self, now: int, report: DeliveryReport, lease: int) -> None:
        with self._ports.state.write() as tx:
            for attempt in self._ports.attempts.unfinished(tx, now):
                self._ports.attempts.finish(tx, {attempt.id: Outcome(kind=OutcomeKind.FAILED)}, now)
                self._ports.proposals.change(tx, [ProposalChange(attempt.proposal_id, "due", now)])


def test_planted_fault_recovery_that_calls_again_is_caught() -> None:
    caught = 0
    for at in range(1, boundaries(instant=False) + 1):
        world, channel, clock = a_world(), Mailbox(), SimulatedClock(START)
        with pytest.raises(Killed):
            start(world, channel, clock, Fuse(at)).run_due(START, 100)
        clock.move_to(START + DAY)
        bad = start(world, channel, clock, Fuse())
        bad._recovery = Forgetful(bad._ports, bad._conclude, bad._channels, clock)
        bad.run_due(clock.now(), 100)
        finish(world, channel, clock)
        try:
            check(world, channel)
        except AssertionError as error:
            caught += "twice" in str(error)
        if caught:
            break
    assert caught, "the matrix cannot see a message that goes out twice"
