"""Draws are the same everywhere, uniform, and independent by name."""

from collections import Counter

from scipy import stats

from fieldfare.flow.generate.draws import Weighted, uniform, uniforms


def test_draws_never_change() -> None:
    assert uniforms(3, "member", 7, 0) == [0.5062679146035218, 0.7759090427039903, 0.9101251280445202]
    assert uniforms(5, "member", 7, 0)[:3] == uniforms(3, "member", 7, 0)
    assert uniform("a", 1) != uniform("a", 2)


def test_draws_are_uniform_and_independent() -> None:
    one, two = uniforms(20_000, "one"), uniforms(20_000, "two")
    assert stats.kstest(one, "uniform").pvalue > 1e-4
    assert abs(stats.pearsonr(one, two).statistic) < 0.03
    assert 0 <= min(one) <= max(one) < 1


def test_values_are_picked_by_their_weights() -> None:
    picks = Weighted(("a", "b", "c"), (1, 2, 1))
    counted = Counter(picks.pick(place) for place in uniforms(10_000, "picks"))
    assert stats.chisquare([counted["a"], counted["b"], counted["c"]], [2500, 5000, 2500]).pvalue > 1e-4
    assert (picks.pick(0.0), picks.pick(0.9999999)) == ("a", "c")
