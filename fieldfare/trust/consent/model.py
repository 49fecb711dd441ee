"""Nouns of consent: the immutable record, the suppression of an address, what is asked for by whom. No behaviour."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Instant

EVERY = "*"
"""Stands for every channel and every scope, and in a refusal for every purpose that needs consent."""


class Action(StrEnum):
    """What one consent record does."""

    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"
    OBJECT = "object"
    """Refuses, and also what needs no consent but rests on a legitimate interest."""
    EXPIRE = "expire"
    """Ends a grant of the person before its time."""
    REFRESH = "refresh"
    """Prolongs a grant that is in force, or lifts a STOP; never makes a grant."""


REFUSING = frozenset({Action.DENY, Action.WITHDRAW, Action.OBJECT})
"""Actions that refuse: they follow the person and the address."""


class InForce(StrEnum):
    """What holds for one purpose and channel at one moment. The gate lets ``granted`` and ``not_required`` pass."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    DENIED = "denied"
    OBJECTED = "objected"
    EXPIRED = "expired"
    """There was a grant, and its time is over."""
    MISSING = "missing"
    IN_REVIEW = "in_review"
    """A grant stands, and a person must read an answer that may take it back."""
    DISPUTED = "disputed"
    """A grant stands here, and a consent platform denies it; a person must find out who is right."""
    NOT_REQUIRED = "not_required"
    """The purpose needs no consent, and nobody withdrew from it by name."""


class Basis(StrEnum):
    """What processing for a purpose rests on (GDPR Article 6)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal_obligation"
    LEGITIMATE_INTERESTS = "legitimate_interests"
    VITAL_INTERESTS = "vital_interests"
    PUBLIC_TASK = "public_task"


class StopReach(StrEnum):
    """How far an answer of STOP reaches."""

    PURPOSE = "purpose"
    """The purpose of the last message that went to the number, on its channel."""
    CHANNEL = "channel"
    """Everything that needs consent, on the channel that it came by."""
    ADDRESS = "address"
    """Everything that needs consent, on every channel that reaches the number."""
    EVERYTHING = "everything"
    """Everything that needs consent, on every channel."""


STOPPED = frozenset({"stop_word", "provider_opt_out"})
"""Methods of refusals that an answer of START lifts."""
STARTED = "start_word"
"""Method of the record by which START lifts them."""


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
    scope: str = EVERY
    """A location or region that the act is limited to, ``*`` for the whole brand."""
    legal_basis: str | None = None
    notice_hash: str | None = None
    """SHA-256 of the text that was shown, in hex; the text is kept under it."""
    method: str | None = None
    """Kind of capture: ``form``, ``preference_centre``, ``import``, ``stop_word`` …"""
    expires_at: Instant | None = None
    """When a grant or a refresh ends, fixed when it was recorded; ``None``: when the purpose says, or never."""
    confirmed: bool = True
    """``False``: a grant that waits for the click of a double opt-in, and counts for nothing until then."""
    confirms: str | None = None
    """Id of the grant that this one confirms."""
    platform: str | None = None
    """Consent platform that told of it."""
    signal: str | None = None
    """Kind of the raw signal: ``tcf``, ``gpp``, ``gpc``."""
    gpc: bool | None = None
    """What Global Privacy Control said, where it was heard."""
    ip_prefix: str | None = None
    """The client's address, truncated to its network (/24, /48)."""
    actor: str | None = None
    """Who recorded it, where that was not the person."""
    sealed: bytes | None = None
    """A :class:`Witness` under the key of the profile; it cannot be read any more once the person is erased."""


class Witness(msgspec.Struct, frozen=True, omit_defaults=True):
    """What of a capture may name the person; sealed before it is stored."""

    ip: str | None = None
    user_agent: str | None = None
    url: str | None = None
    reference: str | None = None
    """Id of the record at the consent platform."""
    signal: str | None = None
    """The raw TC or GPP string."""


class Suppression(msgspec.Struct, frozen=True, kw_only=True):
    """An address that must not be contacted, for whatever purpose: hard bounce, complaint, legal order."""

    address_hash: bytes
    reason: str
    since_at: Instant
    source: str
    until_at: Instant | None = None
    """When it was lifted; only a STOP ever is."""


STOP_REASONS = frozenset({"answered STOP"})
"""Reasons of suppressions that START lifts."""


class Notice(msgspec.Struct, frozen=True):
    """What people were told, in one language."""

    version: str
    language: str
    text: str


class Purpose(msgspec.Struct, frozen=True):
    """What people are asked for."""

    name: str
    description: str = ""
    channels: tuple[str, ...] = ()
    """Channels it may be granted for; empty: every channel."""
    required: bool = True
    """Whether consent must be given; if not, only a withdrawal by name stops it."""
    notice_version: str | None = None
    basis: Basis = Basis.CONSENT
    by_location: bool = False
    """Whether it may be granted for single locations and regions."""
    notices: tuple[Notice, ...] = ()
    expires_after: "Span | None" = None
    """How long a grant lasts."""
    double_opt_in: frozenset[str] = frozenset()
    """Channels on which a grant counts only once it was confirmed."""
    title: str = ""
    words: dict[str, tuple[str, str]] = {}
    """Language -> title and description for the preference centre."""
    is_listed: bool = True
    """Whether the preference centre shows it."""


class Span(msgspec.Struct, frozen=True):
    """A length of calendar months and days."""

    months: int = 0
    days: int = 0


class Platform(msgspec.Struct, frozen=True):
    """A consent platform, and what its purposes are called here."""

    purposes: dict[str, tuple[str, ...]]
    """Its name of a purpose (category, group) -> ours."""
    channels: dict[str, str] = {}
    """Its name of a channel -> ours."""


class Tcf(msgspec.Struct, frozen=True):
    """How a TC string speaks of our purposes."""

    purposes: dict[str, tuple[int, ...]]
    """Our purpose -> numbers of TCF purposes that must all be consented to."""
    vendor: int | None = None
    """Our number in the Global Vendor List; consent must be given to it as well."""


class Page(msgspec.Struct, frozen=True):
    """Words of the preference centre in one language, by their key; what is missing is English."""

    words: dict[str, str]


class ConsentPolicy(msgspec.Struct, frozen=True):
    """What a brand asks for, and how it reads what others say of consent."""

    purposes: dict[str, Purpose] = {}
    stop_reach: StopReach = StopReach.ADDRESS
    gpc: tuple[str, ...] = ()
    """Purposes that Global Privacy Control objects to."""
    gpp: tuple[str, ...] = ()
    """Purposes that an opt-out of sale or sharing in a GPP string objects to."""
    platforms: dict[str, Platform] = {}
    tcf: Tcf | None = None
    pages: dict[str, Page] = {}
    """Language -> words of the preference centre, added to the shipped ones."""
    confirm_days: int = 30
    """How long the link of a double opt-in works."""
    mismatch_permille: int = 10
    """A comparison with a consent platform flags journeys above this share of disagreement."""


class Ignored(msgspec.Struct, frozen=True):
    """A consent act that was not recorded as asked, with a stable code and a sentence that quotes nothing personal."""

    code: str
    detail: str
