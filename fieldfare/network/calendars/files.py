"""The shape of ``seasons.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated

import msgspec
from msgspec import Meta

MonthDay = Annotated[
    str, Meta(pattern=r"^\d\d-\d\d$", description="Month and day, `MM-DD`; `02-29` is the last day of February.")
]


class PeakEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """First and last day of the peak, both included."""

    first: Annotated[MonthDay, Meta(description="First day of the peak, `MM-DD`.")]
    last: Annotated[
        MonthDay, Meta(description="Last day of the peak, `MM-DD`; before `from` it lies in the next year.")
    ]


class SeasonEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stretch of the year that comes back every year."""

    season: Annotated[
        str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="Name of the season; conditions ask for `NAME.peak`.")
    ]
    peak: Annotated[PeakEntry, Meta(description="The days of the peak.")]
    prepare: Annotated[
        str | None, Meta(description="How long before the peak its preparation begins, in days or weeks.")
    ] = None
    cool_down: Annotated[
        str | None, Meta(description="How long the cool-down lasts after the peak, in days or weeks.")
    ] = None
    locations: Annotated[
        list[str], Meta(description="Locations or regions it holds for; everywhere when left out.")
    ] = []


class SeasonsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The calendar of seasons."""

    seasons: Annotated[list[SeasonEntry], Meta(description="All seasons; they may overlap each other.")]
