"""From ``health.yaml`` to the policy of the daily look at profiles. It opens no file."""

import msgspec

from fieldfare.ground.workspace.model import Problem
from fieldfare.know.profiles.health import THRESHOLDS, HealthPolicy, Metric
from fieldfare.know.profiles.health_files import HealthFile, ThresholdsEntry
from fieldfare.network.calendars.by_phase import phase_problems
from fieldfare.network.calendars.wall import parse_clock


def parse_health(file: HealthFile) -> tuple[HealthPolicy | None, list[Problem]]:
    """Return the policy, or ``None`` and the problem: an impossible time."""
    at = parse_clock(file.at)
    if isinstance(at, str):
        return None, [Problem(("at",), f"`{file.at}` is no time of day", "the job needs its hour", at)]
    problems = phase_problems(file.by_phase, ("by_phase",))
    if problems:
        return None, problems
    return HealthPolicy(
        at=at,
        active_days=file.active_days,
        least_confidence=file.least_confidence,
        cluster_alarm=file.cluster_alarm,
        thresholds=dict(THRESHOLDS) | _thresholds(file.thresholds),
        by_phase={phase: _thresholds(entry) for phase, entry in file.by_phase.items()},
    ), []


def _thresholds(entry: ThresholdsEntry) -> dict[Metric, float]:
    told = msgspec.to_builtins(entry)
    return {Metric(name): float(value) for name, value in told.items() if value is not None}
