"""Steps of a roll-out: effects that are put in come out, where one regression over all would mistake them."""

import numpy as np
import pytest

from fieldfare.learn.experiments.model import NotComputable, Why
from fieldfare.learn.experiments.statistics.rollout import Rollout, by_age, mean_effect, rollout


def made(seed: int, effect: float = 2.0, growth: float = 0.0) -> tuple[dict[str, list[float]], dict[str, int | None]]:
    rng = np.random.default_rng(seed)
    starts: dict[str, int | None] = {f"club-{i:02}": (4, 8, 12, None)[i % 4] for i in range(24)}
    season = rng.normal(0, 1, 16)
    panel = {}
    for name, start in starts.items():
        values = season + rng.normal(0, 3) + rng.normal(0, 0.2, 16)
        if start is not None:
            values[start:] += effect + growth * np.arange(16 - start)
        panel[name] = values.tolist()
    return panel, starts


def test_a_constant_effect_is_found_with_its_interval() -> None:
    inside = 0
    for seed in range(25):
        found = rollout(*made(seed))
        assert isinstance(found, Rollout)
        inside += found.interval.low <= 2 <= found.interval.high
    assert inside >= 21


def test_without_noise_it_is_exact_and_shows_how_the_effect_grows() -> None:
    panel = {"a": [1.0, 2, 3, 9, 11], "b": [5.0, 6, 7, 8, 9], "c": [0.0, 1, 2, 3, 4]}
    starts = {"a": 3, "b": None, "c": None}
    assert by_age(panel, starts) == {-3: 0, -2: 0, 0: 5, 1: 6}
    assert mean_effect(panel, starts) == 5.5


def test_early_starters_are_no_controls_of_late_ones() -> None:
    panel, starts = made(1, growth=1.0)
    found = by_age(panel, starts)
    assert found[0] == pytest.approx(2, abs=0.4)
    assert found[7] == pytest.approx(9, abs=0.6)
    assert max(abs(effect) for age, effect in found.items() if age < 0) < 0.4, "the placebo shows nothing before"


@pytest.mark.parametrize(
    "starts", [{"a": None, "b": None, "c": None}, {"a": 1, "b": 1, "c": 1}, {"a": 0, "b": 0, "c": None}]
)
def test_where_nothing_compares_there_is_a_reason(starts: dict[str, int | None]) -> None:
    found = rollout({name: [1.0, 2.0, 3.0] for name in starts}, starts)
    assert isinstance(found, NotComputable)
    assert found.reason is Why.NO_CONTROLS
