"""Places to match: neighbours of the time before, judged by the last window, split by the published hash."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.assign import choose
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.model import NotComputable, Split, UnitKind, Why
from fieldfare.learn.experiments.registered.matching import Matching, match, matching_lines
from fieldfare.learn.experiments.registered.model import Registration
from fieldfare.learn.experiments.statistics.power import Aim, smallest_of_pairs
from tests.decide.learn.experiments.registered.plans import CAME, PLAN, SPENT

SPLIT = Split(name="journey.x", salt="s", weights={"holdout": 0.5, "treated": 0.5}, unit=UnitKind.LOCATION)
GEO = msgspec.structs.replace(PLAN, name="geo", unit=UnitKind.LOCATION, smallest_effect=0.05)


def levels(count: int, seed: int, noise: float = 0.02) -> tuple[dict[str, float], dict[str, float]]:
    rng = np.random.default_rng(seed)
    usual = rng.uniform(0.1, 0.6, count)
    before, after = (dict(enumerate(usual + rng.normal(0, noise, count))) for _ in range(2))
    return {f"p{place:02}": level for place, level in before.items()}, {f"p{i:02}": each for i, each in after.items()}


def found(before: dict[str, float], after: dict[str, float], size: int = 2, plan: Registration = GEO) -> Matching:
    told = match(before, after, size, SPLIT, plan)
    assert isinstance(told, Matching)
    return told


@given(st.integers(8, 40), st.integers(2, 4), st.integers(0, 99))
def test_every_place_is_in_one_block_or_left_over(count: int, size: int, seed: int) -> None:
    before, after = levels(count, seed)
    told = match(before, after, size, SPLIT, GEO)
    if isinstance(told, NotComputable):
        assert count // size < 4
        return
    inside = [name for block in told.blocks for name in block]
    assert sorted([*inside, *told.left_over]) == sorted(before)
    assert len(told.left_over) == count % size
    ordered = [before[name] for name in inside]
    assert ordered == sorted(ordered), "neighbours by the window before the last"


def test_the_spread_is_that_of_the_sides_as_they_will_be_dealt() -> None:
    before, after = levels(24, 3)
    told = found(before, after)
    split = msgspec.structs.replace(SPLIT, blocks=told.blocks)
    apart = []
    for block in told.blocks:
        sides = {choose(name, split): after[name] for name in block}
        apart.append(sides["holdout"] - sides["treated"])
    assert told.spread == pytest.approx(math.sqrt(sum(each**2 for each in apart) / 12))


def test_it_promises_what_a_simulated_test_keeps() -> None:
    """Two hundred networks live a third window: an effect as large as told is found by the paired t in four of five."""
    hits = 0
    for seed in range(200):
        before, after = levels(40, seed)
        usual = np.random.default_rng(seed).uniform(0.1, 0.6, 40)
        third = dict(zip(sorted(before), usual + np.random.default_rng(1_000 + seed).normal(0, 0.02, 40), strict=True))
        told = found(before, after)
        split = msgspec.structs.replace(SPLIT, blocks=told.blocks)
        sides = [{choose(name, split): third[name] for name in block} for block in told.blocks]
        apart = np.array([side["treated"] + told.finds - side["holdout"] for side in sides])
        hits += stats.ttest_1samp(apart, 0).pvalue < 0.05
    assert 0.7 < hits / 200 < 0.9


def test_planted_fault_neighbours_judged_by_their_own_numbers_promise_too_much() -> None:
    before, after = levels(40, 7, noise=0.05)
    assert found(before, before).finds < 0.5 * found(before, after).finds


def test_registered_blocks_are_judged_and_not_made_anew() -> None:
    before, after = levels(12, 1)
    names = sorted(before)
    blocks = tuple((names[index], names[11 - index]) for index in range(6))
    told = found(before, after, plan=msgspec.structs.replace(GEO, blocks=blocks))
    assert told.blocks == blocks
    assert told.spread > found(before, after).spread


def test_several_variants_share_the_error() -> None:
    """Two variants are compared with the control at 97.5 % each, so a difference must be larger to be found."""
    before, after = levels(36, 3)
    split = msgspec.structs.replace(SPLIT, weights={"none": 1 / 3, "short": 1 / 3, "long": 1 / 3})
    told = match(before, after, 3, split, GEO)
    assert isinstance(told, Matching)
    assert told.level == pytest.approx(0.975)
    aim = Aim(level=0.975, power=GEO.power)
    assert told.finds == smallest_of_pairs(12, told.spread, aim)
    assert "(level 95% shared by the variants, power 80%)" in matching_lines(GEO, CAME, told, "EUR")[-1]


def test_the_blocks_that_the_numbers_rest_on_are_named() -> None:
    before, after = levels(12, 1)
    names = sorted(before)
    blocks = (*((names[index], names[11 - index]) for index in range(6)), ("new", "empty"))
    told = found(before, after, plan=msgspec.structs.replace(GEO, blocks=blocks))
    assert (len(told.blocks), told.judged) == (7, 6)
    text = "\n".join(matching_lines(GEO, CAME, told, "EUR"))
    assert "That is of 6 of the 7 blocks" in text
    assert "# 6 blocks find" in text
    assert "That is of" not in "\n".join(matching_lines(GEO, CAME, found(before, after), "EUR"))


def uneven() -> Split:
    return msgspec.structs.replace(SPLIT, weights={"holdout": 0.15, "treated": 0.85})


@pytest.mark.parametrize(
    ("split", "count", "why", "part"),
    [
        (uneven(), 12, Why.EMPTY_ARM, "no one would be `holdout`, for the shares are 15% holdout, 85% treated"),
        (SPLIT, 7, Why.TOO_SMALL, "There are 7 places with people in both of the last two windows, and 3 blocks of 2"),
        (SPLIT, 0, Why.TOO_SMALL, "There are 0 places"),
    ],
)
def test_without_blocks_there_is_a_reason(split: Split, count: int, why: Why, part: str) -> None:
    told = match(*levels(count, 2), 2, split, GEO)
    assert isinstance(told, NotComputable)
    assert told.reason is why
    assert part in told.detail


@pytest.mark.parametrize(("metric", "unit"), [(CAME, "points"), (SPENT, "EUR")])
def test_the_lines_stand_in_the_file_as_they_are(metric: Metric, unit: str) -> None:
    before, after = levels(13, 5)
    lines = matching_lines(GEO, metric, found(before, after), "EUR")
    body = "\n".join(line.partition("#")[0].rstrip() for line in lines).strip()
    parsed = body.splitlines()
    assert parsed[:2] == ["unit: location", "blocks:"]
    assert all(line.startswith("  - [p") and line.endswith("]") for line in parsed[2:])
    assert unit in lines[3]
    assert "In no block" in lines[-3]
    assert "find the registered" in lines[-1]
    assert matching_lines(GEO, metric, NotComputable(Why.TOO_SMALL, "x"), "EUR") == ["Not computable (too_small). x"]
