"""Nouns of the gate: policy, facts, verdicts, reasons. No behaviour.

Only :mod:`fieldfare.decide.gate.judge` constructs a ``Permit``.
"""

from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.instants import SECOND, Instant
from fieldfare.ground.workspace.model import Duration

PERMIT_LIFETIME = 5 * SECOND


class Reason(StrEnum):
    """Why the gate says no, or not yet. Stable; documented in docs/reference/reasons.md."""

    NO_ADDRESS = "no_address"
    CONSENT_MISSING = "consent_missing"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    SUPPRESSED = "suppressed"
    HOLDOUT = "holdout"
    CAP_REACHED = "cap_reached"
    QUIET_HOURS = "quiet_hours"
    WRONG_PHASE = "wrong_phase"
    EXPIRED = "expired"
    JOURNEY_ENDED = "journey_ended"
    ON_HOLD = "on_hold"
    CONSENT_PENDING = "consent_pending"
    RENDER_FAILED = "render_failed"
    LOW_CONFIDENCE = "low_confidence"
    PAUSED = "paused"
    LOST_TO_PRIORITY = "lost_to_priority"


class OnHit(StrEnum):
    """What quiet hours do with a message that falls into them."""

    DEFER = "defer"
    REFUSE = "refuse"


ANY_CHANNEL = "any"


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``most`` messages per span to one address, or with channel ``any`` to one person."""

    channel: str
    most: int
    per: Duration
    calendar: bool = False
    """Count calendar days in the person's zone, today included; else roll back from now by the exact length."""


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """Wall-clock minutes [first, end) of the person's day on which these channels are silent; may run over midnight."""

    first: int
    end: int
    channels: tuple[str, ...]
    """Empty: all."""
    on_hit: OnHit = OnHit.DEFER


class PhaseRule(msgspec.Struct, frozen=True, kw_only=True):
    """What holds on top while a season phase is in force at the person's place."""

    phase: str
    """``peak`` or ``january.peak``."""
    refuse_purposes: tuple[str, ...] = ()
    caps: tuple[Cap, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's rules of one brand, as compiled from ``policies.yaml``. The default has no limits but the law's."""

    version: str = "none"
    """Digest of the file's content."""
    caps: tuple[Cap, ...] = ()
    quiet_hours: QuietHours | None = None
    phases: tuple[PhaseRule, ...] = ()
    minimum_match_confidence: int = 0
    holds: tuple[str, ...] = ("on_hold", "marketing_hold")
    """Boolean traits that stop messages; the caller reads them into ``Facts.on_hold``."""
    exempt: frozenset[str] = frozenset()
    """Purposes exempt from holds, holdout, phases, caps and quiet hours, beside those that need no consent."""


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
    sent_at: tuple[Instant, ...]
    """Instants of earlier hand-overs to this address that count toward caps, ascending."""
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
    sent_any_at: tuple[Instant, ...] = ()
    """The same for this person over all channels, ascending; for caps of channel ``any``. Empty: ``sent_at`` serves."""
    permitted_at: tuple[Instant, ...] = ()
    """Filled by ``judge`` alone: permits of the same call that count toward caps."""
