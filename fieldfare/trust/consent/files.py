"""The shape of ``consent.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PurposeName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="Name of a purpose.")]


class PurposeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people are asked for, in one purpose."""

    description: Annotated[str, Meta(description="What it means, in words that a customer understands.")] = ""
    channels: Annotated[
        list[str], Meta(description="Channels it may be granted for; every channel when left out.")
    ] = []
    notice_version: Annotated[str | None, Meta(description="Version of the notice that is shown now.")] = None
    consent: Annotated[
        Literal["required", "not_required"],
        Meta(
            description="`not_required` for messages that people must get, such as receipts; a withdrawal still holds."
        ),
    ] = "required"


class ConsentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The purposes of the brand. A purpose that does not stand here is never permitted."""

    purposes: Annotated[dict[PurposeName, PurposeEntry], Meta(description="Purposes by name.")]
