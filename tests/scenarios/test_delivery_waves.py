"""A wave of calls: what is recorded while it is under way holds back those of its calls that have not begun."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.hand_over import WAVE, Call, Meanwhile
from fieldfare.act.delivery.lanes import Inline
from fieldfare.act.delivery.model import ConsentQuestion, DeliveryReport, Message, Outcome, Request
from fieldfare.act.delivery.parts import DeliveryPorts, Granted
from fieldfare.act.delivery.ports import Tx
from fieldfare.act.delivery.run import Delivery
from fieldfare.decide.gate.model import Permit
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import SECOND
from fieldfare.testing.channel import FakeChannel
from fieldfare.testing.delivery import START, World, a_proposal
from tests.decide.act.delivery.builders import delivery


def one_by_one(call: Call, some: Sequence[Granted], meanwhile: Meanwhile) -> Iterable[Outcome]:
    told = [call(one) for one in some[:1]]
    meanwhile()
    return told + [call(one) for one in some[1:]]


def one_by_one_and_fail(call: Call, some: Sequence[Granted], _meanwhile: Meanwhile) -> Iterator[Outcome]:
    yield call(some[0])
    raise ZeroDivisionError


class Kept(Inline):
    """Keeps what was permitted, for the test to hand over."""

    def __init__(self) -> None:
        self.sets: list[Sequence[Granted]] = []

    def begin(self, report: DeliveryReport) -> None:
        """Nothing is left."""

    def hand_over(self, channel: str, granted: Sequence[Granted], report: DeliveryReport) -> None:
        self.sets.append(granted)


def in_waves(world: World, channel: FakeChannel, clock: SimulatedClock, ports: DeliveryPorts | None = None) -> Delivery:
    """Return a delivery whose calls go out in waves, one at a time."""
    made = delivery(ports or world.ports(), channel, clock)
    hand_over = made.hand_over()
    hand_over.call_by(one_by_one)
    made._lanes = Inline(hand_over)
    return made


def test_a_withdrawal_in_the_middle_of_a_wave_stops_the_calls_that_follow() -> None:
    world, channel, clock = World(), FakeChannel(), SimulatedClock(START)
    wishes = [world.add(a_proposal(number)) for number in range(1, 4)]

    def withdraw(request: Request) -> None:
        if request.proposal_id == "prp_1":
            world.set_consent(wishes[1], "withdrawn")

    channel.after_accept = withdraw
    made = in_waves(world, channel, clock)
    report = made.run_due(START, 10)
    assert (report.permitted, report.handed_over, report.stopped) == (3, 2, 1)
    assert channel.accepted == ["prp_1", "prp_3"]
    held = world.rows.attempts["prp_2.1"]
    assert (held.outcome, held.call_started_at, held.counts_toward_caps) == ("stopped", None, False)
    (why,) = [row for row in world.rows.decisions if row["proposal_id"] == "prp_2" and row["delivery_status"] is None]
    assert msgspec.json.decode(why["reasons"]) == ["consent_withdrawn"]
    assert made.run_due(START, 10).refused == 1
    assert world.status("prp_2") == "refused"


def test_a_store_that_fails_in_the_middle_of_a_wave_loses_no_outcome_and_calls_nobody_unseen() -> None:
    world, channel, clock = World(), FakeChannel(), SimulatedClock(START)
    for number in range(1, 4):
        world.add(a_proposal(number))
    ports = world.ports()

    class Gone:
        """Consent that cannot be read once the first call was made."""

        is_gone = True

        def __getattr__(self, name: str) -> object:
            return getattr(ports.consent, name)

        def pending(self, tx: object, questions: Sequence[ConsentQuestion]) -> list[bool]:
            if self.is_gone and channel.accepted:
                raise TransientError("state_unavailable", "gone")
            return ports.consent.pending(tx, questions)

    gone = Gone()
    made = in_waves(world, channel, clock, msgspec.structs.replace(ports, consent=gone))
    with pytest.raises(TransientError):
        made.run_due(START, 10)
    assert channel.accepted == ["prp_1"]
    assert world.status("prp_1") == "sent", "what became of the first is on record at once"
    gone.is_gone = False
    clock.move_to(START + SECOND)
    assert made.run_due(clock.now(), 10).handed_over == 2, "the two that were given back"
    assert channel.accepted == ["prp_1", "prp_2", "prp_3"]
    assert {each.outcome for each in world.rows.attempts.values()} == {"handed_over", "stopped"}


class Noting(FakeChannel):
    """A channel that notes which requests are made, and when messages are taken."""

    def __init__(self) -> None:
        super().__init__()
        self.notes: list[tuple[str, str]] = []
        self.after_accept = lambda request: self.notes.append(("taken", request.proposal_id))
        self.breaks_at: str | None = None

    def prepare(self, message: Message, permit: Permit) -> Request | Outcome:
        self.notes.append(("made", message.proposal_id))
        if message.proposal_id == self.breaks_at:
            raise ZeroDivisionError(message.proposal_id)
        return super().prepare(message, permit)


def test_the_requests_of_the_next_wave_are_made_once_and_while_this_one_is_called() -> None:
    world, channel, clock = World(), Noting(), SimulatedClock(START)
    for number in range(1, WAVE + 3):
        world.add(a_proposal(number))
    report = in_waves(world, channel, clock).run_due(START, 100)
    assert report.handed_over == WAVE + 2
    made = [which for what, which in channel.notes if what == "made"]
    assert (len(made), len(set(made))) == (WAVE + 2, WAVE + 2)
    taken = [place for place, (what, _) in enumerate(channel.notes) if what == "taken"]
    last_made = channel.notes.index(("made", made[-1]))
    assert taken[0] < last_made < taken[1]


def test_a_request_that_cannot_be_made_costs_the_wave_before_it_no_outcome() -> None:
    world, channel, clock = World(), Noting(), SimulatedClock(START)
    for number in range(1, WAVE + 3):
        world.add(a_proposal(number))
    channel.breaks_at = max(world.rows.proposals)
    with pytest.raises(ZeroDivisionError):
        in_waves(world, channel, clock).run_due(START, 100)
    assert sum(each.outcome == "handed_over" for each in world.rows.attempts.values()) == WAVE


def test_the_outcomes_of_a_set_are_written_by_the_start_of_the_next_one() -> None:
    world, channel, clock = World(), FakeChannel(), SimulatedClock(START)
    made = delivery(world.ports(), channel, clock)
    hand_over, kept = made.hand_over(), Kept()
    made._lanes = kept
    for number in range(1, 3):
        world.add(a_proposal(number))
        made.run_due(START, 10)
    report = DeliveryReport()
    hand_over.run(kept.sets[0], report, lambda: True)
    assert (channel.accepted, report.handed_over, world.status("prp_1")) == (["prp_1"], 0, "permitted")
    seen: list[str] = []
    channel.after_accept = lambda _: seen.append(world.status("prp_1"))
    hand_over.run(kept.sets[1], report)
    assert seen == ["sent"], "before the second call"
    assert (report.handed_over, world.status("prp_2")) == (2, "sent")


def test_the_outcomes_of_a_set_that_fails_are_written_whatever_comes_next() -> None:
    world, channel, clock = World(), FakeChannel(), SimulatedClock(START)
    made = delivery(world.ports(), channel, clock)
    hand_over, kept = made.hand_over(), Kept()
    hand_over.call_by(one_by_one_and_fail)
    made._lanes = kept
    for number in range(1, 3):
        world.add(a_proposal(number))
    made.run_due(START, 10)
    with pytest.raises(ZeroDivisionError):
        hand_over.run(kept.sets[0], DeliveryReport(), lambda: True)
    assert world.status("prp_1") == "sent"


def test_events_are_sealed_before_anybody_waits_for_the_transaction() -> None:
    world, channel, clock = World(), FakeChannel(), SimulatedClock(START)
    ports = world.ports()
    writing: list[bool] = []
    sealed: list[bool] = []

    class Watched:
        """The state, whose open transactions are known."""

        def __getattr__(self, name: str) -> object:
            return getattr(ports.state, name)

        @contextmanager
        def write(self, *, replayable: bool = False) -> Iterator[Tx]:
            with ports.state.write(replayable=replayable) as tx:
                writing.append(True)
                yield tx
                writing.pop()

    class Sealing:
        """An outbox that notes whether a transaction is open while it seals."""

        def __getattr__(self, name: str) -> object:
            return getattr(ports.outbox, name)

        def sealed(self, event: dict[str, Any]) -> Any:
            sealed.append(bool(writing))
            return ports.outbox.sealed(event)

    for number in range(1, 4):
        world.add(a_proposal(number))
    watched = msgspec.structs.replace(ports, state=Watched(), outbox=Sealing())
    assert delivery(watched, channel, clock).run_due(START, 10).handed_over == 3
    assert len(world.rows.outbox) == 3
    assert sealed == [False] * 3
