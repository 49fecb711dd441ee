"""Response times are compared by their medians: a few long waits in one arm move nothing."""

import msgspec
import pytest

from fieldfare.learn.experiments.metrics.model import Fold, Metric, MetricKind, Rows, Shape
from fieldfare.learn.experiments.registered.compare import compare_arms, compare_medians
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.findings.model import Claim
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sums import sums_of
from tests.decide.learn.experiments.registered.plans import AS_OF, METRICS, PLAN, known

WAITED = Metric(
    name="waited",
    kind=MetricKind.FIRST_RESPONSE_TIME,
    shape=Shape.RATIO,
    fold=Fold.SUM,
    rows=(Rows(event="asked"),),
    answer="answered",
    lower_is_better=True,
)
FAST = dict.fromkeys(range(1, 11), 20) | {5_000: 12}
SLOW = dict.fromkeys(range(6, 16), 20)


def test_the_median_and_not_the_mean_decides() -> None:
    columns = {
        arm: {"value": [m for m, n in counts.items() for _ in range(n)], "base": [1] * sum(counts.values())}
        for arm, counts in (("treated", FAST), ("holdout", SLOW))
    }
    sums = {arm: sums_of(each) for arm, each in columns.items()}
    told = known(sums={**known().sums, "waited": sums}, spreads={"waited": {"treated": FAST, "holdout": SLOW}})
    plan = msgspec.structs.replace(PLAN, supporting=("waited",))
    findings = evaluate(plan, {**METRICS, "waited": WAITED}, told, AS_OF)
    waited = next(each for each in findings.metrics if each.metric == "waited")
    assert isinstance(waited.effect, Effect)
    assert (waited.effect.treated, waited.effect.control) == (6, 10.5)
    assert (waited.claim, waited.is_good) == (Claim.LESS, True)
    mean, _ = compare_arms(WAITED, sums, "treated", 0.95)
    assert isinstance(mean, Effect)
    assert mean.value > 0, "by the mean it would look worse"
    assert compare_medians(told, "waited", "treated", 0.95).value == pytest.approx(-4.5)  # type: ignore[union-attr]
