"""The profile document: one person as we know them now, small and flat, folded from events.

Integers everywhere so that refolds are exact. Personal traits are not here in clear: they live in ``sealed``, under the
document's own key (see :mod:`fieldfare.trust.keys`). A document is owned by whoever folds it; verbs change it in place.
"""

from enum import IntEnum, StrEnum
from typing import Any

import msgspec

from fieldfare.ground.instants import Instant

SCHEMA = 1
"""Version of the document's layout. Of another version nothing is read."""
SCALE = 10_000
"""Sums are kept as whole ten-thousandths: ``floor(value * SCALE + 0.5)``, the same formula in the lake."""


class Basis(IntEnum):
    """How a value is known, the better the greater."""

    INFERRED = 0
    """A model or a source that guesses has worked it out."""
    DECLARED = 1
    """Somebody or some system has said it."""
    VERIFIED = 2
    """It has been checked, by the event's or its source's word."""
    CORRECTED = 3
    """One of our own people has corrected it; see :data:`fieldfare.know.profiles.facts.TRAIT_CORRECTED`."""


class TraitValue(msgspec.Struct, array_like=True, gc=False):
    """A fact with its provenance. Shown as ``source_origin``, ``last_synced_at`` (the receive time) and so on."""

    value: Any
    source: str
    """Name of the source that sent it."""
    occurred_at: Instant
    received_at: Instant
    basis: Basis = Basis.DECLARED
    confidence: int = 100
    """Percent."""


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


Summary = list[Any]
"""What some values come to; see :mod:`fieldfare.know.profiles.values`. Extremes: least, greatest. Ends: first instant,
its token, last instant, its token. Values: how many are not listed, counts by token. Empty: of nothing."""


class ValueState(msgspec.Struct, array_like=True, gc=False):
    """One measure of a property's values. ``tiles`` stand beside ``days``, ``items`` beside ``instants``, all sorted.

    Instants are kept only for windows of hours and repeat the youngest values; ``base`` holds what was compacted away.
    """

    base: Summary = []
    days: list[int] = []
    tiles: list[Summary] = []
    instants: list[int] = []
    items: list[Any] = []


Reach = tuple[int, int]
"""How far back a measure reaches: days, and microseconds on kept instants."""
Lacks = dict[str, Reach]
"""Measures that are not filled, and how far back what is there reaches."""


class Document(msgspec.Struct, array_like=True):
    """The profile document. ``wakes`` holds, per audience, when its truth may next change by time alone."""

    schema: int = SCHEMA
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
    devices: list[Any] = []
    """Flat: instant, zone, instant, zone …: per UTC day the last zone of a device, the youngest days only, sorted."""
    phone_zone: str | None = None
    """Zone of the phone number's area, where the area lies in one zone only."""
    stage: str | None = None
    """Lifecycle stage; one at a time."""
    stage_since: Instant | None = None
    rules: list[str] = []
    """Rules of stages that hold now, sorted; kept like memberships, but nobody's audience."""
    values: dict[str, ValueState] = {}
    """Measures of a property's values, by key; counts and sums stand in ``measures``."""
    edition: int = 0
    """The edition of the definitions that the document was brought to."""
    lacks: Lacks = {}
    """What is not filled yet: conditions that need it are not computable."""
    profile_id: int = 0
    """Whose document it is: of equal numbers at a published cut the lower id goes first."""
    consent: dict[str, str] = {}
    """Purpose and channel, a blank between them -> what is in force by the ledger; what nobody spoke of is missing."""
    kin: dict[int, dict[str, bool | None]] = {}
    """The other members of the household, by profile id -> what each tells of itself: see
    :mod:`fieldfare.know.audiences.household`."""
    household_known: bool = True
    """False: the household is too large to be one, or was not looked at; nothing is said of it."""
    hops: dict[str, int] = {}
    """Audience -> how many journeys started one another up to what will turn it at its wake-up; see
    :mod:`fieldfare.decide.journeys.chain`."""
    is_ours_alone: bool = False
    """Only we did something about the person: first and last seen are of that, until the person does something."""


