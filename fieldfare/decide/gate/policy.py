"""Nouns of ``policies.yaml`` as compiled: whom a rule concerns, caps, throttle, hours, limits. Decides nothing.

A :class:`Selector` says whom a rule concerns, in one way for all rules. Locations in it are places, never regions: what
is written as a region is spelled out when the workspace is compiled.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from fieldfare.ground.workspace.model import Duration
from fieldfare.network.calendars.by_phase import resolve
from fieldfare.network.calendars.model import Season

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
    by_phase: dict[str, "Cap"] = {}
    """What it is in a season phase; see :func:`in_phases`."""
    phase: str = ""
    """The phase whose word this is."""


class Throttle(msgspec.Struct, frozen=True, kw_only=True):
    """At most floor(base x (1 + min(rate, 1))) messages in seven times 24 hours.

    The rate is engagements over messages of the same span; without messages, or negative, it is 0.
    """

    base: int
    events: tuple[str, ...]
    """Events that count as engagement."""
    obeys: Selector = EVERYTHING
    counts_towards: Selector = EVERYTHING
    by_phase: dict[str, "Throttle"] = {}
    phase: str = ""


class QuietHours(msgspec.Struct, frozen=True, kw_only=True):
    """Wall-clock minutes [first, end) of the person's day on which these channels are silent; may run over midnight."""

    first: int
    end: int
    channels: tuple[str, ...] = ()
    """Empty: all."""
    on_hit: OnHit = OnHit.DEFER
    spread_us: int = 0
    """What waited is let go over this long after the end of the silence, each at a moment of its own."""
    by_phase: dict[str, "QuietHours"] = {}
    phase: str = ""


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """What is not let go: never, or only while one of some season phases is in force at the person's place."""

    concerns: Selector
    phases: tuple[str, ...] = ()
    """``peak`` or ``january.peak``; empty: never."""


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
    by_phase: dict[str, "Approval"] = {}
    phase: str = ""


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
    by_phase: dict[str, "Limit"] = {}
    phase: str = ""


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
    by_phase: dict[str, "ActionKind"] = {}
    phase: str = ""


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
    refused: tuple[Refused, ...] = ()
    """What does not go, such as a purpose at some locations or in a phase."""
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
    channel_order: tuple[str, ...] = ()
    """Channels, the one to be tried first at the front."""
    channel_order_by_phase: dict[str, tuple[str, ...]] = {}
    seasons: tuple[Season, ...] = ()
    """Of the workspace: where several phases have a word, their priorities decide."""


_VARYING = ("caps", "throttles", "quiet_hours", "approvals", "limits")


def in_phases(policy: Policy, phases: frozenset[str]) -> Policy:
    """Return the policy as it holds while these season phases are in force; the same one where none has a word."""
    changed: dict[str, object] = {}
    for name in _VARYING:
        rules = getattr(policy, name)
        if any(rule.by_phase for rule in rules):
            changed[name] = tuple(resolve(rule, rule.by_phase, phases, policy.seasons) for rule in rules)
    if policy.channel_order_by_phase:
        changed["channel_order"] = channel_order(policy, phases)
    return msgspec.structs.replace(policy, **changed) if changed else policy


def channel_order(policy: Policy, phases: frozenset[str]) -> tuple[str, ...]:
    """Return the order in which channels are tried while these phases are in force; empty: as the step says."""
    return resolve(policy.channel_order, policy.channel_order_by_phase, phases, policy.seasons)


def ordered(policy: Policy, phases: frozenset[str], channels: Iterable[str]) -> tuple[str, ...]:
    """Return the channels in the order of now; those that it does not name keep their place behind the others."""
    order = {name: place for place, name in enumerate(channel_order(policy, phases))}
    return tuple(sorted(channels, key=lambda name: order.get(name, len(order))))


def in_places(policy: Policy, inside: Callable[[str], tuple[str, ...]]) -> Policy:
    """Return the policy with every region spelled out as the locations in it."""

    def placed(value: object) -> object:
        if isinstance(value, Selector):
            places = {place for name in value.locations for place in inside(name) or (name,)}
            return msgspec.structs.replace(value, locations=tuple(sorted(places)))
        if isinstance(value, tuple):
            return tuple(placed(each) for each in value)
        if isinstance(value, dict):
            return {name: placed(each) for name, each in value.items()}
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(value, **{name: placed(getattr(value, name)) for name in _fields(value)})
        return value

    found = placed(policy)
    assert isinstance(found, Policy)
    return found


def _fields(value: msgspec.Struct) -> list[str]:
    kinds = (tuple, dict, Selector, ControlGroup)
    return [name for name in value.__struct_fields__ if name != "seasons" and isinstance(getattr(value, name), kinds)]
