"""The shape of ``actions.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in its parser."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fieldfare.decide.gate.files import ByPhase, Count, Name


class PerPersonEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often one person gets it."""

    most: Annotated[Count, Meta(description="At most so often.")]
    per: Annotated[str, Meta(description="In how long, such as `30 days`.")]


class PerPersonInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often one person gets it in a phase."""

    most: Annotated[Count, Meta(description="At most so often.")]


class ActionInPhase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a kind of action is in a phase; what is left out is as without it."""

    approve_above: Annotated[Count | None, Meta(description="A person approves amounts above this.")] = None
    most_amount: Annotated[Count | None, Meta(description="Never more than this, in minor units.")] = None
    per_person: Annotated[PerPersonInPhase | None, Meta(description="How often one person gets it.")] = None


class ActionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of action."""

    purpose: Annotated[
        str, Meta(description="Purpose of consent.yaml that it serves; one that needs no consent for what is owed.")
    ]
    description: Annotated[str, Meta(description="What it is, for those who approve it.")] = ""
    reversible: Annotated[
        bool, Meta(description="`false`: it cannot be taken back, so a person approves it unless `approval` says more.")
    ] = True
    minimum_match_confidence: Annotated[
        int, Meta(ge=0, le=100, description="Percent of certainty about who somebody is that it needs.")
    ] = 0
    approval: Annotated[
        Literal["always", "never"] | None,
        Meta(description="Whether a person approves each; by `reversible` and `approve_above` when left out."),
    ] = None
    approve_above: Annotated[
        Count | None, Meta(description="A person approves amounts above this, in minor units.")
    ] = None
    approvers: Annotated[list[str], Meta(description="Who may; anybody but whoever asked when left out.")] = []
    most_amount: Annotated[Count | None, Meta(description="Never more than this, in minor units.")] = None
    per_person: Annotated[PerPersonEntry | None, Meta(description="How often one person gets it.")] = None
    tags: Annotated[list[Name], Meta(description="What caps, budgets and other rules may ask for.")] = []
    valid_for: Annotated[str, Meta(description="How long a permit may be used.")] = "5 minutes"
    by_phase: Annotated[dict[str, ActionInPhase], ByPhase] = {}


class ActionsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What may be asked of the gate beside messages."""

    actions: Annotated[
        dict[Name, ActionEntry],
        Meta(description="Kinds by name.", examples=[{"refund": {"purpose": "service", "reversible": False}}]),
    ]
