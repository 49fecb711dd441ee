"""Nouns of sealing: whose a data key is, what a sealed value is sealed as, what was erased. No key is in clear here."""

import msgspec

from fieldfare.ground.instants import Instant

KeyOwner = bytes
"""Whose a data key is: an identifier, by its keyed hash (16 bytes), or a profile's document, by a tagged id."""
SCHEMA = 1
"""Version of how personal values are laid out before they are sealed; it is part of every seal."""
_PROFILE = b"p"
_ID_BYTES = 8


class DataKey(msgspec.Struct, frozen=True):
    """A data key as it is stored: wrapped by the wrapping key of a version."""

    owner: KeyOwner
    wrapped: bytes
    version: int


class Tombstone(msgspec.Struct, frozen=True):
    """An identifier that was erased: what was accepted by then and claims it makes nobody known."""

    hash: bytes
    profile_id: int
    """Profile that was erased."""
    through: int
    """Last offset of the normal partition."""
    through_urgent: int
    at: Instant
    """When it was erased."""

    def later(self, other: "Tombstone") -> "Tombstone":
        """Return the tombstone of both erasures of one identifier: the later instant, the later offsets."""
        last = self if self.at >= other.at else other
        through, urgent = max(self.through, other.through), max(self.through_urgent, other.through_urgent)
        return Tombstone(last.hash, last.profile_id, through, urgent, last.at)


def profile_owner(profile_id: int) -> KeyOwner:
    """Return the owner of a profile's document; no identifier's hash is as short."""
    return _PROFILE + profile_id.to_bytes(_ID_BYTES, "big")


def sealed_as(owner: KeyOwner, what: str, schema: int = SCHEMA) -> bytes:
    """Return the associated data of a sealed value: whose, what and in which layout. It opens as nothing else."""
    return f"{what}/{schema}/".encode() + owner
