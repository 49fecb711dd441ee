"""From scored pairs of profiles to questions for a person. Pure: joins nobody, writes nothing."""

import hashlib
from collections.abc import Collection, Sequence

import msgspec

from fieldfare.know.identity.match.cluster import cluster
from fieldfare.know.identity.match.explain import explain
from fieldfare.know.identity.match.model import Model, Pair, Suggestion

LEAST = 0.5
"""Below even odds nobody is asked."""
MOST_PERCENT = 99
"""A model is never certain."""
_ID_BYTES = 16


def fingerprint(model: Model) -> str:
    """Return the name of a model: the same for the same settings."""
    return hashlib.sha256(msgspec.json.encode(model)).hexdigest()[:12]


def suggestion_id(a: int, b: int) -> bytes:
    """Return the id of the question about two profiles: one for ever, so that asking again asks nothing new."""
    return hashlib.sha256(f"suggested:{min(a, b)}:{max(a, b)}".encode()).digest()[:_ID_BYTES]


def suggest(
    model: Model,
    profile_ids: Sequence[int],
    pairs: Sequence[Pair],
    decided: Collection[tuple[int, int]],
    least: float = LEAST,
) -> list[Suggestion]:
    """Return the questions, the surest first.

    ``profile_ids``: the profile of each record that was scored. A pair is left out when a person has decided about it,
    and when its group speaks against it: what is like two different people is no reason to ask whether those are one.
    """
    groups = cluster(len(profile_ids), pairs, threshold=least)
    name, found = fingerprint(model), []
    for pair in pairs:
        a, b = sorted((profile_ids[pair.left], profile_ids[pair.right]))
        if pair.probability < least or a == b or (a, b) in decided or groups[pair.left] != groups[pair.right]:
            continue
        told = Suggestion(
            id=suggestion_id(a, b),
            a=a,
            b=b,
            confidence=min(round(pair.probability * 100), MOST_PERCENT),
            explanation=explain(model, pair),
            model=name,
        )
        found.append(told)
    return sorted(found, key=lambda each: (-each.confidence, each.a, each.b))
