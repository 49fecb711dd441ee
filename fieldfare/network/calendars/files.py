"""The shape of ``seasons.yaml`` and of school calendars, as msgspec structs: JSON Schemas come from here.

Meaning is checked in ``parse``.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

MonthDay = Annotated[
    str, Meta(pattern=r"^\d\d-\d\d$", description="Month and day, `MM-DD`; `02-29` is the last day of February.")
]
DateText = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", description="A date, `YYYY-MM-DD`.")]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class AnchorEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A day of every year that moves: of an ISO week, the n-th weekday of a month, or a holiday."""

    week: Annotated[
        Annotated[int, Meta(ge=1, le=53)] | None,
        Meta(description="ISO week; 53 is the last week where a year has 52."),
    ] = None
    weekday: Annotated[Weekday | None, Meta(description="Day of the week; Monday of a `week` when left out.")] = None
    nth: Annotated[
        Literal[1, 2, 3, 4, "last"] | None, Meta(description="Which such `weekday` of the `month`.", examples=[4])
    ] = None
    month: Annotated[Annotated[int, Meta(ge=1, le=12)] | None, Meta(description="Month of the n-th weekday.")] = None
    holiday: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="Name of a holiday, in English.", examples=["Good Friday"]),
    ] = None
    country: Annotated[
        str | None, Meta(description="ISO 3166 code of the holiday's country; that of `holidays` when left out.")
    ] = None
    subdivision: Annotated[
        str | None, Meta(description="State or province of the holiday; that of `holidays` when left out.")
    ] = None
    shift: Annotated[
        str | None, Meta(description="How much later, or earlier with a minus sign.", examples=["-3 days"])
    ] = None


class PeakEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """The days of the peak: from a day to a day, both included, or the breaks of a school calendar."""

    first: Annotated[MonthDay | AnchorEntry | None, Meta(description="First day of the peak.")] = None
    last: Annotated[
        MonthDay | AnchorEntry | None,
        Meta(description="Last day of the peak; before `from` it lies in the next year."),
    ] = None
    school_breaks: Annotated[
        str | None, Meta(description="A file of `calendars/`, without `.ics`: each of its breaks is a peak.")
    ] = None
    named: Annotated[
        Annotated[str, Meta(min_length=1)] | None, Meta(description="Only the breaks whose name contains this text.")
    ] = None


class ExactEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """The days of the peak in one year, whatever the rule says."""

    year: Annotated[int, Meta(ge=1990, le=2100, description="Year to which the peak belongs: that of its rule.")]
    first: Annotated[DateText | None, Meta(description="First day; by the rule when left out.")] = None
    last: Annotated[DateText | None, Meta(description="Last day; by the rule when left out.")] = None


class VariantEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a season runs at some of its places; what is left out is as in the season."""

    locations: Annotated[list[str], Meta(min_length=1, description="Locations or regions; a location's own counts.")]
    peak: Annotated[PeakEntry | None, Meta(description="The days of the peak there.")] = None
    prepare: Annotated[str | None, Meta(description="How long before the peak its preparation begins there.")] = None
    cool_down: Annotated[str | None, Meta(description="How long the cool-down lasts there.")] = None


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
    priority: Annotated[
        int,
        Meta(ge=-1_000, le=1_000, description="Where seasons overlap, those of the highest decide on plain phases."),
    ] = 0
    mirrored: Annotated[
        bool, Meta(description="Whether the days are half a year later in places of the southern hemisphere.")
    ] = False
    at: Annotated[list[VariantEntry], Meta(description="How it runs differently at some of its places.")] = []
    exact: Annotated[list[ExactEntry], Meta(description="Single years in which the peak has other days.")] = []


class CorrectionEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A holiday that the tables do not know, or know wrongly, in one year; also a day of your own."""

    holiday: Annotated[str, Meta(min_length=1, description="Its name.", examples=["Founders' Day"])]
    on: Annotated[DateText | None, Meta(description="When it is in that year.")] = None
    not_in: Annotated[
        Annotated[int, Meta(ge=1990, le=2100)] | None, Meta(description="A year in which it is not held.")
    ] = None


class HolidaysEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose holidays are meant, and what is to be corrected in the tables."""

    country: Annotated[str | None, Meta(description="ISO 3166 code.", examples=["DE"])] = None
    subdivision: Annotated[str | None, Meta(description="State or province.", examples=["BY"])] = None
    corrections: Annotated[
        list[CorrectionEntry], Meta(description="Days that count instead of those in the tables.")
    ] = []


class SeasonsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The calendar of seasons."""

    seasons: Annotated[list[SeasonEntry], Meta(description="All seasons; they may overlap each other.")]
    holidays: Annotated[HolidaysEntry | None, Meta(description="Whose holidays, and corrections of them.")] = None


class BreakEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}):
    """One event of the calendar."""

    name: Annotated[str, Meta(description="Its `SUMMARY`.")]
    first: Annotated[DateText, Meta(description="First day, from `DTSTART`.")]
    last: Annotated[DateText, Meta(description="Last day, both included: the day before `DTEND`.")]


class SchoolCalendarFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An iCalendar file (RFC 5545) as school offices publish it; these values are read from it."""

    calendar: Annotated[
        str,
        Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="Name of the file without `.ics`."),
    ]
    breaks: Annotated[list[BreakEntry], Meta(description="Its events.")]
