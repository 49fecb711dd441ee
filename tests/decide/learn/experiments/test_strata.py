"""Known lists are split exactly in each stratum, by the coin and not by their order; locations in matched blocks."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.learn.experiments.assign import choose, choose_all, quotas
from fieldfare.learn.experiments.model import Split, UnitKind
from fieldfare.learn.experiments.strata import assign_strata, blocks_of, imbalance

SPLIT = Split(name="x", salt="s", weights={"holdout": 0.2, "a": 0.4, "b": 0.4})
WEIGHTS = st.dictionaries(st.sampled_from("abcdef"), st.floats(0.05, 3), min_size=1)


@given(st.integers(0, 500), WEIGHTS, st.integers(0, 9))
def test_quotas_add_up_and_miss_by_less_than_one(size: int, weights: dict[str, float], turn: int) -> None:
    given_ = quotas(size, weights, turn)
    assert sum(given_.values()) == size
    total = sum(weights.values())
    assert all(abs(given_[name] - size * weight / total) < 1 for name, weight in weights.items())


@given(st.dictionaries(st.integers(0, 10**6), st.sampled_from(["email", "sms", "none"]), max_size=80))
def test_every_stratum_is_split_exactly(strata: dict[int, str]) -> None:
    chosen = assign_strata(strata, SPLIT)
    assert chosen.keys() == strata.keys()
    assert imbalance(strata, chosen, SPLIT.weights) < 1


def test_a_coin_alone_misses_by_more() -> None:
    strata = {unit: str(unit % 40) for unit in range(400)}
    coin = {unit: list(SPLIT.weights)[unit % 3] for unit in strata}
    assert imbalance(strata, coin, SPLIT.weights) > 1


def test_the_order_of_the_list_does_not_matter() -> None:
    strata = {unit: str(unit % 7) for unit in range(200)}
    assert assign_strata(strata, SPLIT) == assign_strata(dict(reversed(strata.items())), SPLIT)


def test_locations_stand_in_blocks_of_neighbours_with_one_for_each_variant() -> None:
    before = {f"club-{index:02}": float(index * index) for index in range(30)}
    blocks = tuple(tuple(block) for block in blocks_of(before, 2))
    split = Split(name="geo", salt="s", weights={"holdout": 1, "treated": 1}, unit=UnitKind.LOCATION, blocks=blocks)
    chosen = {name: choose(name, split) for name in before}
    assert all({chosen[name] for name in block} == {"holdout", "treated"} for block in blocks)
    assert {"holdout", "treated"} == {chosen[block[0]] for block in blocks}, "the hash, not the order, decides inside"
    turned = msgspec.structs.replace(split, blocks=tuple(tuple(reversed(block)) for block in blocks))
    assert {name: choose(name, turned) for name in before} == chosen
    assert [list(split.weights)[index] for index in choose_all(list(before), split)] == list(chosen.values())


@given(st.lists(st.integers(0, 60), min_size=1, max_size=24, unique=True), st.integers(2, 5), st.floats(0.1, 0.9))
def test_every_block_is_split_exactly_and_who_is_in_none_goes_by_the_coin(
    numbers: list[int], size: int, holdout: float
) -> None:
    names = [f"place-{number}" for number in numbers]
    blocks = tuple(tuple(names[start : start + size]) for start in range(0, len(names), size))
    split = Split(name="geo", salt="s", weights={"h": holdout, "t": 1 - holdout}, unit=UnitKind.LOCATION)
    blocked = msgspec.structs.replace(split, blocks=blocks)
    for turn, block in enumerate(blocks):
        found = [choose(name, blocked) for name in block]
        assert {arm: found.count(arm) for arm in split.weights} == quotas(len(block), split.weights, turn)
    assert choose("elsewhere", blocked) == choose("elsewhere", split)
    assert choose(7, blocked) == choose(7, split), "somebody without a location is a unit alone"
