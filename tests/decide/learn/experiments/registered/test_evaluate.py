"""What may be said of a registered experiment: the worked example, every rule that silences, guardrails, money."""

from typing import Any

import msgspec
import numpy as np
import pytest

from fieldfare.flow.generate.effects import TRUE_EFFECTS, natural_return
from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.compare import compare_arms
from fieldfare.learn.experiments.registered.evaluate import evaluate, pauses
from fieldfare.learn.experiments.registered.findings.model import Claim, Finding, Findings, Money, Role, Verdict
from fieldfare.learn.experiments.registered.model import Guardrail, Looks, Registration
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sums import sums_of
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, METRICS, PLAN, SPENT, arms, known


def found(plan: Registration = PLAN, **more: Any) -> Findings:
    return evaluate(plan, METRICS, known(**more), AS_OF)


def of(findings: Findings, role: Role) -> Finding:
    return next(each for each in findings.metrics if each.role is role)


def test_the_worked_example_of_the_domain() -> None:
    findings = found()
    primary = of(findings, Role.PRIMARY)
    assert (primary.claim, primary.is_good) == (Claim.MORE, True)
    assert primary.shown is not None
    assert (round(primary.shown.low * 100, 3), round(primary.shown.high * 100, 3)) == (1.896, 5.104)
    money = findings.money
    assert isinstance(money, Money)
    assert money.additional == pytest.approx(70)
    assert (money.revenue, money.net) == pytest.approx((315_000, 245_000))
    assert money.roi == pytest.approx(3.5)
    assert (round(money.net_interval.low / 100, 1), round(money.net_interval.high / 100, 1)) == (1006.8, 3893.2)
    assert money.roi_low == pytest.approx(1.44, abs=5e-3)
    assert money.cost_per_additional == pytest.approx(1_000)
    assert findings.verdict is Verdict.ADOPT


def test_a_broken_split_silences_everything() -> None:
    findings = found(sizes={"treated": 2_000, "holdout": 1_700})
    assert {each.claim for each in findings.metrics} == {Claim.SPLIT_BROKEN}
    assert findings.money is None
    assert findings.rails == ()
    assert findings.verdict is Verdict.STOP


@pytest.mark.parametrize(
    ("looks", "units", "claim"),
    [
        (Looks.FIXED, None, Claim.MORE),
        (Looks.FIXED, 4_000, Claim.MORE),
        (Looks.FIXED, 4_001, Claim.TOO_EARLY),
        (Looks.ALWAYS, 4_001, Claim.MORE),
        (Looks.OBRIEN_FLEMING, 16_001, Claim.TOO_EARLY),
        (Looks.OBRIEN_FLEMING, 16_000, Claim.NOTHING_SHOWN),
        (Looks.OBRIEN_FLEMING, 4_000, Claim.MORE),
        (Looks.POCOCK, 16_000, Claim.MORE),
    ],
)
def test_the_registered_looks_decide_what_may_be_said(looks: Looks, units: int | None, claim: Claim) -> None:
    plan = msgspec.structs.replace(PLAN, looks=looks, units=units, look_at=(0.25, 0.5, 0.75, 1.0))
    findings = found(plan)
    assert of(findings, Role.PRIMARY).claim is claim
    assert (findings.verdict is Verdict.WAIT) == (claim in {Claim.TOO_EARLY, Claim.NOTHING_SHOWN})


@pytest.mark.parametrize(
    ("treated", "verdict"),
    [((180, 2_000), Verdict.ADOPT), ((112, 2_000), Verdict.INCONCLUSIVE), ((60, 2_000), Verdict.STOP)],
)
def test_the_verdict_follows_the_interval(treated: tuple[int, int], verdict: Verdict) -> None:
    sums = {**known().sums, "came": arms(treated, (110, 2_000))}
    assert found(sums=sums).verdict is verdict


def test_a_good_effect_that_does_not_pay_is_stopped() -> None:
    assert PLAN.payoff is not None
    dear = msgspec.structs.replace(PLAN, payoff=msgspec.structs.replace(PLAN.payoff, cost=200_000))
    findings = found(dear)
    assert findings.verdict is Verdict.STOP
    assert "0.57 of net over cost" in findings.why or "0.58 of net over cost" in findings.why


def test_a_guardrail_stops_and_pauses() -> None:
    findings = found(sums={**known().sums, "left": arms((300, 2_000), (60, 2_000))})
    assert findings.verdict is Verdict.STOP
    (pause,) = pauses(findings)
    assert (pause.journey, pause.metric) == ("win-back", "left")
    assert "worse by more than 0.02" in pause.why


