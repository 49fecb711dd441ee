"""What two sources could join people by: shared identifiers, expected match rates, what is missing. Pure.

A person of a source is one leading identifier there. Two sources match a person when any joining identifier of that
person in one is met in the other. Nothing is joined here, and no value is told.
"""

from collections.abc import Collection, Iterable
from itertools import combinations
from typing import Any

import msgspec

LEAST_MATCH_RATE = 0.8
"""Below this, people of two sources are better not brought together automatically."""


class Met(msgspec.Struct, frozen=True, gc=False):
    """An identifier that a source sent of one of its people."""

    source: str
    person: bytes
    """Hash of the leading identifier."""
    kind: str
    value: bytes
    """Keyed hash."""


def overlap(met: Iterable[Met], joining: Collection[str]) -> dict[str, Any]:
    """Return, per source, how many people it has and with which identifiers; per pair of sources, what they share.

    ``joining``: the kinds of identifier by which people may be joined.
    """
    people: dict[str, dict[bytes, dict[str, set[bytes]]]] = {}
    for each in met:
        people.setdefault(each.source, {}).setdefault(each.person, {}).setdefault(each.kind, set()).add(each.value)
    kinds = sorted({kind for of in people.values() for identifiers in of.values() for kind in identifiers})
    pairs = [_pair(one, other, people, joining) for one, other in combinations(sorted(people), 2)]
    flags = [
        f"{pair['one']} and {pair['other']}: {pair['match_rate']:.0%} of the people of {pair['of']} would match; "
        f"{LEAST_MATCH_RATE:.0%} is the least"
        for pair in pairs
        if pair["match_rate"] < LEAST_MATCH_RATE
    ]
    return {
        "kinds": kinds,
        "sources": {name: _source(people[name].values(), kinds, joining) for name in sorted(people)},
        "pairs": pairs,
        "flags": flags,
    }


def _source(
    people: Collection[dict[str, set[bytes]]], kinds: Iterable[str], joining: Collection[str]
) -> dict[str, Any]:
    count = len(people)
    having = {kind: sum(kind in each for each in people) for kind in kinds}
    return {
        "people": count,
        "joinable": sum(any(kind in joining for kind in each) for each in people) / count,
        "with": {kind: number / count for kind, number in having.items()},
        "missing": {kind: count - number for kind, number in having.items()},
    }


def _pair(
    one: str, other: str, people: dict[str, dict[bytes, dict[str, set[bytes]]]], joining: Collection[str]
) -> dict[str, Any]:
    values = {name: _values(people[name].values()) for name in (one, other)}
    shared = {kind: len(found & values[other].get(kind, set())) for kind, found in sorted(values[one].items())}
    fewer, more = sorted((one, other), key=lambda name: (len(people[name]), name))
    matched = sum(
        any(kind in joining and ids & values[more].get(kind, set()) for kind, ids in person.items())
        for person in people[fewer].values()
    )
    return {
        "one": one,
        "other": other,
        "shared": {kind: count for kind, count in shared.items() if count},
        "match_rate": matched / len(people[fewer]),
        "of": fewer,
    }


def _values(people: Iterable[dict[str, set[bytes]]]) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for person in people:
        for kind, ids in person.items():
            found.setdefault(kind, set()).update(ids)
    return found
