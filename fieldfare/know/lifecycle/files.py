"""The shapes of ``lifecycle.yaml`` and ``outcomes.yaml``. They only describe; ``parse`` reads."""

from typing import Annotated

import msgspec
from msgspec import Meta

from fieldfare.know.audiences.files import ConditionNode


class StageEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One stage of the lifecycle."""

    stage: Annotated[str, Meta(description="Its name: small letters, digits and `_`.", examples=["new_joiner"])]
    enter: Annotated[ConditionNode, Meta(description="Who may be in it.")]
    exit: Annotated[
        ConditionNode | None,
        Meta(description="When it ends; when `enter` holds no longer, if left out."),
    ] = None
    after: Annotated[
        list[str] | None,
        Meta(description="Stages from which alone it is entered; any if left out.", examples=[["lapsed"]]),
    ] = None
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""


class LifecycleFile(msgspec.Struct, forbid_unknown_fields=True):
    """The stages of the lifecycle; a profile is in one at a time. Those that stand first go before the others."""

    stages: Annotated[list[StageEntry], Meta(description="The stages, the most important first.")] = []
    shipped: Annotated[
        bool,
        Meta(
            description="Whether the shipped stages come along, after those here; one here takes the place of the "
            "shipped one of its name."
        ),
    ] = False


class TargetEntry(msgspec.Struct, forbid_unknown_fields=True):
    """What a KPI shall reach: one of the two."""

    at_least: Annotated[str | float | None, Meta(description="This or more.", examples=["60 %"])] = None
    at_most: Annotated[str | float | None, Meta(description="This or less.", examples=["5 %"])] = None


class OutcomeEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One outcome: what a stage is to bring about."""

    outcome: Annotated[str, Meta(description="Its name: small letters, digits, `-` and `_`.")]
    stage: Annotated[str, Meta(description="The stage whose people it is about.", examples=["new_joiner"])]
    kpi: Annotated[str, Meta(description="What is measured.", examples=["share_with_3_visits"])]
    target: Annotated[TargetEntry, Meta(description="What it shall reach.")]
    within: Annotated[str | None, Meta(description="How long after the stage was entered.", examples=["30 days"])] = (
        None
    )
    owner: Annotated[str, Meta(description="Who answers for it.")] = ""
    description: Annotated[str, Meta(description="What it means, for those who use it.")] = ""


class OutcomesFile(msgspec.Struct, forbid_unknown_fields=True):
    """What the stages of the lifecycle are to bring about."""

    outcomes: Annotated[list[OutcomeEntry], Meta(description="The outcomes.")]
