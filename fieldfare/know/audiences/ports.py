"""What audiences need to know of others: places and seasons (:mod:`fieldfare.network`), computed traits. Pure."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from fieldfare.ground.instants import Day, Instant
from fieldfare.know.audiences.model import Did
from fieldfare.know.cuts.model import Cut
from fieldfare.know.profiles.model import Document
from fieldfare.network.calendars.model import Season

State = tuple[bool | None, Instant | None]
"""The truth (``None``: not computable), and the next instant at which time alone may change it."""
Run = Callable[[Document, Instant, Day], State]
"""Answers a condition at a moment; the day is that of the instant in the workspace's zone."""
ValueRun = Callable[[Document, Instant, Day], tuple[Any, Instant | None]]
"""Answers a trait's value at a moment, and the next moment at which time alone may change it."""


class Phases(Protocol):
    """Which phases hold where and when."""

    @property
    def seasons(self) -> Sequence[Season]:
        """Return the seasons, whose priorities decide where several phases have a word."""
        ...

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        """Return the phases that hold at the location, and the next instant at which that may change.

        Both plain (``peak``) and with the season (``january.peak``). An unknown location counts as ``None``.
        """
        ...

    def stretch(
        self, phase: str, back: int, location: str | None, now: Instant
    ) -> tuple[tuple[Day, Day] | None, Instant | None]:
        """Return the first and last day of a stretch of the phase at the location, and when that answer may change.

        ``back`` 0 asks for the stretch that holds now, 1 for the last that is over, 2 for the one before it. ``None``:
        there is none.
        """
        ...


class Places(Protocol):
    """The tree of locations."""

    def within(self, location: str, name: str) -> bool:
        """Return whether the location is, or lies in, the named location or region."""
        ...

    def region_of(self, location: str) -> str | None:
        """Return the region in which the location lies, ``None`` when in none."""
        ...


class ComputedTraits(Protocol):
    """Traits that follow from others and from events."""

    def names(self) -> frozenset[str]:
        """Return the names of all of them."""
        ...

    def run(self, name: str, marks: tuple[float, ...] | None = None) -> ValueRun:
        """Return what computes the trait.

        With ``marks`` a change need only be told when the number comes to or passes one of them.
        """
        ...

    def asks(self, name: str) -> tuple[tuple[Did, ...], frozenset[str]]:
        """Return the aggregates of events and the plain traits that the trait follows from."""
        ...

    def describe(self, name: str) -> dict[str, Any]:
        """Return the definition as plain values."""
        ...

    def is_sure(self, name: str) -> bool:
        """Return whether the value is always computable."""
        ...

    def moves(self, name: str) -> bool:
        """Return whether time alone changes the value."""
        ...

    def cuts(self, name: str) -> tuple[Cut, ...]:
        """Return the cuts that the trait compares with."""
        ...

    def in_lake(self, name: str, column: Callable[[Did], Any], traits: Any, today: Day) -> Any:
        """Return the trait in the lake, as a value that compares.

        ``column`` gives an aggregate's column, ``traits`` is the JSON of plain traits, ``today`` the day asked for.
        """
        ...


class NoComputedTraits:
    """For workspaces that compute none."""

    def names(self) -> frozenset[str]:
        """Return nothing."""
        return frozenset()

    def run(self, name: str, marks: tuple[float, ...] | None = None) -> ValueRun:
        """There is nothing to compute."""
        raise KeyError(name, marks)

    def asks(self, name: str) -> tuple[tuple[Did, ...], frozenset[str]]:
        """There is nothing to ask for."""
        raise KeyError(name)

    def describe(self, name: str) -> dict[str, Any]:
        """There is nothing to describe."""
        raise KeyError(name)

    def is_sure(self, name: str) -> bool:
        """There is nothing to be sure of."""
        raise KeyError(name)

    def moves(self, name: str) -> bool:
        """There is nothing that could move."""
        raise KeyError(name)

    def cuts(self, name: str) -> tuple[Cut, ...]:
        """There is nothing that compares."""
        raise KeyError(name)

    def in_lake(self, name: str, column: Callable[[Did], Any], traits: Any, today: Day) -> Any:
        """There is nothing to ask the lake for."""
        raise KeyError(name, column, traits, today)


class NoPhases:
    """For workspaces without seasons: no phase ever holds."""

    seasons: Sequence[Season] = ()

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        """Return nothing, for ever."""
        return frozenset(), None

    def stretch(
        self, phase: str, back: int, location: str | None, now: Instant
    ) -> tuple[tuple[Day, Day] | None, Instant | None]:
        """Return that there is none, for ever."""
        return None, None


class FlatPlaces:
    """For workspaces without a tree: a location lies in itself only."""

    def within(self, location: str, name: str) -> bool:
        """Return whether the names are the same."""
        return location == name

    def region_of(self, location: str) -> str | None:
        """Return nothing: there are no regions."""
        return None
