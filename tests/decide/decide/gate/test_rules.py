"""Each rule alone: when it speaks, what it says, whom it spares."""

from typing import Any

import pytest

from fieldfare.decide.gate import rules
from fieldfare.decide.gate.caps import caps, counts_toward_caps
from fieldfare.decide.gate.model import Reason
from fieldfare.decide.gate.policy import Cap, OnHit, Policy, QuietHours, Refused, Selector
from fieldfare.decide.gate.timing import quiet_hours
from fieldfare.ground.instants import DAY, HOUR, parse_iso
from fieldfare.ground.workspace.model import Duration
from fieldfare.learn.experiments.model import Arm
from tests.decide.decide.gate.facts import NOON, at, cap, facts, sent

NIGHT = QuietHours(first=21 * 60, end=8 * 60, channels=("email",))
WEEKLY = cap(2, "email", Duration(7, "day"))
STRICT = Policy(
    caps=(cap(0, None, Duration(1, "day")),),
    quiet_hours=(QuietHours(first=0, end=1439),),
    refused=(Refused(concerns=Selector(purposes=("marketing", "service")), phases=("off",)),),
    minimum_match_confidence=60,
    exempt=frozenset({"service"}),
)


def test_what_passes_passes_every_rule() -> None:
    assert [rule(facts(), Policy(), NOON) for rule in rules.RULES] == [None] * len(rules.RULES)


@pytest.mark.parametrize(
    ("change", "rule", "reason"),
    [
        ({"consent_pending": True}, "consent_pending", Reason.CONSENT_PENDING),
        ({"expires_at": NOON}, "expired", Reason.EXPIRED),
        ({"journey_live": False}, "journey_ended", Reason.JOURNEY_ENDED),
        ({"address_hash": None}, "no_address", Reason.NO_ADDRESS),
        ({"suppressed_since": NOON - DAY}, "suppressed", Reason.SUPPRESSED),
        ({"consent": "missing"}, "consent", Reason.CONSENT_MISSING),
        ({"consent": "anything else"}, "consent", Reason.CONSENT_MISSING),
        ({"consent": "withdrawn"}, "consent", Reason.CONSENT_WITHDRAWN),
        ({"consent": "denied"}, "consent", Reason.CONSENT_WITHDRAWN),
        ({"consent": "objected"}, "consent", Reason.CONSENT_WITHDRAWN),
        ({"consent": "expired"}, "consent", Reason.CONSENT_MISSING),
        ({"on_hold": True}, "on_hold", Reason.ON_HOLD),
        ({"match_confidence": 59}, "low_confidence", Reason.LOW_CONFIDENCE),
        ({"rendered": False}, "render_failed", Reason.RENDER_FAILED),
        ({"arm": Arm.HOLDOUT}, "holdout", Reason.HOLDOUT),
    ],
)
def test_one_fact_speaks_through_one_rule(change: dict[str, Any], rule: str, reason: Reason) -> None:
    policy = Policy(minimum_match_confidence=60)
    found = [said for each in rules.RULES if (said := each(facts(**change), policy, NOON)) is not None]
    assert [(said.rule, said.reason) for said in found] == [(rule, reason)]
    assert [said.until for said in found] == [NOON + rules.PENDING_WAIT if rule == "consent_pending" else None]


def test_every_rule_names_itself_and_has_a_reason_of_its_own() -> None:
    bad = facts(arm=Arm.HOLDOUT, on_hold=True, address_hash=None, suppressed_since=1, consent="missing")
    said = [found for rule in rules.RULES if (found := rule(bad, STRICT, NOON)) is not None]
    assert [each.rule for each in said] == [
        "no_address",
        "suppressed",
        "consent",
        "on_hold",
        "holdout",
        "phase",
        "caps",
        "quiet_hours",
    ]


