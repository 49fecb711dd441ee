"""What a person's act on identity does to links and identifiers. Pure: values in, changes out.

An act names identifiers, never profiles: profiles follow from links, and an act must mean the same when it is applied
again in another order. Retracted links stay retracted whatever is asserted later; a *never* link holds against all but
a later *merge* by a person.
"""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.know.identity.model import PERSON, HoldStatus, IdentifierState, Joins, Link, LinkKind, Node
from fieldfare.know.identity.resolve import link_id

_JOINING = frozenset({Joins.ALWAYS, Joins.VERIFIED})


class ActKind(StrEnum):
    """What a person may do."""

    MERGE = "merge"
    """Two people are one."""
    SPLIT = "split"
    """Some identifiers of a person are another person."""
    NEVER = "never"
    """Two people must never become one."""
    HOUSEHOLD = "household"
    """Two people live together."""
    QUARANTINE = "quarantine"
    """Identifiers that join nobody from now on."""
    RELEASE = "release"
    """Identifiers that are one person's after all, however many use them."""
    DISMISS = "dismiss"
    """A question is closed; nothing else changes."""


TWO_SIDED = frozenset({ActKind.MERGE, ActKind.NEVER, ActKind.HOUSEHOLD})
"""Acts between two people."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One act of a person, as it travels through the log. Identifiers are keyed hashes."""

    kind: ActKind
    a: list[bytes]
    b: list[bytes] = []
    """The other side, where there is one."""
    hold: bytes | None = None
    """The question that it answers."""
    actor: str
    reason: str


class Changes(msgspec.Struct, frozen=True):
    """What an act changes; ``refused``: why nothing could be changed."""

    add: tuple[Link, ...] = ()
    retract: frozenset[bytes] = frozenset()
    states: Mapping[bytes, IdentifierState] = {}
    refused: str | None = None


ANSWERS = {
    ActKind.MERGE: HoldStatus.SAME,
    ActKind.NEVER: HoldStatus.NEVER,
    ActKind.HOUSEHOLD: HoldStatus.HOUSEHOLD,
    ActKind.DISMISS: HoldStatus.DISMISSED,
}
"""What becomes of the question that an act answers."""


def changes_of(
    act: Act,
    left: Collection[bytes],
    right: Collection[bytes],
    nodes: Mapping[bytes, Node],
    links: Iterable[Link],
    at: Instant,
    message_id: str,
) -> Changes:
    """Return what the act changes. ``left`` and ``right`` are the identifiers of the people that it names."""
    match act.kind:
        case ActKind.DISMISS:
            return Changes()
        case ActKind.QUARANTINE:
            return Changes(states=dict.fromkeys(act.a, IdentifierState.QUARANTINED))
        case ActKind.RELEASE:
            return Changes(states=dict.fromkeys(act.a, IdentifierState.CLEARED))
        case ActKind.SPLIT:
            return _split(act, left, nodes, links, at, message_id)
        case ActKind.MERGE | ActKind.NEVER | ActKind.HOUSEHOLD:
            return _between(act, left, right, nodes, links, at, message_id)


def strongest(members: Collection[bytes], nodes: Mapping[bytes, Node]) -> bytes:
    """Return the identifier that stands for a person: one that joins before others, of the kind that leads."""
    return min(members, key=lambda node: (nodes[node].kind.joins not in _JOINING, nodes[node].kind.priority, node))


def _between(
    act: Act,
    left: Collection[bytes],
    right: Collection[bytes],
    nodes: Mapping[bytes, Node],
    links: Iterable[Link],
    at: Instant,
    message_id: str,
) -> Changes:
    are_one = bool(set(left) & set(right))
    if act.kind is not ActKind.MERGE and are_one:
        return Changes(refused="same_profile")
    if act.kind is ActKind.MERGE and are_one:
        return Changes(refused="merged_already")
    kind = {ActKind.MERGE: LinkKind.SAME, ActKind.NEVER: LinkKind.NEVER}.get(act.kind, LinkKind.HOUSEHOLD)
    retract: set[bytes] = set()
    if kind is not LinkKind.HOUSEHOLD:
        opposite = LinkKind.NEVER if kind is LinkKind.SAME else LinkKind.SAME
        retract = {link.id for link in links if link.kind is opposite and _crosses(link, left, right)}
    said = _said(strongest(left, nodes), strongest(right, nodes), kind, act, at, message_id)
    return Changes((said,), frozenset(retract))


def _split(
    act: Act,
    members: Collection[bytes],
    nodes: Mapping[bytes, Node],
    links: Iterable[Link],
    at: Instant,
    message_id: str,
) -> Changes:
    """Part ``act.a`` from the rest, and hold either side together, whoever else may join it."""
    moving = set(act.a) & set(members)
    rest = set(members) - moving
    if not moving or not rest:
        return Changes(refused="nothing_to_split")
    retract = frozenset(link.id for link in links if link.kind is LinkKind.SAME and _crosses(link, moving, rest))
    one, other = strongest(moving, nodes), strongest(rest, nodes)
    added = [_said(one, other, LinkKind.NEVER, act, at, message_id)]
    for head, side in ((one, moving), (other, rest)):
        added += [_said(head, node, LinkKind.SAME, act, at, message_id) for node in sorted(side - {head})]
    return Changes(tuple(added), retract)


def _crosses(link: Link, left: Collection[bytes], right: Collection[bytes]) -> bool:
    return (link.a in left and link.b in right) or (link.a in right and link.b in left)


def _said(one: bytes, other: bytes, kind: LinkKind, act: Act, at: Instant, message_id: str) -> Link:
    low, high = sorted((one, other))
    # The event is part of the id: the same pair may be joined, parted and joined again.
    return Link(
        id=link_id(low, high, kind, f"{PERSON}:{message_id}"),
        a=low,
        b=high,
        kind=kind,
        rule=PERSON,
        confidence=100,
        occurred_at=at,
        message_id=message_id,
        source="fieldfare",
        who=act.actor,
    )
