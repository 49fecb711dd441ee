"""The partition of a component of linked identifiers into people. Pure, and independent of the order of arrival.

Three steps over the set of live links, and over nothing else, so replay and any delivery order give the same people:

1. *Set aside* what too many people use. Such an identifier joins nobody and is a part of its own.
2. *Join*: links between joining identifiers are taken greedily, sorted by (class, confidence, event time, id): human
   acts before rules, sure before less sure, early before late. A link joins two parts unless the joined part would hold
   a *never* pair, more identifiers of a kind than that kind allows, two people with billing or health data each, or
   more identifiers than make sense. What a person says overrides all but *never*.
3. *Attach*: identifiers that change hands (phones, push tokens) and those that never join go, one by one, to the one
   part that they are linked with. Linked with several, they belong to none of them.

It knows nothing of profiles; :mod:`fieldfare.know.identity.resolve` gives parts their ids.
"""

from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.ground.instants import DAY, Instant
from fieldfare.know.identity.model import (
    PERSON,
    HoldReason,
    IdentifierKind,
    IdentifierState,
    Joins,
    Link,
    LinkKind,
    Node,
)

_JOINING = frozenset({Joins.ALWAYS, Joins.VERIFIED})
_NOBODY: frozenset[bytes] = frozenset()


class Part(msgspec.Struct, frozen=True):
    """The identifiers of one person, and the least confidence among the links that brought them together."""

    members: frozenset[bytes]
    confidence: int = 100


class Refused(msgspec.Struct, frozen=True):
    """A link that joined nobody, and why; ``None``: because somebody said *never*."""

    link: Link
    reason: HoldReason | None


class Partition(msgspec.Struct, frozen=True):
    """The people of a component."""

    parts: tuple[Part, ...]
    """Sorted by their least member."""
    refused: tuple[Refused, ...] = ()
    shared: frozenset[bytes] = frozenset()
    """Identifiers that are linked with too many people; they have to be remembered as such."""


class _Group:
    """A part while it grows."""

    __slots__ = ("confidence", "members", "sensitive_at")

    def __init__(self, node: bytes, sensitive_at: Instant | None) -> None:
        self.members = {node}
        self.confidence = 100
        self.sensitive_at = sensitive_at


def partition(nodes: Mapping[bytes, Node], links: Iterable[Link], most: int = 500) -> Partition:
    """Return the people. Links to identifiers outside ``nodes`` and retracted ones are ignored; ``most`` per part."""
    live = [link for link in links if link.retracted_at is None and link.a in nodes and link.b in nodes]
    same = sorted((link for link in live if link.kind is LinkKind.SAME), key=_order)
    never = _never(live)
    shared = shared_among(nodes, same)
    joins = {
        node: each.kind.joins in _JOINING and each.state.takes_part and node not in shared
        for node, each in nodes.items()
    }
    sensitive = _sensitive(nodes, same)
    groups = {node: _Group(node, sensitive.get(node)) for node in nodes}
    met = _met(nodes, same)
    refused: list[Refused] = []
    for link in same:
        if (joins[link.a] and joins[link.b]) or (link.rule == PERSON and not _aside(link, nodes)):
            left, right = groups[link.a], groups[link.b]
            if left is not right:
                reason = _why_not(link, left, right, nodes, never, met, most)
                if reason is None:
                    _unite(groups, left, right, link.confidence)
                else:
                    refused.append(Refused(link, reason if isinstance(reason, HoldReason) else None))
    refused += _attach(_Board(nodes, joins, never, met), same, shared, groups)
    unique = {id(group): group for group in groups.values()}.values()
    parts = (Part(frozenset(group.members), group.confidence) for group in unique)
    return Partition(tuple(sorted(parts, key=lambda part: min(part.members))), tuple(refused), shared)


def _aside(link: Link, nodes: Mapping[bytes, Node]) -> bool:
    """Return whether a person has set one of the two aside; that goes before what was said of them together."""
    return IdentifierState.QUARANTINED in {nodes[link.a].state, nodes[link.b].state}


def shared_among(nodes: Mapping[bytes, Node], same: Iterable[Link]) -> frozenset[bytes]:
    """Return the identifiers that live *same* links tie to more people than their kind allows."""
    people: dict[bytes, set[bytes]] = {}
    for link in same:
        if link.rule == PERSON:
            continue
        for one, other in ((link.a, link.b), (link.b, link.a)):
            if nodes[one].state is IdentifierState.CLEARED:
                continue
            if nodes[one].kind.shared_after is not None and is_exclusive(nodes[other].kind):
                people.setdefault(one, set()).add(other)
    return frozenset(node for node, found in people.items() if len(found) > (nodes[node].kind.shared_after or 0))


def is_exclusive(kind: IdentifierKind) -> bool:
    """Return whether a person has one identifier of the kind: two of them are two people."""
    return kind.most_per_profile == 1 and kind.within_days is None and kind.joins in _JOINING


def _order(link: Link) -> tuple[int, int, int, bytes]:
    return (0 if link.rule == PERSON else 1, -link.confidence, link.occurred_at, link.id)


def _never(live: Iterable[Link]) -> dict[bytes, set[bytes]]:
    never: dict[bytes, set[bytes]] = {}
    for link in live:
        if link.kind is LinkKind.NEVER:
            never.setdefault(link.a, set()).add(link.b)
            never.setdefault(link.b, set()).add(link.a)
    return never


def _sensitive(nodes: Mapping[bytes, Node], same: Iterable[Link]) -> dict[bytes, Instant]:
    """Return since when each identifier has been met beside billing or health data."""
    since: dict[bytes, Instant] = {}
    for link in same:
        for one, other in ((link.a, link.b), (link.b, link.a)):
            if nodes[other].kind.sensitivity is not None:
                since[one] = min(link.occurred_at, since.get(one, link.occurred_at))
    return since


