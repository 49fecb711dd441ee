"""Ordinary counts of a small simulation, for tables that change one thing of them."""

from typing import Any

import msgspec

from fieldfare.decide.gate.policy import Limit, Policy, Selector
from fieldfare.flow.rehearsal.model import Counted, Decided, Fault, Hourly, Plan, Population, Tallied
from fieldfare.flow.rehearsal.report import Rules
from fieldfare.ground.instants import DAY, HOUR, Instant, parse_iso
from fieldfare.ground.workspace.model import Duration

START = parse_iso("2026-01-05T00:00:00Z")
"""A Monday."""
MONDAY = START // DAY


def a_plan(**changes: Any) -> Plan:
    plan = Plan(
        start=START,
        end=START + 28 * DAY,
        population=Population.GENERATED,
        people=10,
        seed=7,
        load=1,
        faults=frozenset[Fault](),
    )
    return msgspec.structs.replace(plan, **changes)


def sent_at(at: Instant, sent: int = 1, channel: str = "email", location: str | None = None) -> Hourly:
    return Hourly(at // HOUR, "win-back", channel, "marketing", (), location, sent)


def counts(**changes: Any) -> Counted:
    ordinary = Counted(
        given=1_000,
        applied=980,
        duplicates=15,
        dead_letters=5,
        erased=0,
        twice=0,
        events_by_hour={START // HOUR: 40, START // HOUR + 30: 60},
        letters_by_day={MONDAY: 1},
        events_by_day={MONDAY: 500},
        profiles=10,
        merged=1,
        walks=(
            Tallied("win-back", MONDAY, "entered", 3),
            Tallied("win-back", MONDAY + 7, "entered", 2),
            Tallied("win-back", MONDAY, "ended:goal", 1),
            Tallied("win-back", MONDAY, "refused:gate", 4),
        ),
        sent=(sent_at(START), sent_at(START + 8 * DAY, 2), sent_at(START + 8 * DAY, 3, "sms")),
        decided=(
            Decided("win-back", MONDAY, "permit", (), "email", 6, 6),
            Decided("win-back", MONDAY, "refusal", ("cap_reached", "quiet_hours"), "email", 2, 2),
            Decided("win-back", MONDAY + 7, "deferral", ("capacity_reached",), "email", 9, 4),
        ),
        failed_by_day={},
        attempts_by_day={MONDAY: 10},
        promised=100,
        arrived=100,
        sent_twice=0,
        lateness={0: 990, 4: 10},
        returned=(),
    )
    return msgspec.structs.replace(ordinary, **changes)


def the_rules(**changes: Any) -> Rules:
    limits = (
        Limit(name="desk", concerns=Selector(channels=("email",)), most=2, is_money=False, per=Duration(1, "day")),
        Limit(name="month", concerns=Selector(), most=90, is_money=True, per=Duration(30, "day")),
    )
    rules = Rules(
        policy=Policy(limits=limits, costs={"sms": 7}),
        zone="UTC",
        currency="EUR",
        task_channels=frozenset({"calls"}),
        refreshes={"lapsed": 0},
        journeys=("quiet", "win-back"),
    )
    return msgspec.structs.replace(rules, **changes)
