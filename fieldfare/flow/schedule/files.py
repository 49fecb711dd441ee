"""The shape of ``schedule.yaml``. It only describes; :mod:`fieldfare.flow.schedule.parse` reads."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

FILE = "schedule.yaml"
WorkName = Literal["cleanse", "compact", "enrich", "integrations", "readiness", "rehearse", "validate"]


class DutyEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One piece of work."""

    work: Annotated[WorkName, Meta(description="What is done; see [scheduled work](seasons.md#scheduled-work).")]
    phases: Annotated[
        list[str],
        Meta(
            min_length=1,
            description="Season phases in which it is done: `prepare`, or `january.prepare` of one season.",
        ),
    ]
    every: Annotated[str, Meta(description="How often: days or weeks.", examples=["7 days"])] = "1 day"
    people: Annotated[
        int,
        Meta(
            ge=1, le=100_000, description="Of `rehearse`: how many generated people; three and five times as many too."
        ),
    ] = 1_000
    inactive: Annotated[str, Meta(description="Of `compact`: who was not seen for so long.", examples=["365 days"])] = (
        "365 days"
    )


class ScheduleFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Work that the server does by itself in season phases; in any other it leaves it."""

    work: Annotated[list[DutyEntry], Meta(description="Each kind at most once in a phase.")]
    at: Annotated[str, Meta(description="Local time from which a day's work is done, `HH:MM` in quotes.")] = "03:00"
