"""The shape of ``policies.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fieldfare.know.profiles.health import Metric

Count = Annotated[int, Meta(ge=0)]
Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class SelectorEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a rule concerns: all of the keys that are written must fit; nothing written: everybody."""

    channels: Annotated[list[str], Meta(description="Channels.")] = []
    purposes: Annotated[list[str], Meta(description="Purposes of consent.yaml.")] = []
    tags: Annotated[list[str], Meta(description="Tags of templates and actions; one of them is enough.")] = []
    locations: Annotated[list[str], Meta(description="Home locations or regions.")] = []
    journeys: Annotated[list[str], Meta(description="Journeys.")] = []


ByPhase = Meta(
    description="What holds instead in a season phase at the person's place: `peak`, or one season's `january.peak`."
)


class CapInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a cap is in a phase."""

    most: Annotated[int, Meta(ge=0, le=10_000, description="At most this many messages in this phase.")]


class CapEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many messages may go in how long. Several caps all hold; the strictest wins."""

    most: Annotated[int, Meta(ge=0, le=10_000, description="At most this many messages.")]
    per: Annotated[str, Meta(description="Length of the span, such as `7 days`.")]
    channel: Annotated[str, Meta(description="A channel, or `any` for all channels of a person together.")] = "any"
    purpose: Annotated[str | None, Meta(description="Only this purpose obeys it and counts towards it.")] = None
    tag: Annotated[str | None, Meta(description="Only messages with this tag obey it and count towards it.")] = None
    location: Annotated[
        str | None, Meta(description="Only people of this location or region obey it, and what they get counts.")
    ] = None
    calendar: Annotated[
        bool, Meta(description="Count calendar days in the person's zone, today included, instead of rolling hours.")
    ] = False
    obeys: Annotated[
        SelectorEntry | None, Meta(description="Who must stay under it, where that is not what counts towards it.")
    ] = None
    counts_towards: Annotated[
        SelectorEntry | None,
        Meta(description="What fills it, where that is not who obeys it; exempt purposes only when named here."),
    ] = None
    by_phase: Annotated[dict[str, CapInPhase], ByPhase] = {}


class ThrottleInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a throttle is in a phase."""

    base: Annotated[int, Meta(ge=0, le=1_000, description="Messages in seven days for somebody who never answers.")]


class ThrottleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most floor(base x (1 + min(rate, 1))) messages in 7 times 24 hours; rate: engagements over messages."""

    base: Annotated[int, Meta(ge=0, le=1_000, description="Messages in seven days for somebody who never answers.")]
    events: Annotated[
        list[str], Meta(min_length=1, description="Events that count as engagement, such as `Message Clicked`.")
    ]
    obeys: Annotated[SelectorEntry | None, Meta(description="Who must stay under it; everybody when left out.")] = None
    counts_towards: Annotated[
        SelectorEntry | None, Meta(description="Messages that count; all that are not exempt when left out.")
    ] = None
    by_phase: Annotated[dict[str, ThrottleInPhase], ByPhase] = {}


class QuietInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "end": "to"}):
    """What a silence is in a phase; what is left out is as without it."""

    first: Annotated[str | None, Meta(description="Local time at which silence begins, `HH:MM` in quotes.")] = None
    end: Annotated[str | None, Meta(description="Local time at which it ends.")] = None
    spread: Annotated[str | None, Meta(description="Over how long what waited is let go.")] = None


class QuietEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "end": "to"}):
    """Hours of the person's day in which nothing goes: `from` and `to`, or a `preset`."""

    first: Annotated[str | None, Meta(description="Local time at which silence begins, `HH:MM` in quotes.")] = None
    end: Annotated[
        str | None, Meta(description="Local time at which it ends, `HH:MM` in quotes; may lie past midnight.")
    ] = None
    preset: Annotated[
        Literal["us"] | None,
        Meta(description="`us`: messages between 8:00 and 21:00 only, as the law there has it for calls and texts."),
    ] = None
    channels: Annotated[list[str], Meta(description="Channels that are silent; all when left out.")] = []
    on_hit: Annotated[
        Literal["defer", "nearest_edge", "refuse"],
        Meta(
            description="`defer` to the end of the silence, or `refuse` for good; `nearest_edge` also moves a planned "
            "time before the silence where its beginning is nearer."
        ),
    ] = "defer"
    spread: Annotated[
        str, Meta(description="What waited is let go one by one over this long after the silence, each judged anew.")
    ] = "30 minutes"
    by_phase: Annotated[dict[str, QuietInPhase], ByPhase] = {}


