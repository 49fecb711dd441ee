"""Assignment is sticky, uniform, published, and only moves people in one direction when the share changes."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.assign import assign, choose, choose_all, place_of, split_of
from fieldfare.learn.experiments.model import Arm, Experiment, Split, UnitKind
from fieldfare.learn.experiments.place import key_of, place

WIN_BACK = Experiment(name="journey.win-back", salt="redwing-clubs", holdout=0.15, goal_event="check_in")


@given(st.integers(0, 2**62), st.text(max_size=20), st.text(max_size=20), st.floats(0, 1))
def test_who_lies_below_the_share_is_held_out(unit: int, name: str, salt: str, share: float) -> None:
    experiment = msgspec.structs.replace(WIN_BACK, name=name, salt=salt, holdout=share)
    held_out = place(unit, key_of(salt, name, "profile")) < share
    assert assign(unit, experiment) is (Arm.HOLDOUT if held_out else Arm.TREATED)


def test_a_known_vector_never_changes() -> None:
    assert [assign(unit, WIN_BACK).value[0] for unit in range(24)] == list("hthtththhhhtttttthhtttth")


@given(
    st.dictionaries(st.text(max_size=5), st.floats(0.01, 5), min_size=1, max_size=6),
    st.lists(st.integers(0, 10**9), max_size=40),
)
def test_one_unit_and_many_get_the_same_variants(weights: dict[str, float], units: list[int]) -> None:
    split = Split(name="x", salt="s", weights=weights, unit=UnitKind.HOUSEHOLD)
    names = list(weights)
    assert [names[index] for index in choose_all(np.array(units, np.int64), split)] == [
        choose(unit, split) for unit in units
    ]


def test_variants_have_their_weights() -> None:
    split = Split(name="x", salt="s", weights={"holdout": 1, "a": 2, "b": 3, "c": 4})
    counted = np.bincount(choose_all(np.arange(100_000), split), minlength=4)
    assert stats.chisquare(counted, np.array([0.1, 0.2, 0.3, 0.4]) * 100_000).pvalue > 1e-4


def test_the_kind_of_unit_is_part_of_the_hash() -> None:
    split = Split(name="x", salt="s", weights={"a": 1, "b": 1})
    other = msgspec.structs.replace(split, unit=UnitKind.HOUSEHOLD)
    assert choose_all(np.arange(200), split).tolist() != choose_all(np.arange(200), other).tolist()


@pytest.mark.parametrize("name", ["journey.win-back", "journey.renewal", "x"])
def test_places_are_uniform(name: str) -> None:
    experiment = msgspec.structs.replace(WIN_BACK, name=name)
    assert uniform([place_of(unit, split_of(experiment)) for unit in range(20_000)])


def uniform(places: list[float]) -> bool:
    return float(stats.kstest(places, "uniform").pvalue) > 1e-4


def test_planted_fault_a_split_by_one_byte_read_as_percent_is_not_uniform() -> None:
    assert not uniform([unit % 256 % 100 / 100 for unit in range(20_000)])


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
def test_raising_the_share_only_moves_people_out(unit: int, one: float, other: float) -> None:
    low, high = (msgspec.structs.replace(WIN_BACK, holdout=share) for share in sorted((one, other)))
    assert not (assign(unit, low) is Arm.HOLDOUT and assign(unit, high) is Arm.TREATED)


def test_nobody_or_everybody() -> None:
    nobody, everybody = (msgspec.structs.replace(WIN_BACK, holdout=share) for share in (0.0, 1.0))
    assert {assign(unit, nobody) for unit in range(500)} == {Arm.TREATED}
    assert {assign(unit, everybody) for unit in range(500)} == {Arm.HOLDOUT}


def test_two_experiments_split_independently() -> None:
    half = msgspec.structs.replace(WIN_BACK, holdout=0.5)
    other = msgspec.structs.replace(half, name="journey.renewal")
    table = [[0, 0], [0, 0]]
    for unit in range(10_000):
        table[assign(unit, half) is Arm.HOLDOUT][assign(unit, other) is Arm.HOLDOUT] += 1
    assert stats.chi2_contingency(table).pvalue > 1e-4
