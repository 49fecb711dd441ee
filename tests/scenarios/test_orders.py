"""What people order of the gate, over the whole product: pauses, holds, modes, the queue, actions."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.assembly.answering import open_decide, open_orders
from fieldfare.assembly.audit_consent import consent_audit
from fieldfare.assembly.installation import open_erasure
from fieldfare.decide.gate import order_store
from fieldfare.flow.decide_action import ActionQuestion, Decide
from fieldfare.flow.order_answers import OrderAnswers
from fieldfare.ground.errors import CallerError, ConflictError
from fieldfare.ground.instants import DAY, HOUR, MINUTE, SECOND
from fieldfare.trust.consent.model import Suppression
from fieldfare.trust.consent.suppression_store import insert_suppressions
from tests.scenarios.example_engine import FITNESS
from tests.scenarios.people import LAPSES_AT, MORNING_AFTER, NOON, joins
from tests.scenarios.test_consent_withdrawn import END, USERS, between_verdict_and_call, messages_of, reasons, treated
from tests.scenarios.whole import Whole, opened

ACTIONS = """actions:
  refund: {purpose: transactional, reversible: false, most_amount: 5000, approvers: [grace, ada]}
  guest-pass: {purpose: marketing, per_person: {most: 1, per: 30 days}, tags: [incentive]}
  late-slot: {purpose: transactional, minimum_match_confidence: 100}