class RefuseEntry(SelectorEntry, frozen=True, forbid_unknown_fields=True):
    """What does not go: all of the keys that are written must fit."""

    phases: Annotated[
        list[str],
        Meta(description="Only while one of these season phases is in force there; at any time when left out."),
    ] = []


class ExclusionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Journeys of which a person hears one at a time."""

    name: Annotated[Name, Meta(description="Name that refusals tell.")]
    journeys: Annotated[list[str], Meta(min_length=2, description="Journeys, the most important first.")]
    hold: Annotated[
        str | None,
        Meta(description="How long after a message of a more important one the others stay silent, such as `14 days`."),
    ] = None


class ControlGroupEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People who get nothing, for measurement."""

    share: Annotated[str, Meta(description="Share of all people, such as `5 %`; at most 20 %.")]
    spares: Annotated[list[SelectorEntry], Meta(description="What they get all the same.")] = []


class ApprovalInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an approval is in a phase; what is left out is as without it."""

    audience_above: Annotated[Count | None, Meta(description="Only for more people than this.")] = None
    amount_above: Annotated[Count | None, Meta(description="Only for more than this, in minor units.")] = None


class ApprovalEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person must allow first."""

    name: Annotated[Name, Meta(description="Name that the queue tells.")]
    concerns: Annotated[SelectorEntry, Meta(description="What it concerns; everything when left out.")] = (
        SelectorEntry()
    )
    audience_above: Annotated[
        Count | None, Meta(description="Only where the automation is meant for more people than this.")
    ] = None
    amount_above: Annotated[
        Count | None, Meta(description="Only actions worth more than this, in minor units (cents).")
    ] = None
    who: Annotated[list[str], Meta(description="Who may allow it; anybody but whoever asked when left out.")] = []
    by_phase: Annotated[dict[str, ApprovalInPhase], ByPhase] = {}


class CapacityInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a capacity is in a phase; what is left out is as without it."""

    most: Annotated[Count | None, Meta(description="At most this many.")] = None
    backlog_above: Annotated[Count | None, Meta(description="Open tasks above which nothing more goes.")] = None


class CapacityEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many a team or a place can take in a period."""

    name: Annotated[Name, Meta(description="Name that deferrals tell.")]
    most: Annotated[int, Meta(ge=0, description="At most this many.")]
    per: Annotated[str, Meta(description="The period, such as `1 day`, `1 week` or `4 hours`.")]
    concerns: Annotated[SelectorEntry, Meta(description="What takes from it.")] = SelectorEntry()
    by_location: Annotated[bool, Meta(description="`true`: every location has this many of its own.")] = False
    backlog: Annotated[str | None, Meta(description="List of tasks that must not pile up.")] = None
    backlog_above: Annotated[
        Count | None, Meta(description="While more tasks than this are open on `backlog`, nothing more goes.")
    ] = None
    by_phase: Annotated[dict[str, CapacityInPhase], ByPhase] = {}


class BudgetInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a budget is in a phase."""

    most: Annotated[Count, Meta(description="At most this much, in minor units.")]


class BudgetEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much money may be spent in a period."""

    name: Annotated[Name, Meta(description="Name that deferrals tell.")]
    most: Annotated[int, Meta(ge=0, description="At most this much, in minor units of the workspace's currency.")]
    per: Annotated[str, Meta(description="The period, such as `1 day` or `30 days`.")]
    concerns: Annotated[SelectorEntry, Meta(description="What takes from it.")] = SelectorEntry()
    by_location: Annotated[bool, Meta(description="`true`: every location has this much of its own.")] = False
    by_phase: Annotated[dict[str, BudgetInPhase], ByPhase] = {}


class OrderInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order of channels in a phase."""

    order: Annotated[list[str], Meta(min_length=1, description="Channels, the one to be tried first at the front.")]


class ChannelOrderEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which order the channels of a message are tried."""

    order: Annotated[
        list[str], Meta(description="Channels, the one to be tried first at the front; as each step says when empty.")
    ] = []
    by_phase: Annotated[dict[str, OrderInPhase], ByPhase] = {}


class UrgentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is urgent, and how it goes."""

    priority: Annotated[int, Meta(ge=0, le=100, description="Messages of this priority and above are urgent.")]
    channels: Annotated[list[str], Meta(min_length=1, description="Channels that they go by, the best first.")]


class BandEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """People who are worth more than something, and how messages go to them."""

    above: Annotated[float, Meta(description="People whose trait is above this.")]
    channels: Annotated[list[str], Meta(min_length=1, description="Channels, the best first.")]


class ValueEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which channels suit what a person is worth."""

    trait: Annotated[str, Meta(min_length=1, description="Trait that tells it, such as `lifetime_value`.")]
    bands: Annotated[list[BandEntry], Meta(min_length=1, description="The highest band that fits counts.")]


class ChoiceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a channel is chosen for messages that say `choose: best`."""

    by: Annotated[
        tuple[Literal["urgency", "value", "preference", "engagement", "cost"], ...],
        Meta(min_length=1, description="Criteria, the weightiest first; what is left out does not count."),
    ] = ("urgency", "value", "preference", "engagement", "cost")
    urgent: Annotated[UrgentEntry | None, Meta(description="What is urgent, and how it goes.")] = None
    value: Annotated[ValueEntry | None, Meta(description="Channels by what a person is worth.")] = None
    preferred: Annotated[str, Meta(min_length=1, description="Trait that names a person's channel, or several.")] = (
        "preferred_channel"
    )
    least_engagement: Annotated[
        dict[str, str],
        Meta(
            description="Share of messages that somebody must answer on a channel, if they can be reached by another.",
            examples=[{"sms": "5 %"}],
        ),
    ] = {}


class PoliciesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of the gate. Consent and suppression always hold and are not written here."""

    caps: Annotated[list[CapEntry], Meta(description="Frequency caps; all of them hold.")] = []
    throttles: Annotated[
        list[ThrottleEntry], Meta(description="Caps that grow with how much a person answers; all of them hold.")
    ] = []
    quiet_hours: Annotated[
        QuietEntry | list[QuietEntry] | None,
        Meta(description="When nobody is disturbed; one, or several that all hold."),
    ] = None
    refuse: Annotated[
        list[RefuseEntry],
        Meta(description="What does not go, such as a channel at some locations, or a purpose in a phase."),
    ] = []
    channels: Annotated[ChannelOrderEntry, Meta(description="In which order the channels of a message are tried.")] = (
        ChannelOrderEntry()
    )
    verified: Annotated[
        list[SelectorEntry], Meta(description="What goes only to addresses that a sender has verified.")
    ] = []
    exclusions: Annotated[list[ExclusionEntry], Meta(description="Journeys that give way to others.")] = []
    control_group: Annotated[
        ControlGroupEntry | None, Meta(description="People who get nothing, so that all of it can be measured.")
    ] = None
    approvals: Annotated[list[ApprovalEntry], Meta(description="What a person must allow first.")] = []
    capacities: Annotated[list[CapacityEntry], Meta(description="What teams and places can take.")] = []
    budgets: Annotated[list[BudgetEntry], Meta(description="What may be spent.")] = []
    costs: Annotated[
        dict[str, Annotated[int, Meta(ge=0)]],
        Meta(description="What one message of a channel costs, in minor units.", examples=[{"sms": 8}]),
    ] = {}
    choice: Annotated[ChoiceEntry, Meta(description="How a channel is chosen where several are named.")] = ChoiceEntry()
    require_healthy: Annotated[
        list[Metric], Meta(description="Metrics of profile health that must not fail while messages go.")
    ] = []
    minimum_match_confidence: Annotated[
        int, Meta(ge=0, le=100, description="Percent of certainty about who somebody is, below which nothing goes.")
    ] = 0
    holds: Annotated[tuple[str, ...], Meta(description="Boolean traits that stop messages while they are true.")] = (
        "on_hold",
        "marketing_hold",
    )
    purposes_exempt: Annotated[
        list[str], Meta(description="Purposes that holds, holdout, phases, caps, limits and quiet hours do not touch.")
    ] = []
    keep_decisions: Annotated[
        str, Meta(description="How long decisions are kept in full, in days; hashed summaries stay after that.")
    ] = "14 days"
