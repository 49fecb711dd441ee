"""The shape of ``broadcasts/*.yaml``: what the keys mean. ``parse`` checks the rest."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.decide.journeys.files import EscalateEntry, FallbackEntry


class VersionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of the message."""

    variant: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$", description="Its name; not `holdout`.")]
    weight: Annotated[int, Meta(ge=1, le=10_000, description="How much of all weights it takes.")] = 1
    template: Annotated[str | None, Meta(description="Its template; the broadcast's when left out.")] = None
    variables: Annotated[dict[str, Any], Meta(description="Values beside the broadcast's.")] = {}


class BroadcastFile(msgspec.Struct, forbid_unknown_fields=True):
    """One message, once, to everybody in an audience."""

    broadcast: Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", description="Name of the broadcast.")]
    audience: Annotated[str, Meta(description="Audience whose members get it.")]
    channel: Annotated[str, Meta(description="Channel of channels.yaml.")]
    template: Annotated[str, Meta(description="Template to render.")]
    purpose: Annotated[str, Meta(description="Purpose of consent.yaml.")]
    edition: Annotated[
        str,
        Meta(
            max_length=60,
            description="A broadcast goes out once; with another edition it is another one.",
            examples=["2026-12"],
        ),
    ] = ""
    description: Annotated[str, Meta(description="What it is for.")] = ""
    priority: Annotated[
        int, Meta(ge=0, le=100, description="Who wins the last place under a cap; journeys have 50.")
    ] = 40
    per_minute: Annotated[
        Annotated[int, Meta(ge=1, le=500_000)] | None,
        Meta(description="Most messages a minute; without it as fast as the provider takes them."),
    ] = None
    expires: Annotated[str, Meta(description="How long after the start a message may still go, such as `2 days`.")] = (
        "3 days"
    )
    approve_above: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="With more recipients than this, somebody other than who started it must approve it."),
    ] = None
    stays: Annotated[bool, Meta(description="Whether who left the audience by the moment of sending gets nothing.")] = (
        True
    )
    variables: Annotated[dict[str, Any], Meta(description="Values for the template's variables.")] = {}
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
    holdout: Annotated[str | None, Meta(description="Share kept out for measurement.", examples=["10 %"])] = None
    variants: Annotated[
        list[VersionEntry], Meta(description="Versions that are compared; the first is the control without a holdout.")
    ] = []
    strata: Annotated[
        list[str], Meta(max_length=3, description="Traits within whose values the shares are kept exactly.")
    ] = []
