"""What breaks at a peak, and what to do."""

from typing import Any

import msgspec
import pytest

from fieldfare.flow.rehearsal.model import Decided, Fault
from fieldfare.flow.rehearsal.peak import (
    AskedPeak,
    Verdict,
    asked_for,
    breaks_of,
    checks_of,
    chosen_peak,
    told_peak,
    verdict_of,
)
from fieldfare.flow.rehearsal.report import report_of
from fieldfare.ground.errors import CallerError
from tests.decide.flow.rehearsal.counts import MONDAY, START, a_plan, counts, sent_at, the_rules

PEAKS = [("january", 100, 130), ("september", 340, 370)]
CALM = {"decided": (Decided("win-back", MONDAY, "permit", (), "email", 6, 6),)}


def _checks(events_per_s: float = 100.0, faults: frozenset[Fault] = frozenset(), **changes: Any) -> dict[str, Any]:
    report = report_of(a_plan(faults=faults), counts(**(CALM | changes)), the_rules(), [])
    return {each.check: each for each in checks_of(report, events_per_s)}


def test_a_calm_peak_breaks_nothing_and_gives_no_advice() -> None:
    found = _checks()
    assert verdict_of(list(found.values())) is Verdict.OK
    assert {each.fix for each in found.values()} == {""}


@pytest.mark.parametrize(
    ("check", "changes"),
    [
        ("events", {"given": 2_000}),
        ("events", {"twice": 1}),
        ("messages_once", {"sent_twice": 1}),
        ("delivery_success", {"arrived": 90}),
        ("data_latency", {"lateness": {1: 90, 60: 10}}),
        ("too_late", {"decided": (Decided("win-back", MONDAY, "refusal", ("expired",), "email", 3, 3),)}),
        ("capacity_desk", {"decided": (Decided("win-back", MONDAY, "deferral", ("backlog",), "email", 3, 3),)}),
        ("budget_month", {"decided": (Decided("win-back", MONDAY, "deferral", ("budget_spent",), "sms", 3, 3),)}),
        ("throughput", {"events_per_s": 0.02}),
    ],
)
def test_each_mark_can_be_missed_and_says_what_to_do(check: str, changes: dict[str, Any]) -> None:
    found = _checks(**changes)
    assert {name for name, each in found.items() if each.verdict is Verdict.BAD} == {check}
    assert found[check].fix


def test_what_was_made_late_on_purpose_is_not_held_against_a_run() -> None:
    late: dict[str, Any] = {"lateness": {1: 90, 60: 10}}
    assert _checks(faults=frozenset({Fault.LATE}), **late)["data_latency"].verdict is Verdict.OK


def test_tasks_without_a_capacity_are_told() -> None:
    sent = (sent_at(START, 5, "calls"),)
    report = report_of(a_plan(), counts(sent=sent, **CALM), the_rules(policy=the_rules().policy), [])
    report["limits"] = []
    assert {each.check: each for each in checks_of(report, 100.0)}["tasks"].verdict is Verdict.WARN


def test_the_next_peak_that_is_not_over_is_taken() -> None:
    assert chosen_peak(PEAKS, None, 131)[0] == "september"
    assert chosen_peak(PEAKS, None, 130)[0] == "january"
    assert chosen_peak(PEAKS, "september", 0)[0] == "september"
    for season, today, code in (("summer", 0, "season_unknown"), ("january", 131, "peak_missing")):
        with pytest.raises(CallerError) as raised:
            chosen_peak(PEAKS, season, today)
        assert raised.value.code == code


def test_beyond_the_first_load_everything_goes_wrong() -> None:
    asked = AskedPeak(loads=(1, 3))
    assert asked_for(PEAKS[0], asked, 1, 0).faults == ()
    assert set(asked_for(PEAKS[0], asked, 3, 0).faults) == {fault.value for fault in Fault}
    real = asked_for(PEAKS[0], AskedPeak(population="real"), 1, 99)
    assert real.first == "1970-04-10"


def test_a_break_is_told_once_at_the_lowest_load() -> None:
    runs = [
        {"load": load, "verdict": "bad", "report": report_of(a_plan(), counts(), the_rules(), []), "checks": checks}
        for load, checks in (
            (1, [msgspec.to_builtins(each) for each in _checks().values()]),
            (3, [msgspec.to_builtins(each) for each in _checks(arrived=90).values()]),
            (5, [msgspec.to_builtins(each) for each in _checks(arrived=80, sent_twice=1).values()]),
        )
    ]
    found = breaks_of(runs)
    assert [(each["load"], each["check"]) for each in found] == [(3, "delivery_success"), (5, "messages_once")]
    told = {"season": "january", "from": "a", "to": "b", "population": "generated", "runs": runs, "breaks": found}
    assert any(line.startswith("breaks at 3x: delivery_success") for line in told_peak(told))
