"""Nouns of seasons: a recurring stretch of the year for some locations, in phases. No behaviour."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Day

Spell = tuple[Day, Day]
"""First and last day, both in."""


class Phase(StrEnum):
    """Part of a season. ``off`` is every day on which no other phase of the season holds."""

    PREPARE = "prepare"
    PEAK = "peak"
    COOL_DOWN = "cool_down"
    OFF = "off"


class Stretch(msgspec.Struct, frozen=True):
    """Days [first_day, last_day], both included, on which a phase of a season holds."""

    season: str
    phase: Phase
    first_day: Day
    last_day: Day


class IsoWeek(msgspec.Struct, frozen=True, tag=True):
    """A day of an ISO week, 1 to 53; in years without a week 53 its last week. ``weekday`` 0 is Monday."""

    week: int
    weekday: int
    shift_days: int = 0


class NthWeekday(msgspec.Struct, frozen=True, tag=True):
    """The ``nth`` such weekday of a month: 1 to 4, or -1 for the last. ``weekday`` 0 is Monday."""

    nth: int
    weekday: int
    month: int
    shift_days: int = 0


class HolidayDay(msgspec.Struct, frozen=True, tag=True):
    """A holiday, looked up once: its day in every year from ``first_year`` on, ``None`` where it is not known."""

    holiday: str
    country: str
    subdivision: str | None
    first_year: int
    days: tuple[Day | None, ...]
    shift_days: int = 0


Anchor = str | IsoWeek | NthWeekday | HolidayDay
"""A day of every year; a text is ``MM-DD``, and ``02-29`` the last day of February."""


class Breaks(msgspec.Struct, frozen=True):
    """The school breaks of a calendar; ``named``: only those whose name contains it. ``spells`` are linked later."""

    calendar: str
    named: str | None = None
    spells: tuple[Spell, ...] = ()


class SchoolBreak(msgspec.Struct, frozen=True):
    """One break of a school calendar."""

    name: str
    first_day: Day
    last_day: Day


class SchoolCalendar(msgspec.Struct, frozen=True):
    """An iCalendar file of the workspace: its breaks in order."""

    name: str
    breaks: tuple[SchoolBreak, ...]


class Exact(msgspec.Struct, frozen=True):
    """What a person said about the peak of one year, instead of the rule."""

    year: int
    first_day: Day | None = None
    last_day: Day | None = None


class Variant(msgspec.Struct, frozen=True):
    """How a season runs at some of its places; ``None`` and the empty text: as the season says."""

    locations: tuple[str, ...]
    starts: Anchor = ""
    ends: Anchor = ""
    breaks: Breaks | None = None
    prepare_days: int | None = None
    cool_down_days: int | None = None


class Season(msgspec.Struct, frozen=True):
    """A season as declared: yearly days of the peak, lead and tail in days, the subtree of locations it holds for."""

    name: str
    starts: Anchor
    """First day of the peak; the empty text with ``breaks``."""
    ends: Anchor
    """Last day of the peak; before ``starts`` means it runs over the new year."""
    prepare_days: int
    cool_down_days: int
    locations: tuple[str, ...] = ()
    """Location or region names; empty: everywhere."""
    priority: int = 0
    """Of seasons that overlap, those of the highest priority decide on plain phases and on policy."""
    mirrored: bool = False
    """In places of the southern hemisphere the days are half a year later."""
    breaks: Breaks | None = None
    at: tuple[Variant, ...] = ()
    exact: tuple[Exact, ...] = ()
