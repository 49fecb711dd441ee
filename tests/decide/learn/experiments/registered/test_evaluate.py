"""What may be said of a registered experiment: the worked example, every rule that silences, guardrails, money."""

from typing import Any

import msgspec
import numpy as np
import pytest
from scipy import stats

from fieldfare.flow.generate.effects import TRUE_EFFECTS, natural_return
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import NotComputable, Relative, Why
from fieldfare.learn.experiments.registered.compare import compare_arms
from fieldfare.learn.experiments.registered.evaluate import evaluate, pauses
from fieldfare.learn.experiments.registered.findings.model import (
    Claim,
    Finding,
    Findings,
    Money,
    NoCourse,
    Role,
    Verdict,
)
from fieldfare.learn.experiments.registered.model import Guardrail, Looks, Margin, Payoff, Registration
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.small import Paired
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, METRICS, PLAN, SPENT, arms, known, reached


def found(plan: Registration = PLAN, **more: Any) -> Findings:
    return evaluate(plan, METRICS, known(**{"reached": reached(plan, 4_000)} | more), AS_OF)


def of(findings: Findings, role: Role) -> Finding:
    return next(each for each in findings.metrics if each.role is role)


def test_matched_places_are_read_by_their_pairs() -> None:
    """Twelve blocks: SciPy's paired t on what a person of each side did; a block with one side only says nothing."""
    rng = np.random.default_rng(5)
    level = rng.uniform(0.1, 0.6, 12)
    control, treated = level.tolist(), (level + rng.normal(0.03, 0.02, 12)).tolist()
    matched = {"came": {"treated": [*treated, 0.9, None], "holdout": [*control, None, None]}}
    few = {"came": arms((6, 12), (5, 12))}
    told = found(matched=matched, sums={**known().sums, **few})
    primary = of(told, Role.PRIMARY)
    assert isinstance(primary.effect, Effect)
    oracle = stats.ttest_rel(treated, control)
    span = oracle.confidence_interval()
    assert primary.effect.p_value == pytest.approx(oracle.pvalue)
    assert (primary.effect.interval.low, primary.effect.interval.high) == pytest.approx((span.low, span.high))
    assert primary.claim is Claim.MORE, "two dozen places are enough where they are matched"
    assert primary.effect.value == pytest.approx(primary.effect.treated - primary.effect.control)
    (pairs,) = told.matched
    assert isinstance(pairs.pairs, Paired)
    assert (pairs.variant, pairs.pairs.pairs) == ("treated", 12)
    assert pairs.pairs.wilcoxon_p_value == pytest.approx(stats.wilcoxon(np.array(treated) - control).pvalue)


def test_a_guardrail_of_few_matched_places_needs_a_great_harm() -> None:
    """It may be read at any moment, so few places say next to nothing; many thousand units would have tripped it."""
    sides = {"treated": [0.10, 0.12, 0.09, 0.11, 0.13, 0.1], "holdout": [0.04, 0.05, 0.04, 0.05, 0.06, 0.05]}
    told = found(matched={"left": sides})
    (rail,) = told.rails
    assert (rail.known, rail.tripped) == (True, False)
    assert of(told, Role.GUARDRAIL).claim is Claim.NOTHING_SHOWN
    alike = {arm: [each + side for each in np.linspace(0, 0.01, 6)] for arm, side in (("treated", 9.0), ("holdout", 0))}
    alike["treated"][0] += 0.001
    assert found(matched={"left": alike}).rails[0].tripped


def test_matched_places_that_nobody_counts_in_say_nothing() -> None:
    told = found(matched={"came": {"treated": [0.4, None], "holdout": [0.2, 0.1]}})
    assert of(told, Role.PRIMARY).claim is Claim.NOT_COMPUTABLE
    assert told.verdict is Verdict.WAIT
    (pairs,) = told.matched
    assert isinstance(pairs.pairs, NotComputable)


def test_a_metric_that_could_not_be_read_says_why_and_silences_no_other() -> None:
    lack = NotComputable(Why.FAILED, "The SQL of the metric `left` cannot be run.")
    told = found(unread={"left": lack}, segments={("tier", "gold"): arms((60, 600), (40, 600))})
    assert of(told, Role.GUARDRAIL).effect == lack
    (rail,) = told.rails
    assert (rail.known, rail.tripped, rail.why) == (False, False, f"not computable (failed). {lack.detail}")
    assert (told.verdict, told.no_course, len(told.segments)) == (Verdict.ADOPT, None, 1)
    values = {"treated": [1.0] * 40, "holdout": [0.0] * 40}
    told = found(unread={"came": lack}, values=values, segments={("tier", "gold"): arms((60, 600), (40, 600))})
    assert (of(told, Role.PRIMARY).claim, told.verdict) == (Claim.NOT_COMPUTABLE, Verdict.WAIT)
    assert (told.no_course, told.small, told.segments, told.money) == (NoCourse.UNREAD, (), (), lack)
    assert of(told, Role.SUPPORTING).claim is Claim.NOTHING_SHOWN


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
    assert (findings.verdict, "is not computable" in findings.why) == (Verdict.WAIT, True)


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


