"""Places without lots: an effect that is put in is found by every estimator; without one the placebo says so."""

import numpy as np
import pytest

from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.model import Places
from fieldfare.learn.experiments.registered.places import Weaker, panel_of, weaker
from fieldfare.learn.experiments.statistics.synthetic import Mix, Synthetic, synthetic
from tests.decide.learn.experiments.statistics.shared import MISSING, table

PERIODS, YEARS_BEFORE = 30, 19
NAMES = [f"club-{number}" for number in range(12)]


def made(effect: float, starts: dict[str, int], seed: int = 3) -> tuple[dict[str, list[float]], dict[str, int | None]]:
    """Places with their own level, one season and noise; the effect from the start on."""
    rng = np.random.default_rng(seed)
    season = 10 * np.sin(np.arange(PERIODS) / 4)
    panel = {}
    for number, name in enumerate(NAMES):
        values = 100 + 5 * number + season * (0.8 + 0.05 * number) + rng.normal(0, 1.5, PERIODS)
        if name in starts:
            values[starts[name] :] += effect
        panel[name] = values.tolist()
    return panel, {name: starts.get(name) for name in NAMES}


@pytest.mark.parametrize("starts", [{"club-5": 20}, {"club-5": 15, "club-2": 20, "club-8": 22}])
def test_an_effect_that_is_put_in_is_found_by_every_estimator(starts: dict[str, int]) -> None:
    found = weaker(*made(25.0, starts), 0.95)
    assert isinstance(found, Weaker)
    assert len(found.estimators) >= 3
    assert found.agree
    for each in found.estimators:
        assert each.value == pytest.approx(25, abs=6), each.name
    assert found.placebo_rank == 1
    assert found.label == "not randomised: weaker evidence"
    assert (found.treated, found.others) == (len(starts), 12 - len(starts))
    assert bool(found.before) is (len(starts) > 1)
    assert all(abs(moved) < 8 for moved in found.before.values())


def test_the_gaps_of_a_place_are_those_that_the_estimators_are_made_of() -> None:
    """With an effect the gap leaves the band of the placebos when it begins, and lies in it before."""
    for effect, outside in ((25.0, 10), (0.0, 0)):
        found = weaker(*made(effect, {"club-5": 20}), 0.95)
        assert isinstance(found, Weaker)
        (gap,) = found.gaps
        told = {each.name: each.value for each in found.estimators}
        assert (gap.place, gap.start, len(gap.gaps)) == ("club-5", 20, PERIODS)
        assert np.mean(gap.gaps[20:]) == pytest.approx(told["synthetic control, mean gap"])
        assert gap.gaps[-1] == told["synthetic control, last period"]
        assert np.abs(gap.gaps[:20]).max() < 8
        beyond = [not low <= value <= high for value, low, high in zip(gap.gaps, gap.low, gap.high, strict=True)]
        assert sum(beyond[20:]) >= outside if effect else sum(beyond[20:]) <= 3
        assert sum(beyond[:20]) <= 3


def test_the_band_holds_nine_tenths_of_the_placebos_and_all_of_few() -> None:
    panel, starts = made(0.0, {"club-5": 20})
    (few,) = _found(panel, starts).gaps
    others = [each.gaps for each in _placebos(panel, starts).values()]
    assert few.low == pytest.approx(np.min(others, axis=0))
    assert few.high == pytest.approx(np.max(others, axis=0))
    more = panel | {
        f"more-{turn}": (np.array(panel["club-1"]) + turn * np.sin(np.arange(30))).tolist() for turn in range(30)
    }
    (many,) = _found(more, starts | dict.fromkeys(more.keys() - panel.keys())).gaps
    gaps = np.array([each.gaps for each in _placebos(more, starts).values()])
    inside = ((gaps >= np.array(many.low) - 1e-6) & (gaps <= np.array(many.high) + 1e-6)).mean(axis=0)
    assert ((inside >= 0.9) & (inside < 1)).all()


def _found(panel: dict[str, list[float]], starts: dict[str, int | None]) -> Weaker:
    found = weaker(panel, starts, 0.95)
    assert isinstance(found, Weaker)
    return found


def _placebos(panel: dict[str, list[float]], starts: dict[str, int | None]) -> dict[str, Mix]:
    told = synthetic("club-5", panel, starts["club-5"] or 0)
    assert isinstance(told, Synthetic)
    return told.placebos


def test_each_of_several_places_has_its_gaps() -> None:
    found = weaker(*made(25.0, {"club-5": 15, "club-2": 20}), 0.95)
    assert isinstance(found, Weaker)
    assert {gap.place: gap.start for gap in found.gaps} == {"club-5": 15, "club-2": 20}


def test_without_an_effect_the_place_is_one_of_many() -> None:
    ranks = []
    for seed in range(12):
        found = weaker(*made(0.0, {"club-5": 20}, seed), 0.95)
        assert isinstance(found, Weaker)
        ranks.append(found.placebo_rank or 0)
    assert np.mean(ranks) > 3
    assert ranks.count(1) <= 4


def test_california_with_all_estimators_and_the_placebo() -> None:
    """Proposition 99: the numbers of the reference, as a report of this kind shows them."""
    rows = table("prop99", "california_prop99.csv")
    if rows is None:
        pytest.skip(MISSING)
    panel = {state: [float(row[state]) for row in rows] for state in rows[0] if state != "Year"}
    found = weaker(panel, {state: YEARS_BEFORE if state == "California" else None for state in panel}, 0.95)
    assert isinstance(found, Weaker)
    told = {each.name: each.value for each in found.estimators}
    assert told["difference in differences"] == pytest.approx(-27.349, abs=1e-3)
    assert told["synthetic control, mean gap"] == pytest.approx(-19.51, abs=0.01)
    assert told["synthetic control, last period"] == pytest.approx(-26.60, abs=0.01)
    assert (found.placebo_rank, found.placebo_of) == (3, 39)


def test_a_panel_has_a_number_for_every_place_and_whole_period() -> None:
    places = Places(starts={"north": 121, "south": 500}, since=100, period_days=7)
    rows = [("north", 0, 4.0), ("north", 2, 5.0), ("east", 1, 6.0), ("elsewhere", 0, 9.0), ("east", 3, 7.0)]
    panel, starts = panel_of(rows, places, ["east", "north"], 122)
    assert panel == {"east": [0, 6, 0], "north": [4, 0, 5], "south": [0, 0, 0]}
    assert starts == {"east": None, "north": None, "south": None}, "a start in a period that is not over is none yet"
    assert panel_of(rows, places, ["east"], 128)[1]["north"] == 3


def test_without_a_start_or_a_comparison_there_is_a_reason() -> None:
    panel, starts = made(1.0, {"club-5": 20})
    assert isinstance(weaker(panel, dict.fromkeys(starts), 0.95), NotComputable)
    few = {name: panel[name] for name in ("club-5", "club-6")}
    assert isinstance(weaker(few, {"club-5": 20, "club-6": None}, 0.95), NotComputable)
