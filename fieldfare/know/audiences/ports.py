"""What audiences need to know about places and seasons; :mod:`fieldfare.network` provides it. Pure look-ups."""

from typing import Protocol

from fieldfare.ground.instants import Instant


class Phases(Protocol):
    """Which phases hold where and when."""

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        """Return the phases that hold at the location, and the next instant at which that may change.

        Both plain (``peak``) and with the season (``january.peak``). An unknown location counts as ``None``.
        """
        ...


class Places(Protocol):
    """The tree of locations."""

    def within(self, location: str, name: str) -> bool:
        """Return whether the location is, or lies in, the named location or region."""
        ...


class NoPhases:
    """For workspaces without seasons: no phase ever holds."""

    def holds(self, location: str | None, now: Instant) -> tuple[frozenset[str], Instant | None]:
        """Return nothing, for ever."""
        return frozenset(), None


class FlatPlaces:
    """For workspaces without a tree: a location lies in itself only."""

    def within(self, location: str, name: str) -> bool:
        """Return whether the names are the same."""
        return location == name
