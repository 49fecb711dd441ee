"""Values that differ by phase: ``by_phase`` beside a value, and which of them holds. Pure.

A value may say what it is in a phase of any season (``peak``) or of one (``january.peak``). The word for one season
comes before the word for any, and a season of a higher priority before a lower; of two that are equal, the season that
is declared first counts, and of plain phases the order of :data:`ORDER`. The phases that hold are those that
:meth:`~fieldfare.network.calendars.holds.Calendar.holds` gives, which are logged with each decision, so anybody can
resolve the same value again.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.network.calendars.model import Phase, Season

T = TypeVar("T")

ORDER = (Phase.PEAK, Phase.PREPARE, Phase.COOL_DOWN, Phase.OFF)


def resolve(value: T, by_phase: Mapping[str, T], phases: frozenset[str], seasons: Iterable[Season] = ()) -> T:
    """Return the value that holds in these phases; ``value`` where none of them says otherwise."""
    name = which(by_phase, phases, seasons)
    return value if name is None else by_phase[name]


def which(by_phase: Mapping[str, T], phases: frozenset[str], seasons: Iterable[Season] = ()) -> str | None:
    """Return the phase whose word holds, for explanations; ``None``: none of them says anything."""
    if not by_phase:
        return None
    for season in sorted(seasons, key=lambda each: -each.priority):
        for phase in ORDER:
            name = f"{season.name}.{phase}"
            if name in by_phase and name in phases:
                return name
    named = sorted(name for name in by_phase if "." in name and name in phases)
    if named:  # of seasons that nobody told us of
        return named[0]
    return next((phase.value for phase in ORDER if phase in by_phase and phase in phases), None)


def phase_problems(by_phase: Iterable[str], path: Path) -> list[Problem]:
    """Return the problems of keys that are no phases; whether their seasons exist is checked between files."""
    fix = f"Write one of {', '.join(f'`{phase}`' for phase in Phase)}, or one of a season such as `january.peak`."
    return [
        Problem((*path, name), f"`{name}` is no phase", "no day is in it", fix)
        for name in by_phase
        if name.rpartition(".")[2] not in set(Phase)
    ]
