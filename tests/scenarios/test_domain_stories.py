"""Stories of a brand's day, from the first event to what follows, each on the example that it belongs to."""

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.channels.task import TaskBody
from fieldfare.act.delivery.store import task
from fieldfare.assembly.answering import open_message_answers
from fieldfare.assembly.installation import open_erasure
from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, identify, track
from fieldfare.flow.simulate import Call
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, parse_iso
from tests.scenarios.example_engine import EXAMPLES
from tests.scenarios.whole import Whole, opened

NOON = parse_iso("2025-04-07T11:00:00+00:00")
"""A Monday, out of season everywhere, in nobody's quiet hours."""


@contextmanager
def example(name: str, tmp_path: Path, more: Mapping[str, str] = MappingProxyType({})) -> Iterator[Whole]:
    """Open an example in which nobody is held out, with ``more`` files."""
    folder = tmp_path / f"{name}-workspace"
    shutil.copytree(EXAMPLES / name, folder)
    for file, told in more.items():
        (folder / file).write_text(told, encoding="utf-8")
    for path in folder.glob("journeys/*.yaml"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r"(?m)^holdout: .*$", "holdout: 0.001 %", text), encoding="utf-8")
    with opened(tmp_path / name, NOON, folder) as whole:
        yield whole


def known(user: str, at: Instant, **traits: Any) -> Call:
    told = {"email": f"{user}@mail.example.net", "email_verified": True, "first_name": user.title(), **traits}
    return at, identify(user, f"{user}-known-{at}", at, told)


def does(user: str, event: str, at: Instant, **values: Any) -> Call:
    return at, track(event, user, f"{user}-{event}-{at}", at, values)


def says(user: str, action: str, purpose: str, channel: str, at: Instant) -> Call:
    told = {**consent(channel, action, "form"), "purpose": purpose}
    return at, track(CONSENT_EVENT, user, f"{user}-{action}-{purpose}-{channel}-{at}", at, told)


def agrees(user: str, at: Instant, *channels: str, purpose: str = "marketing") -> list[Call]:
    return [says(user, "grant", purpose, channel, at) for channel in channels]


def sent(whole: Whole) -> list[str]:
    return [row["template"] for row in sorted(whole.messages(), key=lambda row: row["at"])]


def test_the_whole_loop_booking_payment_session_risk_text_case_and_caps(tmp_path: Path) -> None:
    with example("wellness", tmp_path) as whole:
        whole.play(
            [
                known("ada", NOON, phone="+447911123456", phone_verified=True, membership_status="active"),
                *agrees("ada", NOON + MINUTE, "email", "sms", "push", "desk"),
                does("ada", "class_booked", NOON + HOUR, class_name="Flow"),
                does("ada", "payment_succeeded", NOON + 2 * HOUR, amount=79, currency="GBP"),
                does("ada", "app_opened", NOON + 3 * HOUR),
                known("ada", NOON + DAY, membership_tier="grove", at_risk_score=78),
            ],
            NOON + 9 * DAY,
        )
        assert len(whole.documents()) == 1
        profile = whole.installation.look.profile("user_id:ada", whole.clock.now())
        assert profile["stage"] == "at_risk"
        assert sent(whole) == ["rescue_text", "rescue_mail", "rescue_call"]
        assert {row["channel"] for row in whole.messages()} == {"sms", "email", "desk"}
        # A second reason within the week: two text messages in seven days are the most.
        misses = [does("ada", "class_missed", NOON + (9 + day) * DAY, class_name="Flow") for day in (1, 2, 3)]
        whole.play(misses, NOON + 20 * DAY)
        assert whole.sent("missed_text") == [], "one journey of the group has her"


def test_a_cancelled_class_marks_the_profile_and_texts_from_the_same_one(tmp_path: Path) -> None:
    with example("fitness", tmp_path) as whole:
        at = NOON + DAY
        whole.play(
            [
                known(
                    "ada", NOON, phone="+4915112345678", consent_email=True, consent_sms=True, membership_tier="plus"
                ),
                *agrees("ada", NOON + MINUTE, "email", "sms"),
                does("ada", "booking_cancelled", at),
            ],
            at + 5 * MINUTE,
        )
        profile = whole.installation.look.profile("user_id:ada", whole.clock.now())
        assert profile["traits"]["churn_risk"]["value"] == "elevated", "within five minutes"
        assert profile["computed"]["last_cancellation"]["value"] is not None
        whole.tick(at + 3 * HOUR)
        assert sent(whole) == ["rebook_text"]


