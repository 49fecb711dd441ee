"""When this year's peak begins: the calendar first, corrected by what is seen; a person overrides. Pure.

The start of a peak moves by weeks between years, so the calendar alone is not enough; a single loud week is no peak.
The data may move the start by at most :data:`REACH_DAYS`. A peak is on after the smoothed index stood above the upper
mark for :data:`HOLD_DAYS`; it is late while the index stays below the lower mark after the calendar's day; between the
marks what was said before holds.
"""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from fieldfare.ground.instants import Day

REACH_DAYS = 42
HOLD_DAYS = 5


class Word(StrEnum):
    """Whose word the start is."""

    CALENDAR = "calendar"
    DATA = "data"
    PERSON = "person"


class Onset(msgspec.Struct, frozen=True):
    """First day of this year's peak as far as it is known today; ``is_on`` tells whether it has begun."""

    first_day: Day
    word: Word
    is_on: bool
    moved_days: int = 0
    """How much later than in the calendar; negative: earlier."""


class Marks(msgspec.Struct, frozen=True):
    """Indices at which a peak begins and below which it has not begun."""

    upper: float
    lower: float


def marks_for(quiet: float, height: float) -> Marks:
    """Return the marks between the quiet level and the height of a peak: at a half and at a third of the way."""
    return Marks(quiet + (height - quiet) / 2, quiet + (height - quiet) / 3)


def onset(
    calendar_first: Day,
    index: Sequence[float | None],
    index_first: Day,
    marks: Marks,
    override: Day | None = None,
) -> Onset:
    """Return when the peak begins, by what was seen through the last day of ``index`` (one smoothed value a day).

    ``None`` in the index is a day of which nothing is known; it neither speaks for the peak nor against it.
    """
    today = index_first + len(index)
    if override is not None:
        return Onset(override, Word.PERSON, override <= today, override - calendar_first)
    above, began, is_late = 0, None, False
    for at, value in enumerate(index):
        day = index_first + at
        if abs(day - calendar_first) > REACH_DAYS or began is not None or value is None:
            continue
        if value >= marks.upper:
            above += 1
            if above >= HOLD_DAYS:
                began = day - HOLD_DAYS + 1
        else:
            above = 0
            is_late = is_late or (value < marks.lower and day >= calendar_first)
    if began is not None and (began < calendar_first or is_late):
        return Onset(began, Word.DATA, is_on=True, moved_days=began - calendar_first)
    if is_late and today <= calendar_first + REACH_DAYS:
        return Onset(today, Word.DATA, is_on=False, moved_days=today - calendar_first)
    return Onset(calendar_first, Word.CALENDAR, calendar_first <= today)
