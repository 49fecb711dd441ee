"""Where an experiment stands in its plan, and which interval is read."""

import msgspec
import pytest

from fieldfare.learn.experiments.registered.findings.model import Role
from fieldfare.learn.experiments.registered.look import look_of, shown_interval
from fieldfare.learn.experiments.registered.model import Looks
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.model import Effect, Estimate
from fieldfare.learn.experiments.statistics.sequences import always_valid
from tests.decide.learn.experiments.registered.plans import PLAN

PLANNED = msgspec.structs.replace(PLAN, looks=Looks.OBRIEN_FLEMING, units=1_000, look_at=(0.2, 0.4, 0.6, 0.8, 1.0))


@pytest.mark.parametrize(
    ("mature", "bound", "next_at"),
    [
        (199, None, 200),
        (200, 4.8769, 400),
        (400, 3.3570, 600),
        (800, 2.2898, 1_000),
        (1_000, 2.0310, None),
        (1_500, 2.0310, None),
    ],
)
def test_planned_looks_have_the_boundaries_of_lan_and_demets(
    mature: int, bound: float | None, next_at: int | None
) -> None:
    look = look_of(PLANNED, mature)
    assert look.next_at == next_at
    assert look.may_say == (bound is not None)
    assert look.bound == (None if bound is None else pytest.approx(bound, abs=6e-5))


def test_a_late_look_spends_what_there_is() -> None:
    late, planned = look_of(PLANNED, 500).bound, look_of(PLANNED, 400).bound
    assert late is not None
    assert planned is not None
    assert late < planned


def test_which_interval_is_read() -> None:
    effect = difference(Estimate(0.12, 1e-5, 9_999), Estimate(0.10, 1e-5, 9_999))
    assert isinstance(effect, Effect)
    always = always_valid(effect, 20_000)
    early, planned = look_of(PLANNED, 100), look_of(PLANNED, 400)
    anytime = look_of(msgspec.structs.replace(PLAN, looks=Looks.ALWAYS), 100)
    assert shown_interval(effect, always, early, Role.PRIMARY) is None
    assert shown_interval(effect, always, anytime, Role.PRIMARY) == always.interval
    primary = shown_interval(effect, always, planned, Role.PRIMARY)
    assert primary is not None
    assert primary.low < effect.interval.low, "a planned look costs width"
    assert shown_interval(effect, always, planned, Role.SUPPORTING) == effect.interval
