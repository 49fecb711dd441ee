"""Are profiles fit to act on? Metrics of one day against thresholds. Pure.

A metric is a share from 0 to 1, or a count, or hours. Some must reach their threshold, the others must not exceed it;
one without a threshold is told and never fails. A metric about nobody (no profiles, no events) is not told.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

import msgspec

from fieldfare.ground.instants import DAY, HOUR, Day, Instant
from fieldfare.know.profiles.model import Document
from fieldfare.network.calendars.by_phase import resolve
from fieldfare.network.calendars.model import Season


class Metric(StrEnum):
    """What is told of a day. The thresholds of ``health.yaml`` have these names."""

    COMPLETENESS = "completeness"
    """Share of active profiles that have the trait."""
    MISSING_REQUIRED = "missing_required"
    """Profiles that lack a required trait."""
    MATCH_RATE = "match_rate"
    """Share of the people whom a source sent events of that lead to a profile with a verified identifier."""
    LOW_CONFIDENCE = "low_confidence"
    """Share of profiles of which identity is less sure than it should be."""
    MERGE_FAILURES = "merge_failures"
    """Questions about identity that wait for a person."""
    IDENTITY_COVERAGE = "identity_coverage"
    """Share of profiles with at least one verified identifier."""
    FRESHNESS_HOURS = "freshness_hours"
    """Hours that one event in twenty of the source exceeds, from when it happened to when it was accepted."""
    RECONCILIATION = "reconciliation"
    """Share by which what the door counted of the source differs from what the lake has of it."""
    CLUSTER_SIZE = "cluster_size"
    """Profiles with more identifiers than one person has."""


AT_LEAST = frozenset({Metric.COMPLETENESS, Metric.MATCH_RATE, Metric.IDENTITY_COVERAGE})
"""These must reach their threshold; the others must not exceed it."""
THRESHOLDS: Mapping[Metric, float] = {
    Metric.COMPLETENESS: 0.9,
    Metric.MISSING_REQUIRED: 0,
    Metric.MATCH_RATE: 0.8,
    Metric.LOW_CONFIDENCE: 0.05,
    Metric.IDENTITY_COVERAGE: 0.95,
    Metric.FRESHNESS_HOURS: 6,
    Metric.RECONCILIATION: 0.05,
    Metric.CLUSTER_SIZE: 0,
}
"""Shipped thresholds."""


class HealthPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What ``health.yaml`` says, over what is shipped."""

    at: int = 4 * 60
    """Minutes after local midnight at which the job runs."""
    active_days: int = 90
    """Completeness counts profiles that were seen within so many days."""
    least_confidence: int = 80
    """Percent; below, a profile's identity is of low confidence."""
    cluster_alarm: int = 50
    """Identifiers above which a profile is looked at."""
    thresholds: Mapping[Metric, float] = msgspec.field(default_factory=lambda: THRESHOLDS)
    by_phase: Mapping[str, Mapping[Metric, float]] = {}
    """Thresholds that hold instead in a season phase, ``peak`` or ``january.peak``."""


def in_phases(policy: HealthPolicy, phases: frozenset[str], seasons: Iterable[Season] = ()) -> HealthPolicy:
    """Return the policy as it holds in these season phases."""
    said = resolve({}, policy.by_phase, phases, seasons)
    return msgspec.structs.replace(policy, thresholds={**policy.thresholds, **said}, by_phase={})


class Finding(msgspec.Struct, frozen=True):
    """One row of a day: of a metric, for a source or trait or for all (``all``)."""

    metric: str
    source: str
    value: float
    threshold: float | None
    ok: bool


class Counted(msgspec.Struct):
    """What one walk over all profiles counts."""

    profiles: int = 0
    active: int = 0
    having: dict[str, int] = {}
    """Trait -> active profiles that have it."""
    lacking: dict[str, int] = {}
    """Required trait -> profiles without it."""
    low_confidence: int = 0
    verified: int = 0
    large: int = 0


