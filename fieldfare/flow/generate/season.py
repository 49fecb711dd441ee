"""How the year moves a fitness network: how much people train, join and drift away on each day. Pure tables.

The stretches are those of ``examples/fitness/seasons.yaml`` (January and September), which a test compares.
"""

from datetime import date
from functools import lru_cache

from fieldfare.ground.instants import Day, date_of

JANUARY = ((1, 2), (2, 9))
SEPTEMBER = ((9, 1), (10, 5))

_TRAINING_BY_MONTH = (1.25, 1.2, 1.1, 1.05, 1.0, 0.85, 0.7, 0.75, 1.2, 1.15, 1.0, 0.8)
_JOINING_BY_MONTH = (3.2, 1.8, 1.0, 0.9, 0.8, 0.6, 0.5, 0.8, 2.2, 1.4, 0.7, 0.5)
_CLOSED = ((12, 25), (1, 1))
_WEEKDAYS = (1.15, 1.15, 1.1, 1.0, 0.85, 0.95, 0.8)
_SATURDAY = 5


def _inside(day: date, stretch: tuple[tuple[int, int], tuple[int, int]]) -> bool:
    return stretch[0] <= (day.month, day.day) <= stretch[1]


@lru_cache(maxsize=4096)
def training(day: Day) -> float:
    """Return how much an active member trains on the day, 1 being an ordinary day; 0 when the clubs are closed."""
    when = date_of(day)
    if (when.month, when.day) in _CLOSED:
        return 0.0
    peak = 1.2 if _inside(when, JANUARY) or _inside(when, SEPTEMBER) else 1.0
    return _TRAINING_BY_MONTH[when.month - 1] * peak * _WEEKDAYS[when.weekday()]


@lru_cache(maxsize=4096)
def joining(day: Day) -> float:
    """Return the weight of the day for new memberships."""
    when = date_of(day)
    return _JOINING_BY_MONTH[when.month - 1] * (1.3 if _inside(when, JANUARY) or _inside(when, SEPTEMBER) else 1.0)


@lru_cache(maxsize=4096)
def drifting(day: Day) -> float:
    """Return the factor on the hazard to drift away: highest when the resolutions of a peak have worn off."""
    when = date_of(day)
    return 1.7 if _inside(when, ((2, 10), (3, 31))) or _inside(when, ((10, 6), (11, 15))) else 0.85


def is_weekend(day: Day) -> bool:
    """Return whether the day is a Saturday or a Sunday."""
    return date_of(day).weekday() >= _SATURDAY
