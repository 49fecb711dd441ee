import msgspec

from fieldfare.know.profiles.health import THRESHOLDS, HealthPolicy, Metric, in_phases
from fieldfare.know.profiles.health_files import HealthFile
from fieldfare.know.profiles.parse_health import parse_health


def test_an_empty_file_is_what_is_shipped() -> None:
    assert parse_health(HealthFile()) == (HealthPolicy(), [])


def test_what_is_written_stands_over_what_is_shipped() -> None:
    told = {"at": "23:30", "active_days": 30, "thresholds": {"match_rate": 0.5, "merge_failures": 10}}
    policy, problems = parse_health(msgspec.convert(told, HealthFile))
    assert problems == []
    assert policy is not None
    assert (policy.at, policy.active_days) == (23 * 60 + 30, 30)
    assert policy.thresholds == {**THRESHOLDS, Metric.MATCH_RATE: 0.5, Metric.MERGE_FAILURES: 10}


def test_an_impossible_time_is_told() -> None:
    policy, problems = parse_health(HealthFile(at="25:00"))
    assert policy is None
    assert problems[0].path == ("at",)


def test_thresholds_differ_by_phase() -> None:
    told = {"thresholds": {"match_rate": 0.5}, "by_phase": {"peak": {"match_rate": 0.9, "freshness_hours": 0.5}}}
    policy, problems = parse_health(msgspec.convert(told, HealthFile))
    assert not problems
    assert policy is not None
    quiet, busy = (in_phases(policy, frozenset({phase})).thresholds for phase in ("off", "peak"))
    assert quiet == {**THRESHOLDS, Metric.MATCH_RATE: 0.5}
    assert busy == {**THRESHOLDS, Metric.MATCH_RATE: 0.9, Metric.FRESHNESS_HOURS: 0.5}


def test_a_phase_that_is_none_is_told() -> None:
    _, problems = parse_health(msgspec.convert({"by_phase": {"summit": {}}}, HealthFile))
    assert [each.path for each in problems] == [("by_phase", "summit")]
