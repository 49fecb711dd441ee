"""The shape of ``identity.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fieldfare.know.identity.model import DEFAULT, Form, Joins

KindName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$", description="Name of a kind of identifier.")]
BlockedValue = Annotated[str, Meta(min_length=1, max_length=500)]


class IdentifierKindEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of identifier: a shipped one that is changed, or one of your own. What is left out stays as shipped."""

    priority: Annotated[
        Annotated[int, Meta(ge=1, le=10_000)] | None,
        Meta(description="Lower leads: the leading identifier decides whose event it is."),
    ] = None
    joins: Annotated[
        Joins | None,
        Meta(
            description="What it may do to people. `always`: joins two who share it. `verified`: the same, where the "
            "sender has verified the value. `attach`: finds the one person it belongs to and joins nobody. `never`: is "
            "kept, finds nobody and joins nobody. Of a kind of your own `always`, when left out."
        ),
    ] = None
    joins_although: Annotated[
        Annotated[str, Meta(min_length=10)] | None,
        Meta(
            description="Why it may join people although such values change hands or are mistyped: a telephone number "
            "that joins, an e-mail address that joins unverified. Whoever reads a wrong merge will read this.",
            examples=["numbers are confirmed by SMS every month"],
        ),
    ] = None
    most_per_profile: Annotated[
        int | Literal["unlimited"] | None,
        Meta(description="More than this many in one profile is a contradiction: nobody is joined, a person is asked."),
    ] = None
    per: Annotated[
        str | None,
        Meta(
            description="The limit counts identifiers first met within so many days of each other; `ever`: all.",
            examples=["30 days"],
        ),
    ] = None
    shared_after: Annotated[
        int | Literal["never"] | None,
        Meta(description="Linked with more than so many people, a value is shared and joins nobody any more."),
    ] = None
    form: Annotated[
        Form | None,
        Meta(
            description="Normal form. `text`: without blank ends. `folded`: and case does not count. `opaque`: made by "
            "a machine. `email` and `phone` as their names say. `text`, when left out."
        ),
    ] = None
    places: Annotated[
        list[str] | None,
        Meta(
            description="Where its values stand; instead of the usual places. `traits.NAME` (of an identify, or of "
            "`context.traits`), `properties.NAME`, `context.NAME`, dots go inwards. `context.externalIds`: the entries "
            "whose `type` is the name of the kind; `context.externalIds.TYPE`: those of another type.",
            examples=[["context.externalIds", "properties.card_number", "traits.member_no"]],
        ),
    ] = msgspec.field(default=None, name="from")
    sensitivity: Annotated[
        Literal["none", "financial", "health"] | None,
        Meta(description="Two people who both have one that is not `none` are joined by a person only."),
    ] = None
    blocked: Annotated[
        list[BlockedValue],
        Meta(description="Further values that identify nobody; `*` stands for anything.", examples=[["kiosk-*"]]),
    ] = []
    not_blocked: Annotated[
        list[BlockedValue], Meta(description="Values that do identify somebody, although they look like none.")
    ] = []


class IdentityFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which identifiers there are, what each may do to people, and which values identify nobody."""

    kinds: Annotated[
        dict[KindName, IdentifierKindEntry],
        Meta(description="Kinds by name: changes to the shipped ones, and your own."),
    ] = {}
    blocked: Annotated[
        list[BlockedValue],
        Meta(description="As `blocked` of a kind, for all kinds.", examples=[["frontdesk", "kiosk-*"]]),
    ] = []
    not_blocked: Annotated[list[BlockedValue], Meta(description="As `not_blocked` of a kind, for all kinds.")] = []
    block_examples: Annotated[
        bool,
        Meta(
            description="Block addresses of domains such as `example.com` and `*.test`, and American `555-01xx` "
            "numbers: they are set aside for examples. Say `true` where real customers are."
        ),
    ] = False
    cluster_alarm: Annotated[
        int, Meta(ge=2, description="So many identifiers in one profile make somebody look at it.")
    ] = 50
    cluster_most: Annotated[
        int, Meta(ge=2, description="More identifiers than this make no profile: what would bring them together waits.")
    ] = 500
    household_groups: Annotated[
        list[Annotated[str, Meta(min_length=1)]],
        Meta(
            description="Types of `group` calls (trait `type` or `group_type`) whose members live together; `family` "
            "and `household` when left out."
        ),
    ] = msgspec.field(default_factory=lambda: sorted(DEFAULT.household_groups))
    phone_region: Annotated[
        str | None,
        Meta(
            description="ISO 3166 code of the country that telephone numbers without a country code belong to, where "
            "the event's location has no `country`.",
            examples=["DE"],
        ),
    ] = None
