"""Nouns of forecasts: a daily series, a forecast with its interval, and the reason why there is none. No behaviour."""

from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from fieldfare.ground.instants import Day

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Holidays = dict[str, tuple[Day, ...]]
"""Days of each holiday by its name."""


class Lack(StrEnum):
    """Why a forecast is not computable."""

    EMPTY = "empty"
    TOO_SHORT = "too_short"
    MOSTLY_MISSING = "mostly_missing"
    NOTHING_HAPPENS = "nothing_happens"
    ENDED = "ended"


class NotComputable(msgspec.Struct, frozen=True):
    """There is no forecast, or no profile, and why: in words for whoever asked."""

    lack: Lack
    why: str


class Series(msgspec.Struct, frozen=True):
    """One number a day from ``first_day`` on; NaN where nothing is known, which is not nothing."""

    first_day: Day
    values: Floats

    @property
    def end_day(self) -> Day:
        """Return the first day after the series."""
        return self.first_day + len(self.values)


class Forecast(msgspec.Struct, frozen=True):
    """Values expected from ``first_day`` on, with the interval in which ``coverage`` of the days should lie."""

    first_day: Day
    mean: Floats
    low: Floats
    high: Floats
    coverage: float
    form: str
    """What was fitted, in words."""
    error: float | None
    """WAPE of the same method in backtests on the known part; ``None`` where it was too short for any."""
