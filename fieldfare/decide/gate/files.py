"""The shape of ``policies.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class CapEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many messages may go in how long. Several caps all hold; the strictest wins."""

    most: Annotated[int, Meta(ge=0, le=10_000, description="At most this many messages.")]
    per: Annotated[str, Meta(description="Length of the span, such as `7 days`.")]
    channel: Annotated[str, Meta(description="A channel, or `any` for all channels of a person together.")] = "any"
    calendar: Annotated[
        bool, Meta(description="Count calendar days in the person's zone, today included, instead of rolling hours.")
    ] = False


class QuietEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "end": "to"}):
    """Hours of the person's day in which nothing goes."""

    first: Annotated[str, Meta(description="Local time at which silence begins, `HH:MM` in quotes.")]
    end: Annotated[str, Meta(description="Local time at which it ends, `HH:MM` in quotes; may lie past midnight.")]
    channels: Annotated[list[str], Meta(description="Channels that are silent; all when left out.")] = []
    on_hit: Annotated[
        Literal["defer", "refuse"], Meta(description="`defer` to the end of the silence, or `refuse` for good.")
    ] = "defer"


class PhaseEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds on top while a season phase is in force at the person's place."""

    phase: Annotated[str, Meta(description="`prepare`, `peak`, `cool_down` or `off`, or one season's: `january.peak`.")]
    refuse_purposes: Annotated[list[str], Meta(description="Purposes that are refused in this phase.")] = []
    caps: Annotated[list[CapEntry], Meta(description="Caps that hold in this phase beside the general ones.")] = []


class PoliciesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The rules of the gate. Consent and suppression always hold and are not written here."""

    caps: Annotated[list[CapEntry], Meta(description="Frequency caps; all of them hold.")] = []
    quiet_hours: Annotated[QuietEntry | None, Meta(description="When nobody is disturbed.")] = None
    phases: Annotated[list[PhaseEntry], Meta(description="Rules of season phases.")] = []
    minimum_match_confidence: Annotated[
        int, Meta(ge=0, le=100, description="Percent of certainty about who somebody is, below which nothing goes.")
    ] = 0
    holds: Annotated[tuple[str, ...], Meta(description="Boolean traits that stop messages while they are true.")] = (
        "on_hold",
        "marketing_hold",
    )
    purposes_exempt: Annotated[
        list[str], Meta(description="Purposes that holds, holdout, phases, caps and quiet hours do not touch.")
    ] = []
