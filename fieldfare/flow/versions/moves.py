"""Who would join and who leave, from who is in now and who would be: counts, examples, places. Pure, on arrays."""

from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
EXAMPLES = 5


class AtPlace(msgspec.Struct, frozen=True):
    """How many of a home location; ``None``: of those who have none."""

    location: str | None
    joins: int
    leaves: int


class Moves(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one audience."""

    audience: str
    size: int
    """Profiles in it now."""
    size_after: int
    joins: int
    leaves: int
    examples_joining: tuple[int, ...]
    examples_leaving: tuple[int, ...]
    by_location: tuple[AtPlace, ...]


class Homes:
    """Where everybody is at home."""

    def __init__(self, profiles: Ids, homes: Iterable[str | None]) -> None:
        """Keep them sorted by profile."""
        order = np.argsort(profiles)
        self._profiles = profiles[order]
        names = list(homes)
        self._homes = [names[place] for place in order]

    def __len__(self) -> int:
        """Return how many profiles there are."""
        return len(self._profiles)

    def count(self, profiles: Ids) -> dict[str | None, int]:
        """Return how many of the profiles are at home where."""
        found: dict[str | None, int] = {}
        for place in np.searchsorted(self._profiles, profiles):
            home = self._homes[int(place)]
            found[home] = found.get(home, 0) + 1
        return found

    def known(self, profiles: Ids) -> Ids:
        """Return those of the profiles that stand, sorted."""
        found: Ids = np.intersect1d(profiles, self._profiles)
        return found


def moves_of(audience: str, before: Ids, after: Ids, homes: Homes) -> Moves:
    """Return what becomes of an audience whose members would be ``after``."""
    now, then = np.unique(before), homes.known(after)
    joining, leaving = np.setdiff1d(then, now), np.setdiff1d(now, then)
    joined, left = homes.count(homes.known(joining)), homes.count(homes.known(leaving))
    places = sorted(joined.keys() | left.keys(), key=lambda each: (each is None, each or ""))
    return Moves(
        audience=audience,
        size=len(now),
        size_after=len(then),
        joins=len(joining),
        leaves=len(leaving),
        examples_joining=tuple(int(each) for each in joining[:EXAMPLES]),
        examples_leaving=tuple(int(each) for each in leaving[:EXAMPLES]),
        by_location=tuple(AtPlace(place, joined.get(place, 0), left.get(place, 0)) for place in places),
    )
