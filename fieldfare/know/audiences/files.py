"""The shape of ``audiences/*.yaml`` and of conditions, which journeys use too. It only describes.

The fields of a condition are loose on purpose: :mod:`fieldfare.know.audiences.parse` knows which keys go together and
says in words what is wrong; the schema made from this gives editors the keys and their meaning.
"""

from typing import Annotated, Any, Literal

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
        "on_": "on",
    },
):
    """One condition and what belongs to it.

    It is trait, did, did_not, measure, in, in_phase, location, stage, identifier, match_confidence, consent, household,
    top, bottom, percentile, all, any or not.
    """

    trait: Annotated[Loose, Meta(description="Name of a trait that is not personal.", examples=["plan"])] = UNSET
    is_: Annotated[Loose, Meta(description="The trait equals this text, number or truth value.")] = UNSET
    is_not: Annotated[Loose, Meta(description="The trait is missing or differs from this.")] = UNSET
    in_: Annotated[Loose, Meta(description="With `trait`: a list of values. Alone: the name of another audience.")] = (
        UNSET
    )
    not_in: Annotated[Loose, Meta(description="The trait is missing or is none of these.")] = UNSET
    above: Annotated[
        Loose, Meta(description="The trait or measure is greater than this number, or share of a baseline.")
    ] = UNSET
    below: Annotated[
        Loose, Meta(description="The trait or measure is less than this number, or share of a baseline.")
    ] = UNSET
    at_least: Annotated[
        Loose, Meta(description="The trait or measure is this number or greater, or share of a baseline.")
    ] = UNSET
    at_most: Annotated[
        Loose, Meta(description="The trait or measure is this number or less, or share of a baseline.")
    ] = UNSET
    contains: Annotated[Loose, Meta(description="The trait is a list with this text, or a text that contains it.")] = (
        UNSET
    )
    starts_with: Annotated[Loose, Meta(description="The trait is a text that begins so; case counts.")] = UNSET
    ends_with: Annotated[Loose, Meta(description="The trait is a text that ends so; case counts.")] = UNSET
    contains_any: Annotated[
        Loose, Meta(description="The trait contains at least one of these texts.", examples=[["yoga", "spin"]])
    ] = UNSET
    contains_all: Annotated[Loose, Meta(description="The trait contains every one of these texts.")] = UNSET
    size: Annotated[
        Loose,
        Meta(
            description="How many items the trait's list has: a number, or at_least, at_most, above, below, exactly.",
            examples=[{"at_least": 2}],
        ),
    ] = UNSET
    exists: Annotated[
        Loose, Meta(description="Whether the trait has a value, or the profile an identifier of the kind.")
    ] = UNSET
    before: Annotated[
        Loose, Meta(description="The trait's date, or local day, comes before this one.", examples=["2026-01-31"])
    ] = UNSET
    after: Annotated[Loose, Meta(description="The trait's date, or local day, comes after this one.")] = UNSET
    on_: Annotated[Loose, Meta(description="The trait's date, or local day, is this one.")] = UNSET
    within_next: Annotated[
        Loose,
        Meta(description="The trait's date or instant lies ahead, at most so far.", examples=["30 days"]),
    ] = UNSET
    ahead: Annotated[
        Loose,
        Meta(
            description="How far ahead the trait's date or instant lies: at_least, at_most.",
            examples=[{"at_least": "10 days", "at_most": "30 days"}],
        ),
    ] = UNSET
    anniversary: Annotated[
        Loose,
        Meta(
            description="The day of the trait's date, or the day of the year, comes round: `today` or `within_next`.",
            examples=["today", {"within_next": "7 days"}],
        ),
    ] = UNSET
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
    during: Annotated[
        Loose,
        Meta(
            description="In place of a window: a stretch of a phase at the home location. `last` is over, `current` "
            "holds now; `{phase: peak, before_last: 1}` is the one before the last.",
            examples=["last january.peak"],
        ),
    ] = UNSET
    then: Annotated[
        Loose,
        Meta(
            description="With `did`: what follows it, as `did` with `where`, `within` and `then`.",
            examples=[{"did": "Order Completed", "within": "7 days"}],
        ),
    ] = UNSET
    without: Annotated[
        Loose,
        Meta(
            description="With `did`: what should follow it `within` a span, and did not.",
            examples=[{"did": "Checked In", "within": "30 minutes"}],
        ),
    ] = UNSET
    measure: Annotated[Loose, Meta(description="Name of a measure of `measures.yaml`.", examples=["spend"])] = UNSET
    over: Annotated[
        Loose,
        Meta(description="With `measure`: the last so many days, weeks or hours.", examples=["365 days"]),
    ] = UNSET
    per: Annotated[
        Loose,
        Meta(
            description="With `measure`: the average of such a span in the window. With `top`, `bottom` and "
            "`percentile`: ranks within each home `location`, or its `region`.",
            examples=["7 days", "location"],
        ),
    ] = UNSET
    compared_to: Annotated[
        Loose,
        Meta(
            description="With `measure`: the baseline, as `over`, `between` or `during`, and `per`.",
            examples=[{"between": "60 and 31 days ago"}],
        ),
    ] = UNSET
    down_by: Annotated[
        Loose, Meta(description="With `compared_to`: it lies below the baseline by so much.", examples=["50 %"])
    ] = UNSET
    up_by: Annotated[
        Loose, Meta(description="With `compared_to`: it lies above the baseline by so much.", examples=["20 %"])
    ] = UNSET
    in_phase: Annotated[
        Loose, Meta(description="A phase of any season, or of one.", examples=["peak", "january.peak"])
    ] = UNSET
    location: Annotated[Loose, Meta(description="Names of locations or regions of the home location.")] = UNSET
    stage: Annotated[
        Loose,
        Meta(description="The profile is in this stage, or in one of these.", examples=["at_risk"]),
    ] = UNSET
    identifier: Annotated[
        Loose,
        Meta(description="The profile has an identifier of this kind; with `exists: false`, none.", examples=["email"]),
    ] = UNSET
    match_confidence: Annotated[
        Loose,
        Meta(description="How sure identity is of the profile, in percent.", examples=[{"at_least": 80}]),
    ] = UNSET
    consent: Annotated[
        Loose,
        Meta(description="A purpose; with `channel`, and `is`: granted (the default), withdrawn or none."),
    ] = UNSET
    channel: Annotated[Loose, Meta(description="The channel that consent is asked for.", examples=["email"])] = UNSET
    household: Annotated[
        Loose,
        Meta(
            description="The household: `any_member`, `all_members` or `others` (somebody else) satisfies a condition; "
            "`members` compares how many there are, or how many satisfy `who`.",
            examples=[{"members": {"at_least": 2}}],
        ),
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
    among: Annotated[Loose, Meta(description="Audience whose members alone are ranked, and alone can be in.")] = UNSET
    all_: Annotated["list[ConditionNode] | UnsetType", Meta(description="Every one of these holds.")] = UNSET
    any_: Annotated["list[ConditionNode] | UnsetType", Meta(description="At least one of these holds.")] = UNSET
    not_: Annotated["ConditionNode | UnsetType", Meta(description="This does not hold.")] = UNSET


Size = Annotated[int, Meta(ge=0)]


class SizeEntry(msgspec.Struct, forbid_unknown_fields=True):
    """How many members are expected; one end may be left out."""

    at_least: Annotated[Size | None, Meta(description="Fewest members that are expected.", examples=[200])] = None
    at_most: Annotated[Size | None, Meta(description="Most members that are expected.", examples=[5000])] = None


Rhythm = Literal["live", "hourly", "nightly", "weekly"]


class AudienceInPhase(msgspec.Struct, forbid_unknown_fields=True):
    """What an audience is in a phase."""

    refresh: Annotated[Rhythm, Meta(description="How soon memberships follow in this phase.")]


class AudienceFile(msgspec.Struct, forbid_unknown_fields=True):
    """One audience: who is in it by `where`, or by `sql`."""

    audience: Annotated[str, Meta(description="Its name: small letters, digits, `-` and `_`.", examples=["lapsed"])]
    where: Annotated[ConditionNode | UnsetType, Meta(description="Who is in it.")] = UNSET
    sql: Annotated[
        str | None,
        Meta(
            description="In place of `where`: one SELECT on the lake that returns `profile_id`. Not exact; it needs "
            "`refresh`.",
            examples=["SELECT profile_id FROM events WHERE location = 'riverside'"],
        ),
    ] = None
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    refresh: Annotated[
        Rhythm,
        Meta(
            description="How soon memberships follow: at once, or each hour, at the beginning of each day or of each "
            "Monday in the workspace's zone. `sql` needs one of the last three.",
        ),
    ] = "live"
    by_phase: Annotated[
        dict[str, AudienceInPhase],
        Meta(
            description="What holds instead in a season phase at the person's place (of `sql`: at any place): `peak`, "
            "or one season's `january.peak`.",
            examples=[{"peak": {"refresh": "live"}, "prepare": {"refresh": "hourly"}}],
        ),
    ] = {}
    action: Annotated[str, Meta(description="What is done with it.", examples=["win-back journey"])] = ""
    outcome: Annotated[str, Meta(description="What that is to bring about.", examples=["They train again."])] = ""
    success_metric: Annotated[
        str, Meta(description="By what number one sees it.", examples=["check-ins within 30 days"])
    ] = ""
    expected_size: Annotated[SizeEntry | None, Meta(description="How many members are expected.")] = None
    ttl: Annotated[
        str | None,
        Meta(description="So long its definition holds before somebody must look at it again.", examples=["180 days"]),
    ] = None
    sync: Annotated[
        Literal["none", "export", "api", "destination"] | None, Meta(description="How it reaches other systems.")
    ] = None
