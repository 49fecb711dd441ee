"""The domain's own SQL examples as fixtures (today = 2026-03-01), where the language can say them."""

from typing import Any

import pytest

from fieldfare.ground.instants import HOUR, MINUTE, parse_iso
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document, TraitSpec, TraitType
from fieldfare.know.profiles.plan import FoldPlan
from tests.decide.know.worlds import make_event

NOW = parse_iso("2026-03-01T09:00:00")
TRAITS = {
    "last_activity_at": TraitSpec("last_activity_at", TraitType.DATE),
    "signup_date": TraitSpec("signup_date", TraitType.DATE),
    "last_visit": TraitSpec("last_visit", TraitType.DATE),
    "consent_marketing": TraitSpec("consent_marketing", TraitType.BOOLEAN),
    "sms_opt_in": TraitSpec("sms_opt_in", TraitType.BOOLEAN),
    "churn_score": TraitSpec("churn_score", TraitType.NUMBER),
}


def member(node: dict[str, Any], traits: dict[str, Any], events: list[tuple[str, int]] | None = None) -> bool:
    condition, problems = parse_condition(node, ())
    assert condition is not None, problems
    plan = FoldPlan(measures_of([condition]).values(), TRAITS)
    document = Document()
    fold(document, None, make_event("identify", at=NOW, payload=traits), plan)
    for name, at in events or []:
        fold(document, None, make_event(name, at=at), plan)
    return Evaluator([], zone="UTC").truth(condition, document, NOW)


@pytest.mark.parametrize(
    ("last", "inside"), [("2026-02-07", True), ("2026-02-08", False), ("2026-02-09", False), (None, False)]
)
def test_inactive_for_21_days(last: str | None, inside: bool) -> None:
    """Never active (null) is out, as in the SQL; ask for `exists: false` too where it should be in."""
    assert member({"trait": "last_activity_at", "older_than": "21 days"}, {"last_activity_at": last}) is inside
    never = {
        "any": [{"trait": "last_activity_at", "older_than": "21 days"}, {"trait": "last_activity_at", "exists": False}]
    }
    assert member(never, {"last_activity_at": last}) is (inside or last is None)


@pytest.mark.parametrize(
    ("at", "in_days", "in_hours"),
    [
        # The SQL compares a timestamp with a date; a window in days takes whole days, one in hours rolls.
        (parse_iso("2026-01-29T23:59:00"), False, False),
        (parse_iso("2026-01-30T00:00:00"), True, False),
        (NOW - 720 * HOUR, True, False),
        (NOW - 720 * HOUR + MINUTE, True, True),
    ],
)
def test_payment_failed_within_30_days(at: int, in_days: bool, in_hours: bool) -> None:
    assert member({"did": "payment_failed", "within": "30 days"}, {}, [("payment_failed", at)]) is in_days
    assert member({"did": "payment_failed", "within": "720 hours"}, {}, [("payment_failed", at)]) is in_hours


def test_two_failures_are_one_member() -> None:
    assert member(
        {"did": "payment_failed", "within": "30 days"}, {}, [("payment_failed", NOW), ("payment_failed", NOW)]
    )


@pytest.mark.parametrize(
    ("signup", "visits", "consent", "inside"),
    [
        ("2026-01-30", 1, True, True),
        ("2026-01-30", 2, True, False),
        ("2026-01-30", 1, False, False),
        ("2026-01-29", 1, True, False),
        ("2026-03-01", 0, True, True),
    ],
)
def test_new_signups_with_few_visits(signup: str, visits: int, consent: bool, inside: bool) -> None:
    node = {
        "all": [
            {"trait": "signup_date", "newer_than": "30 days"},
            {"did": "visit_logged", "count": {"below": 2}, "within": "30 days"},
            {"trait": "consent_marketing", "is": True},
        ]
    }
    traits = {"signup_date": signup, "consent_marketing": consent}
    assert member(node, traits, [("visit_logged", NOW)] * visits) is inside


@pytest.mark.parametrize(
    ("last", "score", "inside"),
    [
        ("2025-11-30", 0.7, False),
        ("2025-12-01", 0.7, True),
        ("2026-01-15", 0.7, True),
        ("2026-01-16", 0.7, False),
        ("2026-01-01", 0.60, False),
        ("2026-01-01", 0.61, True),
    ],
)
def test_at_risk_between_90_and_45_days(last: str, score: float, inside: bool) -> None:
    """Both ends are in: not older than 90 days, and older than 44."""
    node = {
        "all": [
            {"trait": "last_visit", "newer_than": "90 days"},
            {"trait": "last_visit", "older_than": "44 days"},
            {"trait": "churn_score", "above": 0.6},
            {"trait": "sms_opt_in", "is": True},
        ]
    }
    traits = {"last_visit": last, "churn_score": score, "sms_opt_in": True}
    assert member(node, traits) is inside
    assert not member(node, {**traits, "sms_opt_in": False})
    visited = {"did": "check_in", "between": "90 and 45 days ago"}
    assert member(visited, {}, [("check_in", parse_iso(f"{last}T12:00:00"))]) is ("2025-12-01" <= last <= "2026-01-15")
