"""The columns of a forecast's regression, and how strongly each is held back. Pure.

A day is explained by a level that may step and a trend that may bend, harmonics of the year, the weekday (whose
difference may itself change through the year), and holidays with the days around them. Every column but the mean has a
penalty, so that what the data cannot tell stays at nothing.
"""

import msgspec
import numpy as np

from fieldfare.ground.instants import Day
from fieldfare.learn.forecast.model import Floats, Holidays

YEAR_DAYS = 365.2425
MOST_HARMONICS = 9
_WEEK = 7
_MONDAY_OFFSET = 3
"""1970-01-01 was a Thursday."""
_STEP_DAYS = 28
_BEND_DAYS = 91
_DAMPING_DAYS = 120.0
"""The trend of the last days goes on for about so long."""
_CROSSED = 4
"""So many of the year's waves may differ on weekends."""


class Shape(msgspec.Struct, frozen=True):
    """One form of the model: what is in it and how strongly parts are held back."""

    logs: bool
    """Whether effects multiply."""
    harmonics: int
    level: float
    """Penalty of steps of the level; the smaller, the sooner a new level is believed."""
    slope: float
    """Penalty of the trend and its bends."""


class Design:
    """The columns for the days of a series and for days after it; a shape takes some of them."""

    def __init__(self, first_day: Day, length: int, holidays: Holidays) -> None:
        """Place steps and bends on the days that are known, the last of them well before the end."""
        self._first, self._length = first_day, length
        self._steps = np.arange(length - _STEP_DAYS // 2, _STEP_DAYS // 2, -_STEP_DAYS, dtype=float)
        self._bends = np.arange(length - _BEND_DAYS // 2, _BEND_DAYS // 2, -_BEND_DAYS, dtype=float)
        known = range(first_day, first_day + length)
        self._holidays = {name: days for name, days in holidays.items() if any(day in known for day in days)}
        self._any = sorted({day for days in holidays.values() for day in days})

    def rows(self, start: int, stop: int) -> Floats:
        """Return the columns for positions [start, stop) of the series; those at its length and above lie ahead."""
        at = np.arange(start, stop, dtype=float)
        days = self._first + np.arange(start, stop)
        weekday = (days + _MONDAY_OFFSET) % _WEEK
        ahead = np.maximum(at - self._length, 0)
        trend = np.minimum(at, self._length) + _DAMPING_DAYS * (1 - np.exp(-ahead / _DAMPING_DAYS))
        waves = [
            wave(2 * np.pi * order * days / YEAR_DAYS)
            for order in range(1, MOST_HARMONICS + 1)
            for wave in (np.sin, np.cos)
        ]
        weekend = (weekday >= _WEEK - 2).astype(float) - 2 / _WEEK
        columns = [np.ones_like(at)]
        columns += [(at >= step).astype(float) for step in self._steps]
        columns += [(trend - self._length) / YEAR_DAYS]
        columns += [np.maximum(trend - bend, 0) / YEAR_DAYS for bend in self._bends]
        columns += waves
        columns += [weekend * wave for wave in waves[:_CROSSED]]
        columns += [(weekday == each).astype(float) - 1 / _WEEK for each in range(_WEEK)]
        every = np.isin(days, self._any).astype(float)
        before = np.isin(days + 1, self._any).astype(float) * (1 - every)
        after = np.isin(days - 1, self._any).astype(float) * (1 - every)
        columns += [every, before, after, *(np.isin(days, each).astype(float) for each in self._holidays.values())]
        return np.stack(columns, axis=1)

    def penalties(self, shape: Shape) -> Floats:
        """Return the penalty of every column; infinite where the shape leaves it out."""
        orders = [order for order in range(1, MOST_HARMONICS + 1) for _ in range(2)]
        waves = [order * order * 0.5 if order <= shape.harmonics else np.inf for order in orders]
        return np.array(
            [
                1e-6,
                *[shape.level] * len(self._steps),
                *[shape.slope] * (1 + len(self._bends)),
                *waves,
                *(6.0 if order <= shape.harmonics else np.inf for order in orders[:_CROSSED]),
                *[1.0] * _WEEK,
                2.0,
                6.0,
                6.0,
                *[4.0] * len(self._holidays),
            ]
        )
