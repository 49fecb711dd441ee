"""Pauses, modes, holds, approvals: what each says, and what waits for whom."""

from typing import Any

import msgspec
import pytest

from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import ActionFacts, Controls, Deferral, Hold, HoldKind, Mode, Pause, Reason, Scope
from fieldfare.decide.gate.orders import (
    approval,
    automation_of,
    held,
    hold_in_force,
    mode,
    names_of,
    paused,
    pauses_over,
    stopped_finding,
    waits_for,
)
from fieldfare.decide.gate.policy import Approval, Policy, Selector
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.decide.gate.facts import HOLD, NOON, PAUSE, facts, proposal

LATE = NOON + DAY


def a_pause(scope: Scope, name: str = "", **more: Any) -> Pause:
    return msgspec.structs.replace(PAUSE, scope=scope, name=name, **more)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({}, "journey:win-back"),
        ({"journey": "broadcast:spring"}, "broadcast:spring"),
        ({"channel": "action", "template": "refund"}, "action:refund"),
    ],
)
def test_automations_have_names(change: dict[str, Any], name: str) -> None:
    assert automation_of(proposal(**change)) == name


@pytest.mark.parametrize(
    ("pause", "change", "covered"),
    [
        (a_pause(Scope.EVERYTHING), {}, True),
        (a_pause(Scope.JOURNEY, "win-back"), {}, True),
        (a_pause(Scope.JOURNEY, "other"), {}, False),
        (a_pause(Scope.JOURNEY, "win-back"), {"channel": "action", "template": "refund"}, True),
        (a_pause(Scope.ACTION, "refund"), {"channel": "action", "template": "refund"}, True),
        (a_pause(Scope.ACTION, "refund"), {"template": "refund"}, False),
        (a_pause(Scope.BROADCAST, "spring"), {"journey": "broadcast:spring"}, True),
        (a_pause(Scope.CHANNEL, "email"), {}, True),
        (a_pause(Scope.CHANNEL, "sms"), {}, False),
        (a_pause(Scope.LOCATION, "north"), {}, True),
        (a_pause(Scope.LOCATION, "south"), {}, False),
        (a_pause(Scope.PROFILE, "1"), {}, True),
        (a_pause(Scope.PROFILE, "9"), {}, True),  # merged into 1
        (a_pause(Scope.PROFILE, "2"), {}, False),
        (a_pause(Scope.EVERYTHING, since_at=NOON + 1), {}, False),
        (a_pause(Scope.EVERYTHING, until=NOON), {}, False),
        (a_pause(Scope.EVERYTHING, until=NOON + 1), {}, True),
    ],
)
def test_what_a_pause_covers(pause: Pause, change: dict[str, Any], covered: bool) -> None:
    named = names_of(proposal(**change), "north", (1, 9))
    assert pauses_over([pause], named, NOON) == ((pause,) if covered else ())


@pytest.mark.parametrize(
    ("untils", "expected"),
    [([None], LATE), ([NOON + HOUR], NOON + HOUR), ([NOON + HOUR, None], LATE), ([NOON + 9 * DAY], LATE)],
)
def test_a_pause_defers_to_its_end_and_never_past_the_expiry(untils: list[int | None], expected: int) -> None:
    pauses = tuple(a_pause(Scope.EVERYTHING, until=until) for until in untils)
    found = paused(facts(controls=Controls(pauses=pauses), consent="not_required"), Policy(), NOON)
    assert found is not None
    assert (found.reason, found.until) == (Reason.PAUSED, expected)


@pytest.mark.parametrize(
    ("controls", "reason", "until"),
    [
        (Controls(), None, None),
        (Controls(mode=Mode.OFF), Reason.SWITCHED_OFF, None),
        (Controls(mode=Mode.READ_ONLY), Reason.READ_ONLY, None),
        (Controls(mode=Mode.MANUAL), Reason.AWAITS_RELEASE, LATE),
        (Controls(mode=Mode.MANUAL, granted=frozenset({"release"})), None, None),
        (Controls(mode=Mode.MANUAL, granted=frozenset({"approval"})), Reason.AWAITS_RELEASE, LATE),
        (Controls(rejected=True), Reason.REJECTED, None),
    ],
)
def test_modes(controls: Controls, reason: Reason | None, until: int | None) -> None:
    found = mode(facts(controls=controls), Policy(), NOON)
    assert (found.reason if found else None, found.until if found else None) == (reason, until)


