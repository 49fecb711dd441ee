"""Weeks from Monday to Sunday, as day numbers. Pure."""

from fieldfare.ground.instants import Day

_WEEK = 7
_MONDAY = 4
"""Day number of 1970-01-05."""


def week_of(day: Day) -> Day:
    """Return the Monday of the week of a day."""
    return day - (day - _MONDAY) % _WEEK
