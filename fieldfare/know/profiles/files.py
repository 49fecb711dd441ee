"""The shape of ``traits.yaml``. It only describes; :mod:`fieldfare.know.profiles.parse` reads."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta

from fieldfare.know.profiles.model import Derivation, Sensitivity, TraitStatus, TraitType


class TraitEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One trait: what it holds, how personal it is, whose word counts, and how long it is kept."""

    type: Annotated[TraitType, msgspec.Meta(description="What the trait holds.")]
    sensitivity: Annotated[
        Sensitivity,
        msgspec.Meta(
            description="How personal it is. Everything but `none` is sealed and cannot stand in a condition."
        ),
    ] = Sensitivity.NONE
    description: Annotated[str, msgspec.Meta(description="What it means, for those who use it.")] = ""
    purposes: Annotated[
        list[str],
        msgspec.Meta(
            description="What it is kept for: purposes of `consent.yaml`, or operations, service, billing, security, "
            "legal.",
            examples=[["service"]],
        ),
    ] = []
    retention: Annotated[
        str | None,
        msgspec.Meta(
            description="How long after its event time the profile keeps a value. Then it is dropped, to the instant.",
            examples=["365 days"],
        ),
    ] = None
    owner: Annotated[
        str | None,
        msgspec.Meta(
            description="The system of record: a source, or the `system` of one. Its values go before all others.",
            examples=["billing"],
        ),
    ] = None
    sources: Annotated[
        list[str],
        msgspec.Meta(
            description="Further sources or systems, the best first. All that are not named come after them, and are "
            "equal.",
            examples=[["app", "pos"]],
        ),
    ] = []
    required: Annotated[bool, msgspec.Meta(description="Whether every profile should have a value.")] = False
    status: Annotated[
        TraitStatus,
        msgspec.Meta(description="`proposed`: under review; nothing is kept until it is `approved`."),
    ] = TraitStatus.APPROVED
    derive: Annotated[
        dict[str, Derivation],
        msgspec.Meta(
            description="Traits in clear that are derived from this sealed one, by name; conditions can ask for them. "
            "From a date `day_of_year` and `birth_year_band`, from an e-mail address its `domain`, from a phone number "
            "its `country`, from an address (an object) its `region` and `country`.",
            examples=[{"birthday_day": "day_of_year"}],
        ),
    ] = {}


Loose = Any


class ComputedEntry(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One computed trait: one of measure, days_since, moment_of, bands, ratio, difference, coalesce, quintile, join."""

    measure: Annotated[
        Loose,
        Meta(description="What events come to: count, sum, min, max, first, last, distinct or most_frequent."),
    ] = UNSET
    days_since: Annotated[
        Loose, Meta(description="Calendar days since the `first` or `last` event, or since a `trait` that is a date.")
    ] = UNSET
    moment_of: Annotated[Loose, Meta(description="When the `first` or `last` event occurred.")] = UNSET
    event: Annotated[Loose, Meta(description="Name of the event.", examples=["Order Completed"])] = UNSET
    of: Annotated[Loose, Meta(description="Property of the event; `weekday` and `location` too.")] = UNSET
    where: Annotated[Loose, Meta(description="Tests of the event's properties, as in audiences.")] = UNSET
    within: Annotated[Loose, Meta(description="The window, as in audiences.", examples=["365 days"])] = UNSET
    between: Annotated[Loose, Meta(description="A stretch of the past, as in audiences.")] = UNSET
    trait: Annotated[Loose, Meta(description="The trait of `days_since: trait`.")] = UNSET
    bands: Annotated[Loose, Meta(description="Name of the number that steps tell apart.")] = UNSET
    steps: Annotated[
        Loose, Meta(description="Label to the least number that reaches it.", examples=[{"low": 0, "high": 4}])
    ] = UNSET
    ratio: Annotated[Loose, Meta(description="Two names or numbers: the first divided by the second.")] = UNSET
    difference: Annotated[Loose, Meta(description="Two names or numbers: the first less the second.")] = UNSET
    coalesce: Annotated[Loose, Meta(description="Names: the first that has a value.")] = UNSET
    quintile: Annotated[
        Loose, Meta(description="Name of a computed number: its fifth among all profiles by published cuts, 1 to 5.")
    ] = UNSET
    best: Annotated[Loose, Meta(description="Which end of a `quintile` is 5: `high` (default) or `low`.")] = UNSET
    join: Annotated[Loose, Meta(description="Names: their values as one text.")] = UNSET
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""


class TraitsFile(msgspec.Struct, forbid_unknown_fields=True):
    """The registry of traits: what a profile may hold, and what becomes of traits that are not declared."""

    traits: Annotated[
        dict[str, TraitEntry],
        msgspec.Meta(description="Declared traits by name, as identify calls send them."),
    ]
    undeclared: Annotated[
        Literal["contract", "drop"],
        msgspec.Meta(
            description="Traits that do not stand here. `contract`: kept where `collect.yaml` keeps unknown fields or "
            "the contract of `identify` names them; `drop`: never kept."
        ),
    ] = "contract"
    moves_after: Annotated[
        str,
        msgspec.Meta(
            description="A stay of so many days in another time zone, by what devices say, moves the person's zone.",
            examples=["7 days"],
        ),
    ] = "7 days"
    computed: Annotated[
        dict[str, ComputedEntry], Meta(description="Traits that follow from events and from other traits, by name.")
    ] = {}
