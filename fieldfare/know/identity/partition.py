"""The partition of a component of linked identifiers into people. Pure, and independent of the order of arrival.

Links are taken greedily, sorted by (class, confidence, event time, id): human acts before rules, sure before less sure,
early before late. A link joins two parts unless the joined part would hold a *never* pair or more identifiers of one
kind than that kind allows. The result depends only on the set of links, so replay and any delivery order give the same
people.
"""

from collections.abc import Iterable, Mapping

from fieldfare.know.identity.model import IdentifierKind, Link, LinkKind

HUMAN_RULES = frozenset({"person"})


def _order(link: Link) -> tuple[int, int, int, bytes]:
    return (0 if link.rule in HUMAN_RULES else 1, -link.confidence, link.occurred_at, link.id)


def partition(nodes: Mapping[bytes, IdentifierKind], links: Iterable[Link]) -> list[frozenset[bytes]]:
    """Return the parts of ``nodes``, sorted; links to identifiers outside ``nodes`` and retracted ones are ignored."""
    part: dict[bytes, set[bytes]] = {node: {node} for node in nodes}
    live = [link for link in links if link.retracted_at is None and link.a in part and link.b in part]
    never: dict[bytes, set[bytes]] = {}
    for link in live:
        if link.kind is LinkKind.NEVER:
            never.setdefault(link.a, set()).add(link.b)
            never.setdefault(link.b, set()).add(link.a)
    for link in sorted((link for link in live if link.kind is LinkKind.SAME), key=_order):
        left, right = part[link.a], part[link.b]
        if left is not right and _may_join(left, right, nodes, never):
            left |= right
            for node in right:
                part[node] = left
    return sorted({frozenset(members) for members in part.values()}, key=min)


def _may_join(
    left: set[bytes], right: set[bytes], nodes: Mapping[bytes, IdentifierKind], never: Mapping[bytes, set[bytes]]
) -> bool:
    if any(never.get(node, _NOBODY) & right for node in left):
        return False
    counts: dict[IdentifierKind, int] = {}
    for node in (*left, *right):
        kind = nodes[node]
        counts[kind] = counts.get(kind, 0) + 1
    return all(kind.most_per_profile is None or count <= kind.most_per_profile for kind, count in counts.items())


_NOBODY: frozenset[bytes] = frozenset()