class Keeps(StrEnum):
    """What a measure keeps of the events that it takes."""

    TOTALS = "totals"
    """Counts and sums."""
    EXTREMES = "extremes"
    """The least and the greatest number."""
    ENDS = "ends"
    """The first and the last value."""
    VALUES = "values"
    """How often each value came."""
    DAYS = "days"
    """The first and the last local day; no property is looked at."""
    MOMENTS = "moments"
    """The youngest events, each with its instant and local day; no property is looked at."""


class Measure(msgspec.Struct, frozen=True):
    """Definition of what is kept up to date over one kind of event."""

    key: str
    """Stable, derived from the definition; the same definition in two audiences is one measure."""
    event: str
    filter: tuple["PropertyTest", ...] = ()
    """All must hold."""
    of: str | None = None
    """Property that is summed or whose values are kept; ``None`` counts only."""
    horizon_days: int | None = 0
    """Longest window of days in use; 0 when only the totals are asked for."""
    horizon_us: int = 0
    """Longest window of hours in use, in microseconds; 0 when none."""
    keeps: Keeps = Keeps.TOTALS


class PropertyTest(msgspec.Struct, frozen=True):
    """One comparison with a property of the event, or with its ``weekday`` (mon … sun) or ``location``."""

    property: str
    operator: str
    """is, is_not, in, not_in, above, below, at_least, at_most, exists; contains, starts_with, ends_with of texts;
    contains_any, contains_all and size (pairs of a comparison and a number) of lists."""
    operand: Any


class TraitType(StrEnum):
    """What a declared trait holds. Dates and instants are kept as canonical texts, so that they compare as texts."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    LIST = "list"
    OBJECT = "object"


class Sensitivity(StrEnum):
    """How personal a trait is. Everything but ``none`` is sealed and cannot be asked for in a condition."""

    NONE = "none"
    PERSONAL = "personal"
    CONTACT = "contact"
    HEALTH = "health"
    FINANCIAL = "financial"
    CHILD = "child"
    PRECISE_LOCATION = "precise_location"


class TraitStatus(StrEnum):
    """Whether a declared trait is kept already."""

    PROPOSED = "proposed"
    APPROVED = "approved"


class Derivation(StrEnum):
    """What may be derived from a sealed trait: none of it identifies, and none of it changes with time alone."""

    DAY_OF_YEAR = "day_of_year"
    BIRTH_YEAR_BAND = "birth_year_band"
    DOMAIN = "domain"
    REGION = "region"
    COUNTRY = "country"


class TraitSpec(msgspec.Struct, frozen=True):
    """Declaration of one trait in ``traits.yaml``."""

    name: str
    type: TraitType
    sensitivity: Sensitivity = Sensitivity.NONE
    description: str = ""
    purposes: tuple[str, ...] = ()
    retention_days: int | None = None
    """So many days after its event time the value is dropped; ``None``: never."""
    owner: str | None = None
    """The system of record: a source or the system of one. Its values go first."""
    sources: tuple[str, ...] = ()
    """Further sources or systems, the best first; all others come after them."""
    required: bool = False
    """Whether every profile should have it."""
    status: TraitStatus = TraitStatus.APPROVED
    derive: tuple[tuple[str, Derivation], ...] = ()
    """Traits in clear that are derived from this sealed one: (name, how)."""


class Traits(msgspec.Struct, frozen=True):
    """What ``traits.yaml`` says."""

    by_name: dict[str, TraitSpec] = {}
    undeclared: str = "contract"
    """``contract``: undeclared traits are kept as the contracts' policy for unknown fields says; ``drop``: never."""
    moves_after_days: int = 7
    """A stay of so many days in another zone moves the person's time zone."""


class Origin(msgspec.Struct, frozen=True):
    """What a source's word on traits is worth."""

    system: str
    """System of record that its values are attributed to."""
    verifies: frozenset[str] = frozenset()
    """Traits that it has verified."""
    infers: bool = False
    """Whether its values are inferred."""
    confidence: int | None = None
    """Percent, for all its values; ``None``: 50 for inferred ones, else 100."""


def told_of(document: Document) -> Document:
    """Return what a version tells of a document: no measures, nothing sealed."""
    return Document(
        traits=document.traits,
        memberships=document.memberships,
        first_seen_at=document.first_seen_at,
        last_seen_at=document.last_seen_at,
        home_location=document.home_location,
        match_confidence=document.match_confidence,
        stage=document.stage,
        stage_since=document.stage_since,
    )