THREE = {"weights": {"none": 1, "short": 1, "long": 1}, "control": "none"}
SIZES = {"none": 2_000, "short": 2_000, "long": 2_000}


def of_three(none: int, short: int, long: int, plan: Registration = PLAN, **more: Any) -> Findings:
    """Return the findings of three arms with so many who came; nobody left."""
    came = {name: sums_of_hits(hits, 2_000) for name, hits in (("none", none), ("short", short), ("long", long))}
    sums = {"came": came, "kept": came, "left": dict.fromkeys(SIZES, sums_of_hits(60, 2_000))}
    bare = msgspec.structs.replace(plan, payoff=None)
    return evaluate(bare, METRICS, known(sums=sums, sizes=SIZES, messages={}, **THREE, **more), AS_OF)


@pytest.mark.parametrize(
    ("hits", "verdict", "said"),
    [
        ((110, 180, 112), Verdict.ADOPT, "in `short`;"),
        ((110, 180, 60), Verdict.ADOPT, "in `short`;"),
        ((110, 180, 190), Verdict.ADOPT, "in `short`, `long`;"),
        ((180, 178, 110), Verdict.STOP, "moved the wrong way"),
        ((110, 112, 111), Verdict.INCONCLUSIVE, "No difference is shown"),
    ],
)
def test_of_several_variants_the_good_one_is_adopted_and_named(
    hits: tuple[int, int, int], verdict: Verdict, said: str
) -> None:
    told = of_three(*hits)
    assert told.verdict is verdict
    assert said in told.why


@pytest.mark.parametrize(
    ("sizes", "hits", "messages", "verdict", "told", "of"),
    [
        # `long` came more often, among so few that nothing is shown; `short` is shown and pays.
        ((2_000, 2_000, 60), (110, 180, 6), {}, Verdict.ADOPT, "3.50 of net over cost in `short`;", "short"),
        # `short` is shown and does not pay; `long` would, and is not shown.
        ((2_000, 2_000, 60), (110, 180, 6), {"short": 300}, Verdict.STOP, "0.05 of net over cost in `short`;", "short"),
        # Both are shown, `long` is the stronger and costs too much: only `short` is adopted.
        ((2_000,) * 3, (110, 180, 190), {"long": 300}, Verdict.ADOPT, "3.50 of net over cost in `short`;", "short"),
        # Both are shown and pay: each with its own money.
        (
            (2_000,) * 3,
            (110, 180, 190),
            {},
            Verdict.ADOPT,
            "brings 3.50 of net over cost in `short`, brings 4.14 of net over cost in `long`;",
            "long",
        ),
        # None is shown: the money of the best is told, and decides nothing.
        ((2_000,) * 3, (110, 112, 111), {}, Verdict.INCONCLUSIVE, "No difference is shown", "short"),
    ],
)
def test_of_several_variants_only_those_that_are_good_decide_with_their_money(
    sizes: tuple[int, int, int],
    hits: tuple[int, int, int],
    messages: dict[str, int],
    verdict: Verdict,
    told: str,
    of: str,
) -> None:
    units = dict(zip(SIZES, sizes, strict=True))
    came = {arm: sums_of_hits(hit, units[arm]) for arm, hit in zip(SIZES, hits, strict=True)}
    sums = {"came": came, "kept": came, "left": {arm: sums_of_hits(0, size) for arm, size in units.items()}}
    plan = msgspec.structs.replace(PLAN, payoff=Payoff(value=4_500, cost=70_000, message_cost=765, minimum_return=1.0))
    read = known(sums=sums, sizes=units, messages=messages, weights=units, control="none")
    findings = evaluate(plan, METRICS, read, AS_OF)
    assert (findings.verdict, told in findings.why) == (verdict, True), findings.why
    assert isinstance(findings.money, Money)
    assert findings.money.variant == of


@pytest.mark.parametrize("looks", [Looks.FIXED, Looks.ALWAYS, Looks.OBRIEN_FLEMING])
def test_several_variants_share_the_error_at_every_kind_of_look(looks: Looks) -> None:
    """Each interval is read at 97.5 %, so that both hold at 95 %; supporting metrics are corrected as a list."""
    plan = msgspec.structs.replace(PLAN, looks=looks, units=6_000)
    told = of_three(110, 150, 112, plan, reached=reached(plan, 6_000))
    primary = [each for each in told.metrics if each.role is Role.PRIMARY]
    assert all(isinstance(each.effect, Effect) and each.effect.level == pytest.approx(0.975) for each in primary)
    supporting = next(each for each in told.metrics if each.role is Role.SUPPORTING)
    assert isinstance(supporting.effect, Effect)
    assert supporting.effect.level == 0.95
    two = found(sums={**known().sums, "came": arms((150, 2_000), (110, 2_000))})
    alone = of(two, Role.PRIMARY).effect
    assert isinstance(alone, Effect)
    assert isinstance(primary[0].effect, Effect)
    width, narrow = (each.interval.high - each.interval.low for each in (primary[0].effect, alone))
    assert width == pytest.approx(narrow * stats.norm.ppf(0.9875) / stats.norm.ppf(0.975))


