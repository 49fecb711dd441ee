"""The shape of ``journeys/*.yaml`` as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.know.audiences.files import ConditionNode

Where = Annotated[
    Any, Meta(description="Tests of the event's properties: `{property: value}` or `{property: {above: 3}}`; all hold.")
]
Priority = Annotated[int, Meta(ge=0, le=100)]
Reason = Annotated[str, Meta(min_length=1, max_length=100)]
EventName = Annotated[str, Meta(min_length=1, description="Name of an event, as its contract spells it.")]


class ReentryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Walk again, but not too soon."""

    after: Annotated[str, Meta(description="Time since the last entry, such as `90 days`.")]


class EntryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"condition": "if"}):
    """Who enters: exactly one of `joins` and `event`."""

    joins: Annotated[str | None, Meta(description="Audience whose joining lets people enter.")] = None
    event: Annotated[str | None, Meta(description="Event that lets people enter.")] = None
    where: Where = None
    condition: Annotated[ConditionNode | None, Meta(description="Must hold at the moment of entry.")] = None
    max_age: Annotated[str, Meta(description="A cause that was older when it was accepted lets nobody enter.")] = (
        "1 day"
    )
    reentry: Annotated[
        Literal["never", "always"] | ReentryEntry, Meta(description="Whether somebody may walk it again.")
    ] = "never"
    on_cut: Annotated[
        bool,
        Meta(
            description="With `joins`: whether who joins because a published cut moved enters too, although nothing "
            "happened to them."
        ),
    ] = False


class GoalEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the journey is for. Reaching it completes the walk."""

    event: EventName
    within: Annotated[str, Meta(description="How long after the entry it counts, such as `30 days`.")]
    where: Where = None
    revenue: Annotated[str | None, Meta(description="Property of the event that carries money.")] = None


class ExitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stops a walk: exactly one of `leaves`, `event` and `when`."""

    leaves: Annotated[str | None, Meta(description="Stops whoever leaves this audience, or is not in it.")] = None
    event: Annotated[str | None, Meta(description="Stops whoever does this.")] = None
    where: Where = None
    when: Annotated[ConditionNode | None, Meta(description="Stops whoever this holds for.")] = None


class WaitEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wait for a time of day, or for an event: exactly one of `until` and `event`."""

    until: Annotated[str | None, Meta(description="Time of the person's day, `HH:MM` in quotes.")] = None
    event: Annotated[str | None, Meta(description="Event that is waited for.")] = None
    where: Where = None
    timeout: Annotated[str | None, Meta(description="How long to wait for the event; needed with `event`.")] = None


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


class BranchEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"otherwise": "else"}):
    """One way or the other."""

    when: Annotated[ConditionNode, Meta(description="Decides which way.")]
    then: Annotated["list[StepEntry]", Meta(description="Steps if it holds.")] = []
    otherwise: Annotated["list[StepEntry]", Meta(description="Steps if it does not.")] = []


class StepEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"leave": "exit"}):
    """One step: exactly one of `wait`, `branch`, `send` and `exit`."""

    wait: Annotated[
        str | WaitEntry | None, Meta(description="A length of time such as `2 days`, or what to wait for.")
    ] = None
    branch: Annotated[BranchEntry | None, Meta(description="Two ways.")] = None
    send: Annotated[SendEntry | None, Meta(description="Propose a message and go on.")] = None
    leave: Annotated[Reason | None, Meta(description="End here, for this reason.")] = None


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
