"""Nouns of identity: kinds of identifier, claims, links. No behaviour."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant


class LinkKind(StrEnum):
    """What a link asserts about two identifiers."""

    SAME = "same"
    NEVER = "never"


class IdentifierKind(msgspec.Struct, frozen=True):
    """How one kind of identifier is treated."""

    name: str
    priority: int
    """Lower leads: the leading claim of an event decides whose event it is."""
    most_per_profile: int | None
    """More than this many in one profile is a contradiction, never a merge; ``None``: no limit."""


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One identifier that an event carries. ``value`` is normalised and lives in memory only."""

    kind: IdentifierKind
    value: str
    hash: bytes


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A stored assertion about two identifiers (keyed hashes, the smaller first). Retracting sets two fields only."""

    id: bytes
    a: bytes
    b: bytes
    kind: LinkKind
    rule: str
    confidence: int
    """Percent."""
    occurred_at: Instant
    message_id: str
    source: str
    retracted_at: Instant | None = None
    retracted_because: str | None = None


USER_ID = IdentifierKind("user_id", 1, 1)
EMAIL = IdentifierKind("email", 2, 3)
ANONYMOUS_ID = IdentifierKind("anonymous_id", 3, None)
KINDS = {kind.name: kind for kind in (USER_ID, EMAIL, ANONYMOUS_ID)}
