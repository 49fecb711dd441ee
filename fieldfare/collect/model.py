"""Nouns of the front door: envelopes, events, dead letters. No parsing, no I/O.

One log record is one sealed *envelope*: the request as it came, with what the door knew about it. An event's place is
(partition, offset, index), index being its position inside the envelope.
"""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Day, Instant


class Mode(StrEnum):
    """Why a record is being applied. Journeys listen to live events and to time, to nothing else."""

    LIVE = "live"
    BACKFILL = "backfill"
    REPLAY = "replay"


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """One accepted request. ``body`` is the JSON as received (decompressed; forbidden fields already stripped)."""

    mode: Mode
    source: str
    """Name of the source whose write key was used."""
    kind: str
    """``batch`` or the single call: track, identify, page, screen, group, alias."""
    received_at: Instant
    body: bytes
    ip: str | None = None
    user_agent: str | None = None
    removed: dict[str, int] | None = None
    """Forbidden values that the door removed, counted by field; what they were is nowhere."""
    consent_version: str | None = None
    """Versions of the consent notices that were in force at the door."""
    unverified: str | None = None
    """Why a webhook's signature did not verify, when its source only counts failures (shadow mode)."""
    from_file: bool = False
    """Whether a file was loaded, or dead letters are sent again; such message ids are never forgotten."""
    from_webhook: bool = False
    """Whether a webhook source made the body; only then may an item say why it is none."""
    is_repaired: bool = False
    """Whether dead letters are sent again with it; one that is dead again is a letter again."""
    gpc: bool = False
    """Whether the browser sent ``Sec-GPC: 1``."""
    is_vouched: bool = False
    """Whether it came by the API or an import of consent, whose sender may answer for what a person confirmed."""


class Posted(msgspec.Struct, frozen=True):
    """A whole POST to a path that speaks a sender's own language: what was sent, as it was sent."""

    rest: str
    """What follows the handler's prefix in the path."""
    query: str
    headers: dict[bytes, bytes]
    """Names in lower case; of a repeated one the last."""
    body: bytes
    received_at: Instant


class Call(msgspec.Struct, frozen=True):
    """What the door keeps of a request: one JSON body in the language of the tracking API, and whose it is."""

    source: str
    kind: str
    """``batch``, or the single call."""
    body: bytes
    unverified: str | None = None
    """Why the sender could not be verified, when its source only counts failures."""
    removed: dict[str, int] | None = None
    """Forbidden values that were removed while the call was made, by field."""
    from_webhook: bool = False


class Place(msgspec.Struct, frozen=True, array_like=True, order=True):
    """Where an event lies in the log; never changes and never repeats."""

    partition: int
    offset: int
    index: int


class Event(msgspec.Struct, kw_only=True, gc=False):
    """One event after parsing. ``payload`` is ``properties`` (track, page, screen) or ``traits`` (identify, group)."""

    place: Place
    mode: Mode
    source: str
    message_id: str
    type: str
    name: str
    """Event name of a track call, else the type (``identify``, ``page`` …)."""
    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None = None
    group_id: str | None = None
    payload: dict[str, Any]
    context: dict[str, Any]
    original_at: Instant
    """What the client's clock said."""
    sent_at: Instant | None
    received_at: Instant
    occurred_at: Instant
    """Skew-corrected; used for everything."""
    local_day: Day
    """Calendar day of ``occurred_at`` in the zone of the event's location, else of the workspace; fixed once."""
    location: str | None = None
    consent_version: str | None = None
    """Consent notices in force when it was accepted."""
    contract_version: int | None = None
    """Version of the contract that it was checked against; ``None`` when it has none."""
    from_file: bool = False
    is_vouched: bool = False
    """Whoever sent it may answer for what a person confirmed."""
    lead: bytes | None = None
    """Keyed hash of its leading identifier, once somebody has looked."""
    seen: bytes = b""
    """Digest of its message id, once somebody has made it."""


class DeadReason(StrEnum):
    """Why an event could not be accepted."""

    MALFORMED = "malformed"
    NO_IDENTIFIER = "no_identifier"
    UNKNOWN_TYPE = "unknown_type"
    NAME_MISSING = "name_missing"
    CLOCK_ABSURD = "clock_absurd"
    TOO_LARGE = "too_large"
    UNKNOWN_EVENT = "unknown_event"
    CONTRACT_VIOLATED = "contract_violated"
    BAD_ROW = "bad_row"
    FORBIDDEN_FIELD = "forbidden_field"
    UNMAPPED = "unmapped"


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """An event that could not be accepted; ``raw`` (JSON) is sealed before it is stored."""

    place: Place
    reason: DeadReason
    detail: str
    """What, why and what to do; never quotes a value of the event."""
    source: str
    name: str | None
    received_at: Instant
    raw: bytes
    contract_version: int | None = None
    """Version of the contract that it was checked against; ``None`` when none was."""
    row_id: str | None = None
    """Identity of what a file gave, so that a round that is appended again gives no second letter."""
