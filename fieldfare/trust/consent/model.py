"""Nouns of consent: the immutable record, the suppression of an address, what is asked for by whom. No behaviour."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant

EVERY = "*"
"""Stands for every channel, and in a refusal for every purpose that needs consent."""


class Action(StrEnum):
    """What one consent record does."""

    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"


class InForce(StrEnum):
    """What holds for one purpose and channel at one moment. The gate lets ``granted`` and ``not_required`` pass."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    DENIED = "denied"
    MISSING = "missing"
    NOT_REQUIRED = "not_required"
    """The purpose needs no consent, and nobody withdrew from it by name."""


class ConsentRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One act. Never changed, never deleted. ``profile_id`` is the profile then; a refusal follows the address too."""

    id: str
    profile_id: int
    address_hash: bytes | None
    purpose: str
    """A purpose; in a refusal also ``*`` for all that need consent."""
    channel: str
    """A channel, or ``*`` for all."""
    action: Action
    notice_version: str | None
    evidence: str | None
    """How it was captured (form, page, import with evidence …). A grant without it is not accepted."""
    source: str
    occurred_at: Instant
    received_at: Instant
    recorded_at: Instant


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """An address that must not be contacted, for whatever purpose: hard bounce, complaint, legal order."""

    address_hash: bytes
    reason: str
    since_at: Instant
    source: str


class Purpose(msgspec.Struct, frozen=True):
    """What people are asked for."""

    name: str
    description: str = ""
    channels: tuple[str, ...] = ()
    """Channels it may be granted for; empty: every channel."""
    required: bool = True
    """Whether consent must be given; if not, only a withdrawal by name stops it."""
    notice_version: str | None = None


class ConsentPolicy(msgspec.Struct, frozen=True):
    """The purposes of a brand by name."""

    purposes: dict[str, Purpose] = {}


class Ignored(msgspec.Struct, frozen=True):
    """A consent act that was not recorded as asked, with a stable code and a sentence that quotes nothing personal."""

    code: str
    detail: str
