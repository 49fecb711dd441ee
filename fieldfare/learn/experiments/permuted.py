"""Assignment of people who arrive one after another: permuted blocks of hidden lengths in every stratum. Pure.

A coin for each balances many and not the few of a small stratum. Here each stratum is dealt in blocks: inside a block
every variant gets its share exactly, in an order that the hash decides, and so do the lengths of the blocks. So at any
moment a stratum's arms are no further from their shares than one unfinished block allows, and what comes next cannot
be told from what came before without the salt and the counts: nobody who lets people enter can steer who is treated.

The rule, published so that anybody can check it. Lengths are the first three multiples, from four units on, of the
least number of which every variant's share is whole (of 20, where none up to 50 is). Of block number ``b`` of a
stratum, places (:mod:`fieldfare.learn.experiments.place`) are taken under the key of the salt, ``blocks`` and the
experiment's name, the stratum's number and ``b``: place 0 says which length, place 1 how shares that are not whole are
rounded (systematically, so that on average they are exact), and places 2, 3 … order the seats. Another set of shares
leaves the unfinished block and begins the next.

Sources: Matts and Lachin, "Properties of permuted-block randomization in clinical trials", Controlled Clinical Trials
1988; Berger, Ivanova, Deloria Knoll, "Minimizing predictability while retaining balance through the use of less
restrictive randomization procedures", Statistics in Medicine 2003, on why lengths vary.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from math import ceil
from typing import Any, NamedTuple

import msgspec
import numpy as np

from fieldfare.learn.experiments.model import Split
from fieldfare.learn.experiments.place import Key, key_of, number_of, place, places

_LEAST, _LENGTHS = 4, 3
_MOST_EXACT, _USUAL = 50, 20
_NEAR = 1e-9


class Dealt(NamedTuple):
    """How far a stratum is dealt: the number of its block, how many of it are given away, and the shares."""

    block: int = 0
    given: int = 0
    shares: str = ""


def stratum_of(values: Sequence[Any]) -> int:
    """Return the number of the stratum of those who have these values of traits; ``None`` is a value like others."""
    return number_of(msgspec.json.encode(list(values), order="deterministic").decode())


def next_in(split: Split, stratum: int, dealt: Dealt) -> tuple[str, Dealt]:
    """Return the variant of whoever is assigned next in a stratum, and how far it is dealt then."""
    shares = _said(split.weights)
    block, given = dealt.block, dealt.given
    if dealt.shares not in {"", shares}:
        block, given = block + 1, 0
    seats = seats_of(split, stratum, block)
    if given >= len(seats):
        block, given = block + 1, 0
        seats = seats_of(split, stratum, block)
    return seats[given], Dealt(block, given + 1, shares)


def seats_of(split: Split, stratum: int, block: int) -> list[str]:
    """Return the variants of one block, in the order in which they are given away."""
    key = key_of(split.salt, f"blocks {split.name}", str(stratum), str(block))
    return _seats(key, tuple(split.weights.items()))


@lru_cache(1_024)
def _seats(key: Key, weighed: tuple[tuple[str, float], ...]) -> list[str]:
    weights = dict(weighed)
    choices = lengths(weights)
    size = choices[int(place(0, key) * len(choices))]
    names = [name for name, count in _rounded(size, weights, place(1, key)).items() for _ in range(count)]
    order = np.argsort(places(np.arange(2, size + 2), key), kind="stable")
    return [names[seat] for seat in order.tolist()]


def lengths(weights: Mapping[str, float]) -> tuple[int, ...]:
    """Return the lengths that a block may have."""
    total = sum(weights.values())
    shares = [weight / total for weight in weights.values()]
    exact = (size for size in range(1, _MOST_EXACT + 1) if all(_is_whole(size * share) for share in shares))
    least = next(exact, _USUAL)
    first = ceil(_LEAST / least)
    return tuple(least * times for times in range(first, first + _LENGTHS))


def _rounded(size: int, weights: Mapping[str, float], offset: float) -> dict[str, int]:
    """Return how many seats each variant has: whole numbers that add up, on average over ``offset`` its share."""
    total = sum(weights.values())
    ends = [int(round(end / total * size, 6) + offset) for end in accumulate(weights.values())]
    ends[-1] = size
    return {name: end - before for name, before, end in zip(weights, [0, *ends[:-1]], ends, strict=True)}


def _is_whole(number: float) -> bool:
    return abs(number - round(number)) < _NEAR


def _said(weights: Mapping[str, float]) -> str:
    return ",".join(f"{name}:{weight:.9g}" for name, weight in weights.items())