def test_a_guardrail_with_a_bound_of_its_own() -> None:
    plan = msgspec.structs.replace(PLAN, guardrails=(Guardrail(metric="left", at_most=0.01, pauses=False),))
    assert not found(plan, sums={**known().sums, "left": arms((20, 2_000), (0, 2_000))}).rails[0].tripped
    findings = found(plan, sums={**known().sums, "left": arms((60, 2_000), (0, 2_000))})
    assert findings.rails[0].tripped
    assert pauses(findings) == ()


def test_many_supporting_metrics_are_corrected() -> None:
    names = [f"m{index}" for index in range(20)]
    plan = msgspec.structs.replace(PLAN, supporting=tuple(names))
    metrics = METRICS | {name: msgspec.structs.replace(METRICS["kept"], name=name) for name in names}
    rng = np.random.default_rng(1)
    sums = {
        name: arms((int(rng.binomial(2_000, 0.05)), 2_000), (int(rng.binomial(2_000, 0.05)), 2_000)) for name in names
    }
    findings = evaluate(plan, metrics, known(sums={**known().sums, **sums}), AS_OF)
    supporting = [each for each in findings.metrics if each.role is Role.SUPPORTING]
    assert {each.claim for each in supporting} == {Claim.NOTHING_SHOWN}
    assert any(isinstance(each.effect, Effect) and (each.effect.p_value or 1) < 0.1 for each in supporting)


def test_few_hits_get_the_score_interval() -> None:
    effect, _ = compare_arms(CAME, arms((9, 400), (2, 400)), "treated", 0.95)
    assert isinstance(effect, Effect)
    assert "Newcombe" in effect.interval.method


def test_cuped_is_used_where_it_is_declared() -> None:
    rng = np.random.default_rng(2)
    held = {}
    for arm, shift in (("treated", 60), ("holdout", 0)):
        before = rng.gamma(2, 500, 900)
        held[arm] = sums_of({"value": np.round(before + rng.normal(shift, 200, 900)), "before": np.round(before)})
    effect, reduction = compare_arms(SPENT, held, "treated", 0.95)
    assert isinstance(effect, Effect)
    assert reduction > 0.8
    assert effect.sign == 1


def test_people_assigned_together_make_a_ratio() -> None:
    held = {arm: sums_of({"value": [1, 2, 0] * 40, "base": [2, 3, 1] * 40}) for arm in ("treated", "holdout")}
    effect, _ = compare_arms(CAME, held, "treated", 0.95)
    assert isinstance(effect, Effect)
    assert effect.treated == pytest.approx(0.5)


@pytest.mark.parametrize(("size", "reason"), [(0, "empty_arm"), (12, "too_small")])
def test_small_arms_give_no_number(size: int, reason: str) -> None:
    findings = found(sums={**known().sums, "came": arms((5, 2_000), (0, size))})
    primary = of(findings, Role.PRIMARY)
    assert isinstance(primary.effect, NotComputable)
    assert primary.effect.reason == reason
    assert primary.claim is Claim.NOT_COMPUTABLE
    assert findings.verdict is Verdict.WAIT


def test_what_an_additional_person_cost() -> None:
    assert found().costs == {"cost": pytest.approx(10 * 2_000 / 70)}


def test_segments_are_corrected_and_stay_exploratory() -> None:
    parts = {("tier", value): arms((60, 600), (40, 600)) for value in ("basic", "plus", "gold")}
    findings = found(segments=parts)
    assert [segment.value for segment in findings.segments] == ["basic", "gold", "plus"]
    effect = findings.segments[0].effect
    assert isinstance(effect, Effect)
    assert findings.segments[0].adjusted_p_value is not None
    assert findings.segments[0].adjusted_p_value >= (effect.p_value or 0)


def test_the_stated_interval_covers_the_generated_truth_as_often_as_it_says() -> None:
    """Two hundred seeds of the example network's own effect: a shown interval of 95 % misses ten of them or so."""
    truth, base = TRUE_EFFECTS["win_back"].uplift, natural_return()
    fixed = always = adopted = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        came = arms((int(rng.binomial(1_700, base + truth)), 1_700), (int(rng.binomial(300, base)), 300))
        sizes = {"treated": 1_700, "holdout": 300}
        told = found(sums={**known().sums, "came": came}, sizes=sizes, weights={"treated": 0.85, "holdout": 0.15})
        primary = of(told, Role.PRIMARY)
        assert primary.shown is not None
        assert primary.always is not None
        fixed += primary.shown.low <= truth <= primary.shown.high
        always += primary.always.interval.low <= truth <= primary.always.interval.high
        adopted += primary.is_good is True
    assert 180 <= fixed <= 198
    assert always >= 196
    assert adopted > 180
