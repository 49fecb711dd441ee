"""Exclusive groups exclude and leave each experiment's split alone; the global holdout keeps its share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.assign import choose_all
from fieldfare.learn.experiments.model import Era, Split
from fieldfare.learn.experiments.programme import (
    Group,
    era_at,
    is_kept_out,
    takes_part,
    takes_part_all,
    was_kept_out_throughout,
)

GROUP = Group(name="offers", salt="s", shares={"a": 0.3, "b": 0.5})


@given(st.lists(st.integers(0, 10**9), max_size=40))
def test_a_unit_takes_part_in_one_experiment_or_none(units: list[int]) -> None:
    names = ["a", "b", None]
    assert [names[index] for index in takes_part_all(np.array(units, np.int64), GROUP)] == [
        takes_part(unit, GROUP) for unit in units
    ]


def test_a_group_gives_each_experiment_its_share_and_leaves_its_split_alone() -> None:
    units = np.arange(50_000)
    part = takes_part_all(units, GROUP)
    assert stats.chisquare(np.bincount(part, minlength=3), np.array([0.3, 0.5, 0.2]) * 50_000).pvalue > 1e-4
    arms = choose_all(units, Split(name="a", salt="s", weights={"holdout": 0.2, "treated": 0.8}))
    assert stats.chi2_contingency(np.histogram2d(part, arms, bins=(3, 2))[0]).pvalue > 1e-4


ERAS = (Era(10, 0.10), Era(20, 0.05), Era(30, 0.20), Era(40, 0.20, draw=2))


@pytest.mark.parametrize(("day", "share"), [(9, 0.0), (10, 0.1), (19, 0.1), (20, 0.05), (35, 0.2), (45, 0.2)])
def test_the_share_is_constant_inside_an_era(day: int, share: float) -> None:
    found = np.mean([is_kept_out(unit, "s", ERAS, day) for unit in range(5_000)])
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / 5_000) + 1e-12


@given(st.integers(0, 10**6))
def test_a_smaller_share_only_releases_and_a_larger_only_adds(unit: int) -> None:
    kept = [is_kept_out(unit, "s", ERAS, day) for day in (15, 25, 35)]
    assert not (kept[1] and not kept[0])
    assert not (kept[0] and not kept[2])


@given(st.integers(0, 10**6), st.integers(0, 50), st.integers(1, 30))
def test_throughout_is_every_day_of_it(unit: int, start: int, days: int) -> None:
    told = was_kept_out_throughout(unit, "s", ERAS, start, (start + days))
    assert told == all(is_kept_out(unit, "s", ERAS, day) for day in range(start, start + days))


def test_a_new_draw_chooses_others() -> None:
    before, after = ({unit for unit in range(4_000) if is_kept_out(unit, "s", ERAS, day)} for day in (35, 45))
    assert abs(len(before & after) / len(before) - 0.2) < 0.06
    assert era_at(ERAS, 0) is None
