"""Findings about audiences: each at its threshold and one beside it."""

from typing import Any

import msgspec
import pytest

from fieldfare.ground.instants import DAY
from fieldfare.ground.workspace.model import AudienceRules
from fieldfare.know.audiences.health import Looked, Metric, findings_of
from fieldfare.know.audiences.model import Audience, Charter, Did, Listed

NOW = 1_000 * DAY
RULES = AudienceRules(useful_size=100, unused_days=30, drift=0.5)
LOOKED = Looked(
    size=200,
    size_before=200,
    is_wired=True,
    used_at=None,
    since_at=NOW - 100 * DAY,
    defined_at=NOW - 10 * DAY,
    differences=0,
)
PLAIN = Audience("x", Did("Checked In"), "d")


def failing(audience: Audience = PLAIN, **changes: Any) -> dict[str, float]:
    looked = msgspec.structs.replace(LOOKED, **changes)
    return {each.metric: each.value for each in findings_of(audience, looked, RULES, NOW) if not each.ok}


def chartered(**said: Any) -> Audience:
    return msgspec.structs.replace(PLAIN, charter=Charter(**said))


@pytest.mark.parametrize(
    ("audience", "changes", "expected"),
    [
        (PLAIN, {}, {}),
        (PLAIN, {"size": 99, "size_before": 99}, {Metric.USEFUL_SIZE: 99}),
        (PLAIN, {"size": 100, "size_before": 100}, {}),
        (PLAIN, {"size": 300}, {}),
        (PLAIN, {"size": 302}, {Metric.DRIFT: 0.51}),
        (PLAIN, {"size": 100}, {}),
        (PLAIN, {"size": 5_000, "size_before": None}, {}),
        (PLAIN, {"size": 10, "size_before": 1}, {Metric.USEFUL_SIZE: 10}),  # small before and after: no drift
        (PLAIN, {"size": 0}, {Metric.USEFUL_SIZE: 0, Metric.DRIFT: 1}),
        (chartered(fewest=200, most=200), {}, {}),
        (chartered(fewest=201), {}, {Metric.EXPECTED_AT_LEAST: 200}),
        (chartered(most=199), {}, {Metric.EXPECTED_AT_MOST: 200}),
        (chartered(ttl_days=10), {}, {}),
        (chartered(ttl_days=9), {}, {Metric.DEFINITION_DAYS: 10}),
        (PLAIN, {"is_wired": False}, {Metric.UNUSED_DAYS: 100}),
        (PLAIN, {"is_wired": False, "used_at": NOW - 29 * DAY}, {}),
        (PLAIN, {"is_wired": False, "used_at": NOW - 30 * DAY}, {Metric.UNUSED_DAYS: 30}),
        (PLAIN, {"is_wired": False, "since_at": NOW - 29 * DAY}, {}),  # it is too new to be called unused
        (PLAIN, {"differences": 1}, {Metric.DIFFERENCES: 1}),
        (PLAIN, {"differences": None}, {}),
        (msgspec.structs.replace(PLAIN, condition=Listed("x", "")), {"has_failed": True}, {Metric.QUERY_FAILED: 1}),
    ],
)
def test_what_is_flagged(audience: Audience, changes: dict[str, Any], expected: dict[str, float]) -> None:
    assert failing(audience, **changes) == expected
