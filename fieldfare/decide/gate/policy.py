"""Nouns of ``policies.yaml`` as compiled: whom a rule concerns, caps, throttle, hours, limits. Decides nothing.

A :class:`Selector` says whom a rule concerns, in one way for all rules. Locations in it are places, never regions: what
is written as a region is spelled out when the workspace is compiled.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from fieldfare.ground.workspace.model import Duration

ANY_CHANNEL = "any"


class OnHit(StrEnum):
    """What quiet hours do with a message that falls into them."""

    DEFER = "defer"
    NEAREST_EDGE = "nearest_edge"
    """A planned time moves to the nearer end of the silence; what is due inside it waits for the end."""
    REFUSE = "refuse"


class Selector(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a rule concerns: every field that is not empty must name what it is asked about. Empty: everybody."""

    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """One of them on the template or the action is enough."""
    locations: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()

    def covers(self, channel: str, purpose: str, tags: Iterable[str], location: str | None, journey: str) -> bool:
        """Return whether the rule concerns a message or an action of this kind."""
        if self.channels and channel not in self.channels:
            return False
        if self.purposes and purpose not in self.purposes:
            return False
        if self.tags and not any(tag in self.tags for tag in tags):
            return False
        if self.journeys and journey not in self.journeys:
            return False
        return not self.locations or location in self.locations


EVERYTHING = Selector()


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """At most ``most`` messages per span to one person or address."""

    most: int
    per: Duration
    calendar: bool = False
    """Count calendar days in the person's zone, today included; else roll back from now by the exact length."""
    obeys: Selector = EVERYTHING
    """Who must stay under it."""
    counts_towards: Selector = EVERYTHING
    """What fills it. Exempt messages fill it only where their purpose is named here."""


class Throttle(msgspec.Struct, frozen=True, kw_only=True):
    """At most floor(base x (1 + min(rate, 1))) messages in seven times 24 hours.

    The rate is engagements over messages of the same span; without messages, or negative, it is 0.
    """

    base: int
    events: tuple[str, ...]
    """Events that count as engagement."""
    obeys: Selector = EVERYTHING
    counts_towards: Selector = EVERYTHING


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """Wall-clock minutes [first, end) of the person's day on which these channels are silent; may run over midnight."""

    first: int
    end: int
    channels: tuple[str, ...] = ()
    """Empty: all."""
    on_hit: OnHit = OnHit.DEFER
    spread_us: int = 0
    """What waited is let go over this long after the end of the silence, each at a moment of its own."""


class PhaseRule(msgspec.Struct, frozen=True, kw_only=True):
    """What holds on top while a season phase is in force at the person's place."""

    phase: str
    """``peak`` or ``january.peak``."""
    refuse_purposes: tuple[str, ...] = ()
    refuse_channels: tuple[str, ...] = ()
    caps: tuple[Cap, ...] = ()


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """Journeys of which a person hears one at a time, the most important first."""

    name: str
    journeys: tuple[str, ...]
    hold_us: int = 0
    """How long after a message of a more important one the others stay silent."""


class ControlGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The share of all people who get nothing, for measurement."""

    share: float
    spares: tuple[Selector, ...] = ()
    """What goes to them all the same."""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """What a person must allow first. Without limits: everything that it concerns."""

    name: str
    concerns: Selector
    audience_above: int | None = None
    amount_above: int | None = None
    """Of an incentive, in minor units."""
    who: tuple[str, ...] = ()
    """Who may allow it; empty: anybody but whoever asked."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """A capacity (how many) or a budget (how much money) of a period, for a place or the whole brand."""

    name: str
    concerns: Selector
    most: int
    """Messages and actions, or minor units of money."""
    is_money: bool
    per: Duration
    calendar: bool = True
    by_location: bool = False
    """Every location has this much of its own."""
    backlog_list: str = ""
    backlog_above: int | None = None
    """While more tasks than this are open on the list, nothing more goes."""


class ActionKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of action that may be asked of the gate: a discount, a refund, a rebooking, a slot."""

    name: str
    purpose: str
    description: str = ""
    is_reversible: bool = True
    minimum_match_confidence: int = 0
    approve_above: int | None = None
    """Amounts above this need a person."""
    always_approved: bool = False
    approvers: tuple[str, ...] = ()
    most_amount: int | None = None
    most: int | None = None
    """How many of this kind one person gets in ``per``."""
    per: Duration | None = None
    tags: tuple[str, ...] = ()
    valid_us: int
    """How long a permit may be used."""


class ChoicePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """In which order channels are taken, of several that a message could go by."""

    by: tuple[str, ...] = ("urgency", "value", "preference", "engagement", "cost")
    """Criteria, the weightiest first."""
    urgent_priority: int | None = None
    """Messages of this priority and above are urgent."""
    urgent_channels: tuple[str, ...] = ()
    value_trait: str = ""
    value_bands: tuple[tuple[float, tuple[str, ...]], ...] = ()
    """(above, channels), the highest first."""
    preferred: str = "preferred_channel"
    """Trait in which people name their channel."""
    least_engagement: dict[str, int] = {}
    """Percent of messages that somebody must answer on a channel, where there is another."""
    costs: dict[str, int] = {}


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's rules of one brand, as compiled from ``policies.yaml``. The default has no limits but the law's."""

    version: str = "none"
    """Digest of the file's content."""
    caps: tuple[Cap, ...] = ()
    throttles: tuple[Throttle, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    phases: tuple[PhaseRule, ...] = ()
    refused: tuple[Selector, ...] = ()
    """What never goes, such as a purpose at some locations."""
    verified: tuple[Selector, ...] = ()
    """What goes to verified addresses only."""
    exclusions: tuple[Exclusion, ...] = ()
    control_group: ControlGroup | None = None
    approvals: tuple[Approval, ...] = ()
    limits: tuple[Limit, ...] = ()
    costs: dict[str, int] = {}
    """What one message of a channel costs, in minor units."""
    healthy: tuple[str, ...] = ()
    """Metrics of profile health that must not fail."""
    minimum_match_confidence: int = 0
    holds: tuple[str, ...] = ("on_hold", "marketing_hold")
    """Boolean traits that stop messages; the caller reads them into ``Facts.on_hold``."""
    exempt: frozenset[str] = frozenset()
    """Purposes exempt from what policies and people order, beside those that need no consent."""
    choice: ChoicePolicy = ChoicePolicy()
    keep_days: int = 14
    """How long decisions are kept in full."""
    zone: str = "UTC"
    """Of the workspace: days of limits are its days."""


def in_places(policy: Policy, inside: Callable[[str], tuple[str, ...]]) -> Policy:
    """Return the policy with every region spelled out as the locations in it."""

    def placed(value: object) -> object:
        if isinstance(value, Selector):
            places = {place for name in value.locations for place in inside(name) or (name,)}
            return msgspec.structs.replace(value, locations=tuple(sorted(places)))
        if isinstance(value, tuple):
            return tuple(placed(each) for each in value)
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **{name: placed(getattr(value, name)) for name in _fields(value)})
        return value

    found = placed(policy)
    assert isinstance(found, Policy)
    return found


def _fields(value: msgspec.Struct) -> list[str]:
    kinds = (tuple, Selector, ControlGroup)
    return [name for name in value.__struct_fields__ if isinstance(getattr(value, name), kinds)]
