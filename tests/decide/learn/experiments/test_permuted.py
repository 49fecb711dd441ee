"""Permuted blocks: shares exact in every block, lengths hidden, the same again, and a change of shares begins anew."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from fieldfare.learn.experiments.model import Split
from fieldfare.learn.experiments.permuted import Dealt, lengths, next_in, seats_of, stratum_of

HALVES = Split(name="journey.win-back", salt="clubs", weights={"holdout": 0.5, "treated": 0.5})
SPLITS = [
    HALVES,
    Split(name="journey.win-back", salt="clubs", weights={"holdout": 0.15, "treated": 0.85}),
    Split(name="journey.words.v", salt="clubs", weights={"none": 1, "short": 1, "long": 2}),
    Split(name="journey.words.v", salt="clubs", weights={"none": 1 / 3, "short": 1 / 3, "long": 1 / 3}),
]


def dealt_in_order(split: Split, stratum: int, many: int) -> list[str]:
    found, at = [], Dealt()
    for _ in range(many):
        variant, at = next_in(split, stratum, at)
        found.append(variant)
    return found


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"a": 0.5, "b": 0.5}, (4, 6, 8)),
        ({"a": 1, "b": 1, "c": 1}, (6, 9, 12)),
        ({"a": 1, "b": 1, "c": 2}, (4, 8, 12)),
        ({"a": 0.15, "b": 0.85}, (20, 40, 60)),
        ({"a": 0.02, "b": 0.98}, (50, 100, 150)),
        ({"a": 0.137, "b": 0.863}, (20, 40, 60)),
    ],
)
def test_lengths_are_multiples_of_what_makes_the_shares_whole(
    weights: dict[str, float], expected: tuple[int, ...]
) -> None:
    assert lengths(weights) == expected


@pytest.mark.parametrize("split", SPLITS, ids=lambda split: "-".join(split.weights))
@given(stratum=st.integers(-(2**63), 2**63 - 1), block=st.integers(0, 10**6))
def test_every_block_has_each_variant_by_its_share_exactly(split: Split, stratum: int, block: int) -> None:
    seats = seats_of(split, stratum, block)
    total = sum(split.weights.values())
    assert len(seats) in lengths(split.weights)
    assert Counter(seats) == {name: round(len(seats) * weight / total) for name, weight in split.weights.items()}


@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 120))
def test_at_no_moment_is_an_arm_further_from_its_share_than_half_a_block(stratum: int, many: int) -> None:
    counted = Counter(dealt_in_order(HALVES, stratum, many))
    assert abs(counted["holdout"] - counted["treated"]) <= max(lengths(HALVES.weights)) // 2


def test_shares_that_are_not_whole_are_exact_on_average() -> None:
    split = Split(name="journey.odd", salt="clubs", weights={"holdout": 0.137, "treated": 0.863})
    chosen = dealt_in_order(split, 3, 8_000)
    assert Counter(chosen)["holdout"] / 8_000 == pytest.approx(0.137, abs=0.004)


def test_blocks_have_all_lengths_and_every_order() -> None:
    blocks = [seats_of(HALVES, 5, block) for block in range(1_500)]
    sizes = Counter(len(block) for block in blocks)
    assert stats.chisquare([sizes[size] for size in (4, 6, 8)]).pvalue > 0.001
    orders = Counter("".join(name[0] for name in block) for block in blocks if len(block) == 4)
    assert len(orders) == 6
    assert stats.chisquare(list(orders.values())).pvalue > 0.001


def test_what_comes_next_is_no_easier_to_guess_at_a_place_that_is_known() -> None:
    first = Counter(seats_of(HALVES, stratum, 0)[3] for stratum in range(1_000))
    assert stats.binomtest(first["holdout"], 1_000).pvalue > 0.001
    longer = [seats for seats in (seats_of(HALVES, stratum, 0) for stratum in range(1_000)) if len(seats) > 4]
    ends_even = sum(Counter(seats[:4])["holdout"] == 2 for seats in longer)
    assert 0.3 < ends_even / len(longer) < 0.7, "after four that are even, nobody knows whether the block is over"


def test_the_same_order_deals_the_same_and_strata_salts_and_names_deal_otherwise() -> None:
    told = dealt_in_order(HALVES, 7, 200)
    assert told == dealt_in_order(HALVES, 7, 200)
    others = [
        dealt_in_order(HALVES, 8, 200),
        dealt_in_order(Split(name=HALVES.name, salt="other", weights=HALVES.weights), 7, 200),
        dealt_in_order(Split(name="journey.renewal", salt="clubs", weights=HALVES.weights), 7, 200),
    ]
    for other in others:
        alike = sum(one == two for one, two in zip(told, other, strict=True))
        assert stats.binomtest(alike, 200).pvalue > 0.001


def test_a_change_of_shares_leaves_the_unfinished_block() -> None:
    _, at = next_in(HALVES, 7, Dealt())
    changed = Split(name=HALVES.name, salt=HALVES.salt, weights={"holdout": 0.25, "treated": 0.75})
    variant, then = next_in(changed, 7, at)
    assert (then.block, then.given) == (at.block + 1, 1)
    assert variant == seats_of(changed, 7, then.block)[0]
    blocks = [at.block, then.block, next_in(HALVES, 7, then)[1].block]
    assert all(later == earlier + 1 for earlier, later in pairwise(blocks))


def test_a_stratum_is_told_by_all_its_values() -> None:
    kinds: list[list[object]] = [["gold"], ["basic"], [None], [""], ["gold", None], [None, "gold"], [1], ["1"], [True]]
    assert len({stratum_of(values) for values in kinds}) == len(kinds)
    assert stratum_of(["gold", 3]) == stratum_of(["gold", 3])
