"""Delivery over a small world: who gets what, what is written, what is read again at the last moment."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.links import Links
from fieldfare.act.delivery.model import Address, ConsentQuestion, Outcome, OutcomeKind, Person, Request
from fieldfare.act.delivery.retry import MOST_ATTEMPTS
from fieldfare.act.delivery.run import Delivery
from fieldfare.decide.gate.model import PERMIT_LIFETIME
from fieldfare.decide.gate.policy import Cap, Policy, QuietHours, Selector
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND, Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.learn.experiments.model import Arm
from fieldfare.testing.channel import FakeChannel
from fieldfare.testing.delivery import START, Fused, World, a_proposal
from tests.decide.act.delivery.builders import LINKS, delivery, settings, template
from tests.decide.act.delivery.test_links import hash_of

FAILED = Outcome(kind=OutcomeKind.FAILED, detail="http_503")

EMAIL = Selector(channels=("email",))


class Stage:
    """A world, a channel, a clock and a delivery between them."""

    def __init__(self, policy: Policy | None = None, **fields: Any) -> None:
        self.world = World()
        self.channel = FakeChannel()
        self.clock = SimulatedClock(START)
        self.delivery = delivery(self.world.ports(), self.channel, self.clock, policy, **fields)

    def run(self, at: Instant | None = None) -> Any:
        self.clock.move_to(at or self.clock.now())
        return self.delivery.run_due(self.clock.now(), 100)

    def reasons(self, number: int = 1) -> list[str]:
        row = [each for each in self.world.rows.decisions if each["proposal_id"] == f"prp_{number}"][-1]
        found: list[str] = msgspec.json.decode(row["reasons"])
        return found


def test_one_message_is_rendered_judged_handed_over_and_on_record() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    report = stage.run()
    assert (report.due, report.permitted, report.handed_over) == (1, 1, 1)
    (request,) = stage.channel.requests
    assert request.body.startswith(b"Hello P1\n")
    assert request.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (attempt,) = stage.world.rows.attempts.values()
    assert (attempt.outcome, attempt.call_started_at, attempt.provider_id) == ("handed_over", START, "fake-prp_1")
    (row,) = stage.world.rows.decisions
    assert (row["decision_outcome"], row["delivery_status"], row["action_sent"]) == ("permit", "handed_over", "hello")
    (event,) = stage.world.rows.outbox.values()
    assert event["event"] == "Message Sent"
    assert stage.world.status("prp_1") == "sent"
    assert stage.run().due == 0


def test_the_link_in_the_message_leads_back_to_person_purpose_and_channel() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    stage.run()
    token = stage.channel.requests[0].headers["List-Unsubscribe"].strip("<>").rpartition("/")[2]
    claim = LINKS.read(token)
    assert claim is not None
    assert (claim.profile_id, claim.purpose, claim.channel, claim.proposal_id) == (1, "marketing", "email", "prp_1")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consent": "withdrawn"}, "consent_withdrawn"),
        ({"consent": "missing"}, "consent_missing"),
        ({"arm": Arm.HOLDOUT}, "holdout"),
        ({"expires_at": START}, "expired"),
        ({"template": "nope"}, "render_failed"),
        ({"channel": "pigeon"}, "no_address"),
    ],
)
def test_refusals_are_written_with_their_reason_and_nothing_is_called(change: dict[str, Any], reason: str) -> None:
    stage = Stage()
    consent = change.pop("consent", "granted")
    stage.world.add(a_proposal(1, **change), consent=consent)
    report = stage.run()
    assert (report.refused, stage.channel.calls) == (1, 0)
    assert reason in stage.reasons()
    assert stage.world.status("prp_1") in {"refused", "expired"}


def test_a_missing_trait_is_a_refusal_that_names_it() -> None:
    stage = Stage(templates={"hello": template("{{ profile.shoe_size }}")})
    stage.world.add(a_proposal(1))
    stage.run()
    (row,) = stage.world.rows.decisions
    assert msgspec.json.decode(row["inputs"])["render"]["variable"] == "profile.shoe_size"


def test_an_erased_person_is_refused() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    del stage.world.people[1, "email"]
    assert stage.run().refused == 1
    assert "no_address" in stage.reasons()


def test_a_cap_on_any_channel_holds_within_one_batch_over_two_addresses() -> None:
    world, clock = World(), SimulatedClock(START)
    channels = {"email": FakeChannel(), "hook": FakeChannel("hook", address="user_id")}
    policy = Policy(caps=(Cap(most=1, per=Duration(7, "day")),))
    both = {"hello": template(), "ring": template(template="ring", channel="hook", subject=None)}
    both_ways = Delivery(settings(policy, templates=both), world.ports(), channels, LINKS, clock)
    world.add(a_proposal(1))
    world.people[1, "user_id"] = Person(address=Address("m-1", b"m-1".ljust(16, b".")), traits={"first_name": "P1"})
    ring = a_proposal(1, id="prp_2", channel="hook", template="ring", priority=40)
    world.rows.proposals[ring.id] = (ring, "due", ring.due_at)
    world.rows.consents[ConsentQuestion(1, b"m-1".ljust(16, b"."), ring.purpose, ring.channel)] = "granted"
    report = both_ways.run_due(clock.now(), 100)
    assert (report.permitted, report.refused + report.deferred) == (1, 1)
    assert sum(channel.calls for channel in channels.values()) == 1


def test_caps_count_what_went_to_the_address_from_whichever_profile() -> None:
    stage = Stage(Policy(caps=(Cap(most=2, per=Duration(7, "day"), obeys=EMAIL, counts_towards=EMAIL),)))
    for number in (1, 2, 3):
        stage.world.add(a_proposal(number, priority=50 - number), to="shared@example.com")
    report = stage.run()
    assert (report.permitted, report.refused) == (2, 1)
    assert stage.channel.accepted == ["prp_1", "prp_2"]
    stage.world.add(a_proposal(4, due_at=START + 8 * DAY, expires_at=START + 9 * DAY), to="shared@example.com")
    assert stage.run(START + 8 * DAY).handed_over == 1


def test_a_failed_attempt_does_not_fill_the_cap_and_an_unknown_one_does() -> None:
    for kind, later in ((OutcomeKind.REJECTED, 1), (OutcomeKind.UNKNOWN, 0)):
        stage = Stage(Policy(caps=(Cap(most=1, per=Duration(7, "day"), obeys=EMAIL, counts_towards=EMAIL),)))
        stage.channel.on_send = lambda _, kind=kind: Outcome(kind=kind)  # type: ignore[misc]
        stage.world.add(a_proposal(1))
        stage.run()
        stage.channel.on_send = lambda _: None
        stage.world.add(msgspec.structs.replace(a_proposal(1), id="prp_2"))
        assert stage.run().handed_over == later


def test_quiet_hours_defer_and_it_goes_in_the_morning() -> None:
    stage = Stage(Policy(quiet_hours=(QuietHours(first=11 * 60, end=13 * 60, channels=("email",)),)))
    stage.world.add(a_proposal(1))
    assert stage.run().deferred == 1
    assert stage.world.next_due() == START + HOUR
    assert stage.run(START + HOUR).handed_over == 1


def test_transactional_messages_carry_no_way_out_and_need_no_consent() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1, purpose="transactional"), consent="not_required")
    assert stage.run().handed_over == 1
    assert stage.channel.requests[0].headers == {}
    (attempt,) = stage.world.rows.attempts.values()
    assert not attempt.counts_toward_caps


def test_a_failure_is_tried_again_judged_anew_and_given_up_in_the_end() -> None:
    stage = Stage()
    stage.channel.on_send = lambda _: FAILED
    stage.world.add(a_proposal(1))
    for made in range(1, MOST_ATTEMPTS + 1):
        assert stage.run(stage.world.next_due()).failed == 1
        assert len(stage.world.rows.attempts) == made
        assert len([row for row in stage.world.rows.decisions if row["decision_outcome"] == "permit"]) == made
    assert stage.world.status("prp_1") == "failed"
    assert stage.world.next_due() is None
    (event,) = stage.world.rows.outbox.values()
    assert event["event"] == "Message Failed"


def test_a_withdrawal_between_two_attempts_stops_the_second() -> None:
    stage = Stage()
    stage.channel.on_send = lambda _: FAILED
    proposal = stage.world.add(a_proposal(1))
    stage.run()
    stage.world.set_consent(proposal, "withdrawn")
    assert stage.run(stage.world.next_due()).refused == 1
    assert stage.channel.calls == 1
    assert stage.reasons() == ["consent_withdrawn"]


def test_unknown_is_never_tried_again() -> None:
    stage = Stage()
    stage.channel.on_send = lambda _: Outcome(kind=OutcomeKind.UNKNOWN, detail="http_readtimeout")
    stage.world.add(a_proposal(1))
    assert stage.run().unknown == 1
    assert (stage.world.status("prp_1"), stage.world.next_due()) == ("unknown", None)
    (event,) = stage.world.rows.outbox.values()
    assert event["event"] == "Message Outcome Unknown"


def test_a_channel_that_raises_is_unknown_and_the_next_message_goes() -> None:
    stage = Stage()

    def trip(request: Request) -> Outcome | None:
        if request.proposal_id == "prp_1":
            text = "a bug"
            raise KeyError(text)
        return None

    stage.channel.on_send = trip
    stage.world.add(a_proposal(1))
    stage.world.add(a_proposal(2))
    report = stage.run()
    assert (report.unknown, report.handed_over) == (1, 1)


def test_an_address_that_is_gone_is_suppressed_and_the_next_message_refused() -> None:
    stage = Stage()
    stage.channel.on_send = lambda _: Outcome(kind=OutcomeKind.REJECTED, detail="smtp_550_5.1.1", suppress=True)
    stage.world.add(a_proposal(1), to="gone@example.com")
    stage.world.add(a_proposal(2), to="gone@example.com")
    report = stage.run()
    assert (report.rejected, report.stopped) == (1, 1), "the second was stopped at its call start"
    assert stage.run().refused == 1
    assert stage.reasons(2) == ["suppressed"]
    assert stage.channel.calls == 1


def test_an_address_that_cannot_be_written_is_rejected_without_a_call() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1), to="not-an-address")
    assert stage.run().rejected == 1
    assert stage.channel.calls == 0
    (attempt,) = stage.world.rows.attempts.values()
    assert attempt.call_started_at is None


class Meddler(FakeChannel):
    """While it prepares the message, between the decision and the call, something else happens."""

    def __init__(self, meddle: Any) -> None:
        super().__init__()
        self.meddle = meddle

    def prepare(self, message: Any, permit: Any) -> Any:
        self.meddle()
        return super().prepare(message, permit)


@pytest.mark.parametrize("what", ["withdrawn", "suppressed", "pending", "late"])
def test_what_happens_between_decision_and_call_stops_the_call(what: str) -> None:
    world, clock = World(), SimulatedClock(START)
    proposal = world.add(a_proposal(1))
    address = world.people[1, "email"].address
    assert address is not None

    def meddle() -> None:
        if what == "withdrawn":
            world.set_consent(proposal, "withdrawn")
        if what == "suppressed":
            world.rows.suppressions[address.hash] = (START, "complained")
        if what == "pending":
            world.consent_pending = True
        if what == "late":
            clock.move_to(START + PERMIT_LIFETIME)

    channel = Meddler(meddle)
    report = delivery(world.ports(), channel, clock).run_due(START, 10)
    assert (report.permitted, report.stopped, channel.calls) == (1, 1, 0)
    rows = [row for row in world.rows.decisions if row["decision_outcome"] == "deferral"]
    assert len(rows) == 1, "the log says why"
    assert world.status("prp_1") == "due"
    channel.meddle = lambda: None
    world.consent_pending = False
    clock.move_to(clock.now() + 2 * SECOND)
    again = delivery(world.ports(), channel, clock).run_due(clock.now(), 10)
    assert (again.handed_over, again.refused) == ((1, 0) if what in {"pending", "late"} else (0, 1))


def test_planted_fault_a_consent_reader_that_remembers_is_caught() -> None:
    """The second look must be a true one: a reader that answers from its memory lets the call start."""
    world, clock = World(), SimulatedClock(START)
    proposal = world.add(a_proposal(1))
    ports = world.ports()
    remembered = ports.consent.in_force(None, list(world.rows.consents), START)

    class Remembering(Fused):
        def in_force(self, *_: object) -> list[str]:
            return remembered

    broken = msgspec.structs.replace(ports, consent=Remembering(ports.consent, ports.state._fuse))  # type: ignore[attr-defined]
    channel = Meddler(lambda: world.set_consent(proposal, "withdrawn"))
    delivery(broken, channel, clock).run_due(START, 10)
    assert channel.calls == 1, "the test above would see this call"


def test_a_profile_that_changed_since_it_was_rendered_is_rendered_again() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    stage.world.standings[1] = msgspec.structs.replace(stage.world.standings[1], revision=1)
    report = stage.run()
    assert (report.stale, report.permitted, stage.world.status("prp_1")) == (1, 0, "due")
    stage.world.people[1, "email"] = msgspec.structs.replace(stage.world.people[1, "email"], revision=1)
    assert stage.run().handed_over == 1


def test_an_exit_between_proposal_and_delivery_refuses() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    stage.world.ended.add("enr_1")
    assert stage.run().refused == 1
    assert stage.reasons() == ["journey_ended"]


def test_recovery_leaves_a_call_under_way_alone() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))

    def look(_: Request) -> Outcome | None:
        stage.clock.move_to(START + MINUTE)
        seen = delivery(stage.world.ports(), FakeChannel(), stage.clock).recover(START + MINUTE)
        assert seen.recovered == 0
        return None

    stage.channel.on_send = look
    assert stage.run().handed_over == 1


def test_a_process_that_starts_again_at_once_closes_what_its_predecessor_left() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))

    def look(_: Request) -> Outcome | None:
        later = stage.clock.now() + SECOND
        alone = delivery(stage.world.ports(), FakeChannel(), stage.clock)
        assert alone.recover(later).recovered == 0
        assert alone.recover(later, lease=0).unknown == 1
        return None

    stage.channel.on_send = look
    stage.run()
    (attempt,) = stage.world.rows.attempts.values()
    assert attempt.outcome == "unknown"


def test_an_outcome_that_the_state_could_not_take_is_written_in_the_next_round() -> None:
    world, clock, channel = World(), SimulatedClock(START), FakeChannel()
    world.add(a_proposal(1))
    ports = world.ports()

    class Full:
        """Attempts that cannot be finished the first time."""

        failures = 0

        def __getattr__(self, name: str) -> Any:
            return getattr(ports.attempts, name)

        def finish(self, *arguments: Any) -> set[str]:
            if not self.failures:
                self.failures += 1
                raise TransientError("state_unavailable", "full")
            return ports.attempts.finish(*arguments)

    slow = delivery(msgspec.structs.replace(ports, attempts=Full()), channel, clock)
    with pytest.raises(TransientError):
        slow.run_due(START, 10)
    (attempt,) = world.rows.attempts.values()
    assert (attempt.outcome, len(channel.requests)) == ("handing_over", 1)
    assert slow.run_due(START + SECOND, 10).handed_over == 1
    (attempt,) = world.rows.attempts.values()
    assert (attempt.outcome, len(channel.requests)) == ("handed_over", 1)
    assert slow.run_due(START + SECOND, 10).handed_over == 0


def test_nothing_personal_is_written() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1), to="very.private@example.com", first_name="Very-Private")
    stage.run()
    rows = stage.world.rows
    assert "rivate" not in repr((rows.decisions, rows.outbox, rows.exposures))


@pytest.mark.parametrize("reads", [1, 2, 3])
def test_a_withdrawal_applied_between_two_reads_of_the_call_start_is_seen(reads: int) -> None:
    """What is pending must be read before consent: else a withdrawal can slip from pending to applied in between."""
    world, clock = World(), SimulatedClock(START)
    proposal = world.add(a_proposal(1))
    ports = world.ports()

    class Racing:
        """After some more answers, the pipeline applies the withdrawal that was pending."""

        left = 0

        def __getattr__(self, name: str) -> Any:
            def ask(*asked: Any) -> Any:
                answer = getattr(ports.consent, name)(*asked)
                self.left -= 1
                if self.left == 0:
                    world.set_consent(proposal, "withdrawn")
                    world.consent_pending = False
                return answer

            return ask

    racing = Racing()

    def accept_withdrawal() -> None:
        world.consent_pending = True
        racing.left = reads

    channel = Meddler(accept_withdrawal)
    delivery(msgspec.structs.replace(ports, consent=racing), channel, clock).run_due(START, 10)
    assert channel.calls == 0


def test_a_provider_that_asks_for_time_is_left_alone_so_long() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    stage.channel.on_send = lambda _: Outcome(kind=OutcomeKind.FAILED, detail="http_429", retry_after_us=2 * HOUR)
    stage.run()
    assert (stage.world.next_due() or 0) >= START + 2 * HOUR


def test_an_opt_out_at_the_provider_suppresses_and_is_told_as_a_withdrawal() -> None:
    stage = Stage()
    stage.world.add(a_proposal(1))
    told = Outcome(kind=OutcomeKind.REJECTED, detail="twilio_21610_opted_out", suppress=True, opted_out=True)
    stage.channel.on_send = lambda _: told
    assert stage.run().rejected == 1
    assert len(stage.world.rows.suppressions) == 1
    events = {event["event"]: event for event in stage.world.rows.outbox.values()}
    assert events["Consent Updated"]["properties"]["action"] == "withdraw"
    assert "purpose" not in events["Consent Updated"]["properties"], "everything that needs consent on the channel"
    assert events["Message Failed"]["properties"]["suppress"] is True


TRACKING = Links(domain="https://go.example.com", hash_of=hash_of)


def test_links_are_stored_with_the_permit_and_only_with_it() -> None:
    stage = Stage(templates={"hello": template("See https://shop.example.com/a")}, links=TRACKING)
    stage.world.add(a_proposal(1))
    stage.world.add(a_proposal(2), consent="withdrawn")
    stage.run()
    (link,) = stage.world.rows.links.values()
    assert (link.proposal_id, link.target) == ("prp_1", "https://shop.example.com/a")
    assert f"https://go.example.com/l/{link.id}".encode() in stage.channel.requests[0].body


def test_a_link_is_stored_before_the_call_that_makes_it_known() -> None:
    stage = Stage(templates={"hello": template("See https://shop.example.com/a")}, links=TRACKING)
    stage.world.add(a_proposal(1))
    seen: list[int] = []

    def look(_request: Request) -> Outcome | None:
        seen.append(len(stage.world.rows.links))
        return None

    stage.channel.on_send = look
    stage.run()
    assert seen == [1]
