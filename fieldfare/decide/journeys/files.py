"""The shape of ``journeys/*.yaml`` as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.know.audiences.files import ConditionNode

Where = Annotated[
    Any, Meta(description="Tests of the event's properties: `{property: value}` or `{property: {above: 3}}`; all hold.")
]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Named = Annotated[str, Meta(min_length=1)]
Percent = Annotated[int, Meta(ge=1, le=100)]
MonthDay = Annotated[int, Meta(ge=-1, le=31)]
StopWhat = Literal["bounced", "complained", "unsubscribed", "failed", "refused", "unsure"]
CheckName = Literal["owner", "kpi", "holdout", "opt_out_test", "fallback", "exit", "way_back"]
Priority = Annotated[int, Meta(ge=0, le=100)]
Reason = Annotated[str, Meta(min_length=1, max_length=100)]
EventName = Annotated[str, Meta(min_length=1, description="Name of an event, as its contract spells it.")]


class ReentryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Walk again, but not too soon."""

    after: Annotated[str, Meta(description="Time since the last entry, such as `90 days`.")]


class DateEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A date or an instant on the profile, by the person's own clock."""

    trait: Annotated[str, Meta(min_length=1, description="Trait that holds the date; one that is not sealed.")]
    before: Annotated[str | None, Meta(description="How long before it, such as `7 days` or `48 hours`.")] = None
    after: Annotated[str | None, Meta(description="How long after it.")] = None
    at: Annotated[
        str | None, Meta(description="Time of that day, `HH:MM`; that of the instant, or midnight, when left out.")
    ] = None
    yearly: Annotated[bool, Meta(description="Whether it comes round every year, as a birthday does.")] = False


class ScheduleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Again and again at a time of the person's day, for the members of an audience."""

    of: Annotated[str, Meta(min_length=1, description="Audience whose members enter.")]
    at: Annotated[str, Meta(description="Time of the person's day, `HH:MM` in quotes.")]
    weekdays: Annotated[
        list[Weekday], Meta(description="Days of the week, such as `[mon, thu]`; all when left out.")
    ] = []
    month_days: Annotated[
        list[MonthDay], Meta(description="Days of the month, such as `[1, 15]`; -1 is the last; all when left out.")
    ] = []


class SettleEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A delay after which everything that let the person in must still hold."""

    after: Annotated[str, Meta(description="How long, such as `30 minutes`.")]


class CanaryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom the journey is tried with: exactly one of `share` and `locations`."""

    share: Annotated[str | None, Meta(description="Share of the profiles, such as `5 %`.")] = None
    locations: Annotated[list[str], Meta(description="Locations or regions.")] = []


class EntryInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an entry is in a phase."""

    open: Annotated[bool, Meta(description="Whether anybody may enter in this phase.")]


class EntryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"condition": "if"}):
    """Who enters: exactly one of `joins`, `event`, `date` and `schedule`, or `api` alone."""

    joins: Annotated[str | None, Meta(description="Audience whose joining lets people enter.")] = None
    event: Annotated[str | None, Meta(description="Event that lets people enter.")] = None
    where: Where = None
    date: Annotated[DateEntry | None, Meta(description="Date on a trait.")] = None
    schedule: Annotated[ScheduleEntry | None, Meta(description="Again and again.")] = None
    api: Annotated[bool, Meta(description="Whether the API may enroll.")] = False
    key: Annotated[
        str | None,
        Meta(description="With `event`: property, such as `booking_id`, with one walk for each of its values."),
    ] = None
    condition: Annotated[ConditionNode | None, Meta(description="Must hold at the moment of entry.")] = None
    settle: Annotated[SettleEntry | None, Meta(description="Begin later, if all still holds then.")] = None
    confidence: Annotated[Percent | None, Meta(description="Least confidence of the match, in percent.")] = None
    reachable: Annotated[list[str], Meta(description="Channels of which one must have an address and consent.")] = []
    canary: Annotated[CanaryEntry | None, Meta(description="Try it with a few first.")] = None
    max_age: Annotated[str, Meta(description="A cause that was older when it was accepted lets nobody enter.")] = (
        "1 day"
    )
    reentry: Annotated[
        Literal["never", "always"] | ReentryEntry | None,
        Meta(description="Whether somebody may walk it again; `never`, of `date` and `schedule` `always`."),
    ] = None
    on_cut: Annotated[
        bool,
        Meta(
            description="With `joins`: whether who joins because a published cut moved enters too, although nothing "
            "happened to them."
        ),
    ] = False
    open: Annotated[bool, Meta(description="Whether anybody may enter; who walks it already goes on.")] = True
    by_phase: Annotated[
        dict[str, EntryInPhase],
        Meta(
            description="What holds instead in a season phase at the person's place: `peak`, or one season's "
            "`january.peak`."
        ),
    ] = {}


class GoalEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the journey is for. Reaching it completes the walk."""

    event: EventName
    within: Annotated[str, Meta(description="How long after the entry it counts, such as `30 days`.")]
    where: Where = None
    revenue: Annotated[str | None, Meta(description="Property of the event that carries money.")] = None


class ExitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stops a walk: exactly one of `leaves`, `event`, `when` and `after`."""

    leaves: Annotated[str | None, Meta(description="Stops whoever leaves this audience, or is not in it.")] = None
    event: Annotated[str | None, Meta(description="Stops whoever does this.")] = None
    where: Where = None
    when: Annotated[ConditionNode | None, Meta(description="Stops whoever this holds for.")] = None
    after: Annotated[str | None, Meta(description="Ends every walk so long after its entry.")] = None


class WaitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wait for a time of day, a date or an event: exactly one of `until`, `date` and `event`."""

    until: Annotated[str | None, Meta(description="Time of the person's day, `HH:MM` in quotes.")] = None
    weekdays: Annotated[list[Weekday], Meta(description="With `until`: on one of these days of the week.")] = []
    date: Annotated[DateEntry | None, Meta(description="Date on a trait; of one that is over the walk goes on.")] = None
    event: Annotated[str | None, Meta(description="Event that is waited for.")] = None
    where: Where = None
    timeout: Annotated[str | None, Meta(description="How long to wait for the event; needed with `event`.")] = None
    late: Annotated["list[StepEntry]", Meta(description="Steps if the event did not come in time.")] = []


class FallbackEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another channel, and its template."""

    channel: Annotated[str, Meta(min_length=1, description="Channel of channels.yaml.")]
    template: Annotated[str, Meta(min_length=1, description="Template to render.")]


class EscalateEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A second message by another channel, when the first was not opened."""

    channel: Annotated[str, Meta(min_length=1, description="Channel of the second message.")]
    template: Annotated[str, Meta(min_length=1, description="Its template.")]
    after: Annotated[str, Meta(description="How long after the first was handed over, such as `2 hours`.")]
    unless: Annotated[
        Literal["opened", "clicked", "replied"],
        Meta(description="What a person does with the first that makes it needless; what machines do never counts."),
    ] = "opened"


class SendEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A message to propose. Whether it goes is the gate's affair."""

    channel: Annotated[str, Meta(min_length=1, description="Channel of channels.yaml.")]
    template: Annotated[str, Meta(min_length=1, description="Template to render.")]
    purpose: Annotated[str | None, Meta(description="Purpose of consent.yaml; the journey's when left out.")] = None
    priority: Annotated[
        Priority | None, Meta(description="Who wins the last place under a cap; the journey's when left out.")
    ] = None
    expires: Annotated[str, Meta(description="How long after the wish it may still go.")] = "2 days"
    variables: Annotated[dict[str, Any], Meta(description="Values for the template.")] = {}
    fallback: Annotated[
        list[FallbackEntry],
        Meta(description="What is sent instead where the channel cannot reach the person, in order."),
    ] = []
    choose: Annotated[
        Literal["in_order", "best"],
        Meta(description="`best`: the criteria of policies.yaml choose among all channels, for each person anew."),
    ] = "in_order"
    best_time: Annotated[
        str | None,
        Meta(description="It waits at most so long for the hour at which the person looks, such as `24 hours`."),
    ] = None
    escalate: Annotated[EscalateEntry | None, Meta(description="What follows when it is not opened.")] = None


class SlaEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is promised for a task, and what follows when it is broken."""

    within: Annotated[str, Meta(description="How long after the step it must be done, such as `1 day`.")]
    event: Annotated[EventName, Meta(description="Event that says that it is done.")] = "Task Done"
    broken: Annotated["list[StepEntry]", Meta(description="Steps if it was not done in time.")] = []


class TaskEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task for people, on a channel that is a list of tasks."""

    channel: Annotated[str, Meta(min_length=1, description="Channel of channels.yaml that holds tasks.")]
    template: Annotated[str, Meta(min_length=1, description="Template that says what to do.")]
    due: Annotated[str | None, Meta(description="How long until it is due; the channel's when left out.")] = None
    sla: Annotated[SlaEntry | None, Meta(description="Wait until it is done, at most so long.")] = None
    purpose: Annotated[str | None, Meta(description="Purpose of consent.yaml; the journey's when left out.")] = None
    priority: Annotated[Priority | None, Meta(description="The journey's when left out.")] = None
    expires: Annotated[str, Meta(description="How long after the wish it may still be put on the list.")] = "2 days"
    variables: Annotated[dict[str, Any], Meta(description="Values for the template.")] = {}


class WebhookEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed call of another system, by a channel whose driver is `webhook`."""

    channel: Annotated[str, Meta(min_length=1, description="Channel of channels.yaml that is a webhook.")]
    template: Annotated[str, Meta(min_length=1, description="Template of the body's text.")]
    answers: Annotated[list[str], Meta(description="Traits that the answer may set; they stand in `writes` too.")] = []
    purpose: Annotated[str | None, Meta(description="Purpose of consent.yaml; the journey's when left out.")] = None
    priority: Annotated[Priority | None, Meta(description="The journey's when left out.")] = None
    expires: Annotated[str, Meta(description="How long after the wish it may still be called.")] = "1 day"
    variables: Annotated[dict[str, Any], Meta(description="Values for the template.")] = {}


class FirstEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is asked before others, where not everybody can be."""

    when: Annotated[ConditionNode, Meta(description="For whom it holds, such as who is active in the season.")]
    priority: Annotated[Priority, Meta(description="Priority of their message; higher wins.")] = 80


class SurveyStepEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question, by a message whose template has `survey_url`."""

    survey: Annotated[str, Meta(min_length=1, description="Survey of `surveys/`.")]
    channel: Annotated[str, Meta(min_length=1, description="Channel of channels.yaml.")]
    template: Annotated[str, Meta(min_length=1, description="Template of the message.")]
    first: Annotated[FirstEntry | None, Meta(description="Who is asked first.")] = None
    purpose: Annotated[str | None, Meta(description="Purpose of consent.yaml; the journey's when left out.")] = None
    priority: Annotated[Priority | None, Meta(description="The journey's when left out.")] = None
    expires: Annotated[str, Meta(description="How long after the wish the message may still go.")] = "2 days"
    variables: Annotated[dict[str, Any], Meta(description="Values for the template.")] = {}


class EmitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event that happens to the person."""

    event: EventName
    properties: Annotated[dict[str, Any], Meta(description="Its properties.")] = {}


class HoldEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"span": "for", "otherwise": "else"}):
    """A reservation for a while."""

    what: Annotated[str, Meta(min_length=1, max_length=64, description="Name of what is reserved, such as `place`.")]
    span: Annotated[str, Meta(description="For how long, such as `30 minutes`.", examples=["30 minutes"])]
    places: Annotated[int, Meta(ge=1, le=1_000_000, description="How many there are.")] = 1
    keyed: Annotated[bool, Meta(description="Whether there are so many for each key of the journey.")] = False
    otherwise: Annotated["list[StepEntry]", Meta(description="Steps if none is free.")] = []


class WayEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One way of a split."""

    way: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="Its name.")]
    weight: Annotated[int, Meta(ge=1, le=10_000, description="How much of all weights it takes.")] = 1
    steps: Annotated["list[StepEntry]", Meta(description="Its steps.")] = []


Ways = Annotated[list[WayEntry], Meta(min_length=2)]


class VariantEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One variant of an experiment step."""

    variant: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="Its name; not `holdout`.")]
    weight: Annotated[int, Meta(ge=1, le=10_000, description="How much of all weights it takes.")] = 1
    steps: Annotated["list[StepEntry]", Meta(description="Its steps; none for those who get nothing here.")] = []


class ExperimentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Several variants of a part of the journey that are compared; the first one is the control."""

    name: Annotated[
        str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="Its name; an experiment measures it as `step`.")
    ]
    variants: Annotated[list[VariantEntry], Meta(min_length=2, description="Its variants, the control first.")]


class BranchEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"otherwise": "else"}):
    """One way or the other."""

    when: Annotated[ConditionNode, Meta(description="Decides which way.")]
    then: Annotated["list[StepEntry]", Meta(description="Steps if it holds.")] = []
    otherwise: Annotated["list[StepEntry]", Meta(description="Steps if it does not.")] = []


class StepEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"leave": "exit", "sets": "set"}):
    """One step: exactly one key."""

    wait: Annotated[
        str | WaitEntry | None, Meta(description="A length of time such as `2 days`, or what to wait for.")
    ] = None
    branch: Annotated[BranchEntry | None, Meta(description="Two ways.")] = None
    split: Annotated[Ways | None, Meta(description="Several ways, by chance; nothing is measured.")] = None
    experiment: Annotated[ExperimentEntry | None, Meta(description="Variants that are compared.")] = None
    send: Annotated[SendEntry | None, Meta(description="Propose a message and go on.")] = None
    task: Annotated[TaskEntry | None, Meta(description="Give people something to do.")] = None
    webhook: Annotated[WebhookEntry | None, Meta(description="Call another system.")] = None
    survey: Annotated[SurveyStepEntry | None, Meta(description="Ask a question.")] = None
    sets: Annotated[dict[str, Any] | None, Meta(description="Set traits; they stand in `writes` too.")] = None
    emit: Annotated[EmitEntry | None, Meta(description="Let an event happen.")] = None
    hold: Annotated[HoldEntry | None, Meta(description="Reserve something for a while.")] = None
    release: Annotated[Reason | None, Meta(description="Give back what was reserved.")] = None
    journey: Annotated[Named | None, Meta(description="Ask another journey to take the person.")] = None
    leave: Annotated[Reason | None, Meta(description="End here, for this reason.")] = None


class SuppressesEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"span": "for"}):
    """What rests while somebody walks this journey: at least one of `journeys` and `purposes`."""

    journeys: Annotated[list[str], Meta(description="Journeys by name.")] = []
    purposes: Annotated[list[str], Meta(description="Journeys whose purpose is one of these.")] = []
    span: Annotated[str | None, Meta(description="So long after the entry; as long as the walk when left out.")] = None


class MoveEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How those who walk an older version go over to this one."""

    steps: Annotated[
        dict[str, str], Meta(description="Old step to new one, by path; a step that is not named keeps its path.")
    ] = {}
    late_steps: Annotated[
        bool, Meta(description="Whether new steps before the place where somebody stands are taken at once.")
    ] = False


class StopInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a stop criterion is in a phase."""

    above: Annotated[str, Meta(description="Share above which it pauses in this phase.")]


class StopEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When the journey pauses itself."""

    what: Annotated[StopWhat, Meta(description="What is counted, of all messages that were handed over or failed.")]
    above: Annotated[str, Meta(description="Share above which it pauses, such as `2 %`.")]
    within: Annotated[str, Meta(description="How far back is counted, such as `1 day`.")] = "1 day"
    at_least: Annotated[int, Meta(ge=1, description="With fewer messages nothing is judged.")] = 20
    by_phase: Annotated[
        dict[str, StopInPhase],
        Meta(description="What holds instead while a season phase is in force at any place: `peak`."),
    ] = {}


class WaiverEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A release check that does not apply here, and who answers for that."""

    check: Annotated[CheckName, Meta(description="Which check.")]
    by: Annotated[str, Meta(min_length=1, description="Who answers for it.")]
    why: Annotated[str, Meta(min_length=10, description="Why it does not apply.")]


class JourneyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One journey."""

    journey: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="Its name.")]
    entry: Annotated[EntryEntry, Meta(description="Who enters, and when.")]
    steps: Annotated[list[StepEntry], Meta(min_length=1, description="What happens, in order.")]
    description: Annotated[str, Meta(description="What it is for, for those who use it.")] = ""
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    holdout: Annotated[str | None, Meta(description="Share kept out for measurement, such as `15 %`.")] = None
    goal: Annotated[GoalEntry | None, Meta(description="What it is for, as an event.")] = None
    exit: Annotated[list[ExitEntry], Meta(description="What stops a walk early.")] = []
    purpose: Annotated[str, Meta(description="Purpose of its messages.")] = "marketing"
    priority: Annotated[Priority, Meta(description="Priority of its messages; higher wins.")] = 50
    reads: Annotated[
        list[str] | None,
        Meta(
            description="Traits and properties that its conditions and templates may read; anything when left out.",
            examples=[["membership_status", "first_name"]],
        ),
    ] = None
    writes: Annotated[list[str], Meta(description="Traits that it may write back; none when left out.")] = []
    kpi: Annotated[str, Meta(description="The one number that says whether it works, in words.")] = ""
    exclusive: Annotated[Named | None, Meta(description="Group of journeys of which a person walks one at a time.")] = (
        None
    )
    suppresses: Annotated[SuppressesEntry | None, Meta(description="What rests meanwhile.")] = None
    running: Annotated[
        Literal["finish", "exit"] | MoveEntry,
        Meta(description="What becomes of those who walk an older version: `finish` it, `exit`, or go over."),
    ] = "finish"
    stop: Annotated[list[StopEntry], Meta(description="When it pauses itself.")] = []
    waivers: Annotated[list[WaiverEntry], Meta(description="Release checks that do not apply.")] = []