@pytest.mark.parametrize("change", [{"consent": "not_required"}, {"purpose": "service"}])
def test_exempt_is_spared_by_policy_and_holdout(change: dict[str, Any]) -> None:
    wanted = facts(**change, arm=Arm.HOLDOUT, on_hold=True, sent=sent(NOON - 1))
    assert [rule(wanted, STRICT, NOON) for rule in rules.RULES] == [None] * len(rules.RULES)
    assert not counts_toward_caps(wanted, STRICT)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"consent": "withdrawn"}, Reason.CONSENT_WITHDRAWN),
        ({"consent": "missing"}, Reason.CONSENT_MISSING),
        ({"suppressed_since": 1}, Reason.SUPPRESSED),
        ({"match_confidence": 59}, Reason.LOW_CONFIDENCE),
        ({"expires_at": NOON}, Reason.EXPIRED),
    ],
)
def test_exempt_is_not_spared_by_the_law(change: dict[str, Any], reason: Reason) -> None:
    wanted = facts(purpose="service", **change)
    assert reason in [said.reason for rule in rules.RULES if (said := rule(wanted, STRICT, NOON)) is not None]


def test_what_waits_to_be_read_is_held() -> None:
    found = rules.consent(facts(consent="in_review"), Policy(), NOON)
    assert found is not None
    assert (found.reason, found.until) == (Reason.CONSENT_PENDING, NOON + rules.REVIEW_WAIT)


def test_consent_waits_for_what_is_pending() -> None:
    wanted = facts(consent="missing", consent_pending=True)
    assert rules.consent(wanted, Policy(), NOON) is None


def counted(limit: Cap, *ats: int, zone: str = "UTC", now: int = NOON, **more: Any) -> Reason | None:
    found = caps(facts(sent=sent(*ats), zone=zone, **more), Policy(caps=(limit,)), now)
    return found.reason if found is not None else None


@pytest.mark.parametrize(
    ("ats", "expected"),
    [
        ((), None),
        ((NOON - HOUR,), None),
        ((NOON - 2 * HOUR, NOON - HOUR), Reason.CAP_REACHED),
        ((NOON - 7 * DAY, NOON - HOUR), None),  # exactly one span ago no longer counts
        ((NOON - 7 * DAY + 1, NOON - HOUR), Reason.CAP_REACHED),
        ((NOON - 30 * DAY, NOON - 8 * DAY, NOON), None),
    ],
)
def test_rolling_caps(ats: tuple[int, ...], expected: Reason | None) -> None:
    assert counted(WEEKLY, *ats) is expected


@pytest.mark.parametrize(
    ("gone", "zone", "days", "expected"),
    [
        ("2026-03-01T23:59:59Z", "UTC", 1, None),
        ("2026-03-02T00:00:00Z", "UTC", 1, Reason.CAP_REACHED),
        ("2026-03-01T23:30:00Z", "Europe/Berlin", 1, Reason.CAP_REACHED),  # already the 2nd in Berlin
        ("2026-03-01T22:30:00Z", "Europe/Berlin", 1, None),
        ("2026-02-24T00:00:00Z", "UTC", 7, Reason.CAP_REACHED),
        ("2026-02-23T23:59:59Z", "UTC", 7, None),
    ],
)
def test_calendar_caps_count_the_persons_days(gone: str, zone: str, days: int, expected: Reason | None) -> None:
    limit = cap(1, "email", Duration(days, "day"), calendar=True)
    assert counted(limit, parse_iso(gone), zone=zone) is expected


def test_a_calendar_week_is_seven_days() -> None:
    limit = cap(1, "email", Duration(1, "week"), calendar=True)
    assert counted(limit, parse_iso("2026-02-24T00:00:00Z")) is Reason.CAP_REACHED


def test_caps_of_other_channels_do_not_count() -> None:
    assert counted(cap(0, "sms", Duration(1, "day"))) is None


