"""File structs of ``contracts/*.yaml``, ``collect.yaml`` and (beside it) ``mappings/*.yaml``: what the keys mean.

Checks beyond types stand in ``parse_files.py``.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.collect.mapping_files import MappingFile

__all__ = ["CollectFile", "ContractFile", "FieldFile", "MappingFile", "Sensitivity"]

Sensitivity = Literal["none", "personal", "contact", "health", "financial", "child", "precise_location"]
"""How much harm a value can do: from an opaque number to health, money, children and whereabouts."""


class FieldFile(msgspec.Struct, forbid_unknown_fields=True):
    """What the law and the reader must know about one property or trait."""

    sensitivity: Annotated[
        Sensitivity,
        Meta(
            description="What the value tells. All but `none` is sealed; what `collect.yaml` does not allow is removed."
        ),
    ] = "none"
    purposes: Annotated[
        list[str], Meta(description="Purposes for which the value may be used.", examples=[["marketing"]])
    ] = []
    retention: Annotated[str | None, Meta(description="How long the value is needed.", examples=["400 days"])] = None
    unit: Annotated[str | None, Meta(description="Unit of the number.", examples=["minutes"])] = None


class ContractFile(msgspec.Struct, forbid_unknown_fields=True):
    """What one event name promises: its schema, the policy of its fields, and other names it is known by."""

    event: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="Canonical event name; for other calls their type (`identify`, `page`, `screen`, `group`).",
            examples=["check_in"],
        ),
    ]
    version: Annotated[int, Meta(ge=1, description="Raise it when the schema changes.")] = 1
    description: Annotated[str, Meta(description="What has happened when this event is sent.")] = ""
    schema: Annotated[
        dict[str, Any],
        Meta(
            description="JSON Schema (2020-12) of `properties`, or of `traits` for identify and group.",
            examples=[{"type": "object", "required": ["revenue"], "properties": {"revenue": {"type": "number"}}}],
        ),
    ] = {}
    fields: Annotated[
        dict[str, FieldFile],
        Meta(description="Policy per property; a dot goes into an object, `context.` into the context."),
    ] = {}
    synonyms: Annotated[
        list[str], Meta(description="Other names of the same event; they arrive under the canonical name.")
    ] = []


class CollectFile(msgspec.Struct, forbid_unknown_fields=True):
    """``collect.yaml``: what the front door does with what no contract describes, and with sensitive fields."""

    unknown_events: Annotated[
        Literal["keep", "quarantine"],
        Meta(description="Track events without a contract: keep them, or set them aside as dead letters."),
    ] = "keep"
    unknown_fields: Annotated[
        Literal["keep", "strip", "quarantine"],
        Meta(description="Properties that the event's schema does not name: keep, remove, or set the event aside."),
    ] = "keep"
    allowed_sensitivities: Annotated[
        list[Sensitivity],
        Meta(description="Fields of any other sensitivity are removed before anything is stored, and counted."),
    ] = msgspec.field(default_factory=lambda: ["none", "personal", "contact"])
    shipped_contracts: Annotated[
        bool, Meta(description="Use the shipped event names and their synonyms; a contract of your own replaces one.")
    ] = True
    trust_timestamp: Annotated[
        bool,
        Meta(
            description="Take an event's `timestamp` as it is. Otherwise it is corrected by the sender's clock error, "
            "which `sentAt` shows."
        ),
    ] = False
