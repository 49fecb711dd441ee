"""From the evidence for one person to a probability, with what else two people may be to each other beside it. Pure."""

from collections.abc import Mapping

import msgspec
import numpy as np

from fieldfare.know.identity.match.model import Model, Pair
from fieldfare.know.identity.match.train import Floats, Integers, said

MOST_BITS = 500.0
"""Beyond this nothing changes, and numbers stay finite."""


class Scored(msgspec.Struct, frozen=True):
    """Pairs as they were compared: places of records, bits for one person against unrelated, and levels."""

    left: Floats
    right: Floats
    bits: Floats
    """Prior and rarity of values included."""
    rarity: Mapping[str, Floats]
    """Comparison -> bits that the rarity of the shared value adds; NaN where nothing is said."""
    levels: Integers


def pairs_of(model: Model, scored: Scored) -> list[Pair]:
    """Return the pairs with the probability of one person, and of each relation between two."""
    bits = [scored.bits, *(_bits(model, scored, at) for at in range(len(model.relations)))]
    odds = np.stack([np.exp2(np.minimum(each, MOST_BITS)) for each in bits], axis=1)
    likely = odds / (odds.sum(axis=1, keepdims=True) + 1.0)
    rows, levels = likely.tolist(), scored.levels.tolist()
    return [
        Pair(int(scored.left[n]), int(scored.right[n]), rows[n][0], tuple(rows[n][1:]), tuple(levels[n]))
        for n in range(len(rows))
    ]


def _bits(model: Model, scored: Scored, relation: int) -> Floats:
    """Return the bits for a relation against unrelated.

    Two people have the same value because they share it, or by chance. A rare value is seldom met by chance, so that
    sharing it says as much for a household as for one person; what is not shared there says nothing by it.
    """
    rest = 1.0 - model.same - sum(each.share for each in model.relations)
    bits: Floats = np.full(len(scored.bits), np.log2(model.relations[relation].share / rest))
    for index, comparison in enumerate(model.comparisons):
        levels, at = said(comparison), scored.levels[:, index]
        h = np.array([level.others[relation] for level in levels] + [1.0])[at]  # a missing one is -1, the last
        u = np.array([level.u for level in levels] + [1.0])[at]
        if comparison.name in scored.rarity:
            own = u * np.exp2(-np.nan_to_num(scored.rarity[comparison.name]))
            shared = np.maximum(h - u, 0.0) / np.maximum(1.0 - u, 1e-12)
            is_rare = np.array([level.rare is not None for level in levels] + [False])[at]
            h, u = np.where(is_rare, shared + (1.0 - shared) * own, h), np.where(is_rare, own, u)
        bits += np.log2(h / u)
    return bits
