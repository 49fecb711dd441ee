"""Nouns of seasons: a recurring stretch of the year for some locations, in phases. No behaviour."""

from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Day


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


class Season(msgspec.Struct, frozen=True):
    """A season as declared: yearly dates of the peak, lead and tail in days, the subtree of locations it holds for."""

    name: str
    starts: str
    """First day of the peak as ``MM-DD``."""
    ends: str
    """Last day of the peak as ``MM-DD``; before ``starts`` means it runs over the new year."""
    prepare_days: int
    cool_down_days: int
    locations: tuple[str, ...] = ()
    """Location or region names; empty: everywhere."""