def test_caps_over_all_channels_count_the_person() -> None:
    limit = cap(2, None, Duration(1, "day"))
    assert counted(limit, NOON - 1) is None
    assert counted(limit, NOON - 2, NOON - 1) is Reason.CAP_REACHED


def test_a_permit_of_the_same_call_loses_by_priority() -> None:
    assert counted(WEEKLY, NOON - 1, permitted=sent(NOON)) is Reason.LOST_TO_PRIORITY
    assert counted(WEEKLY, NOON - 2, NOON - 1, permitted=sent(NOON)) is Reason.CAP_REACHED


def test_a_caps_finding_tells_every_cap_that_is_full() -> None:
    policy = Policy(caps=(WEEKLY, cap(1, None, Duration(1, "day"), calendar=True)))
    found = caps(facts(sent=sent(NOON - 2, NOON - 1)), policy, NOON)
    assert found is not None
    assert found.inputs == {
        "caps": [
            {"channels": ["email"], "most": 2, "per": "7 days", "kind": "rolling", "counted": 2},
            {"most": 1, "per": "1 day", "kind": "calendar", "counted": 2},
        ]
    }


def test_what_holds_only_in_a_phase_holds_in_no_other() -> None:
    policy = Policy(refused=(Refused(concerns=Selector(channels=("email",)), phases=("peak",)),))
    assert rules.refused(facts(phases=frozenset({"peak"})), policy, NOON) is None
    assert rules.phase(facts(phases=frozenset({"off"})), policy, NOON) is None
    never = Policy(refused=(Refused(concerns=Selector(channels=("email",))),))
    assert rules.phase(facts(phases=frozenset({"peak"})), never, NOON) is None
    assert rules.refused(facts(), never, NOON) is not None


def test_phases_refuse_purposes() -> None:
    policy = Policy(refused=(Refused(concerns=Selector(purposes=("marketing",)), phases=("peak", "prepare")),))
    peak = frozenset({"peak", "january.peak"})
    found = rules.phase(facts(phases=peak), policy, NOON)
    assert found is not None
    assert (found.reason, found.inputs["phases"]) == (Reason.WRONG_PHASE, ["peak"])
    assert rules.phase(facts(), policy, NOON) is None
    assert rules.phase(facts(phases=peak, purpose="research"), policy, NOON) is None


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        (at(20, 59), "UTC", None),
        (at(21), "UTC", "2026-03-03T08:00:00Z"),
        (at(3), "UTC", "2026-03-02T08:00:00Z"),
        (at(8), "UTC", None),
        (at(20), "Europe/Berlin", "2026-03-03T07:00:00Z"),
        (at(12), "Pacific/Auckland", "2026-03-02T19:00:00Z"),  # 01:00 there
    ],
)
def test_quiet_hours_defer_to_the_persons_morning(now: int, zone: str, until: str | None) -> None:
    found = quiet_hours(facts(zone=zone), Policy(quiet_hours=(NIGHT,)), now)
    assert (None if found is None else found.until) == (None if until is None else parse_iso(until))


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"),  # the night is an hour shorter
        ("2026-10-24T20:00:00Z", "2026-10-25T07:00:00Z"),  # and one longer
    ],
)
def test_quiet_hours_know_when_clocks_change(now: str, until: str) -> None:
    found = quiet_hours(facts(zone="Europe/Berlin"), Policy(quiet_hours=(NIGHT,)), parse_iso(now))
    assert found is not None
    assert found.until == parse_iso(until)


def test_quiet_hours_may_refuse_and_may_spare_a_channel() -> None:
    refuse = Policy(quiet_hours=(QuietHours(first=21 * 60, end=8 * 60, channels=("email",), on_hit=OnHit.REFUSE),))
    found = quiet_hours(facts(), refuse, at(22))
    assert found is not None
    assert found.until is None
    assert found.inputs["local_time"] == "2026-03-02 22:00"
    assert quiet_hours(facts(channel="push"), refuse, at(22)) is None
