"""Time to event: SciPy's and statsmodels' curves and tests on random lives, and Greenwood's error against bootstrap."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.model import Effect, Estimate
from fieldfare.learn.experiments.statistics.survival import (
    Hazards,
    LifeTable,
    compare_survival,
    curve,
    hazards,
    mean_time,
    survival_at,
    table_of,
)
from tests.decide.learn.experiments.statistics.drawn import SEEDS


def lives(seed: int, size: int, rate: float = 0.05, longest: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    event = 1 + rng.geometric(rate, size)
    end = rng.integers(5, longest, size)
    return np.minimum(event, end), event <= end


def table(seed: int, size: int, rate: float = 0.05) -> LifeTable:
    days, seen = lives(seed, size, rate)
    happened, left = Counter(days[seen].tolist()), Counter(days[~seen].tolist())
    return table_of(size, {day: (happened[day], left[day]) for day in happened | left})


def known(found: Estimate | NotComputable) -> Estimate:
    assert isinstance(found, Estimate), found
    return found


@settings(max_examples=25)
@given(SEEDS)
def test_the_curve_is_kaplan_and_meiers_in_statsmodels(seed: int) -> None:
    days, seen = lives(seed, 60)
    told = SurvfuncRight(days, seen.astype(int))
    found = curve(table(seed, 60))
    shown = {int(day): value for day, value in zip(told.surv_times, told.surv_prob, strict=True) if int(day) in found}
    assert found == pytest.approx(shown)
    day = next(iter(found))
    greenwood = dict(zip(told.surv_times, told.surv_prob_se, strict=True))[day]
    assert math.sqrt(known(survival_at(table(seed, 60), day)).variance) == pytest.approx(greenwood)


@settings(max_examples=25)
@given(SEEDS, SEEDS)
def test_the_log_rank_test_is_scipys_and_statsmodels(one: int, other: int) -> None:
    found = hazards(table(one, 80, 0.08), table(other, 90, 0.05))
    assert isinstance(found, Hazards)
    (x, seen_x), (y, seen_y) = lives(one, 80, 0.08), lives(other, 90, 0.05)
    told = stats.logrank(
        stats.CensoredData(uncensored=x[seen_x], right=x[~seen_x]),
        stats.CensoredData(uncensored=y[seen_y], right=y[~seen_y]),
    )
    assert (found.statistic, found.p_value) == pytest.approx((told.statistic**2, told.pvalue), rel=1e-6)
    groups = np.repeat([1, 0], [80, 90])
    again = survdiff(np.concatenate([x, y]), np.concatenate([seen_x, seen_y]).astype(int), groups)
    assert found.statistic == pytest.approx(again[0])


def test_the_mean_time_and_its_error() -> None:
    whole = table_of(4, {1: (1, 0), 2: (1, 0), 3: (1, 0), 10: (0, 1)})
    assert known(mean_time(whole, 4)).value == pytest.approx((1 + 2 + 3 + 4) / 4)
    rng = np.random.default_rng(1)
    days, seen = lives(1, 800)
    means = []
    for _ in range(300):
        chosen = rng.integers(0, 800, 800)
        happened, left = Counter(days[chosen][seen[chosen]].tolist()), Counter(days[chosen][~seen[chosen]].tolist())
        again = table_of(800, {day: (happened[day], left[day]) for day in happened | left})
        means.append(known(mean_time(again, 25)).value)
    assert math.sqrt(known(mean_time(table(1, 800), 25)).variance) == pytest.approx(np.std(means), rel=0.12)


def test_a_hazard_that_is_halved_is_found_about_there() -> None:
    found = hazards(table(1, 4_000, 0.03), table(2, 4_000, 0.06))
    assert isinstance(found, Hazards)
    assert found.interval.low < 0.5 < found.interval.high or found.ratio == pytest.approx(0.5, abs=0.07)
    effect = compare_survival(table(1, 4_000, 0.03), table(2, 4_000, 0.06), 20)
    assert isinstance(effect, Effect)
    assert effect.sign == 1


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (survival_at(LifeTable(size=0), 5), Why.EMPTY_ARM),
        (survival_at(table_of(5, {3: (0, 5)}), 10), Why.NO_DATA),
        (mean_time(table_of(5, {3: (0, 5)}), 10), Why.NO_DATA),
        (hazards(table_of(5, {3: (2, 0)}), table_of(5, {3: (1, 0)})), Why.NO_EVENTS),
        (hazards(table_of(50, {3: (20, 30)}), table_of(0, {})), Why.NO_VARIATION),
    ],
)
def test_without_a_number_there_is_a_reason(found: object, why: Why) -> None:
    assert isinstance(found, NotComputable)
    assert found.reason is why
