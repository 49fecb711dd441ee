"""Compare what a file says of an event with what was kept of it under the same message id. Pure.

The same source may send an event by webhook and repeat it in a nightly file. Whichever comes first is kept, the other
is dropped as seen; here it shows where the two said different things. Only fields that are kept in clear are compared.
No value is told, only names and counts.
"""

from typing import Any

import msgspec

from fieldfare.collect.model import Event
from fieldfare.ground.instants import SECOND, Instant

OCCURRED_AT = "occurred_at"


class Kept(msgspec.Struct, frozen=True):
    """What is kept of an event: when it happened, and its properties that are not sealed."""

    occurred_at: Instant
    properties: dict[str, Any]


class Comparison(msgspec.Struct):
    """How a file's events agree with those kept; the first four counts together are all of them."""

    refused: int = 0
    """Events of the file that would be dead letters."""
    absent: int = 0
    """Events of the file that are not kept: not loaded yet, or of another message id."""
    equal: int = 0
    different: int = 0
    differing: dict[str, int] = {}
    """Field -> events in which both have it and differ."""
    only_in_file: dict[str, int] = {}
    only_kept: dict[str, int] = {}


def compare(event: Event, kept: Kept | None, hidden: frozenset[str], found: Comparison) -> None:
    """Count how an event of a file agrees with what is kept; ``hidden`` are its fields that are sealed."""
    if kept is None:
        found.absent += 1
        return
    given = {name: value for name, value in event.payload.items() if name not in hidden}
    differing = [name for name, value in given.items() if name in kept.properties and kept.properties[name] != value]
    if abs(event.occurred_at - kept.occurred_at) >= SECOND:
        differing.append(OCCURRED_AT)
    only_in_file = given.keys() - kept.properties.keys()
    only_kept = kept.properties.keys() - event.payload.keys()
    is_equal = not (differing or only_in_file or only_kept)
    found.equal += is_equal
    found.different += not is_equal
    for names, counts in (
        (differing, found.differing),
        (only_in_file, found.only_in_file),
        (only_kept, found.only_kept),
    ):
        for name in sorted(names):
            counts[name] = counts.get(name, 0) + 1
