"""Why two identifiers are one person, or are not: the chain of links between them. Pure."""

from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from fieldfare.know.identity.model import Link, LinkKind, Node
from fieldfare.know.identity.partition import Partition, Refused


class Explained(msgspec.Struct, frozen=True):
    """The answer. ``chain`` joins them, from the first to the second; ``parting`` says what keeps them apart."""

    is_one: bool
    chain: tuple[Link, ...] = ()
    parting: tuple[Refused, ...] = ()
    never: tuple[Link, ...] = ()
    aside: tuple[bytes, ...] = ()
    """Identifiers of the chain that are set aside and so join nobody."""


def explain(
    first: bytes, second: bytes, nodes: Mapping[bytes, Node], links: Iterable[Link], found: Partition
) -> Explained:
    """Return why the identifiers are in one part of ``found`` or in two.

    Of several chains the shortest is told, and of those the surest links. Apart, the chain is the one by which they
    would be joined, ``parting`` the links of it that joined nobody, and ``aside`` what of it is set aside.
    """
    live = [link for link in links if link.retracted_at is None and link.a in nodes and link.b in nodes]
    same = [link for link in live if link.kind is LinkKind.SAME]
    part = {node: each.members for each in found.parts for node in each.members}
    if first not in part or second not in part:
        return Explained(is_one=False)
    if second in part[first]:
        inside = [link for link in same if link.a in part[first] and link.b in part[first]]
        return Explained(is_one=True, chain=_chain(first, second, inside))
    mine, theirs = part[first], part[second]
    never = tuple(
        link
        for link in live
        if link.kind is LinkKind.NEVER
        and ((link.a in mine and link.b in theirs) or (link.b in mine and link.a in theirs))
    )
    chain = _chain(first, second, same)
    refused = {each.link.id: each for each in found.refused}
    parting = tuple(refused[link.id] for link in chain if link.id in refused)
    met = dict.fromkeys(end for link in chain for end in (link.a, link.b))
    aside = tuple(end for end in met if end in found.shared or not nodes[end].state.takes_part)
    return Explained(is_one=False, chain=chain, parting=parting, never=never, aside=aside)


def _chain(first: bytes, second: bytes, links: Iterable[Link]) -> tuple[Link, ...]:
    """Return the shortest chain of links between two identifiers, empty when there is none."""
    ties: dict[bytes, list[tuple[bytes, Link]]] = {}
    for link in sorted(links, key=lambda link: (-link.confidence, link.occurred_at, link.id)):
        ties.setdefault(link.a, []).append((link.b, link))
        ties.setdefault(link.b, []).append((link.a, link))
    came: dict[bytes, tuple[bytes, Link] | None] = {first: None}
    waiting = deque([first])
    while waiting and second not in came:
        node = waiting.popleft()
        for other, link in ties.get(node, ()):
            if other not in came:
                came[other] = (node, link)
                waiting.append(other)
    chain: list[Link] = []
    step = came.get(second)
    while step is not None:
        chain.append(step[1])
        step = came[step[0]]
    return tuple(reversed(chain))
