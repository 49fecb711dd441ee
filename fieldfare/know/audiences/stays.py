"""The stays of one person in audiences, from what was recorded of joining and leaving. Pure.

Of a profile as it was made under, joined and left alternate, but for a ``joined`` that a merge says once more, which
begins nothing.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from fieldfare.ground.instants import Instant


class Recorded(NamedTuple):
    """A recorded joined or left, of the profile as it was then."""

    audience: str
    profile_id: int
    joined: bool
    at: Instant
    cause: str
    event_id: str | None
    definition: str | None


class Stay(msgspec.Struct, kw_only=True):
    """A stay: from when to when, why, by which definition; ``left_at`` is none as long as it lasts."""

    audience: str
    joined_at: Instant
    left_at: Instant | None = None
    joined_by: str
    left_by: str | None = None
    event_id: str | None
    definition: str | None


def stays_of(changes: Iterable[Recorded]) -> list[Stay]:
    """Return the stays, the earliest first; ``changes`` in the order in which they were recorded."""
    found: list[Stay] = []
    lasting: dict[tuple[str, int], Stay] = {}
    for each in changes:
        key = each.audience, each.profile_id
        if each.joined and key not in lasting:
            lasting[key] = Stay(
                audience=each.audience,
                joined_at=each.at,
                joined_by=each.cause,
                event_id=each.event_id,
                definition=each.definition,
            )
            found.append(lasting[key])
        elif not each.joined and (stay := lasting.pop(key, None)) is not None:
            stay.left_at, stay.left_by = each.at, each.cause
    return sorted(found, key=lambda stay: (stay.joined_at, stay.audience))
