"""The shape of ``journeys/tests/*.yaml`` as msgspec structs: JSON Schemas come from here. Meaning is ``stories``'s."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.decide.journeys.files import EventName, Named


class PersonEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who walks, as they are known when the story begins."""

    traits: Annotated[dict[str, Any], Meta(description="Traits, e-mail and phone among them.")] = {}
    consent: Annotated[
        dict[str, list[str]],
        Meta(description="Channels by purpose for which consent was given.", examples=[{"marketing": ["email"]}]),
    ] = {}
    location: Annotated[str | None, Meta(description="Location of the first event.")] = None


class MomentEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a story: what happens, or what must follow. Exactly one key beside `at` and its companions."""

    at: Annotated[
        str, Meta(description="`2026-03-02 10:00`, or since the beginning: `3 days`, `2 hours`, `3 days 10:00`.")
    ]
    event: Annotated[EventName | None, Meta(description="Happens: an event of the person.")] = None
    properties: Annotated[dict[str, Any], Meta(description="With `event`: its properties.")] = {}
    traits: Annotated[dict[str, Any] | None, Meta(description="Happens: the person is known by these traits.")] = None
    grants: Annotated[Named | None, Meta(description="Happens: consent for this purpose is given.")] = None
    withdraws: Annotated[Named | None, Meta(description="Happens: consent for this purpose is withdrawn.")] = None
    channel: Annotated[
        str | None, Meta(description="With `grants` and `withdraws`: of this channel; with `sends`: by this channel.")
    ] = None
    enters: Annotated[
        bool | None, Meta(description="Follows: the person enters the journey, or (`false`) does not.")
    ] = None
    sends: Annotated[Named | None, Meta(description="Follows: this template is sent.")] = None
    refuses: Annotated[Named | None, Meta(description="Follows: this template is refused by the gate.")] = None
    because: Annotated[str | None, Meta(description="With `refuses`: a reason that must be among those given.")] = None
    waits: Annotated[str | None, Meta(description="Follows: the walk waits until then, written as `at` is.")] = None
    exits: Annotated[Named | None, Meta(description="Follows: the walk ends for this reason.")] = None


class StoryEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One story."""

    story: Annotated[str, Meta(min_length=1, description="What it shows, in a sentence.")]
    starts: Annotated[str, Meta(description="When it begins, such as `2026-03-02 10:00`, by the workspace's clock.")]
    moments: Annotated[list[MomentEntry], Meta(min_length=1, description="What happens and what follows, in order.")]
    person: Annotated[PersonEntry | None, Meta(description="Who walks; that of the file when left out.")] = None
    arm: Annotated[Literal["treated", "holdout"], Meta(description="Which arm of the holdout the person is in.")] = (
        "treated"
    )
    until: Annotated[
        str | None, Meta(description="How far it is played, written as `at` is; to its last moment when left out.")
    ] = None


class StoriesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tests of one journey, as stories."""

    name: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="Name of the tests; that of the file.")]
    journey: Annotated[Named, Meta(description="Journey that is tested.")]
    stories: Annotated[list[StoryEntry], Meta(min_length=1, description="The stories.")]
    person: Annotated[PersonEntry, Meta(description="Who walks, where a story does not say so.")] = PersonEntry()
