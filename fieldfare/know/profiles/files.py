"""The shape of ``traits.yaml``. It only describes; :mod:`fieldfare.know.profiles.parse` reads."""

from typing import Annotated, Literal

import msgspec

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
