"""What one event's claims mean for identity: attach, merge, or hold. Pure.

The common case is decided from owners alone: all claims already lead to one profile. Only when claims lead to several
profiles is the component of their links partitioned; then the parts say whether the people are one. A contradiction
(two user ids that share a device) merges nobody: the event goes to the profile of its leading claim (made when new),
and a *hold* keeps the question for a person.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant
from fieldfare.know.identity.model import Claim, IdentifierKind, Link, LinkKind
from fieldfare.know.identity.partition import partition

EXACT_CONFIDENCE = 100


class Attach(msgspec.Struct, frozen=True):
    """The event belongs to ``profile_id`` (``None``: a new one), which also gets the ``fresh`` identifiers."""

    profile_id: int | None
    fresh: tuple[Claim, ...]


class Merge(msgspec.Struct, frozen=True):
    """The profiles are one person: ``into`` survives, ``others`` redirect to it."""

    into: int
    others: tuple[int, ...]
    fresh: tuple[Claim, ...]


class Hold(msgspec.Struct, frozen=True):
    """The claims contradict each other: nobody is merged, the event goes to ``profile_id``."""

    profile_id: int
    candidates: tuple[int, ...]
    fresh: tuple[Claim, ...]


def link_of(a: Claim, b: Claim, occurred_at: Instant, message_id: str, source: str) -> Link:
    """Return the link that an event asserts between two of its identifiers."""
    low, high = sorted((a.hash, b.hash))
    rule = "+".join(sorted((a.kind.name, b.kind.name)))
    return Link(
        id=digest(low, high, LinkKind.SAME, rule),
        a=low,
        b=high,
        kind=LinkKind.SAME,
        rule=rule,
        confidence=EXACT_CONFIDENCE,
        occurred_at=occurred_at,
        message_id=message_id,
        source=source,
    )


def quick(claims: Sequence[Claim], owner: Mapping[bytes, int]) -> Attach | None:
    """Return the answer when the claims lead to one known profile and bring nothing new, else ``None``: look closer."""
    first = owner.get(claims[0].hash)
    if first is not None and all(owner.get(claim.hash) == first for claim in claims[1:]):
        return Attach(first, ())
    return None


def resolve(
    claims: Sequence[Claim],
    owner: Mapping[bytes, int],
    members: Mapping[int, Mapping[bytes, IdentifierKind]],
    links: Iterable[Link],
) -> Attach | Merge | Hold:
    """Decide for one event.

    ``owner`` maps identifier hashes to profiles; ``members`` gives, for every profile among them, its identifiers;
    ``links`` are all links among those identifiers and the claims, the event's own included.
    """
    profiles = sorted({owner[claim.hash] for claim in claims if claim.hash in owner})
    fresh = tuple(claim for claim in claims if claim.hash not in owner)
    if not profiles:
        return Attach(None, _that_fit(claims, {}))
    nodes = {node: kind for profile in profiles for node, kind in members[profile].items()}
    if len(profiles) == 1:
        fitting = _that_fit(fresh, nodes)
        lead_fits = claims[0].hash in owner or claims[0] in fitting
        return Attach(profiles[0], fitting) if lead_fits else Attach(None, _that_fit(fresh, {}))
    nodes.update({claim.hash: claim.kind for claim in fresh})
    together = next(part for part in partition(nodes, links) if claims[0].hash in part)
    joined = [profile for profile in profiles if together.issuperset(members[profile])]
    taken = tuple(claim for claim in fresh if claim.hash in together)
    first = owner.get(claims[0].hash)
    if len(joined) > 1 and (first is None or first in joined):
        return Merge(joined[0], tuple(joined[1:]), taken)
    lead = first if first is not None else next(iter(joined), None)
    return Attach(None, taken) if lead is None else Hold(lead, tuple(profiles), taken if lead in joined else ())


def _that_fit(fresh: Sequence[Claim], nodes: Mapping[bytes, IdentifierKind]) -> tuple[Claim, ...]:
    """Return the fresh claims that the profile may take without more of a kind than allowed."""
    counts: dict[str, int] = {}
    for kind in nodes.values():
        counts[kind.name] = counts.get(kind.name, 0) + 1
    taken: list[Claim] = []
    for claim in fresh:
        count = counts.get(claim.kind.name, 0)
        if claim.kind.most_per_profile is None or count < claim.kind.most_per_profile:
            counts[claim.kind.name] = count + 1
            taken.append(claim)
    return tuple(taken)
