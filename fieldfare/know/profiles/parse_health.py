"""From ``health.yaml`` to the policy of the daily look at profiles. It opens no file."""

import msgspec

from fieldfare.ground.workspace.model import Problem
from fieldfare.know.profiles.health import THRESHOLDS, HealthPolicy, Metric
from fieldfare.know.profiles.health_files import HealthFile
from fieldfare.network.calendars.wall import parse_clock


def parse_health(file: HealthFile) -> tuple[HealthPolicy | None, list[Problem]]:
    """Return the policy, or ``None`` and the problem: an impossible time."""
    at = parse_clock(file.at)
    if isinstance(at, str):
        return None, [Problem(("at",), f"`{file.at}` is no time of day", "the job needs its hour", at)]
    told = msgspec.to_builtins(file.thresholds)
    thresholds = dict(THRESHOLDS) | {Metric(name): float(value) for name, value in told.items() if value is not None}
    return HealthPolicy(
        at=at,
        active_days=file.active_days,
        least_confidence=file.least_confidence,
        cluster_alarm=file.cluster_alarm,
        thresholds=thresholds,
    ), []
