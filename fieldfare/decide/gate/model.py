"""Nouns of the gate: facts, verdicts, reasons, and what people ordered. No behaviour.

Only :mod:`fieldfare.decide.gate.judge` constructs a ``Permit``. The policy's nouns stand in
:mod:`fieldfare.decide.gate.policy`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import SECOND, Instant

PERMIT_LIFETIME = 5 * SECOND
FAILED_WITH = "rule_error"
"""Input of a finding that says with what its rule failed."""


class Reason(StrEnum):
    """Why the gate says no, or not yet. Stable; documented in docs/reference/reasons.md."""

    NO_ADDRESS = "no_address"
    NOT_VERIFIED = "not_verified"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONSENT_DISPUTED = "consent_disputed"
    SUPPRESSED = "suppressed"
    HOLDOUT = "holdout"
    CONTROL_GROUP = "control_group"
    CAP_REACHED = "cap_reached"
    THROTTLED = "throttled"
    QUIET_HOURS = "quiet_hours"
    WRONG_PHASE = "wrong_phase"
    REFUSED_BY_POLICY = "refused_by_policy"
    EXPIRED = "expired"
    JOURNEY_ENDED = "journey_ended"
    OTHER_JOURNEY = "other_journey"
    ON_HOLD = "on_hold"
    CONSENT_PENDING = "consent_pending"
    RENDER_FAILED = "render_failed"
    LOW_CONFIDENCE = "low_confidence"
    UNHEALTHY_PROFILES = "unhealthy_profiles"
    PAUSED = "paused"
    SWITCHED_OFF = "switched_off"
    READ_ONLY = "read_only"
    AWAITS_RELEASE = "awaits_release"
    AWAITS_APPROVAL = "awaits_approval"
    REJECTED = "rejected"
    LOST_TO_PRIORITY = "lost_to_priority"
    CAPACITY_REACHED = "capacity_reached"
    BACKLOG = "backlog"
    BUDGET_SPENT = "budget_spent"
    PROVIDER_OPEN = "provider_open"
    ACTION_LIMIT = "action_limit"
    RULE_FAILED = "rule_failed"
    RATE_LIMITED = "rate_limited"
    NO_TEST_RECIPIENT = "no_test_recipient"


class Mode(StrEnum):
    """What an automation may do."""

    ON = "on"
    READ_ONLY = "read_only"
    """It is judged and logged, and nothing is done."""
    MANUAL = "manual"
    """A person releases or rejects each one."""
    OFF = "off"


class Scope(StrEnum):
    """What a pause stops."""

    EVERYTHING = "everything"
    PROFILE = "profile"
    JOURNEY = "journey"
    BROADCAST = "broadcast"
    ACTION = "action"
    CHANNEL = "channel"
    LOCATION = "location"


class Pause(msgspec.Struct, frozen=True, kw_only=True):
    """A person stopped something, until they resume it or ``until``."""

    id: str
    scope: Scope
    name: str
    """Of the profile, journey, channel or location; empty for everything."""
    since_at: Instant
    actor: str
    reason: str
    until: Instant | None = None


class HoldKind(StrEnum):
    """Why a person is left alone."""

    FRONT_DESK = "front_desk"
    MEDICAL = "medical"
    VACATION = "vacation"
    TAKEOVER = "takeover"
    """Somebody of ours is talking with them."""
    OTHER = "other"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A person is left alone by all that is not exempt, until it is lifted or ``until``."""

    id: str
    profile_id: int
    kind: HoldKind
    since_at: Instant
    actor: str
    reason: str
    until: Instant | None = None


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier hand-over that may fill caps; tags and location are those of that time."""

    at: Instant
    channel: str
    purpose: str
    journey: str = ""
    tags: tuple[str, ...] = ()
    location: str | None = None
    is_exempt: bool = False


class ActionFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked when the proposal is an action and no message."""

    amount: int = 0
    """Minor units of money."""
    minimum_match_confidence: int = 0
    needs_approval: bool = False
    approvers: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()
    """Limits of the kind that it would break, in words of ``actions.yaml``."""


