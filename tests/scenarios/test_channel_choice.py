"""Choosing a channel, falling back and escalating, through delivery: the process ends anywhere, nobody gets two."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.fates import Report
from fieldfare.act.delivery.model import HANDING_OVER, ConsentQuestion, Outcome, OutcomeKind, Request
from fieldfare.act.delivery.run import Delivery
from fieldfare.act.delivery.way_ports import Answered
from fieldfare.decide.gate.policy import ChoicePolicy, Policy, QuietHours
from fieldfare.decide.gate.rules import PENDING_WAIT
from fieldfare.decide.journeys.definition import Escalation, Fallback, Ways
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, to_iso
from fieldfare.learn.experiments.model import Arm
from fieldfare.testing.channel import FakeChannel
from fieldfare.testing.delivery import START, Fuse, Fused, Killed, World, a_proposal
from fieldfare.testing.delivery_engine import with_outcome
from tests.decide.act.delivery.builders import LINKS, settings, template

SMS = Fallback("sms", "short")
LATER = Escalation(channel="sms", template="short", after_us=2 * HOUR)
TEMPLATES = {"hello": template(), "short": template("Hi", template="short", channel="sms", subject=None)}


class Stage:
    """A world with two channels, and deliveries that may be ended and begun again."""

    def __init__(self, policy: Policy | None = None) -> None:
        self.world, self.clock, self.policy = World(), SimulatedClock(START), policy
        self.email, self.sms = FakeChannel(), FakeChannel("sms", address="phone")

    def add(
        self,
        number: int,
        ways: Ways,
        *,
        email: str = "granted",
        sms: str = "granted",
        to: str | None = None,
        **change: Any,
    ) -> Proposal:
        wish = self.world.add(a_proposal(number, ways=ways, **change), consent=email, to=to)
        self.world.reach(number, "phone", f"+1555{number}")
        self.world.set_consent(msgspec.structs.replace(wish, channel="sms"), sms)
        return wish

    def delivery(self, fuse: Fuse | None = None) -> Delivery:
        fuse = fuse or Fuse()
        channels: dict[str, Any] = {"email": Fused(self.email, fuse), "sms": Fused(self.sms, fuse)}
        return Delivery(
            settings(self.policy, templates=TEMPLATES, batch=2), self.world.ports(fuse), channels, LINKS, self.clock
        )

    def run(self, at: Instant | None = None) -> None:
        self.clock.move_to(max(at or 0, self.clock.now()))
        self.delivery().run_due(self.clock.now(), 100)

    def finish(self, until: Instant = START + 3 * DAY) -> None:
        """Begin again and run on until nothing is due or open."""
        for _ in range(60):
            self.run()
            due = self.world.next_due()
            is_open = any(each.outcome == HANDING_OVER for each in self.world.rows.attempts.values())
            if not is_open and (due is None or due > until):
                return
            self.clock.move_to(max(self.clock.now() + MINUTE, due or 0))
        raise AssertionError(self.world.rows)

    def got(self) -> dict[str, list[str]]:
        return {"email": [each.to for each in self.email.requests], "sms": [each.to for each in self.sms.requests]}

    def decisions(self, number: int = 1) -> Iterator[tuple[str, str, list[str], dict[str, Any]]]:
        for row in self.world.rows.decisions:
            if row["profile_id"] == number:
                read = msgspec.json.decode(row["inputs"])["read"]
                yield row["channel"], row["decision_outcome"], msgspec.json.decode(row["reasons"]), read


def test_without_consent_to_the_first_channel_the_next_is_chosen_and_the_log_says_why() -> None:
    stage = Stage()
    stage.add(1, Ways(fallbacks=(SMS,)), email="withdrawn")
    stage.run()
    assert stage.got() == {"email": [], "sms": ["+15551"]}
    ((channel, outcome, _, read),) = stage.decisions()
    assert (channel, outcome, read["choice"]["by"]) == ("sms", "permit", "order")
    assert read["choice"]["ways"] == [
        {"channel": "sms", "template": "short", "score": 20},
        {"channel": "email", "template": "hello", "score": 20, "aside": ["consent_withdrawn"]},
    ]
    stage.finish()
    assert stage.got() == {"email": [], "sms": ["+15551"]}


def test_where_no_channel_may_be_used_there_is_one_refusal_that_names_all() -> None:
    stage = Stage()
    stage.add(1, Ways(fallbacks=(SMS,)), email="withdrawn", sms="missing")
    stage.finish()
    assert stage.got() == {"email": [], "sms": []}
    ((channel, outcome, reasons, read),) = stage.decisions()
    assert (channel, outcome, reasons) == ("email", "refusal", ["consent_withdrawn"])
    assert [each["aside"] for each in read["choice"]["ways"]] == [["consent_withdrawn"], ["consent_missing"]]


def test_the_best_channel_is_the_persons_own() -> None:
    stage = Stage(Policy(choice=ChoicePolicy(by=("preference", "engagement"))))
    ways = Ways(fallbacks=(SMS,), is_best=True)
    stage.add(1, ways)
    stage.add(2, ways, to="two@example.com")
    stage.world.people[2, "email"].traits["preferred_channel"] = "sms"
    stage.add(3, ways)
    stage.world.answers[3] = [Answered("sms", START - DAY), Answered("sms", START - DAY), Answered("email", None)]
    stage.run()
    assert stage.got() == {"email": ["person1@example.com"], "sms": ["+15552", "+15553"]}


def test_who_is_held_out_is_not_reached_by_another_channel() -> None:
    stage = Stage()
    stage.add(1, Ways(fallbacks=(SMS,), escalation=None), arm=Arm.HOLDOUT)
    stage.finish()
    assert stage.got() == {"email": [], "sms": []}
    assert [(outcome, reasons) for _, outcome, reasons, _ in stage.decisions()] == [("refusal", ["holdout"])]


def gone(_request: Request) -> Outcome:
    return Outcome(kind=OutcomeKind.REJECTED, detail="smtp_550_5.1.1", suppress=True)


def test_what_the_provider_turns_down_goes_by_the_next_channel_once() -> None:
    stage = Stage()
    stage.add(1, Ways(fallbacks=(SMS,)))
    stage.email.on_send = gone
    stage.finish()
    assert stage.got()["sms"] == ["+15551"]
    assert stage.world.status("prp_1") == "rejected"
    told = [(channel, read.get("follows"), read.get("because")) for channel, _, _, read in stage.decisions()]
    assert told == [("email", None, None), ("sms", "prp_1", "rejected")]


def test_a_bounce_that_is_told_later_leads_to_the_next_channel() -> None:
    stage = Stage()
    stage.add(1, Ways(fallbacks=(SMS,)))
    stage.finish()
    assert stage.got() == {"email": ["person1@example.com"], "sms": []}
    stage.world.reports["prp_1"] = [Report(status="bounced", at=START + HOUR)]
    stage.world.rows.follow["prp_1"] = START + HOUR
    stage.run(START + HOUR)
    assert stage.got()["sms"] == ["+15551"]


@pytest.mark.parametrize(("opened_by", "texts"), [("nobody", 1), ("machine", 1), ("person", 0)])
def test_a_text_follows_only_when_no_person_opened_the_email(opened_by: str, texts: int) -> None:
    stage = Stage()
    stage.add(1, Ways(escalation=LATER))
    stage.run()
    if opened_by != "nobody":
        told = Report(status="opened", at=START + HOUR, is_machine=opened_by == "machine")
        stage.world.reports["prp_1"] = [told]
    stage.run(START + 2 * HOUR - 1)
    assert stage.got()["sms"] == [], "too early"
    stage.finish()
    assert len(stage.got()["sms"]) == texts
    assert len(stage.got()["email"]) == 1


def test_an_email_that_waited_for_the_morning_is_given_its_time_before_a_text_follows() -> None:
    quiet = QuietHours(first=11 * 60, end=18 * 60, channels=("email",))
    stage = Stage(Policy(quiet_hours=(quiet,)))
    stage.add(1, Ways(escalation=LATER))
    stage.run(START + 3 * HOUR)
    assert stage.got() == {"email": [], "sms": []}, "the e-mail was not sent, so it could not be opened"
    stage.run(START + 6 * HOUR)
    assert len(stage.got()["email"]) == 1
    stage.run(START + 8 * HOUR - 1)
    assert stage.got()["sms"] == []
    stage.run(START + 8 * HOUR)
    assert stage.got()["sms"] == ["+15551"]


def test_consent_to_the_second_channel_is_asked_when_its_time_comes() -> None:
    stage = Stage()
    wish = stage.add(1, Ways(escalation=LATER))
    stage.run()
    stage.world.set_consent(msgspec.structs.replace(wish, channel="sms"), "withdrawn")
    stage.finish()
    assert stage.got()["sms"] == []
    *_, (channel, outcome, reasons, read) = stage.decisions()
    assert (channel, outcome, reasons) == ("sms", "refusal", ["consent_withdrawn"])
    assert (read["follows"], read["because"]) == ("prp_1", "not_opened")


def test_a_message_waits_for_the_hour_of_its_person_but_not_past_its_last_moment() -> None:
    stage = Stage()
    stage.add(1, Ways(best_us=DAY))
    stage.add(2, Ways(best_us=DAY), expires_at=START + 4 * HOUR)
    for number in (1, 2):
        stage.world.answers[number] = [Answered("email", START + 7 * HOUR - each * DAY) for each in range(1, 7)]
    stage.run()
    assert [row["profile_id"] for row in stage.world.rows.decisions] == [2], "no hour before its end is better than now"
    assert stage.world.rows.proposals["prp_1"][1] == "due"
    stage.run(START + 7 * HOUR - 1)
    assert len(stage.got()["email"]) == 1
    stage.run(START + 8 * HOUR)
    assert len(stage.got()["email"]) == 2
    ((_, _, _, read),) = stage.decisions(1)
    assert read["choice"]["time"]["by"] == "own"
    assert to_iso(START + 7 * HOUR)[:13] == read["choice"]["time"]["at"][:13]


def test_while_consent_waits_to_be_applied_nothing_is_chosen() -> None:
    stage = Stage()
    stage.add(1, Ways(fallbacks=(SMS,)))
    stage.world.consent_pending = True
    stage.run()
    assert (stage.world.status("prp_1"), stage.world.next_due()) == ("choosing", START + PENDING_WAIT)
    stage.world.consent_pending = False
    stage.finish()
    assert stage.got() == {"email": ["person1@example.com"], "sms": []}


def test_in_a_paused_broadcast_nothing_follows_until_it_goes_on() -> None:
    stage = Stage()
    stage.world.running["brd_1"] = None
    stage.add(1, Ways(escalation=LATER), broadcast="brd_1", journey="broadcast:spring", experiment=None)
    stage.run()
    del stage.world.running["brd_1"]
    stage.run(START + 3 * HOUR)
    assert stage.got()["sms"] == []
    assert stage.world.rows.follow, "it is looked at again"
    stage.world.running["brd_1"] = None
    stage.finish()
    assert stage.got()["sms"] == ["+15551"]


def test_a_bounce_after_a_broadcast_was_done_lets_it_run_on_for_the_next_channel() -> None:
    stage = Stage()
    stage.world.running["brd_1"] = None
    stage.add(1, Ways(fallbacks=(SMS,)), broadcast="brd_1", journey="broadcast:spring", experiment=None)
    stage.finish()
    del stage.world.running["brd_1"]
    stage.world.done.add("brd_1")
    stage.run(START + HOUR)
    assert (stage.world.done, stage.got()["sms"]) == ({"brd_1"}, []), "nothing follows, so it stays done"
    stage.world.reports["prp_1"] = [Report(status="bounced", at=START + HOUR)]
    stage.world.rows.follow["prp_1"] = START + HOUR
    stage.run()
    assert stage.got()["sms"] == ["+15551"]
    assert (stage.world.done, stage.world.running) == (set(), {"brd_1": None})


def test_nothing_follows_in_a_broadcast_that_was_cancelled() -> None:
    stage = Stage()
    stage.world.running["brd_1"] = None
    stage.add(1, Ways(fallbacks=(SMS,)), broadcast="brd_1", journey="broadcast:spring", experiment=None)
    stage.finish()
    del stage.world.running["brd_1"]
    stage.world.reports["prp_1"] = [Report(status="bounced", at=START + HOUR)]
    stage.world.rows.follow["prp_1"] = START + HOUR
    stage.world.cancelled.add("brd_1")
    stage.run(START + 2 * HOUR)
    assert (stage.got()["sms"], stage.world.running) == ([], {})
    assert stage.world.rows.follow == {}, "and it is not looked at again"


def test_what_waits_for_its_time_in_a_broadcast_that_is_cancelled_is_looked_at_no_more() -> None:
    stage = Stage()
    stage.world.running["brd_1"] = None
    stage.add(1, Ways(escalation=LATER), broadcast="brd_1", journey="broadcast:spring", experiment=None)
    stage.run()
    assert stage.world.rows.follow
    del stage.world.running["brd_1"]
    stage.world.cancelled.add("brd_1")
    stage.run(START + 3 * HOUR)
    assert (stage.got()["sms"], stage.world.rows.follow) == ([], {})


def test_what_follows_in_a_broadcast_may_go_to_the_same_address_by_another_channel() -> None:
    stage = Stage()
    stage.world.running["brd_1"] = None
    told: dict[str, Any] = {"broadcast": "brd_1", "journey": "broadcast:spring", "experiment": None}
    for number in (1, 2):
        stage.add(number, Ways(escalation=LATER), to="both@example.com", **told)
        stage.world.people[number, "phone"] = stage.world.people[1, "email"]
        wish = stage.world.rows.proposals[f"prp_{number}"][0]
        asked = ConsentQuestion(number, b"both@example.com"[:16], wish.purpose, "sms")
        stage.world.rows.consents[asked] = "granted"
    stage.finish()
    assert stage.got() == {"email": ["both@example.com"], "sms": ["both@example.com"]}


def a_stage() -> Stage:
    """Return people in all positions: escalation, fallback by choice, by refusal of the provider, nothing left."""
    stage = Stage()
    stage.add(1, Ways(escalation=LATER))
    stage.add(2, Ways(fallbacks=(SMS,)), email="missing")
    stage.add(3, Ways(fallbacks=(SMS,), escalation=None), to="gone@example.com")
    stage.add(4, Ways(fallbacks=(SMS,)), email="missing", sms="missing")
    stage.email.on_send = lambda request: gone(request) if request.to == "gone@example.com" else None
    return stage


def test_the_process_ends_between_any_two_calls_and_each_channel_gets_its_message_once() -> None:
    fuse = Fuse()
    whole = a_stage()
    whole.delivery(fuse).run_due(START, 100)
    whole.clock.move_to(START + 3 * HOUR)
    whole.delivery(fuse).run_due(whole.clock.now(), 100)
    assert fuse.count > 100
    burnt = set()
    for at in range(1, fuse.count + 1):
        stage, breaks = a_stage(), Fuse(at)
        try:
            stage.delivery(breaks).run_due(START, 100)
            stage.clock.move_to(START + 3 * HOUR)
            stage.delivery(breaks).run_due(stage.clock.now(), 100)
        except Killed:
            burnt.add(breaks.burnt)
        stage.finish()
        check(stage, breaks.burnt)
    assert {
        "before FakeWays.write_followers",
        "after FakeWays.write_followers",
        "before FakeWays.write_chosen",
    } <= burnt
    assert "after commit" in burnt


def check(stage: Stage, where: str | None) -> None:
    """Nobody gets two by one channel; everybody gets what was meant for them, or is known to be unknown."""
    unknown = {
        (each.profile_id, each.channel) for each in stage.world.rows.attempts.values() if each.outcome == "unknown"
    }
    for channel, to in stage.got().items():
        taken = [each for each in to if each != "gone@example.com"]
        assert len(taken) == len(set(taken)), (where, channel, taken)
    meant = {(1, "email"), (1, "sms"), (2, "sms"), (3, "sms")}
    sent = {
        (each.profile_id, each.channel) for each in stage.world.rows.attempts.values() if each.outcome == "handed_over"
    }
    lost = meant - sent - unknown
    assert not lost - ({(3, "sms")} if (3, "email") in unknown else set()), (where, lost)
    keys = [
        (each.enrollment_id, each.step, each.visit, each.channel) for each, _, _ in stage.world.rows.proposals.values()
    ]
    assert len(keys) == len(set(keys)), where
    assert not any(status in {"choosing", "due", "permitted"} for _, status, _ in stage.world.rows.proposals.values())


@pytest.mark.parametrize("then", [OutcomeKind.REJECTED, OutcomeKind.FAILED])
def test_what_a_provider_may_have_taken_goes_by_no_other_channel_when_sent_again_in_vain(then: OutcomeKind) -> None:
    stage = Stage()
    stage.email.capabilities = msgspec.structs.replace(stage.email.capabilities, keeps_ids=True)
    stage.add(1, Ways(fallbacks=(SMS,)))
    calls: list[Request] = []

    def on_send(request: Request) -> Outcome:
        calls.append(request)
        first = len(calls) == 1
        return Outcome(kind=OutcomeKind.UNKNOWN if first else then, detail="timeout" if first else "http_400")

    stage.email.on_send = on_send
    stage.run()
    stage.finish()
    assert len(calls) > 1
    assert stage.sms.requests == []


def test_a_look_up_that_knows_nothing_undoes_no_receipt() -> None:
    stage = Stage()
    stage.email.capabilities = msgspec.structs.replace(stage.email.capabilities, looks_up=True)
    stage.world.add(a_proposal(1, purpose="transactional"))
    stage.email.on_send = lambda _request: Outcome(kind=OutcomeKind.UNKNOWN, detail="timeout")

    def look_up(_lost: object) -> Outcome:
        rows = stage.world.rows
        for each, one in rows.attempts.items():  # what a receipt does meanwhile
            told = with_outcome(one, Outcome(kind=OutcomeKind.HANDED_OVER, detail="receipt"))
            rows.attempts[each] = msgspec.structs.replace(told, look_up_at=None)
        wish, _, due_at = rows.proposals["prp_1"]
        rows.proposals["prp_1"] = wish, "sent", due_at
        return Outcome(kind=OutcomeKind.UNKNOWN, detail="looked_up_nobody")

    stage.email.look_up = look_up  # type: ignore[attr-defined]
    stage.run()
    stage.run(START + HOUR)
    stage.run(START + 3 * HOUR)
    assert stage.world.status("prp_1") == "sent"
    assert [each.outcome for each in stage.world.rows.attempts.values()] == ["handed_over"]
