"""The stretches of days on which a phase held: the one that holds, the last that is over, those before. Pure.

A season's phase (``january.peak``) holds on the stretches of that season; ``january.off`` between them. A plain phase
(``peak``) holds while any of the seasons is in it, so stretches that touch or overlap are one; plain ``off`` while all
are off. It knows no time zone and no instant.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from fieldfare.ground.instants import Day, date_of
from fieldfare.network.calendars.model import Phase, Season
from fieldfare.network.calendars.stretches import stretches

Spell = tuple[Day, Day]
"""First and last day, both in."""

REACH_DAYS = 366
"""No stretch that is asked for begins more than this, times ``back + 3``, before today."""


def spell_of(seasons: Sequence[Season], phase: str, back: int, today: Day) -> tuple[Spell | None, Day | None]:
    """Return a stretch of the phase, and the first later day on which the answer may be another.

    ``seasons`` are those that apply at the place. ``back`` 0: the stretch of ``today``; 1: the last one that ended
    before today; 2: the one before that.
    """
    name, _, plain = phase.rpartition(".")
    asked = [season for season in seasons if not name or season.name == name]
    if not asked:
        return None, None
    spells = _spells(asked, Phase(plain), date_of(today).year, back)
    changes = [day for first, last in spells for day in (first, last + 1) if day > today]
    if back == 0:
        found = next((spell for spell in spells if spell[0] <= today <= spell[1]), None)
    else:
        over = [spell for spell in spells if spell[1] < today]
        found = over[-back] if len(over) >= back else None
    return found, min(changes, default=None)


def _spells(seasons: Sequence[Season], phase: Phase, year: int, back: int) -> list[Spell]:
    first_year, last_year = max(date.min.year + 1, year - back - 1), min(date.max.year - 2, year + 2)
    found = [
        (stretch.first_day, stretch.last_day)
        for season in seasons
        for each in range(first_year, last_year + 1)
        for stretch in stretches(season, each)
        if phase is Phase.OFF or stretch.phase is phase
    ]
    spells = _joined(found)
    if phase is not Phase.OFF:
        return spells
    return [(one[1] + 1, other[0] - 1) for one, other in pairwise(spells)]


def _joined(spells: Iterable[Spell]) -> list[Spell]:
    """Return the stretches in order, those that touch or overlap as one."""
    joined: list[Spell] = []
    for first, last in sorted(spells):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(last, joined[-1][1])
        else:
            joined.append((first, last))
    return joined