def test_a_receipt_with_a_number_alone_lands_on_the_member(tmp_path: Path) -> None:
    with example("wellness", tmp_path) as whole:
        receipt = track("payment_succeeded", "", "till-1", NOON + HOUR, {"amount": 4, "currency": "GBP"})
        del receipt["userId"]
        receipt["context"] = {"traits": {"phone": "07911 123456"}}
        whole.play(
            [known("ada", NOON, phone="+447911123456", membership_id="W-77"), (NOON + HOUR, receipt)], NOON + DAY
        )
        assert len(whole.documents()) == 1
        identifiers = whole.installation.look.profile("user_id:ada", whole.clock.now())["identifiers"]
        assert (identifiers["membership_id"], identifiers["phone"]) == (1, 1)


def test_a_broker_that_delivers_again_makes_one_apology_and_one_credit(tmp_path: Path) -> None:
    with example("communication-app", tmp_path) as whole:
        felt = does("ada", "outage_felt", NOON + HOUR, outage_id="o-1", lost_calls=2, minutes=40)
        again = (felt[0] + MINUTE, felt[1])
        other_id = (felt[0] + 2 * MINUTE, {**felt[1], "messageId": "broker-made-a-new-one"})
        ended = does("ada", "outage_ended", NOON + 4 * HOUR, outage_id="o-1")
        whole.play([known("ada", NOON), felt, again, other_id, ended, (ended[0], ended[1])], NOON + 3 * DAY)
        whole.installation.loader(whole.lake).sync()
        credits_ = whole.lake.query("SELECT count(*) FROM events WHERE name = 'credit_granted'", 1).rows[0][0]
        assert (whole.sent("outage_sorry") != [], len(sent(whole)), credits_) == (True, 1, 1)


def test_erased_under_audit_nothing_follows_and_the_receipt_says_so(tmp_path: Path) -> None:
    with example("wellness", tmp_path) as whole:
        whole.play(
            [
                known("ada", NOON, membership_status="active"),
                *agrees("ada", NOON + MINUTE, "email", "sms", "push", "desk"),
                does("ada", "class_attended", NOON + HOUR, class_type="yoga"),
            ],
            NOON + DAY,
        )
        receipt = open_erasure(whole.installation, whole.lake).erase("user_id:ada", "officer", "request 17")
        assert (receipt.documents, receipt.reason) == (1, "request 17")
        whole.tick(NOON + 60 * DAY)
        assert sent(whole) == []
        with pytest.raises(CallerError):
            whole.profile_id("user_id:ada")


def test_one_of_two_consents_is_revoked_and_the_other_goes_on(tmp_path: Path) -> None:
    with example("clinic", tmp_path) as whole:
        form = {"form_id": "f-1", "complaint": "a sore knee", "urgent": False, "topic": "physio"}
        whole.play(
            [
                known("ada", NOON, phone="+447911123456", phone_verified=True, patient_status="active"),
                *agrees("ada", NOON + MINUTE, "email", "sms", purpose="recall"),
                *agrees("ada", NOON + MINUTE, "email", "sms", "desk", "clinicians", purpose="treatment"),
                known("ada", NOON + HOUR, next_check_on="2025-02-21"),
                says("ada", "withdraw", "recall", "sms", NOON + 2 * DAY),
                says("ada", "withdraw", "recall", "email", NOON + 2 * DAY),
                does("ada", "intake_submitted", NOON + 3 * DAY, **form),
            ],
            NOON + 40 * DAY,
        )
        assert sorted(sent(whole)) == ["check_due", "intake_new", "intake_received"], "no letter after the withdrawal"
        assert whole.replayed().breaches == ()


def test_what_is_said_of_a_child_stays_with_the_party(tmp_path: Path) -> None:
    party = {"party_id": "p-1", "value": 320, "currency": "EUR", "child_first_name": "Wilhelmina", "child_age": 7}
    with example("family-entertainment", tmp_path) as whole:
        whole.play(
            [known("ada", NOON, home_location="colmar"), does("ada", "party_booked", NOON + HOUR, **party)],
            NOON + DAY,
        )
        whole.installation.loader(whole.lake).sync()
        rows = whole.lake.query("SELECT * FROM events WHERE name = 'party_booked'", 10).rows
        assert len(rows) == 1
        assert "Wilhelmina" not in repr(rows)
        assert "p-1" in repr(rows)
    changed = tmp_path / "changed"
    shutil.copytree(EXAMPLES / "family-entertainment", changed)
    told = "audience: children\nowner: parks\nwhere: {trait: child_first_name, is: Wilhelmina}\n"
    (changed / "audiences" / "children.yaml").write_text(told, encoding="utf-8")
    assert any("child_first_name" in str(problem) for problem in load_workspace(changed)[1])