def _met(nodes: Mapping[bytes, Node], same: Iterable[Link]) -> dict[bytes, Instant]:
    """Return when each identifier of a kind that is limited within a window was first met."""
    met: dict[bytes, Instant] = {}
    for link in same:
        for node in (link.a, link.b):
            if nodes[node].kind.within_days is not None:
                met[node] = min(link.occurred_at, met.get(node, link.occurred_at))
    return met


def _why_not(
    link: Link,
    left: _Group,
    right: _Group,
    nodes: Mapping[bytes, Node],
    never: Mapping[bytes, set[bytes]],
    met: Mapping[bytes, Instant],
    most: int,
) -> HoldReason | str | None:
    small, large = sorted((left.members, right.members), key=len)
    if never and any(never.get(node, _NOBODY) & large for node in small):
        return "never"
    if link.rule == PERSON:
        return None
    if len(small) + len(large) > most:
        return HoldReason.CLUSTER
    if not within_limits(small, large, nodes, met):
        return HoldReason.LIMIT
    at = link.occurred_at
    if all(group.sensitive_at is not None and group.sensitive_at < at for group in (left, right)):
        return HoldReason.SENSITIVE
    return None


def within_limits(
    small: Iterable[bytes], large: Iterable[bytes], nodes: Mapping[bytes, Node], met: Mapping[bytes, Instant]
) -> bool:
    """Return whether two groups together keep the limits of the kinds that both have."""
    mine = _limited(small, nodes)
    if not mine:
        return True
    theirs = _limited(large, nodes)
    return all(
        _count(members + theirs[name], nodes[members[0]].kind, met) <= (nodes[members[0]].kind.most_per_profile or 0)
        for name, members in mine.items()
        if name in theirs
    )


def _limited(members: Iterable[bytes], nodes: Mapping[bytes, Node]) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for node in members:
        kind = nodes[node].kind
        if kind.most_per_profile is not None:
            found.setdefault(kind.name, []).append(node)
    return found


def _count(members: list[bytes], kind: IdentifierKind, met: Mapping[bytes, Instant]) -> int:
    """Return the number of identifiers of the kind; where it has a window, the most that were first met within one."""
    if kind.within_days is None:
        return len(members)
    times = sorted(met.get(node, 0) for node in members)
    span, first, most = kind.within_days * DAY, 0, 0
    for place, at in enumerate(times):
        while times[first] <= at - span:
            first += 1
        most = max(most, place - first + 1)
    return most


def _unite(groups: dict[bytes, _Group], left: _Group, right: _Group, confidence: int) -> None:
    if len(left.members) < len(right.members):
        left, right = right, left
    left.members |= right.members
    left.confidence = min(left.confidence, right.confidence, confidence)
    if right.sensitive_at is not None:
        left.sensitive_at = min(right.sensitive_at, left.sensitive_at or right.sensitive_at)
    for node in right.members:
        groups[node] = left


class _Board(msgspec.Struct, frozen=True):
    """What attaching looks at: all but the links themselves."""

    nodes: Mapping[bytes, Node]
    joins: Mapping[bytes, bool]
    never: Mapping[bytes, set[bytes]]
    met: Mapping[bytes, Instant]


def _attach(board: _Board, same: list[Link], shared: frozenset[bytes], groups: dict[bytes, _Group]) -> list[Refused]:
    """Give each identifier that changes hands, or never joins, to the one part it is linked with."""
    refused: list[Refused] = []
    ties: dict[bytes, list[tuple[Link, bytes]]] = {}
    for link in same:
        for one, other in ((link.a, link.b), (link.b, link.a)):
            if _may_attach(one, board.nodes, shared) and _holds(one, other, board, shared):
                ties.setdefault(one, []).append((link, other))
    # The earliest first, so that a limit keeps the same ones whatever came first here.
    order = sorted(ties, key=lambda node: (board.nodes[node].kind.priority, _first(ties[node]), node))
    for node in order:
        own = groups[node]
        if len(own.members) > 1:  # a person said whose it is
            continue
        found: dict[int, tuple[Link, _Group]] = {}
        for link, other in ties[node]:
            found.setdefault(id(groups[other]), (link, groups[other]))
        (link, group), *others = found.values()
        if others:
            if board.nodes[node].kind.joins is Joins.ATTACH:
                refused += [Refused(each, HoldReason.AMBIGUOUS) for each, _ in others]
        elif board.never.get(node, _NOBODY) & group.members:
            refused.append(Refused(link, None))
        elif not within_limits(own.members, group.members, board.nodes, board.met):
            refused.append(Refused(link, HoldReason.LIMIT))
        else:
            _unite(groups, group, own, link.confidence)
    return refused


def _may_attach(node: bytes, nodes: Mapping[bytes, Node], shared: frozenset[bytes]) -> bool:
    each = nodes[node]
    return each.kind.joins not in _JOINING and each.state.takes_part and node not in shared


def _holds(node: bytes, other: bytes, board: _Board, shared: frozenset[bytes]) -> bool:
    """Return whether ``node`` may be attached by its link with ``other``: that one joins, or has a better rank."""
    if board.joins[other]:
        return True
    rank, better = board.nodes[node].kind.priority, board.nodes[other].kind
    return better.joins is Joins.ATTACH and better.priority < rank and _may_attach(other, board.nodes, shared)


def _first(ties: list[tuple[Link, bytes]]) -> Instant:
    return min(link.occurred_at for link, _ in ties)