def test_two_variants_looked_at_daily_are_seldom_claimed_where_nothing_is() -> None:
    """Three arms without an effect, looked at six times: one false claim in all in at most one of twenty."""
    rng, runs, false = np.random.default_rng(12), 80, 0
    plan = msgspec.structs.replace(PLAN, looks=Looks.ALWAYS)
    for _ in range(runs):
        hits = dict.fromkeys(SIZES, 0)
        for look in range(1, 7):
            size = look * 800
            hits = {arm: count + int(rng.binomial(800, 0.1)) for arm, count in hits.items()}
            sums = {name: {arm: sums_of_hits(count, size) for arm, count in hits.items()} for name in known().sums}
            told = evaluate(plan, METRICS, known(sums=sums, sizes=dict.fromkeys(SIZES, size), **THREE), AS_OF)
            if any(each.role is Role.PRIMARY and each.is_good is not None for each in told.metrics):
                false += 1
                break
    assert false / runs <= 0.05


def test_a_look_without_a_difference_waits_while_another_is_to_come() -> None:
    nothing = {**known().sums, "came": arms((110, 2_000), (108, 2_000))}

    def verdict(looks: Looks, units: int | None) -> Verdict:
        plan = msgspec.structs.replace(PLAN, looks=looks, units=units, look_at=(0.5, 1.0))
        return found(plan, sums=nothing).verdict

    assert verdict(Looks.ALWAYS, 8_000) is Verdict.WAIT
    assert verdict(Looks.OBRIEN_FLEMING, 8_000) is Verdict.WAIT
    assert verdict(Looks.OBRIEN_FLEMING, 4_000) is Verdict.INCONCLUSIVE
    assert verdict(Looks.ALWAYS, 4_000) is Verdict.INCONCLUSIVE


BETWEEN = msgspec.structs.replace(PLAN, looks=Looks.OBRIEN_FLEMING, units=8_000, look_at=(0.25, 0.5, 0.75, 1.0))


def test_between_looks_the_look_that_was_is_read() -> None:
    """At the first look nothing was shown; the thousands that came since would show it, and a guardrail sees them."""
    everybody = known(sums={**known().sums, "came": arms((260, 2_000), (110, 2_000))})
    at_look = {"came": arms((62, 1_000), (55, 1_000)), "left": arms((90, 1_000), (30, 1_000))}
    told = found(BETWEEN, sums={**known().sums, **at_look}, everybody=everybody, reached=reached(BETWEEN, 2_000))
    primary, rail = of(told, Role.PRIMARY), of(told, Role.GUARDRAIL)
    assert (told.look.taken, told.look.units, told.look.next_at, told.look.progress) == (1, 2_000, 4_000, 0.5)
    assert (primary.claim, told.verdict) == (Claim.NOTHING_SHOWN, Verdict.WAIT)
    assert isinstance(primary.effect, Effect)
    assert primary.effect.value == pytest.approx(0.007)
    assert primary.always is not None
    assert primary.always.sign == 1, "what may be read at any moment counts everybody"
    assert isinstance(rail.effect, Effect)
    assert (rail.effect.value, told.rails[0].tripped) == (0.0, False), "so does a guardrail"
    tripped = msgspec.structs.replace(everybody, sums={**everybody.sums, "left": arms((300, 2_000), (60, 2_000))})
    fine = {**at_look, "left": arms((30, 1_000), (30, 1_000))}
    assert found(BETWEEN, sums={**known().sums, **fine}, everybody=tripped).rails[0].tripped


def test_before_the_look_only_what_may_be_read_at_any_moment_is_told() -> None:
    segments = {("tier", "gold"): arms((60, 600), (40, 600))}
    told = found(msgspec.structs.replace(PLAN, units=9_000, supporting=("kept", "cost")), segments=segments)
    primary = of(told, Role.PRIMARY)
    assert isinstance(primary.effect, Effect)
    assert primary.always is not None
    assert (primary.claim, primary.shown, primary.belief, primary.adjusted_p_value) == (
        Claim.TOO_EARLY,
        None,
        None,
        None,
    )
    assert primary.effect.interval == primary.always.interval
    assert (primary.effect.statistic, primary.effect.p_value) == (None, None)
    assert isinstance(primary.effect.relative, Relative)
    assert primary.effect.relative.interval == primary.always.relative
    assert told.segments == ()
    assert isinstance(told.money, NotComputable)
    assert told.money.reason is Why.TOO_EARLY
    assert told.costs == {"cost": told.money}


