"""What one event's claims mean for identity: attach, or regroup (merge, split, hold). Pure.

The common cases are decided from owners alone: nothing new was asserted, or what is new hangs on one known person and
keeps its limits, so that no link of the component can come out otherwise. In every other case the component of the
claims' links is partitioned anew (:mod:`fieldfare.know.identity.partition`), and its parts get their profile ids here:

Every identifier has a *home*, the profile id that was made with it. A part is given the least of the homes it has won;
of several parts with identifiers of one home, the one with the strongest of them wins it. So a merge keeps the oldest
profile, and when it is undone both have their own ids again, whatever happened in between.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import msgspec

from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant
from fieldfare.know.identity.model import Claim, IdentifierKind, IdentifierState, Joins, Link, LinkKind, Node
from fieldfare.know.identity.partition import Part, Partition, Refused, is_exclusive

EXACT_CONFIDENCE = 100
ATTACH_CONFIDENCE = 90
"""An identifier that changes hands is not as sure as one that does not."""
NO_PROFILE = 0
"""Owner of an identifier that was met while no profiles were assembled."""


class Owner(msgspec.Struct, frozen=True, gc=False):
    """Whose a stored identifier is."""

    profile_id: int
    home_id: int
    state: IdentifierState = IdentifierState.LIVE


class Attach(msgspec.Struct, frozen=True):
    """The event belongs to ``profile_id`` (``None``: a new one), which also gets the ``fresh`` identifiers."""

    profile_id: int | None
    fresh: tuple[Claim, ...] = ()


class Group(msgspec.Struct, frozen=True):
    """One person of a component: which profile it is, and which profiles were it until now."""

    profile_id: int
    """Below 0: a new profile; the same number is the same one."""
    members: frozenset[bytes]
    confidence: int
    came_from: frozenset[int]
    """Profiles that had some of the members."""
    homes: frozenset[int]
    """Profile ids that lead here; redirects, but for the profile's own."""


class Regroup(msgspec.Struct, frozen=True):
    """What a component's people are now."""

    groups: tuple[Group, ...]
    torn: frozenset[int] = frozenset()
    """Profiles whose identifiers are in several groups now: they, and what took from them, are folded anew."""
    refused: tuple[Refused, ...] = ()
    shared: frozenset[bytes] = frozenset()

    def of(self, node: bytes) -> Group:
        """Return the group of an identifier."""
        return next(group for group in self.groups if node in group.members)


def link_of(
    a: Claim, b: Claim, occurred_at: Instant, message_id: str, source: str, kind: LinkKind = LinkKind.SAME
) -> Link:
    """Return the link that an event asserts between two of its identifiers."""
    low, high = (a.hash, b.hash) if a.hash < b.hash else (b.hash, a.hash)
    sure = {a.kind.joins, b.kind.joins} <= _JOINING
    return Link(
        id=met_id(a, b, kind),
        a=low,
        b=high,
        kind=kind,
        rule=_met(a.kind.name, b.kind.name),
        confidence=EXACT_CONFIDENCE if sure else ATTACH_CONFIDENCE,
        occurred_at=occurred_at,
        message_id=message_id,
        source=source,
    )


def tie_confidence(kind: IdentifierKind) -> int:
    """Return how sure it is that an identifier of the kind belongs to a person whom another identifier names."""
    return EXACT_CONFIDENCE if kind.joins in _JOINING else ATTACH_CONFIDENCE


def met_id(a: Claim, b: Claim, kind: LinkKind = LinkKind.SAME) -> bytes:
    """Return the id of the link that an event asserts between two of its identifiers."""
    low, high = (a.hash, b.hash) if a.hash < b.hash else (b.hash, a.hash)
    return link_id(low, high, kind, _met(a.kind.name, b.kind.name))


@lru_cache(maxsize=256)
def _met(one: str, other: str) -> str:
    return "+".join(sorted((one, other)))


def link_id(low: bytes, high: bytes, kind: LinkKind, rule: str) -> bytes:
    """Return the id of an assertion: the same pair, kind and rule are one link."""
    return digest(low, high, kind, rule)


def quick(claims: Sequence[Claim], owner: Mapping[bytes, Owner]) -> Attach | None:
    """Return whose an event is that asserts nothing new; ``None`` when one of its identifiers is nobody's yet."""
    for claim in claims:
        if claim.hash not in owner:
            return None
    return Attach(owner[claims[0].hash].profile_id)


def leaf(
    claims: Sequence[Claim], owner: Mapping[bytes, Owner], held: Mapping[str, int], asserted: Iterable[bytes], most: int
) -> Attach | None:
    """Return the answer when all that is new hangs on one person without touching a limit, else ``None``: look closer.

    ``held`` counts the identifiers of the leading claim's profile by kind; ``asserted`` are the claims whose link with
    the leading one is new. Whatever came in another order would end the same: a limit that is kept at the end was never
    in the way.
    """
    lead, *others = claims
    fresh = [claim for claim in others if claim.hash not in owner]
    known = owner.get(lead.hash)
    if lead.kind.joins not in _JOINING or (known is not None and not known.state.takes_part):
        return None
    if known is None and len(fresh) < len(others):
        return None
    if set(asserted) - {claim.hash for claim in fresh}:
        return None
    counts = dict(held) if known is not None else {lead.kind.name: 1}
    for claim in fresh:
        counts[claim.kind.name] = counts.get(claim.kind.name, 0) + 1
        limit = claim.kind.most_per_profile
        if is_exclusive(claim.kind) or claim.kind.shared_after == 0 or claim.kind.sensitivity is not None:
            return None  # it can part people, or keep them apart
        if limit is not None and counts[claim.kind.name] > limit:
            return None
    if sum(counts.values()) > most:
        return None
    return Attach(known.profile_id, tuple(fresh)) if known is not None else Attach(None, tuple(claims))


def regroup(found: Partition, nodes: Mapping[bytes, Node], owner: Mapping[bytes, Owner]) -> Regroup:
    """Return the people of a component with their profile ids; identifiers without an owner are new."""
    won = _won(found.parts, nodes, owner)
    groups: list[Group] = []
    fresh = 0
    for part, homes in zip(found.parts, won, strict=True):
        if homes:
            profile_id = min(homes)
        else:
            fresh -= 1
            profile_id = fresh
        came_from = frozenset(owner[node].profile_id for node in part.members if node in owner)
        groups.append(Group(profile_id, part.members, part.confidence, came_from, frozenset(homes)))
    seen: set[int] = set()
    torn: set[int] = set()
    for group in groups:
        torn |= group.came_from & seen
        seen |= group.came_from
    return Regroup(tuple(groups), frozenset(torn), found.refused, found.shared)


def _won(parts: Sequence[Part], nodes: Mapping[bytes, Node], owner: Mapping[bytes, Owner]) -> list[set[int]]:
    """Return, for each part, the homes it wins: of each home, its strongest identifier decides."""
    strongest: dict[int, tuple[int, bytes, int]] = {}
    for number, part in enumerate(parts):
        for node in part.members:
            if node in owner:
                home = owner[node].home_id
                strength = (nodes[node].kind.priority, node, number)
                strongest[home] = min(strength, strongest.get(home, strength))
    won: list[set[int]] = [set() for _ in parts]
    for home, (_, _, number) in strongest.items():
        won[number].add(home)
    return won


_JOINING = frozenset({Joins.ALWAYS, Joins.VERIFIED})