"""


def workspace(tmp_path: Path, **files: str) -> Path:
    """Return the example with further files."""
    folder = tmp_path / "workspace"
    shutil.copytree(FITNESS, folder)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


@pytest.fixture
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """A dozen members who lapse in the night; win-back messages wait for the morning."""
    url = request.getfixturevalue("postgres_database") if getattr(request, "param", "sqlite") == "postgres" else None
    folder = workspace(tmp_path, actions=ACTIONS)
    with opened(tmp_path / "data", NOON, url=url, workspace=folder) as made:
        made.play(sorted((call for user in USERS for call in joins(user, NOON)), key=lambda call: call[0]), NOON + DAY)
        made.tick(LAPSES_AT)
        yield made


def orders(whole: Whole) -> OrderAnswers:
    return open_orders(whole.installation)


def test_the_kill_switch_stops_what_was_permitted_and_resuming_loses_nothing(whole: Whole) -> None:
    sent_to = treated(whole)
    orders(whole).pause("everything", "", "ada", "wrong price")
    whole.tick(MORNING_AFTER + 3 * HOUR)
    assert not whole.messages()
    assert all("paused" in reasons(whole, user) for user in sent_to)
    assert orders(whole).summary()["paused"][0]["actor"] == "ada"
    found = orders(whole).resume("everything", "", "ada", "price is right")
    assert found["made_due"] == len(USERS)
    whole.tick(whole.clock.now() + SECOND)
    assert all(messages_of(whole, user) == ["win_back"] for user in sent_to)


def test_the_kill_switch_between_verdict_and_call(whole: Whole) -> None:
    sent_to = treated(whole)

    def kill() -> None:
        orders(whole).pause("journey", "win-back", "ada", "wrong price", "1 hour")

    between_verdict_and_call(whole, kill)
    first = min(row["call_started_at"] or END for row in whole.attempts())
    assert first >= MORNING_AFTER + HOUR, "nothing started until the pause was over"
    assert all("paused" in reasons(whole, user) for user in sent_to)
    assert all(messages_of(whole, user) for user in sent_to), "and then it went"


@pytest.mark.parametrize(
    ("scope", "name"),
    [("journey", "win-back"), ("channel", "email"), ("location", "riverside"), ("profile", "user_id:m-0")],
)
def test_a_pause_covers_what_it_names_and_nothing_else(whole: Whole, scope: str, name: str) -> None:
    gone = treated(whole)
    if scope == "location":
        name = next(iter(sorted(place.name for place in whole.workspace.locations.places)))
    if scope == "profile":
        name = f"user_id:{gone[0]}"
    orders(whole).pause(scope, name, "ada", "it rains")
    whole.tick(MORNING_AFTER + HOUR)
    stopped = [user for user in gone if not messages_of(whole, user)]
    if scope in {"journey", "channel"}:
        assert stopped == gone
    elif scope == "profile":
        assert stopped == gone[:1]
    else:
        assert all("paused" in reasons(whole, user) for user in stopped)


def test_a_hold_refuses_and_spares_what_people_must_get(whole: Whole) -> None:
    gone, *others = treated(whole)
    held = orders(whole).hold(f"user_id:{gone}", "vacation", "front desk", "asked for it", "90 days")
    assert held["hold"]["kind"] == "vacation"
    whole.tick(END)
    assert messages_of(whole, gone) == []
    assert "on_hold" in reasons(whole, gone)
    assert all(messages_of(whole, user) for user in others)
    assert orders(whole).lift(f"user_id:{gone}", "front desk", "is back")["lifted"]
    with pytest.raises(CallerError, match="no hold"):
        orders(whole).lift(f"user_id:{gone}", "front desk", "is back")


@pytest.mark.parametrize(("mode", "reason"), [("off", "switched_off"), ("read_only", "read_only")])
def test_modes_that_do_nothing_say_so(whole: Whole, mode: str, reason: str) -> None:
    found = orders(whole).set_mode("journey:win-back", mode, "ada", "test")
    assert (found["mode"], found["was"]) == (mode, "on")
    whole.tick(MORNING_AFTER + HOUR)
    assert not whole.messages()
    assert all(reason in reasons(whole, user) for user in treated(whole))


def test_the_manual_queue_waits_for_a_person(whole: Whole) -> None:
    orders(whole).set_mode("journey:win-back", "manual", "ada", "new text")
    whole.tick(MORNING_AFTER + HOUR)
    assert not whole.messages()
    waiting = orders(whole).queue()
    assert {each["needs"] for each in waiting} == {"release"}
    yes, no, *_ = [
        each for each in waiting if each["profile_id"] in {whole.profile_id(f"user_id:{u}") for u in treated(whole)}
    ]
    orders(whole).release(yes["proposal_id"], "ada", "reads well")
    orders(whole).reject(no["proposal_id"], "ada", "knows them")
    whole.tick(whole.clock.now() + MINUTE)
    assert [row["profile_id"] for row in whole.attempts()] == [yes["profile_id"]]
    assert [row["profile_id"] for row in whole.decisions() if "rejected" in row["reasons"]] == [no["profile_id"]]
    with pytest.raises(ConflictError, match="released by ada"):
        orders(whole).reject(yes["proposal_id"], "grace", "no")
    assert orders(whole).summary()["queue"] == {"release": len(waiting) - 2}


@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda o: o.pause("everything", "", "ada", " "), "order_unsigned"),
        (lambda o: o.pause("everything", "x", "ada", "y"), "scope_name"),
        (lambda o: o.pause("journey", "", "ada", "y"), "scope_name"),
        (lambda o: o.pause("planet", "x", "ada", "y"), "scope_unknown"),
        (lambda o: o.pause("journey", "nothing", "ada", "y"), "name_unknown"),
        (lambda o: o.pause("profile", "user_id:nobody", "ada", "y"), "profile_unknown"),
        (lambda o: o.pause("everything", "", "ada", "y", "yesterday"), "until_wrong"),
        (lambda o: o.pause("everything", "", "ada", "y", "2020-01-01"), "until_wrong"),
        (lambda o: o.resume("everything", "", "ada", "y"), "not_paused"),
        (lambda o: o.hold("user_id:m-0", "cold", "ada", "y"), "hold_kind_unknown"),
        (lambda o: o.set_mode("win-back", "off", "ada", "y"), "automation_unknown"),
        (lambda o: o.set_mode("journey:win-back", "maybe", "ada", "y"), "mode_unknown"),
        (lambda o: o.release("prp_none", "ada", "y"), "queue_unknown"),
        (lambda o: o.queue("open"), "queue_status"),
    ],
)
def test_what_cannot_be_ordered(shared: Whole, act: Any, code: str) -> None:
    with pytest.raises(CallerError) as caught:
        act(orders(shared))
    assert caught.value.code == code
    assert caught.value.message[-1] in ".`"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """A workspace with one member, for what changes nothing."""
    tmp_path = tmp_path_factory.mktemp("shared")
    with opened(tmp_path / "data", NOON, workspace=workspace(tmp_path, actions=ACTIONS)) as made:
        made.play(sorted(joins("m-0", NOON), key=lambda call: call[0]), NOON + DAY)
        yield made


def ask(whole: Whole, action: str, key: str, **more: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"profile": "user_id:m-0", "actor": "bot"} | more
    return decide(whole).decide(ActionQuestion(action=action, idempotency_key=key, **values))


def decide(whole: Whole) -> Decide:
    return open_decide(whole.installation)


@pytest.mark.parametrize("whole", ["sqlite", "postgres"], indirect=True)
def test_an_action_is_permitted_once_and_used_once(whole: Whole) -> None:
    first = ask(whole, "guest-pass", "k1")
    assert (first["decision"], first["reasons"]) == ("permit", [])
    assert ask(whole, "guest-pass", "k1") == first
    second = ask(whole, "guest-pass", "k2")
    assert (second["decision"], second["reasons"]) == ("refusal", ["action_limit"])
    used = decide(whole).use(first["id"], "desk")
    assert used["used_by"] == "desk"
    with pytest.raises(ConflictError, match="was used"):
        decide(whole).use(first["id"], "desk")
    with pytest.raises(ConflictError, match="refusal"):
        decide(whole).use(second["id"], "desk")
    with pytest.raises(ConflictError, match="another question"):
        ask(whole, "refund", "k1", amount=1)
    outcomes = [row["decision_outcome"] for row in whole.decisions() if row["channel"] == "action"]
    assert sorted(outcomes) == ["permit", "refusal"], "the same question again is no second decision"


def test_a_refund_waits_for_an_approval_by_somebody_else(whole: Whole) -> None:
    held = ask(whole, "refund", "r1", amount=1200, actor="ada")
    assert (held["decision"], held["reasons"]) == ("hold", ["awaits_approval"])
    (waiting,) = [each for each in orders(whole).queue() if each["needs"] == "approval"]
    refused = {"ada": "approval_own", "token:till by ada": "approval_own", "mallory": "approver_unknown"}
    for who, code in refused.items():
        with pytest.raises(CallerError) as caught:
            orders(whole).release(waiting["proposal_id"], who, "fine")
        assert caught.value.code == code
    orders(whole).release(waiting["proposal_id"], "grace", "the till was wrong")
    assert ask(whole, "refund", "r1", amount=1200, actor="ada")["decision"] == "permit"
    assert ask(whole, "refund", "r2", amount=5001)["reasons"] == ["action_limit", "awaits_approval"]


def test_a_permit_is_stopped_by_a_pause_and_ends(whole: Whole) -> None:
    found = ask(whole, "guest-pass", "k1")
    orders(whole).pause("action", "guest-pass", "ada", "too many")
    with pytest.raises(ConflictError, match="paused"):
        decide(whole).use(found["id"], "desk")
    orders(whole).resume("action", "guest-pass", "ada", "fine")
    whole.tick(whole.clock.now() + 5 * MINUTE)
    with pytest.raises(ConflictError, match="until"):
        decide(whole).use(found["id"], "desk")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"action": "gift"}, "action_unknown"),
        ({"amount": -1}, "action_field"),
        ({"key": ""}, "action_field"),
        ({"actor": " "}, "action_field"),
        ({"priority": 101}, "action_field"),
        ({"profile": "user_id:nobody"}, "profile_unknown"),
    ],
)
def test_questions_that_cannot_be_answered(shared: Whole, change: dict[str, Any], code: str) -> None:
    asked = {"action": "refund", "key": "k"} | change
    with pytest.raises(CallerError) as caught:
        ask(shared, asked.pop("action"), asked.pop("key"), **asked)
    assert caught.value.code == code
    with pytest.raises(CallerError):
        decide(shared).show("act_none")


def test_an_erased_person_leaves_no_orders(whole: Whole) -> None:
    ask(whole, "guest-pass", "k1")
    orders(whole).hold("user_id:m-0", "medical", "ada", "broken leg")
    orders(whole).pause("profile", "user_id:m-0", "ada", "on the phone")
    receipt = open_erasure(whole.installation, whole.lake).erase("user_id:m-0", "ada", "asked")
    assert receipt.orders >= 2
    assert whole.rows(order_store.marketing_hold) == []
    assert [row["reason"] for row in whole.rows(order_store.pause)] == ["erased"]


def test_the_audit_counts_what_it_looked_at_and_finds_what_must_not_have_gone(whole: Whole) -> None:
    whole.tick(MORNING_AFTER + HOUR)
    run = consent_audit(whole.stores.state, whole.workspace.consent, whole.clock)
    found = run()
    assert found["ok"]
    assert found["permits"] == found["calls"] == len(treated(whole))
    gone = whole.attempts()[0]
    planted = Suppression(address_hash=bytes(gone["address_hash"]), reason="complaint", since_at=NOON, source="planted")
    with whole.stores.state.write() as tx:
        insert_suppressions(tx, [planted])
    found = run()
    assert not found["ok"]
    assert [each["proposal_id"] for each in found["breaches"]["calls"]] == [gone["proposal_id"]]
    assert len(found["breaches"]["permits"]) == 1