def test_a_note_of_health_is_sealed_and_never_in_an_audience(tmp_path: Path) -> None:
    with example("clinic", tmp_path) as whole:
        note = does("ada", "appointment_note_written", NOON + HOUR, appointment_id="a-1", note="knee, left, effusion")
        whole.play([known("ada", NOON, patient_status="active"), note], NOON + DAY)
        whole.installation.loader(whole.lake).sync()
        rows = whole.lake.query("SELECT * FROM events WHERE name = 'appointment_note_written'", 10).rows
        assert len(rows) == 1
        assert "effusion" not in repr(rows)
    changed = tmp_path / "changed"
    shutil.copytree(EXAMPLES / "clinic", changed)
    asks = "audience: knees\nowner: practice\nwhere: {did: appointment_note_written, where: {note: {contains: knee}}}\n"
    (changed / "audiences" / "knees.yaml").write_text(asks, encoding="utf-8")
    assert any("knees.yaml" in str(problem) and problem.is_error for problem in load_workspace(changed)[1])


def test_where_somebody_is_to_the_metre_is_removed_at_the_door(tmp_path: Path) -> None:
    with example("clinic", tmp_path) as whole:
        at = NOON + HOUR
        ping = does("ada", "appointment_booked", at, appointment_id="a-1", latitude=55.975, longitude=-3.17)
        whole.play([known("ada", NOON, patient_status="active"), ping], NOON + DAY)
        whole.installation.loader(whole.lake).sync()
        (row,) = whole.lake.query("SELECT properties FROM events WHERE name = 'appointment_booked'", 10).rows
        assert "55.975" not in repr(row)
        assert "a-1" in repr(row)


def test_a_rebooking_that_is_not_allowed_is_a_case_for_a_person(tmp_path: Path) -> None:
    with example("fitness", tmp_path) as whole:
        calls = [
            known("ada", NOON, consent_email=True, membership_tier="basic"),
            *agrees("ada", NOON + MINUTE, "email"),
        ]
        whole.play([*calls, does("ada", "booking_cancelled", NOON + HOUR)], NOON + DAY)
        assert sent(whole) == ["rebook_review"]
        assert whole.rows(task) == [] or whole.rows(task)[0]["list"] == "desk"


LEAD = """journey: new-lead
entry: {event: lead_received}
purpose: transactional
steps:
  - task:
      channel: desk
      template: rebook_review
      sla: {within: 1 hours, broken: [{task: {channel: desk, template: waitlist_question}}, {exit: late}]}
  - exit: in_time
"""


def test_a_lead_that_nobody_answers_within_the_hour_goes_to_somebody_else(tmp_path: Path) -> None:
    with example("fitness", tmp_path, {"journeys/new-lead.yaml": LEAD}) as whole:
        leads = [does("ada", "lead_received", NOON + HOUR), does("bob", "lead_received", NOON + HOUR)]
        whole.play([known("ada", NOON), known("bob", NOON), *leads], NOON + HOUR)
        body = whole.stores.keys.seal_token(msgspec.msgpack.encode(TaskBody("A lead", "Call back.")))
        listed = {"id": "prp-1", "at": NOON + HOUR, "list": "desk", "kind": "message", "status": "open", "sealed": body}
        listed |= {"profile_id": whole.profile_id("user_id:ada"), "template": "rebook_review"}
        with whole.stores.state.write() as connection:  # here messages are captured, so nobody has put it there
            connection.execute(task.insert(), [listed])
        whole.tick(NOON + 100 * MINUTE)
        open_message_answers(whole.installation, whole.lake).tasks.done("prp-1", "kim")
        whole.tick(NOON + 101 * MINUTE)
        whole.tick(NOON + 3 * HOUR)
        ended = {whole.profile_id("user_id:ada"): "in_time", whole.profile_id("user_id:bob"): "late"}
        assert {each["profile_id"]: each["end_reason"] for each in whole.enrollments()} == ended
        assert whole.sent("waitlist_question") == [NOON + 2 * HOUR], "an hour after it came, and for bob alone"


RISK = """audience: scored_high
owner: studio
where: {trait: at_risk_score, at_least: 70}
"""
CALL = """journey: call-back
entry: {joins: scored_high, reentry: {after: 30 days}, canary: {share: 10 %}}
purpose: transactional
steps: [{exit: called}]
"""