class Controls(msgspec.Struct, frozen=True, kw_only=True):
    """What people ordered and what is used up, as far as it concerns one proposal. The default lets everything pass."""

    pauses: tuple[Pause, ...] = ()
    """Those in force that cover it."""
    mode: Mode = Mode.ON
    """Of its automation."""
    hold: Hold | None = None
    granted: frozenset[str] = frozenset()
    """What a person gave: ``release``, ``approval``."""
    rejected: bool = False
    """A person said no to this one."""
    open_until: Instant | None = None
    """The channel's provider is not called before this instant, because its calls fail (the circuit breaker)."""
    held_out: tuple[str, ...] = ()
    """Experiments in which another profile of this person or on this address is held out."""
    in_control: bool = False
    """The person or the address is in the global control group."""
    walks: tuple[str, ...] = ()
    """Journeys that the person walks now."""
    used: Mapping[str, int] = {}
    """How much of each limit is used up in its present period, by name."""
    backlog: Mapping[str, int] = {}
    """Open tasks by list."""
    engaged: Mapping[str, int] = {}
    """How often each event of a throttle happened in the last seven times 24 hours."""
    audience_size: int = 0
    """How many people the automation is meant for; 0 where nobody counted."""
    failing: tuple[str, ...] = ()
    """Metrics of profile health that fail."""


class Finding(msgspec.Struct, frozen=True):
    """What one rule said: its id, the reason, the inputs it looked at, and until when it defers (``None``: refuses)."""

    rule: str
    reason: Reason
    inputs: dict[str, Any]
    until: Instant | None = None


class Permit(msgspec.Struct, frozen=True, kw_only=True):
    """The capability to call a provider once for one proposal, until ``expires_at``."""

    proposal_id: str
    address_hash: bytes
    channel: str
    granted_at: Instant
    expires_at: Instant


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """No, with all its reasons."""

    proposal_id: str
    findings: tuple[Finding, ...]


class Deferral(msgspec.Struct, frozen=True, kw_only=True):
    """Not yet: judge again at ``until``."""

    proposal_id: str
    until: Instant
    findings: tuple[Finding, ...]


Verdict = Permit | Refusal | Deferral


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that the rules may look at for one proposal, read inside one transaction under the address's lock."""

    proposal: Proposal
    address_hash: bytes | None
    """Keyed hash of the normalised address; ``None`` when the profile has none for the channel."""
    consent: str
    """What is in force now: ``granted``, ``withdrawn``, ``denied``, ``missing``, ``not_required``.

    See :class:`fieldfare.trust.consent.model.InForce`; anything else counts as missing.
    """
    suppressed_since: Instant | None
    consent_pending: bool
    """The urgent partition has records that are not applied yet."""
    zone: str
    """IANA zone of the person: own trait, else home location, else workspace."""
    zone_source: str
    phases: frozenset[str]
    """Season phases in force for the person's location now, as ``season.phase`` and ``phase``."""
    journey_live: bool
    """The enrollment still walks: neither ended nor at its goal (re-judged just now)."""
    on_hold: bool
    """Trait ``on_hold`` or ``marketing_hold`` is true."""
    rendered: bool
    """The message could be rendered with the profile's values."""
    match_confidence: int
    """Percent; what identity was sure of."""
    verified: bool = True
    """A sender has verified that the address belongs to the person."""
    location: str | None = None
    """The person's home location."""
    tags: tuple[str, ...] = ()
    """Tags of the template or the action."""
    sent: tuple[Sent, ...] = ()
    """Earlier hand-overs to this person or this address, ascending by time."""
    action: ActionFacts | None = None
    """Given when it is an action and no message."""
    controls: Controls = Controls()
    permitted: tuple[Sent, ...] = ()
    """Filled by ``judge`` alone: permits of the same call to the same person or address."""
    spent: Mapping[str, int] = {}
    """Filled by ``judge`` alone: what permits of the same call took of each limit."""


class TryFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All that is looked at for a test message to one of our own people, read inside one transaction."""

    proposal_id: str
    channel: str
    address_hash: bytes
    is_recipient: bool
    """The address is declared for tests, or that of whoever asks."""
    suppressed_since: Instant | None
    consent_pending: bool
    """The urgent partition has records that are not applied yet: one may say to leave the address alone."""
    rendered: bool
    stopped: Finding | None = None
    """What people stopped: everything, the channel, the profile whose message it is."""