ALL = "all"


def failure_of(finding: Finding) -> str:
    """Return in words how far what fails is from its threshold."""
    bound = "at least" if finding.metric in AT_LEAST else "at most"
    return f"{finding.value:g}, wanted {bound} {finding.threshold:g}"


def count_profile(
    counted: Counted,
    document: Document,
    traits: Collection[str],
    *,
    required: Collection[str],
    verified_kinds: Collection[str],
    policy: HealthPolicy,
    now: Instant,
) -> None:
    """Count one profile; ``traits`` are the names it has, the sealed ones among them."""
    counted.profiles += 1
    if document.last_seen_at is not None and document.last_seen_at >= now - policy.active_days * DAY:
        counted.active += 1
        for name in traits:
            counted.having[name] = counted.having.get(name, 0) + 1
    for name in required:
        if name not in traits:
            counted.lacking[name] = counted.lacking.get(name, 0) + 1
    counted.low_confidence += document.match_confidence < policy.least_confidence
    counted.verified += any(kind in verified_kinds for kind in document.identifiers)
    counted.large += sum(len(each) for each in document.identifiers.values()) > policy.cluster_alarm


def of_profiles(
    counted: Counted, declared: Iterable[str], required: Iterable[str], policy: HealthPolicy
) -> list[Finding]:
    """Return the findings about profiles."""
    if not counted.profiles:
        return []
    found = []
    if counted.active:
        for name in sorted({*declared, *required}):
            share = counted.having.get(name, 0) / counted.active
            # Of what nobody requires, completeness is told and fails nothing.
            judged = policy if name in set(required) else None
            found.append(_finding(Metric.COMPLETENESS, name, share, judged))
    found += [
        _finding(Metric.MISSING_REQUIRED, name, counted.lacking.get(name, 0), policy) for name in sorted(required)
    ]
    shares = (
        (Metric.LOW_CONFIDENCE, counted.low_confidence / counted.profiles),
        (Metric.IDENTITY_COVERAGE, counted.verified / counted.profiles),
        (Metric.CLUSTER_SIZE, counted.large),
    )
    return found + [_finding(metric, ALL, value, policy) for metric, value in shares]


def of_sources(
    late_us: Mapping[str, int],
    matched: Mapping[str, tuple[int, int]],
    totals: Mapping[str, tuple[int, int]],
    policy: HealthPolicy,
) -> list[Finding]:
    """Return the findings about sources.

    ``late_us``: the delay that one event in twenty exceeds. ``matched``: people with a verified profile, and all.
    ``totals``: events that the door counted, and that the lake has.
    """
    found = [_finding(Metric.FRESHNESS_HOURS, name, us / HOUR, policy) for name, us in sorted(late_us.items())]
    found += [
        _finding(Metric.MATCH_RATE, name, good / everybody, policy)
        for name, (good, everybody) in sorted(matched.items())
        if everybody
    ]
    found += [
        _finding(Metric.RECONCILIATION, name, abs(door - lake) / max(door, lake), policy)
        for name, (door, lake) in sorted(totals.items())
        if max(door, lake)
    ]
    return found


def of_holds(waiting: int, policy: HealthPolicy) -> Finding:
    """Return the finding about questions that wait."""
    return _finding(Metric.MERGE_FAILURES, ALL, waiting, policy)


def _finding(metric: Metric, source: str, value: float, policy: HealthPolicy | None) -> Finding:
    threshold = policy.thresholds.get(metric) if policy is not None else None
    value = round(value, 6)
    is_ok = threshold is None or (value >= threshold if metric in AT_LEAST else value <= threshold)
    return Finding(metric.value, source, value, threshold, is_ok)


def due_day(now_minutes: int, today: Day, last: Day | None, policy: HealthPolicy) -> Day | None:
    """Return the local day whose job is to run now, ``None`` when none is; a missed hour is made up on its day."""
    if now_minutes < policy.at or (last is not None and last >= today):
        return None
    return today
