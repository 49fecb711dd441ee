"""The shape of ``traits.yaml``. It only describes; :mod:`fieldfare.know.profiles.parse` reads."""

from typing import Annotated

import msgspec

from fieldfare.know.profiles.model import Sensitivity, TraitType


class TraitEntry(msgspec.Struct, forbid_unknown_fields=True):
    """One trait: what it holds and how personal it is."""

    type: Annotated[TraitType, msgspec.Meta(description="What the trait holds.")]
    sensitivity: Annotated[
        Sensitivity,
        msgspec.Meta(
            description="How personal it is. Everything but `none` is sealed and cannot stand in a condition."
        ),
    ] = Sensitivity.NONE
    description: Annotated[str, msgspec.Meta(description="What it means, for those who use it.")] = ""


class TraitsFile(msgspec.Struct, forbid_unknown_fields=True):
    """The traits of a profile that this workspace knows. Others are kept too, but have no type."""

    traits: Annotated[
        dict[str, TraitEntry],
        msgspec.Meta(description="Declared traits by name, as identify calls send them."),
    ]
