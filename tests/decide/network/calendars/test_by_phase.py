"""Which value holds in which phases: one season's word before any season's, the higher priority first."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.network.calendars.by_phase import phase_problems, resolve, which
from fieldfare.network.calendars.model import Season

JANUARY = Season("january", "01-02", "02-09", 28, 21)
SALE = Season("sale", "01-10", "01-20", 5, 5, priority=2)
BOTH = frozenset({"peak", "prepare", "january.peak", "sale.prepare"})


@pytest.mark.parametrize(
    ("by_phase", "phases", "expected"),
    [
        ({}, {"peak"}, 1),
        ({"peak": 2}, {"off", "january.off"}, 1),
        ({"peak": 2}, {"peak", "january.peak"}, 2),
        ({"peak": 2, "january.peak": 3}, {"peak", "january.peak"}, 3),
        ({"january.peak": 3, "sale.prepare": 4}, BOTH, 4),
        ({"january.peak": 3}, BOTH, 3),
        ({"peak": 2, "prepare": 5}, BOTH, 2),
        ({"off": 6}, {"off", "january.off"}, 6),
        ({"other.peak": 7}, {"other.peak", "peak"}, 7),
    ],
)
def test_values(by_phase: dict[str, int], phases: set[str], expected: int) -> None:
    assert resolve(1, by_phase, frozenset(phases), (JANUARY, SALE)) == expected


KEYS = ["peak", "prepare", "off", "january.peak", "january.off", "sale.peak", "sale.prepare"]


@given(st.sets(st.sampled_from(KEYS)), st.sets(st.sampled_from(KEYS)))
def test_only_a_phase_that_holds_has_a_say(said: set[str], phases: set[str]) -> None:
    name = which(dict.fromkeys(said, 0), frozenset(phases), (JANUARY, SALE))
    assert (name is None) == (not said & phases)
    assert name is None or name in said & phases


def test_the_order_of_keys_does_not_matter() -> None:
    for one, other in combinations(KEYS, 2):
        phases = frozenset(KEYS)
        assert which({one: 1, other: 2}, phases, (JANUARY, SALE)) == which({other: 2, one: 1}, phases, (JANUARY, SALE))


def test_problems() -> None:
    found = phase_problems(["peak", "january.peak", "summit"], ("caps", 0, "by_phase"))
    assert [each.path for each in found] == [("caps", 0, "by_phase", "summit")]
