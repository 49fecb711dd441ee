"""Training finds the shares that made the counts, keeps families apart, and stays finite."""

import numpy as np
import pytest

from fieldfare.know.identity.match.choose import comparisons
from fieldfare.know.identity.match.model import Comparison
from fieldfare.know.identity.match.train import MOST_NAMESAKES, Floats, Integers, relations_of, said, train

_HAS = frozenset({"given_name", "surname", "date_of_birth", "street", "street_number", "phone"})
_ALL = 2_000_000


def _drawn(rng: np.random.Generator, shares: list[Floats], count: int) -> Integers:
    return np.stack([rng.choice(len(each), count, p=each) for each in shares], axis=1)


def _shares(compared: tuple[Comparison, ...], agree: dict[str, float]) -> list[Floats]:
    found = []
    for each in compared:
        size = len(said(each))
        share = np.full(size, (1 - agree[each.name]) / (size - 1) / 4)
        share[0] = agree[each.name]
        share[-1] += 1 - share.sum()
        found.append(share)
    return found


def test_shares_are_found_again_and_a_household_is_no_person() -> None:
    compared = comparisons(_HAS)
    rng = np.random.default_rng(5)
    names = [each.name for each in compared]
    same = _shares(compared, dict.fromkeys(names, 0.85))
    at_home = {"given_name": 0.01, "surname": 0.9, "date_of_birth": 0.001, "address": 0.95, "phone": 0.3}
    by_chance = {"given_name": 0.005, "surname": 0.002, "date_of_birth": 0.0001, "address": 1e-5, "phone": 1e-6}
    home, apart = _shares(compared, at_home), _shares(compared, by_chance)
    drawn = np.concatenate([_drawn(rng, same, 2_000), _drawn(rng, home, 3_000), _drawn(rng, apart, 60_000)])
    patterns, counts = np.unique(drawn, axis=0, return_counts=True)
    random = [each * 500_000 for each in apart]
    found = train(compared, patterns, counts.astype(float), random, _ALL)
    assert found.same * _ALL == pytest.approx(2_000, rel=0.05)
    household = next(each for each in found.relations if each.name == "two people of one household")
    assert household.share * _ALL == pytest.approx(3_000, rel=0.05)
    for each, share in zip(found.comparisons, same, strict=True):
        assert said(each)[0].m == pytest.approx(share[0], abs=0.05)


def test_random_pairs_are_freed_from_those_of_one_person() -> None:
    compared = comparisons(frozenset({"given_name", "surname", "email"}))
    agree, differ = [0, 0, 0], [len(said(each)) - 1 for each in compared]
    random = [np.array([400.0] + [0.0] * (len(said(each)) - 2) + [99_600.0]) for each in compared]
    found = train(compared, np.array([agree, differ]), np.array([400.0, 99_600.0]), random, 100_000)
    assert all(said(each)[0].u < 0.0005 for each in found.comparisons)  # a share of 0.004 was counted
    assert all(0 < level.u < 1 and 0 < level.m < 1 for each in found.comparisons for level in said(each))


def test_people_of_one_name_stay_few() -> None:
    compared = comparisons(_HAS)
    agree = [0] * len(compared)
    doubtful = [0, 0, *(len(said(each)) - 1 for each in compared[2:])]
    random = [np.array([10.0] + [0.0] * (len(said(each)) - 2) + [99_990.0]) for each in compared]
    found = train(compared, np.array([agree, doubtful]), np.array([500.0, 500.0]), random, _ALL)
    named = next(each for each in found.relations if each.name == "two people of one name")
    assert named.share <= MOST_NAMESAKES * found.same * 1.001


def test_relations_need_what_tells_them_apart() -> None:
    assert relations_of(comparisons(frozenset({"given_name", "surname"}))) == ()
    names = [each.name for each in relations_of(comparisons(_HAS))]
    assert names == ["two people of one household", "two people of one name", "parent and child of one name"]
