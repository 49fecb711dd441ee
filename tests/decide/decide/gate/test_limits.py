"""Capacities and budgets: by priority within a call, by place, by period, and what tasks pile up."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.limits import BACKLOG_WAIT, budget, capacity, next_period, period_of, place_of, uses_of
from fieldfare.decide.gate.model import ActionFacts, Controls, Permit, Reason
from fieldfare.decide.gate.policy import Limit, Policy, Selector
from fieldfare.ground.instants import DAY, HOUR, parse_iso
from fieldfare.ground.workspace.model import Duration
from tests.decide.decide.gate.facts import NOON, facts


def limit(most: int, **more: Any) -> Limit:
    ordinary: dict[str, Any] = {
        "name": "desk",
        "concerns": Selector(),
        "is_money": False,
        "per": Duration(1, "day"),
    }
    return Limit(most=most, **(ordinary | more))


def said(one: Limit, used: int, **change: Any) -> Reason | None:
    policy = Policy(limits=(one,), costs={"sms": 8})
    controls = Controls(used={"desk": used}, backlog={"calls": 5})
    rule = budget if one.is_money else capacity
    found = rule(facts(controls=controls, **change), policy, NOON)
    return found.reason if found is not None else None


@pytest.mark.parametrize(
    ("one", "used", "change", "reason"),
    [
        (limit(2), 1, {}, None),
        (limit(2), 2, {}, Reason.CAPACITY_REACHED),
        (limit(2), 1, {"spent": {"desk": 1}}, Reason.LOST_TO_PRIORITY),
        (limit(2), 2, {"consent": "not_required"}, None),
        (limit(0, concerns=Selector(channels=("sms",))), 9, {}, None),
        (limit(20, is_money=True), 12, {"channel": "sms"}, None),
        (limit(20, is_money=True), 13, {"channel": "sms"}, Reason.BUDGET_SPENT),
        (limit(20, is_money=True), 20, {}, None),  # e-mail costs nothing
        (limit(500, is_money=True), 0, {"action": ActionFacts(amount=501)}, Reason.BUDGET_SPENT),
        (limit(9, backlog_list="calls", backlog_above=5), 0, {}, None),
        (limit(9, backlog_list="calls", backlog_above=4), 0, {}, Reason.BACKLOG),
    ],
)
def test_limits(one: Limit, used: int, change: dict[str, Any], reason: Reason | None) -> None:
    assert said(one, used, **change) is reason


def test_what_does_not_fit_waits_for_the_next_period() -> None:
    policy = Policy(limits=(limit(0),), zone="Europe/Berlin")
    found = capacity(facts(), policy, NOON)
    assert found is not None
    assert found.until == parse_iso("2026-03-02T23:00:00Z")
    full = limit(9, backlog_list="calls", backlog_above=0)
    found = capacity(facts(controls=Controls(backlog={"calls": 1})), Policy(limits=(full,)), NOON)
    assert found is not None
    assert found.until == NOON + BACKLOG_WAIT


def test_periods() -> None:
    assert period_of(limit(1), NOON, "Europe/Berlin") == parse_iso("2026-03-01T23:00:00Z")
    assert period_of(limit(1, per=Duration(1, "week")), NOON, "UTC") == parse_iso("2026-02-24T00:00:00Z")
    hours = limit(1, per=Duration(4, "hour"), calendar=False)
    assert period_of(hours, NOON, "UTC") == NOON - 4 * HOUR + 1
    assert next_period(hours, NOON, "UTC") == NOON + HOUR


def test_places() -> None:
    assert place_of(limit(1), "north") == ""
    assert place_of(limit(1, by_location=True), "north") == "north"
    assert place_of(limit(1, by_location=True), None) == ""


def test_the_last_place_goes_to_the_highest_priority_over_all_addresses() -> None:
    policy = Policy(limits=(limit(1),))
    low = facts(id="low", profile_id=1, address_hash=b"1", priority=1)
    high = facts(id="high", profile_id=2, address_hash=b"2", priority=9)
    assert [isinstance(each, Permit) for each in judge([low, high], policy, NOON)] == [False, True]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.sampled_from(["north", "south", None])), max_size=12), st.integers(0, 4)
)
def test_no_place_ever_gets_more_than_its_own(wishes: list[tuple[int, str | None]], most: int) -> None:
    policy = Policy(limits=(limit(most, by_location=True),))
    batch = [
        facts(id=str(number), profile_id=number, address_hash=bytes([number]), priority=priority, location=place)
        for number, (priority, place) in enumerate(wishes)
    ]
    went: dict[str, int] = {}
    for known, verdict in zip(batch, judge(batch, policy, NOON), strict=True):
        for use in uses_of(known, policy) if isinstance(verdict, Permit) else ():
            went[use.place] = went.get(use.place, 0) + use.amount
    assert all(count <= most for count in went.values())
    wanted = {place_of(policy.limits[0], place): 0 for _, place in wishes}
    for _, place in wishes:
        wanted[place_of(policy.limits[0], place)] += 1
    assert all(went.get(place, 0) == min(most, count) for place, count in wanted.items()), "and nobody is starved"


def test_uses_name_what_a_permit_takes() -> None:
    policy = Policy(limits=(limit(1, by_location=True), limit(9, name="texts", is_money=True)), costs={"email": 2})
    used = uses_of(facts(location="north"), policy)
    assert [(use.limit, use.place, use.amount) for use in used] == [("desk", "north", 1), ("texts", "", 2)]
    assert NOON + DAY > NOON
