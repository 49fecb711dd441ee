"""The course adds up day by day; which plots a report has follows what may be said."""

import msgspec
import pytest

from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import UnitKind
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.findings.course import Curves, Day, courses, plots
from fieldfare.learn.experiments.registered.findings.model import Ended, Finding, Findings
from fieldfare.learn.experiments.registered.findings.say import lines
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sums import sums_of, sums_of_hits
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, METRICS, PLAN, known

COURSE = [
    Ended(day=100, arm="treated", sums=sums_of_hits(5, 40)),
    Ended(day=100, arm="holdout", sums=sums_of_hits(2, 20)),
    Ended(day=102, arm="treated", sums=sums_of_hits(15, 160)),
    Ended(day=102, arm="holdout", sums=sums_of_hits(8, 180)),
]
FUNNEL = [("assigned", {"treated": 200, "holdout": 200})]


def drawn(findings: Findings, curves: Curves) -> list[tuple[str, str]]:
    return plots(CAME, FUNNEL, courses(CAME, COURSE, findings), curves, findings, "EUR")


def test_days_add_up_and_begin_when_both_arms_are_large_enough() -> None:
    (found,) = courses(CAME, COURSE, evaluate(PLAN, METRICS, known(), AS_OF))
    (last,) = found.days
    assert (found.variant, last.day, last.on) == ("treated", 3, "1970-04-13")
    assert last.units == {"treated": 200, "holdout": 200}
    assert last.value == pytest.approx(20 / 200 - 10 / 200)
    assert last.low < last.value < last.high


def of_variants(names: tuple[str, ...]) -> Known:
    """Return what is known of so many variants beside the control."""
    arms = {"holdout": sums_of_hits(110, 2_000)} | {name: sums_of_hits(180, 2_000) for name in names}
    sizes = dict.fromkeys(arms, 2_000)
    return known(sums=dict.fromkeys(METRICS, arms), sizes=sizes, weights=dict.fromkeys(arms, 1 / len(arms)))


@pytest.mark.parametrize(("variants", "level"), [(("treated",), 0.95), (("calls", "mails"), 0.975)])
def test_the_last_day_says_what_the_report_says_at_any_moment(variants: tuple[str, ...], level: float) -> None:
    """The course and the finding are two ways to one number, whatever the plan says of looks, however many variants."""
    told = of_variants(variants)
    course = [Ended(day=9, arm=arm, sums=sums) for arm, sums in told.sums["came"].items()]
    findings = evaluate(PLAN, METRICS, told, AS_OF)
    found = courses(CAME, course, findings)
    assert [each.variant for each in found] == list(variants)
    assert [each.level for each in found] == pytest.approx([level] * len(variants))
    for each in found:
        (last,) = each.days
        always = next(one for one in findings.metrics if one.variant == each.variant).always
        assert always is not None
        assert (last.low, last.high) == pytest.approx((always.interval.low, always.interval.high))


def last_of(told: Known, course: list[Ended], metric: Metric = CAME) -> tuple[Day, Finding]:
    """Return the last day of the course, and what the report says of the same people."""
    plan = msgspec.structs.replace(PLAN, primary=metric.name, supporting=(), guardrails=(), payoff=None)
    findings = evaluate(plan, {metric.name: metric}, told, AS_OF)
    assert findings.no_course is None
    (found,) = courses(metric, course, findings)
    return found.days[-1], findings.metrics[0]


def test_what_is_read_inside_strata_has_a_course_inside_them() -> None:
    """Day after day the report's own number: one half of a stratum's units ended on the first day, one on the last."""
    half = {
        0: {"treated": sums_of_hits(80, 200), "holdout": sums_of_hits(120, 400)},
        7: {"treated": sums_of_hits(40, 400), "holdout": sums_of_hits(12, 200)},
    }
    course = [
        Ended(day=day, arm=arm, sums=sums, stratum=stratum)
        for day in (9, 12)
        for stratum, arms in half.items()
        for arm, sums in arms.items()
    ]
    strata = {stratum: {arm: sums + sums for arm, sums in arms.items()} for stratum, arms in half.items()}
    sums = {arm: strata[0][arm] + strata[7][arm] for arm in ("treated", "holdout")}
    told = known(sums={"came": sums}, strata={"came": strata})
    day, finding = last_of(told, course)
    assert isinstance(finding.effect, Effect)
    assert finding.always is not None
    assert finding.strata == 2
    assert day.value == pytest.approx(finding.effect.value)
    assert (day.low, day.high) == pytest.approx((finding.always.interval.low, finding.always.interval.high))
    flat, _ = last_of(known(sums={"came": sums}), [msgspec.structs.replace(each, stratum=None) for each in course])
    assert flat.value < 0 < day.value, "without strata the arm with more of the idle stratum looks worse"


def test_medians_have_a_course_of_medians() -> None:
    waited = Metric(name="waited", kind=MetricKind.FIRST_RESPONSE_TIME, shape=Shape.RATIO, rows=CAME.rows)
    fast, slow = dict.fromkeys(range(1, 11), 10) | {5_000: 6}, dict.fromkeys(range(6, 16), 10)
    columns = {
        arm: sums_of(
            {
                "value": [minutes for minutes, times in counted.items() for _ in range(times)],
                "base": [1] * sum(counted.values()),
            }
        )
        for arm, counted in (("treated", fast), ("holdout", slow))
    }
    course = [
        Ended(day=day, arm=arm, sums=columns[arm], spread=counted)
        for day in (9, 12)
        for arm, counted in (("treated", fast), ("holdout", slow))
    ]
    twice = {
        arm: {minutes: 2 * times for minutes, times in counted.items()}
        for arm, counted in (("treated", fast), ("holdout", slow))
    }
    told = known(sums={"waited": {arm: sums + sums for arm, sums in columns.items()}}, spreads={"waited": twice})
    day, finding = last_of(told, course, waited)
    assert isinstance(finding.effect, Effect)
    assert finding.always is not None
    assert day.value == finding.effect.value == -4.5
    assert (day.low, day.high) == pytest.approx((finding.always.interval.low, finding.always.interval.high))


def test_a_report_has_all_four_plots() -> None:
    shown = drawn(evaluate(PLAN, METRICS, known(), AS_OF), {"treated": [(0, 0.0), (1, 0.1)]})
    assert len(shown) == 4
    assert all(svg.startswith("<svg") for _, svg in shown)


def test_a_broken_split_shows_the_funnel_alone() -> None:
    findings = evaluate(PLAN, METRICS, known(sizes={"treated": 2_000, "holdout": 1_600}), AS_OF)
    assert courses(CAME, COURSE, findings) == ()
    assert len(drawn(findings, {})) == 1


def test_matched_places_have_no_course() -> None:
    """Their lift is that of pairs; people by the day would show another number beside it."""
    plan = msgspec.structs.replace(PLAN, unit=UnitKind.LOCATION, blocks=(("a", "b"), ("c", "d")))
    sides = {"treated": [0.3, 0.2], "holdout": [0.1, 0.1]}
    findings = evaluate(plan, METRICS, known(matched={"came": sides}), AS_OF)
    assert courses(CAME, COURSE, findings) == ()
    assert not any("over time" in caption for caption, _ in drawn(findings, {}))
    assert "no course over time" in " ".join(lines(findings, "EUR", None))
