"""Assignment is sticky, uniform, published, and only moves people in one direction when the share changes."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.assign import assign, place
from fieldfare.learn.experiments.model import Arm, Experiment

WIN_BACK = Experiment(name="journey.win-back", salt="redwing-clubs", holdout=0.15, goal_event="check_in")


def by_the_published_rule(unit: str, experiment: Experiment) -> float:
    raw = b"".join(
        len(part.encode()).to_bytes(4, "big") + part.encode() for part in (experiment.salt, experiment.name, unit)
    )
    return int.from_bytes(hashlib.blake2b(raw, digest_size=16).digest()[:7], "big") / 2**56


@given(st.integers(0, 2**62), st.text(max_size=20), st.text(max_size=20))
def test_anybody_can_recompute_an_assignment(unit: int, name: str, salt: str) -> None:
    experiment = msgspec.structs.replace(WIN_BACK, name=name, salt=salt)
    assert place(unit, experiment) == by_the_published_rule(str(unit), experiment)
    held_out = by_the_published_rule(str(unit), experiment) < experiment.holdout
    assert assign(unit, experiment) is (Arm.HOLDOUT if held_out else Arm.TREATED)


def test_a_known_vector_never_changes() -> None:
    assert [assign(unit, WIN_BACK).value[0] for unit in range(24)] == list("ttttttttttttttthttttthtt")


@pytest.mark.parametrize("name", ["journey.win-back", "journey.renewal", "x"])
def test_places_are_uniform(name: str) -> None:
    experiment = msgspec.structs.replace(WIN_BACK, name=name)
    assert uniform([place(unit, experiment) for unit in range(20_000)])


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
