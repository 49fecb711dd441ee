"""Who lives together because they share an e-mail address: a relation between people, never a merge. Pure."""

from collections.abc import Iterable, Mapping

from fieldfare.know.identity.model import EMAIL, PERSON, Link, LinkKind, Node
from fieldfare.know.identity.partition import is_exclusive
from fieldfare.know.identity.resolve import link_id

SHARED_EMAIL = "shared_email"
CONFIDENCE = 80
"""Percent: a family, mostly; now and then a firm."""


def household_links(shared: Iterable[bytes], nodes: Mapping[bytes, Node], links: Iterable[Link]) -> list[Link]:
    """Return the household links among the people who share one of the e-mail addresses in ``shared``.

    The one with the least hash is tied to every other; each link is as old as the younger of the two that it rests on.
    """
    addresses = {node for node in shared if nodes[node].kind.name == EMAIL}
    if not addresses:
        return []
    people: dict[bytes, dict[bytes, Link]] = {}
    for link in links:
        if link.kind is not LinkKind.SAME or link.retracted_at is not None or link.rule == PERSON:
            continue
        for one, other in ((link.a, link.b), (link.b, link.a)):
            if one in addresses and is_exclusive(nodes[other].kind):
                people.setdefault(one, {})[other] = link
    found: dict[bytes, Link] = {}
    for ties in people.values():
        first, *others = sorted(ties)
        for other in others:
            younger = max(ties[first], ties[other], key=lambda link: (link.occurred_at, link.id))
            which = link_id(first, other, LinkKind.HOUSEHOLD, SHARED_EMAIL)
            found[which] = Link(
                id=which,
                a=first,
                b=other,
                kind=LinkKind.HOUSEHOLD,
                rule=SHARED_EMAIL,
                confidence=CONFIDENCE,
                occurred_at=younger.occurred_at,
                message_id=younger.message_id,
                source=younger.source,
            )
    return [found[which] for which in sorted(found)]
