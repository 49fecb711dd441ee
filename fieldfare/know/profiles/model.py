"""The profile document: one person as we know them now, small and flat, folded from events.

Integers everywhere so that refolds are exact. Personal traits are not here in clear: they live in ``sealed``, under the
document's own key (see :mod:`fieldfare.trust.keys`). A document is owned by whoever folds it; verbs change it in place.
"""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Instant

SCALE = 10_000
"""Sums are kept as whole ten-thousandths: ``floor(value * SCALE + 0.5)``, the same formula in the lake."""


class TraitValue(msgspec.Struct, array_like=True, gc=False):
    """A fact with its provenance: value, ``field_source`` (system of record), event time, receive time."""

    value: Any
    source: str
    occurred_at: Instant
    received_at: Instant


class MeasureState(msgspec.Struct, array_like=True, gc=False):
    """One measure of one profile.

    ``tiles`` is flat: day, count, sum, day, count, sum … sorted by day. ``stamps`` is flat: instant, sum … sorted by
    instant, kept only for measures with windows of hours. ``base_*`` hold what was compacted away (older than any
    window in use).
    """

    base_count: int = 0
    base_sum: int = 0
    first_at: Instant | None = None
    last_at: Instant | None = None
    tiles: list[int] = []
    stamps: list[int] = []


class Document(msgspec.Struct, array_like=True):
    """The profile document. ``wakes`` holds, per audience, when its truth may next change by time alone."""

    schema: int = 1
    traits: dict[str, TraitValue] = {}
    measures: dict[str, MeasureState] = {}
    memberships: dict[str, Instant] = {}
    """Audience name -> ``joined_at``."""
    wakes: dict[str, Instant] = {}
    first_seen_at: Instant | None = None
    last_seen_at: Instant | None = None
    home_location: str | None = None
    match_confidence: int = 100
    """Percent; what identity was sure of."""
    sealed: bytes = b""
    """Personal traits (msgpack of ``dict[str, TraitValue]``), sealed under the document's key; empty when none."""
    last_location: str | None = None
    """Location of the last event that had one; the home location unless the trait of that name says otherwise."""
    last_located_at: Instant | None = None
    """When that event occurred; of two at the same instant the greater name counts, so that order does not matter."""
    identifiers: dict[str, list[bytes]] = {}
    """Identifier kind -> keyed hashes that lead to this profile (kept by identity, not by fold)."""


class Measure(msgspec.Struct, frozen=True):
    """Definition of a running count and sum over one kind of event."""

    key: str
    """Stable, derived from the definition; the same definition in two audiences is one measure."""
    event: str
    filter: tuple["PropertyTest", ...] = ()
    """All must hold."""
    sum_of: str | None = None
    """Property that is summed; ``None`` counts only."""
    horizon_days: int | None = 0
    """Longest window of days in use; 0 when only the totals are asked for."""
    horizon_us: int = 0
    """Longest window of hours in use, in microseconds; 0 when none."""


class PropertyTest(msgspec.Struct, frozen=True):
    """One comparison with a property of the event, or with its ``weekday`` (mon … sun) or ``location``."""

    property: str
    operator: str
    """is, is_not, in, not_in, above, below, at_least, at_most, exists."""
    operand: Any


class TraitType(StrEnum):
    """What a declared trait holds. Dates and instants are kept as canonical texts, so that they compare as texts."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    LIST = "list"


class Sensitivity(StrEnum):
    """How personal a trait is. Everything but ``none`` is sealed and cannot be asked for in a condition."""

    NONE = "none"
    PERSONAL = "personal"
    CONTACT = "contact"
    HEALTH = "health"
    FINANCIAL = "financial"
    CHILD = "child"
    PRECISE_LOCATION = "precise_location"


class TraitSpec(msgspec.Struct, frozen=True):
    """Declaration of one trait in ``traits.yaml``."""

    name: str
    type: TraitType
    sensitivity: Sensitivity = Sensitivity.NONE
    description: str = ""
