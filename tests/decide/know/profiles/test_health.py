import pytest

from fieldfare.ground.instants import DAY, HOUR, Instant
from fieldfare.know.profiles.health import (
    THRESHOLDS,
    Counted,
    Finding,
    HealthPolicy,
    Metric,
    count_profile,
    due_day,
    failure_of,
    of_holds,
    of_profiles,
    of_sources,
)
from fieldfare.know.profiles.model import Document

NOW: Instant = 20_000 * DAY
POLICY = HealthPolicy()


def _count(*documents: tuple[Document, set[str]], policy: HealthPolicy = POLICY) -> Counted:
    counted = Counted()
    for document, traits in documents:
        count_profile(
            counted, document, traits, required=("email",), verified_kinds={"user_id"}, policy=policy, now=NOW
        )
    return counted


@pytest.mark.parametrize(
    ("finding", "says"),
    [
        (Finding("match_rate", "app", 0.5, 0.8, ok=False), "0.5, wanted at least 0.8"),
        (Finding("missing_required", "email", 12, 0, ok=False), "12, wanted at most 0"),
    ],
)
def test_a_failure_is_told_in_words(finding: Finding, says: str) -> None:
    assert failure_of(finding) == says


def test_profiles_are_counted_and_judged() -> None:
    known = Document(last_seen_at=NOW, identifiers={"user_id": [b"u"]})
    doubtful = Document(last_seen_at=NOW, match_confidence=60, identifiers={"anonymous_id": [b"a"] * 51})
    gone = Document(last_seen_at=NOW - 91 * DAY, identifiers={"user_id": [b"v"]})
    counted = _count((known, {"email", "plan"}), (doubtful, {"plan"}), (gone, {"email"}))
    found = of_profiles(counted, ("plan",), ("email",), POLICY)
    assert found == [
        Finding("completeness", "email", 0.5, 0.9, ok=False),
        Finding("completeness", "plan", 1.0, None, ok=True),
        Finding("missing_required", "email", 1, 0, ok=False),
        Finding("low_confidence", "all", 0.333333, 0.05, ok=False),
        Finding("identity_coverage", "all", 0.666667, 0.95, ok=False),
        Finding("cluster_size", "all", 1, 0, ok=False),
    ]


def test_about_nobody_nothing_is_told() -> None:
    assert of_profiles(Counted(), ("plan",), ("email",), POLICY) == []
    assert of_sources({}, {"app": (0, 0)}, {"app": (0, 0)}, POLICY) == []


def test_sources_are_judged_at_the_edge_of_their_thresholds() -> None:
    late = {"app": 6 * HOUR, "till": 6 * HOUR + 36_000_000}
    found = of_sources(late, {"app": (8, 10), "till": (7, 10)}, {"app": (100, 95), "till": (90, 100)}, POLICY)
    assert [(each.metric, each.source, each.ok) for each in found] == [
        ("freshness_hours", "app", True),
        ("freshness_hours", "till", False),
        ("match_rate", "app", True),
        ("match_rate", "till", False),
        ("reconciliation", "app", True),
        ("reconciliation", "till", False),
    ]


def test_a_metric_without_a_threshold_never_fails() -> None:
    assert Metric.MERGE_FAILURES not in THRESHOLDS
    assert of_holds(1_000, POLICY).ok
    assert not of_holds(3, HealthPolicy(thresholds={Metric.MERGE_FAILURES: 2})).ok


@pytest.mark.parametrize(
    ("minutes", "last", "due"),
    [(239, None, None), (240, None, 9), (1_400, 8, 9), (240, 9, None), (240, 10, None)],
)
def test_it_runs_once_a_local_day_and_makes_up_for_a_missed_hour(
    minutes: int, last: int | None, due: int | None
) -> None:
    assert due_day(minutes, 9, last, POLICY) == due
