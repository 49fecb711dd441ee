"""The shape of ``audiences/*.yaml`` and of conditions, which journeys use too. It only describes.

The fields of a condition are loose on purpose: :mod:`fieldfare.know.audiences.parse` knows which keys go together and
says in words what is wrong; the schema made from this gives editors the keys and their meaning.
"""

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

Loose = Any


class ConditionNode(
    msgspec.Struct,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={
        "is_": "is",
        "in_": "in",
        "all_": "all",
        "any_": "any",
        "not_": "not",
        "sum_": "sum",
        "min_": "min",
        "max_": "max",
    },
):
    """One condition: trait, did, did_not, in, in_phase, location, stage, top, bottom, percentile, all, any, not.

    With what belongs to it.
    """

    trait: Annotated[Loose, Meta(description="Name of a trait that is not personal.", examples=["plan"])] = UNSET
    is_: Annotated[Loose, Meta(description="The trait equals this text, number or truth value.")] = UNSET
    is_not: Annotated[Loose, Meta(description="The trait is missing or differs from this.")] = UNSET
    in_: Annotated[Loose, Meta(description="With `trait`: a list of values. Alone: the name of another audience.")] = (
        UNSET
    )
    not_in: Annotated[Loose, Meta(description="The trait is missing or is none of these.")] = UNSET
    above: Annotated[Loose, Meta(description="The trait is a number greater than this.")] = UNSET
    below: Annotated[Loose, Meta(description="The trait is a number less than this.")] = UNSET
    at_least: Annotated[Loose, Meta(description="The trait is this number or greater.")] = UNSET
    at_most: Annotated[Loose, Meta(description="The trait is this number or less.")] = UNSET
    contains: Annotated[Loose, Meta(description="The trait is a list with this text, or a text that contains it.")] = (
        UNSET
    )
    exists: Annotated[Loose, Meta(description="Whether the trait has a value.")] = UNSET
    older_than: Annotated[
        Loose, Meta(description="The trait's date or instant lies before this span.", examples=["30 days"])
    ] = UNSET
    newer_than: Annotated[
        Loose, Meta(description="The trait's date or instant lies within this span.", examples=["30 days"])
    ] = UNSET
    did: Annotated[Loose, Meta(description="Name of an event that happened.", examples=["Order Completed"])] = UNSET
    did_not: Annotated[Loose, Meta(description="Name of an event that did not happen.")] = UNSET
    where: Annotated[
        Loose,
        Meta(
            description="Tests of the event's properties, `weekday` and `location`: `{a: value}` or `{a: {above: 3}}`."
        ),
    ] = UNSET
    count: Annotated[
        Loose, Meta(description="How often: at_least, at_most, above, below, exactly.", examples=[{"at_least": 3}])
    ] = UNSET
    sum_: Annotated[
        Loose,
        Meta(
            description="Sum of a property: `of` and above, below, at_least or at_most.",
            examples=[{"of": "revenue", "above": 100}],
        ),
    ] = UNSET
    min_: Annotated[
        Loose,
        Meta(
            description="Least value of a property: `of` and above, below, at_least or at_most.",
            examples=[{"of": "rating", "below": 3}],
        ),
    ] = UNSET
    max_: Annotated[Loose, Meta(description="Greatest value of a property, as `min`.")] = UNSET
    first: Annotated[
        Loose,
        Meta(
            description="Value of a property in the earliest event: `of` and a comparison of traits.",
            examples=[{"of": "channel", "is": "app"}],
        ),
    ] = UNSET
    last: Annotated[Loose, Meta(description="Value of a property in the latest event, as `first`.")] = UNSET
    distinct: Annotated[
        Loose,
        Meta(
            description="How many different values of a property: `of`, and comparisons as in `count`, up to 100.",
            examples=[{"of": "location", "at_least": 2}],
        ),
    ] = UNSET
    most_frequent: Annotated[
        Loose,
        Meta(
            description="The most frequent value of a property, as `first`.", examples=[{"of": "weekday", "is": "sat"}]
        ),
    ] = UNSET
    within: Annotated[
        Loose, Meta(description="The last so many days, weeks, hours or minutes.", examples=["30 days"])
    ] = UNSET
    between: Annotated[
        Loose, Meta(description="A stretch of the past; both ends are in.", examples=["120 and 30 days ago"])
    ] = UNSET
    in_phase: Annotated[
        Loose, Meta(description="A phase of any season, or of one.", examples=["peak", "january.peak"])
    ] = UNSET
    location: Annotated[Loose, Meta(description="Names of locations or regions of the home location.")] = UNSET
    stage: Annotated[
        Loose,
        Meta(description="The profile is in this stage, or in one of these.", examples=["at_risk"]),
    ] = UNSET
    top: Annotated[
        Loose,
        Meta(
            description="The profile is among the greatest by a number: a share of all, or so many of them.",
            examples=["5 %", 200],
        ),
    ] = UNSET
    bottom: Annotated[Loose, Meta(description="The profile is among the least by a number, as `top`.")] = UNSET
    by: Annotated[
        Loose,
        Meta(description="With `top` and `bottom`: the trait by which profiles are ranked.", examples=["spend_365d"]),
    ] = UNSET
    percentile: Annotated[
        Loose,
        Meta(
            description="The profile's number lies above one percentile of all, and at most at another.",
            examples=[{"of": "spend_365d", "between": [60, 80]}],
        ),
    ] = UNSET
    per: Annotated[
        Loose,
        Meta(description="Ranks within each home location, or its region: `location`, `region`."),
    ] = UNSET
    among: Annotated[Loose, Meta(description="Audience whose members alone are ranked, and alone can be in.")] = UNSET
    all_: Annotated["list[ConditionNode] | UnsetType", Meta(description="Every one of these holds.")] = UNSET
    any_: Annotated["list[ConditionNode] | UnsetType", Meta(description="At least one of these holds.")] = UNSET
    not_: Annotated["ConditionNode | UnsetType", Meta(description="This does not hold.")] = UNSET


class AudienceFile(msgspec.Struct, forbid_unknown_fields=True):
    """One audience."""

    audience: Annotated[str, Meta(description="Its name: small letters, digits, `-` and `_`.", examples=["lapsed"])]
    where: Annotated[ConditionNode, Meta(description="Who is in it.")]
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
