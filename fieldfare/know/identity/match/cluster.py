"""From scored pairs to people: records are brought together while most of what is known of them agrees. Pure.

Connected components alone chain: A is like B, B is like C, and A and C share nothing. Here two groups come together
only when the evidence over *all* pairs between them, each pair's weight bounded, speaks for one person. A pair that was
not scored counts against. Where sources have a person once, two records of one source never stand in one group.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from fieldfare.know.identity.match.model import Pair

MOST_BITS = 10.0
"""One pair never counts for more than odds of a thousand to one, so that it cannot outvote all others."""
UNSCORED_BITS = -5.0
PASSES = 8
THRESHOLD = 0.4
"""A little less than even: what the records beside a pair say decides."""
FEW_DOUBLES = 0.005
"""A source in which the model expects fewer doubles than this share of its records has a person once."""
LEAST_RECORDS = 100
"""Of a source with fewer records nothing is concluded."""
Groups = list[list[int]]


def bits(probability: float) -> float:
    """Return the odds as a power of two, bounded."""
    if probability <= 0:
        return -MOST_BITS
    if probability >= 1:
        return MOST_BITS
    return max(-MOST_BITS, min(MOST_BITS, math.log2(probability / (1 - probability))))


def cluster(
    count: int,
    pairs: Iterable[Pair],
    *,
    threshold: float = THRESHOLD,
    sources: Sequence[str] = (),
    unique_sources: frozenset[str] = frozenset(),
) -> list[int]:
    """Return the group of each of ``count`` records: the lowest index in it.

    Groups come together over pairs of at least ``threshold``, the surest first. ``sources``: each record's source.
    """
    weights: dict[tuple[int, int], float] = {}
    for pair in pairs:
        weights[_key(pair.left, pair.right)] = bits(pair.probability)
    least = bits(threshold)
    edges = sorted((key for key, weight in weights.items() if weight >= least), key=lambda key: (-weights[key], key))
    group_of = list(range(count))
    members: dict[int, list[int]] = {}
    for _ in range(PASSES):
        joined = 0
        for a, b in edges:
            one, other = group_of[a], group_of[b]
            if one == other:
                continue
            left, right = members.get(one, [one]), members.get(other, [other])
            if _clash(left, right, sources, unique_sources) or _between(left, right, weights) <= least:
                continue
            into, gone = min(one, other), max(one, other)
            members[into] = sorted(left + right)
            members.pop(gone, None)
            for each in members[into]:
                group_of[each] = into
            joined += 1
        if not joined:
            break
    return group_of


def _key(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _between(left: list[int], right: list[int], weights: dict[tuple[int, int], float]) -> float:
    total = sum(weights.get(_key(a, b), UNSCORED_BITS) for a in left for b in right)
    return total / (len(left) * len(right))


def _clash(left: list[int], right: list[int], sources: Sequence[str], unique: frozenset[str]) -> bool:
    if not unique:
        return False
    here = {sources[each] for each in left} & unique
    return any(sources[each] in here for each in right)


def pairs_within(groups: Sequence[int]) -> set[tuple[int, int]]:
    """Return every pair of records of one group, the lower index first."""
    members: dict[int, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    return {(a, b) for each in members.values() for at, a in enumerate(each) for b in each[at + 1 :]}


def unique_sources(sources: Sequence[str], pairs: Iterable[Pair]) -> frozenset[str]:
    """Return the sources that have a person once, as far as the model can tell; none where there is one source."""
    sizes = Counter(sources)
    doubles: dict[str, float] = {}
    for pair in pairs:
        if sources[pair.left] == sources[pair.right]:
            doubles[sources[pair.left]] = doubles.get(sources[pair.left], 0.0) + pair.probability
    if len(sizes) == 1:
        return frozenset()
    return frozenset(
        name for name, size in sizes.items() if size >= LEAST_RECORDS and doubles.get(name, 0.0) < FEW_DOUBLES * size
    )
