"""Nouns of what is read of the lake for an experiment's report. No I/O."""

from collections.abc import Collection, Mapping

import msgspec

from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.compare import Known
from fieldfare.learn.experiments.registered.findings.model import Ended
from fieldfare.learn.experiments.registered.model import Reached, Trial
from fieldfare.learn.experiments.statistics.model import Sums
from fieldfare.learn.experiments.statistics.survival import LifeTable

Course = list[Ended]
"""Units whose windows ended on each day, in order of time."""


class Part(msgspec.Struct, kw_only=True):
    """The numbers of some metrics over the same units."""

    sums: dict[str, dict[str, Sums]] = {}
    """By metric and arm."""
    strata: dict[str, dict[int, dict[str, Sums]]] = {}
    """By metric, stratum and arm, where people were dealt in strata."""
    spreads: dict[str, dict[str, dict[int, int]]] = {}
    matched: dict[str, dict[str, list[float | None]]] = {}
    caps: dict[str, float] = {}
    members: dict[str, int] = {}
    crossed: int = 0

    def only(self, names: Collection[str]) -> "Part":
        """Return the numbers of these metrics alone."""
        return Part(
            sums={name: each for name, each in self.sums.items() if name in names},
            strata={name: each for name, each in self.strata.items() if name in names},
            spreads={name: each for name, each in self.spreads.items() if name in names},
            matched={name: each for name, each in self.matched.items() if name in names},
        )

    def add(self, other: "Part") -> None:
        """Take in the metrics of another part."""
        self.sums |= other.sums
        self.strata |= other.strata
        self.spreads |= other.spreads
        self.matched |= other.matched


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read."""

    sums: dict[str, dict[str, Sums]]
    strata: dict[str, dict[int, dict[str, Sums]]]
    """By metric, stratum and arm, where people were dealt in strata."""
    sizes: dict[str, int]
    crossed: int
    of_today: int
    """People whose unit was not kept when they were assigned: it is today's."""
    unread: Mapping[str, NotComputable]
    """Metrics whose SQL cannot be run, with why."""
    reached: tuple[Reached, ...]
    """Of the planned looks by units: when so many had come."""
    everybody: Part | None
    """The numbers of everybody, where the others are of those alone whom the look that stands counts."""
    messages: dict[str, int]
    course: Course
    curves: dict[str, list[tuple[int, float]]]
    funnel: list[tuple[str, dict[str, int]]]
    segments: dict[tuple[str, str], dict[str, Sums]]
    spreads: dict[str, dict[str, dict[int, int]]]
    lives: dict[str, LifeTable]
    values: dict[str, list[float]]
    cohorts: dict[int, tuple[str, dict[str, Sums]]]
    matched: dict[str, dict[str, list[float | None]]]

    def known(self, trial: Trial) -> Known:
        """Return what the report is worked out from."""
        everybody = None
        if self.everybody is not None:
            everybody = Known(
                sums=self.everybody.sums,
                strata=self.everybody.strata,
                spreads=self.everybody.spreads,
                sizes=self.sizes,
                weights=trial.weights,
                control=trial.control,
                unread=self.unread,
            )
        return Known(
            sums=self.sums,
            strata=self.strata,
            sizes=self.sizes,
            weights=trial.weights,
            control=trial.control,
            crossed=self.crossed,
            of_today=self.of_today,
            messages=self.messages,
            segments=self.segments,
            spreads=self.spreads,
            lives=self.lives,
            values=self.values,
            cohorts=self.cohorts,
            matched=self.matched,
            unread=self.unread,
            reached=self.reached,
            everybody=everybody,
        )
