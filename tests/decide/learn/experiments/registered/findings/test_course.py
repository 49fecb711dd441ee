"""The course adds up day by day; which plots a report has follows what may be said."""

import pytest

from fieldfare.learn.experiments.registered.evaluate import evaluate
from fieldfare.learn.experiments.registered.findings.course import moments, plots
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.sums import sums_of_hits
from tests.decide.learn.experiments.registered.plans import AS_OF, CAME, METRICS, PLAN, known

COURSE: list[tuple[int, str, Sums]] = [
    (100, "treated", sums_of_hits(5, 40)),
    (100, "holdout", sums_of_hits(2, 20)),
    (102, "treated", sums_of_hits(15, 160)),
    (102, "holdout", sums_of_hits(8, 180)),
]
FUNNEL = [("assigned", {"treated": 200, "holdout": 200})]


def test_days_add_up_and_begin_when_both_arms_are_large_enough() -> None:
    (last,) = moments(CAME, COURSE, 0.95, "treated", "holdout")
    assert last.day == 3
    assert last.value == pytest.approx(20 / 200 - 10 / 200)
    assert last.low < last.value < last.high


def test_a_report_has_all_four_plots() -> None:
    findings = evaluate(PLAN, METRICS, known(), AS_OF)
    shown = plots(CAME, FUNNEL, COURSE, {"treated": [(0, 0.0), (1, 0.1)]}, findings, "EUR")
    assert len(shown) == 4
    assert all(svg.startswith("<svg") for _, svg in shown)


def test_a_broken_split_shows_the_funnel_alone() -> None:
    findings = evaluate(PLAN, METRICS, known(sizes={"treated": 2_000, "holdout": 1_600}), AS_OF)
    assert len(plots(CAME, FUNNEL, COURSE, {}, findings, "EUR")) == 1
