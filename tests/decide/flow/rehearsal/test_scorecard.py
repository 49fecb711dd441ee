"""The five indicators, each met, missed and unknown."""

from typing import Any

import pytest

from fieldfare.flow.rehearsal.model import Asleep
from fieldfare.flow.rehearsal.scorecard import Met, scorecard
from fieldfare.ground.instants import DAY, HOUR
from tests.decide.flow.rehearsal.counts import MONDAY, START, counts

LATENCY, DELIVERY, REFRESH, RETENTION, ALERTS = range(5)
OUT = [(START + 9 * HOUR, START + 15 * HOUR)]


def _verdict(which: int, refreshes: dict[str, int] | None = None, out: Any = (), **changes: Any) -> Met:
    return scorecard(counts(**changes), {"a": 0} if refreshes is None else refreshes, out)[which].verdict


@pytest.mark.parametrize(
    ("which", "changes", "verdict"),
    [
        (LATENCY, {}, Met.OK),
        (LATENCY, {"lateness": {0: 90, 6: 10}}, Met.BAD),
        (LATENCY, {"lateness": {}}, Met.UNKNOWN),
        (DELIVERY, {"arrived": 99}, Met.OK),
        (DELIVERY, {"arrived": 98}, Met.BAD),
        (DELIVERY, {"promised": 0, "arrived": 0}, Met.UNKNOWN),
        (REFRESH, {"refreshes": {"a": HOUR}}, Met.OK),
        (REFRESH, {"refreshes": {"a": HOUR, "b": DAY}}, Met.BAD),
        (REFRESH, {"refreshes": {}}, Met.UNKNOWN),
        (RETENTION, {}, Met.UNKNOWN),
        (RETENTION, {"returned": (Asleep("january", "all", 10, 6),)}, Met.UNKNOWN),
        (RETENTION, {"returned": (Asleep("j", "all", 10, 6), Asleep("j", "held_out", 4, 2))}, Met.OK),
        (RETENTION, {"returned": (Asleep("j", "all", 10, 4), Asleep("j", "held_out", 4, 3))}, Met.BAD),
        (ALERTS, {}, Met.OK),
        (ALERTS, {"failed_by_day": {MONDAY: 5}}, Met.BAD),
        (ALERTS, {"failed_by_day": {MONDAY: 5}, "out": OUT}, Met.OK),
        (ALERTS, {"out": OUT}, Met.BAD),
        (ALERTS, {"out": OUT, "attempts_by_day": {}}, Met.OK),
        (ALERTS, {"letters_by_day": {MONDAY: 50}}, Met.BAD),
    ],
)
def test_an_indicator(which: int, changes: dict[str, Any], verdict: Met) -> None:
    assert _verdict(which, **changes) is verdict
