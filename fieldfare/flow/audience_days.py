"""Counts of joined and left by short parts of time, put together to local days. Pure.

The database counts by equal parts, which it does fast; local days are not equal where clocks are changed. So the parts
are as long as the longest that every day of the stretch is a multiple of: a day, or an hour, or less.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from math import gcd
from typing import Any

from fieldfare.ground.instants import DAY, Day, Instant, date_of

BEFORE = -1
"""The part of all that came before the first day."""
_COUNTED = ("joined", "joined_live", "left_")


def grain_of(starts: Sequence[Instant]) -> int:
    """Return how long a part is, in microseconds, so that no part lies in two of the days that start then."""
    return reduce(gcd, (after - before for before, after in pairwise(starts)), DAY)


def days_of(
    parts: Sequence[Mapping[str, Any]], first: Day, starts: Sequence[Instant], grain: int
) -> list[dict[str, Any]]:
    """Return, for each day from the first on, who joined and left in it, and the size at its end.

    ``parts``: rows of ``part`` (counted from the start of the first day, or ``BEFORE``), ``joined``, ``joined_live``,
    ``left_``. What came after the start of the last day counts in it.
    """
    counts = [dict.fromkeys(_COUNTED, 0) for _ in starts]
    size = 0
    for row in parts:
        if row["part"] == BEFORE:
            size += row["joined"] - row["left_"]
            continue
        of_day = counts[bisect_right(starts, starts[0] + row["part"] * grain) - 1]
        for name in _COUNTED:
            of_day[name] += row[name]
    found = []
    for place, row in enumerate(counts):
        size += row["joined"] - row["left_"]
        told = {"joined": row["joined"], "joined_live": row["joined_live"], "left": row["left_"], "size": size}
        found.append({"day": date_of(first + place).isoformat(), **told})
    return found