def test_scores_that_a_new_tier_upsets_are_tried_on_a_tenth_first(tmp_path: Path) -> None:
    """A tier that nobody scored before lifts scores: a tenth is called for two weeks, then everybody who joins anew."""
    people = [f"m-{number}" for number in range(60)]
    with example("wellness", tmp_path, {"audiences/scored_high.yaml": RISK, "journeys/call-back.yaml": CALL}) as whole:

        def scored(at: Instant, score: int, tier: str) -> list[Call]:
            return [known(user, at, membership_tier=tier, at_risk_score=score) for user in people]

        def called() -> set[int]:
            return {each["profile_id"] for each in whole.enrollments() if each["journey"] == "call-back"}

        whole.play([*scored(NOON - DAY, 10, "leaf"), *scored(NOON, 90, "grove")], NOON + 14 * DAY)
        tried = called()
        assert 1 <= len(tried) <= 14
        left_out = next(user for user in people if whole.profile_id(f"user_id:{user}") not in tried)
        folder = tmp_path / "wellness-workspace"
        (folder / "journeys" / "call-back.yaml").write_text(
            CALL.replace(", canary: {share: 10 %}", ""), encoding="utf-8"
        )
        whole.use(folder)
        whole.tick(NOON + 15 * DAY)
        assert called() == tried, "nobody enters by the change"
        at = NOON + 16 * DAY
        whole.play([known(left_out, at, at_risk_score=10), known(left_out, at + HOUR, at_risk_score=90)], at + DAY)
        assert called() == tried | {whole.profile_id(f"user_id:{left_out}")}


def test_a_number_that_changes_hands_joins_nobody_and_is_nobodys_old_one(tmp_path: Path) -> None:
    number, other = "+447911123456", "+447400123456"
    with example("wellness", tmp_path) as whole:
        whole.play(
            [
                known("ada", NOON, phone=number, phone_verified=True, membership_status="active"),
                *agrees("ada", NOON + MINUTE, "email", "sms", "push", "desk"),
                does("ada", "class_booked", NOON + HOUR, class_name="Flow"),
                known("ada", NOON + 2 * DAY, phone=other, phone_verified=True),
                known("bob", NOON + 3 * DAY, phone=number, phone_verified=True, membership_status="active"),
                known("ada", NOON + 4 * DAY, membership_tier="grove", at_risk_score=78),
            ],
            NOON + 6 * DAY,
        )
        assert len(whole.documents()) == 2, "a number alone joins nobody"
        ada, bob = whole.profile_id("user_id:ada"), whole.profile_id("user_id:bob")
        texts = [(row["profile_id"], row["address_hash"]) for row in whole.attempts() if row["channel"] == "sms"]
        assert texts == [(ada, whole.stores.keys.lookup_hash("phone", other))]
        assert ada != bob


def test_a_free_place_is_one_persons_at_a_time_also_in_a_simulation(tmp_path: Path) -> None:
    users = [f"m-{number}" for number in range(4)]
    calls = [known(user, NOON, membership_tier="plus", membership_status="active") for user in users]
    calls += [agree for user in users for agree in agrees(user, NOON + MINUTE, "email")]
    calls += [does(user, "check_in", NOON + HOUR) for user in users]
    at = NOON + DAY
    offered = [(users[0], at), (users[1], at + 5 * MINUTE), (users[2], at + 40 * MINUTE), (users[3], at + 50 * MINUTE)]
    calls += [does(user, "place_offered", when, offer_id="o-1", class_name="Spin") for user, when in offered]
    calls += [does(users[2], "class_booked", at + 45 * MINUTE, class_name="Spin")]
    with example("fitness", tmp_path) as whole:
        whole.simulate(sorted(calls, key=lambda each: each[0]), NOON + 3 * DAY)
        ends = {each["profile_id"]: each["end_reason"] for each in whole.enrollments() if each["journey"] == "waitlist"}
        reasons = [ends[whole.profile_id(f"user_id:{user}")] for user in users]
        assert reasons == ["not_taken", "taken", "taken_up", "not_taken"]
        query = """SELECT name, occurred_at FROM events WHERE name LIKE 'Place %' ORDER BY occurred_at, name DESC"""
        held = most = 0
        for name, _ in whole.lake.query(query, 20).rows:
            held += 1 if name == "Place Reserved" else -1
            most = max(most, held)
        assert (most, held) == (1, 0)
