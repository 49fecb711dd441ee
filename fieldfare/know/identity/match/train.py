"""Learn from counts of patterns of agreement how often each level holds in each class of pairs. Pure; no labels.

Expectation-maximisation over classes: the same person, two people who look alike for a reason (one household, one name,
parent and child of one name), unrelated people. The classes between are what keeps families apart: two of them share
address and surname far more often than chance allows, and with two classes only that would look like one person with
another given name and birthday.

How often levels hold between unrelated people is counted on pairs picked at random and then freed from the few pairs
among them that are no such pairs (with a thousand records they would matter). What is known beforehand enters as prior
counts, small beside the data: typing errors are rarer than agreement, an address is shared in a household, a birthday
is not.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from fieldfare.know.identity.match.model import Comparison, Level, Relation

ROUNDS = 300
SETTLED = 1e-6
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
PRIOR = 4.0
"""Pairs that the prior of one comparison counts for, per class."""
AGREE = 0.9
"""How often, before data, comparisons agree that do so for a reason."""
TWINS = 0.01
"""How often two different people of one household have one birthday."""
MOST_NAMESAKES = 0.05
"""Two people of one name, beyond chance, for each pair of one person: without a bound, data with few telling columns
would call every doubtful pair that."""
OWN = frozenset({"national_id", "membership_id"})
"""What two different people do not share, whatever they are to each other."""
BIRTH = "date_of_birth"
HOME = frozenset({"surname", "address", "address_line_2", "place"})
LEAST_COMPARED = 2
NAME = frozenset({"given_name", "surname"})
RELATIONS = (
    Relation(name="two people of one household", agree=HOME),
    Relation(name="two people of one name", agree=NAME),
    Relation(name="parent and child of one name", agree=HOME | NAME),
)


class Trained(msgspec.Struct, frozen=True):
    """Comparisons with their shares, and what pairs are."""

    comparisons: tuple[Comparison, ...]
    same: float
    relations: tuple[Relation, ...]


def said(comparison: Comparison) -> tuple[Level, ...]:
    """Return the levels that say something."""
    return tuple(level for level in comparison.levels if not level.is_missing)


def relations_of(comparisons: Sequence[Comparison]) -> tuple[Relation, ...]:
    """Return the relations that can be told apart with these comparisons."""
    names = {each.name for each in comparisons}
    found: list[Relation] = []
    for relation in RELATIONS:
        agree = relation.agree & names
        if min(len(agree), len(names - agree)) >= LEAST_COMPARED and all(agree != each.agree for each in found):
            found.append(msgspec.structs.replace(relation, agree=agree))
    return tuple(found)


def train(
    comparisons: Sequence[Comparison], patterns: Integers, counts: Floats, random: Sequence[Floats], all_pairs: int
) -> Trained:
    """Return the comparisons with their shares filled in.

    ``patterns``: one row per pattern, the index of the level in :func:`said` per comparison, -1 for missing.
    ``counts``: pairs with the pattern, among those looked at. ``random``: per comparison, pairs per level among pairs
    picked at random. ``all_pairs``: how many pairs there are, looked at or not.
    """
    relations = relations_of(comparisons)
    u = [_smooth(each, 0.5) for each in random]
    priors = [[_agreeing(len(said(each))) for each in comparisons]]
    priors += [[_alike(each, relation, u[k]) for k, each in enumerate(comparisons)] for relation in relations]
    shares = [[each.copy() for each in prior] for prior in priors]
    sizes = np.full(len(priors), _first_share(patterns, counts, all_pairs))
    is_capped = np.array([each.agree >= NAME for each in relations], dtype=bool)
    for _ in range(ROUNDS):
        likely = posteriors(patterns, [*shares, u], sizes)
        weights = likely[:, :-1] * counts[:, None]
        found = np.maximum(weights.sum(axis=0) / all_pairs, 0.5 / all_pairs)
        for c, prior in enumerate(priors):
            for k, comparison in enumerate(comparisons):
                if c == 0 or _may_be_shared(comparison, relations[c - 1]):
                    shares[c][k] = _share(patterns[:, k], weights[:, c], prior[k] * PRIOR)
        u = [_freed(random[k], [each[k] for each in shares], found) for k in range(len(comparisons))]
        found[1:] = np.where(is_capped, np.minimum(found[1:], MOST_NAMESAKES * found[0]), found[1:])
        moved, sizes = np.abs(found - sizes).sum(), found
        if moved < SETTLED * sizes.sum():
            break
    filled = tuple(_filled(each, [of[k] for of in shares], u[k]) for k, each in enumerate(comparisons))
    named = tuple(msgspec.structs.replace(each, share=float(sizes[c])) for c, each in enumerate(relations, start=1))
    return Trained(filled, float(sizes[0]), named)


def posteriors(patterns: Integers, shares: Sequence[Sequence[Floats]], sizes: Floats) -> Floats:
    """Return, per pattern, the probability of each class; the last class, unrelated, has the rest of ``sizes``."""
    logs = np.tile(np.log([*sizes, 1.0 - sizes.sum()]), (len(patterns), 1))
    for c, of_class in enumerate(shares):
        for k, each in enumerate(of_class):
            level = patterns[:, k]
            at = level >= 0
            logs[at, c] += np.log(each[level[at]])
    likely: Floats = np.exp(logs - logs.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    return likely


def _may_be_shared(comparison: Comparison, relation: Relation) -> bool:
    """Return whether data may say how often two people in the relation agree in this.

    Of names and birthdays it may not: what separates the classes must not drift.
    """
    name = comparison.name
    return name in relation.agree or name not in OWN | NAME | {BIRTH}


def _alike(comparison: Comparison, relation: Relation, u: Floats) -> Floats:
    if comparison.name in relation.agree:
        return _agreeing(len(u))
    if comparison.name == BIRTH and "given_name" not in relation.agree:
        return _twins(u)
    return u.copy()


def _twins(u: Floats) -> Floats:
    found: Floats = u * (1.0 - TWINS)
    found[0] += TWINS
    return found


def _agreeing(size: int) -> Floats:
    """Return shares that fall from agreement to disagreement; disagreement has more than what lies between."""
    rest = np.array([0.5**n for n in range(1, size - 1)] + [1.0])
    found: Floats = np.concatenate(([AGREE], rest * (1 - AGREE) / rest.sum()))
    return found


def _smooth(counts: Floats, more: float) -> Floats:
    filled = counts + more
    shares: Floats = filled / filled.sum()
    return shares


def _share(levels: Integers, weights: Floats, prior: Floats) -> Floats:
    at = levels >= 0
    return _smooth(np.bincount(levels[at], weights[at], minlength=len(prior)) + prior, 1e-9)


def _freed(random: Floats, shares: Sequence[Floats], sizes: Floats) -> Floats:
    """Return the shares between unrelated people: of random pairs, without what the other classes bring to them."""
    others = sum(share * size for share, size in zip(shares, sizes, strict=True))
    return _smooth(np.maximum(random - random.sum() * others, 0.0), 0.5)


def _first_share(patterns: Integers, counts: Floats, all_pairs: int) -> float:
    """Guess: one person where three comparisons of four agree altogether."""
    agreeing, saying = (patterns == 0).sum(axis=1), (patterns >= 0).sum(axis=1)
    alike = float(counts[(agreeing >= LEAST_COMPARED) & (agreeing * 4 >= saying * 3)].sum())
    return min(max(alike, 1.0) / all_pairs, 0.1)


def _filled(comparison: Comparison, shares: Sequence[Floats], u: Floats) -> Comparison:
    levels, k = [], 0
    for level in comparison.levels:
        if level.is_missing:
            levels.append(level)
            continue
        m, *others = (float(each[k]) for each in shares)
        levels.append(msgspec.structs.replace(level, m=m, u=float(u[k]), others=tuple(others)))
        k += 1
    return msgspec.structs.replace(comparison, levels=tuple(levels))
