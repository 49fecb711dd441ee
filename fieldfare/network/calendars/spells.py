"""The stretches of days on which a phase held: the one that holds, the last that is over, those before. Pure.

A season's phase (``january.peak``) holds on the stretches of that season; ``january.off`` between them. A plain phase
(``peak``) holds while any of the leading seasons is in it, so stretches that touch or overlap are one; the leading ones
are those of the highest priority that are not off. Plain ``off`` holds while all are off. It knows no time zone and no
instant.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from fieldfare.ground.instants import Day, date_of
from fieldfare.network.calendars.model import Phase, Season, Spell
from fieldfare.network.calendars.stretches import timeline

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
    if found is not None and found[0] <= today - REACH_DAYS * (back + 3):
        found = None
    return found, min(changes, default=None)


def _spells(seasons: Sequence[Season], phase: Phase, year: int, back: int) -> list[Spell]:
    lines = [(season.priority, timeline(season, year - back - 1, year + 2)) for season in seasons]
    if phase is Phase.OFF:
        busy = joined((each.first_day, each.last_day) for _, line in lines for each in line)
        return [(one[1] + 1, other[0] - 1) for one, other in pairwise(busy)]
    found: list[Spell] = []
    for priority, line in lines:
        above = joined((each.first_day, each.last_day) for other, line in lines if other > priority for each in line)
        for each in line:
            if each.phase is phase:
                found += without((each.first_day, each.last_day), above)
    return joined(found)


def joined(spells: Iterable[Spell]) -> list[Spell]:
    """Return the stretches in order, those that touch or overlap as one."""
    found: list[Spell] = []
    for first, last in sorted(spells):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(last, found[-1][1])
        else:
            found.append((first, last))
    return found


def without(spell: Spell, taken: Sequence[Spell]) -> list[Spell]:
    """Return what is left of the days when those of ``taken``, in order, are taken out."""
    left, (first, last) = [], spell
    for begins, ends in taken:
        if ends < first or begins > last:
            continue
        if begins > first:
            left.append((first, begins - 1))
        first = ends + 1
    return [*left, (first, last)] if first <= last else left