def test_what_is_only_read_is_refused_when_it_would_have_gone() -> None:
    busy = Controls(mode=Mode.READ_ONLY, open_until=NOON + HOUR)
    (verdict,) = judge([facts(controls=busy)], Policy(), NOON)
    assert isinstance(verdict, Deferral)


def test_a_hold_spares_the_exempt_and_tells_its_kind() -> None:
    controls = Controls(hold=HOLD)
    found = held(facts(controls=controls), Policy(), NOON)
    assert found is not None
    assert (found.reason, found.inputs["kind"]) == (Reason.ON_HOLD, "medical")
    assert "asked" not in str(found.inputs), "people's words stay out of the log"
    assert held(facts(controls=controls, consent="not_required"), Policy(), NOON) is None


def test_the_longest_hold_in_force_counts() -> None:
    def hold(name: str, since: int, until: int | None) -> Hold:
        return Hold(id=name, profile_id=1, kind=HoldKind.OTHER, since_at=since, actor="a", reason="b", until=until)

    holds = [hold("over", NOON - 9, NOON), hold("short", NOON - 9, NOON + 1), hold("later", NOON + 1, None)]
    found = hold_in_force(holds, NOON)
    assert found is not None
    assert found.id == "short"
    assert hold_in_force(holds[:1], NOON) is None


BIG = Approval(name="big", concerns=Selector(), audience_above=100, amount_above=1_000, who=("grace",))


@pytest.mark.parametrize(
    ("policy", "change", "needed"),
    [
        (Policy(), {}, None),
        (Policy(approvals=(BIG,)), {}, None),
        (Policy(approvals=(BIG,)), {"controls": Controls(audience_size=100)}, None),
        (Policy(approvals=(BIG,)), {"controls": Controls(audience_size=101)}, ["big"]),
        (Policy(approvals=(BIG,)), {"action": ActionFacts(amount=1_001)}, ["big"]),
        (Policy(approvals=(BIG,)), {"action": ActionFacts(amount=1_000)}, None),
        (Policy(approvals=(Approval(name="all", concerns=Selector(channels=("email",))),)), {}, ["all"]),
        (Policy(approvals=(Approval(name="all", concerns=Selector(channels=("sms",))),)), {}, None),
        (Policy(), {"action": ActionFacts(needs_approval=True, approvers=("ada",))}, ["action"]),
        (
            Policy(),
            {"action": ActionFacts(needs_approval=True), "controls": Controls(granted=frozenset({"approval"}))},
            None,
        ),
    ],
)
def test_approvals(policy: Policy, change: dict[str, Any], needed: list[str] | None) -> None:
    found = approval(facts(**change), policy, NOON)
    assert (found.inputs["rules"] if found is not None else None) == needed
    if found is not None:
        assert (found.reason, found.until) == (Reason.AWAITS_APPROVAL, LATE)


def test_what_waits_for_people() -> None:
    controls = Controls(mode=Mode.MANUAL, pauses=(PAUSE,))
    (verdict,) = judge([facts(controls=controls)], Policy(), NOON)
    assert [needs for needs, _ in waits_for(verdict)] == ["resume", "release"]
    (permit,) = judge([facts()], Policy(), NOON)
    assert waits_for(permit) == []


def test_what_stops_a_call() -> None:
    found = stopped_finding((PAUSE,), Mode.ON, LATE)
    assert found is not None
    assert (found.reason, found.until) == (Reason.PAUSED, LATE)
    found = stopped_finding((), Mode.OFF, LATE)
    assert found is not None
    assert (found.reason, found.until) == (Reason.SWITCHED_OFF, None)
    assert stopped_finding((), Mode.MANUAL, LATE) is None