def test_a_guardrail_over_delivery_pauses_when_too_many_messages_are_lost() -> None:
    rng = np.random.default_rng(9)
    lost_metric = Metric(name="lost", kind=MetricKind.DELIVERY, shape=Shape.RATIO, lower_is_better=True)
    plan = msgspec.structs.replace(PLAN, guardrails=(Guardrail(metric="lost", at_most=0.03),))

    def told(share: float) -> Findings:
        messages = rng.poisson(2, 2_000)
        treated = sums_of({"value": rng.binomial(messages, share), "base": messages})
        nobody = sums_of({"value": [0] * 2_000, "base": [0] * 2_000})
        sums = {**known().sums, "lost": {"treated": treated, "holdout": nobody}}
        return evaluate(plan, {**METRICS, "lost": lost_metric}, known(sums=sums), AS_OF)

    bad, fine = told(0.08), told(0.03)
    assert [each.metric for each in pauses(bad)] == ["lost"]
    assert bad.verdict is Verdict.STOP
    assert "more than 3.00%" in bad.rails[0].why
    assert pauses(fine) == ()
    assert fine.rails[0].known
    none = {"lost": {arm: sums_of({"value": [0] * 2_000, "base": [0] * 2_000}) for arm in ("treated", "holdout")}}
    unknown = evaluate(plan, {**METRICS, "lost": lost_metric}, known(sums={**known().sums, **none}), AS_OF).rails[0]
    assert (unknown.known, unknown.tripped) == (False, False), "no message went out yet, so nothing is in order either"
    guardrail = of(bad, Role.GUARDRAIL)
    assert isinstance(guardrail.effect, NotComputable)
    assert "No message went" in guardrail.effect.detail


@pytest.mark.parametrize(("most", "tripped"), [(0.05, True), (0.2, False)])
def test_a_guardrail_may_be_a_part_of_the_control(most: float, *, tripped: bool) -> None:
    """The treated spend a tenth less; of what there is too little nothing is known."""
    rng = np.random.default_rng(5)
    spent = {
        arm: sums_of({"value": rng.normal(mean, 500, 2_000).round()})
        for arm, mean in (("treated", 4_500), ("holdout", 5_000))
    }
    metrics = {**METRICS, "spent": msgspec.structs.replace(SPENT, scale=100, before_us=0)}
    limit = Guardrail(metric="spent", worse_by=most, margin=Margin.OF_CONTROL)
    plan = msgspec.structs.replace(PLAN, guardrails=(limit,))
    rail = evaluate(plan, metrics, known(sums={**known().sums, "spent": spent}), AS_OF).rails[0]
    assert (rail.known, rail.tripped) == (True, tripped)
    assert rail.why.startswith(("-10.", "-9."))
    assert rail.why.endswith(
        f"{'worse' if tripped else 'not shown to be worse'} by more than {most:.2%} of the control"
    )
    lower = msgspec.structs.replace(metrics["spent"], lower_is_better=True)
    assert (
        not evaluate(plan, {**metrics, "spent": lower}, known(sums={**known().sums, "spent": spent}), AS_OF)
        .rails[0]
        .tripped
    )
    none = evaluate(plan, metrics, known(), AS_OF).rails[0]
    assert (none.known, none.tripped, "empty_arm" in none.why) == (False, False, True)
    at_zero = {**known().sums, "spent": {arm: sums_of({"value": [0] * 99}) for arm in spent}}
    assert not evaluate(plan, metrics, known(sums=at_zero), AS_OF).rails[0].known


@pytest.mark.parametrize(("most", "tripped"), [(300, True), (700, False)])
def test_a_guardrail_of_money_is_told_in_major_units(most: float, *, tripped: bool) -> None:
    """The treated spend five less each, of about fifty; sums and the bound are in minor units."""
    rng = np.random.default_rng(5)
    spent = {
        arm: sums_of({"value": rng.normal(mean, 500, 2_000).round()})
        for arm, mean in (("treated", 4_500), ("holdout", 5_000))
    }
    metrics = {**METRICS, "spent": msgspec.structs.replace(SPENT, scale=100, before_us=0)}
    plan = msgspec.structs.replace(PLAN, guardrails=(Guardrail(metric="spent", worse_by=most),))
    rail = evaluate(plan, metrics, known(sums={**known().sums, "spent": spent}), AS_OF).rails[0]
    assert rail.tripped is tripped
    assert rail.why.startswith("-5.") or rail.why.startswith("-4.")
    assert rail.why.endswith(f"by more than {most // 100}")
