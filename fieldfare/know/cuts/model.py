"""Nouns of cuts: where people are told apart by a number, what was published of that. No behaviour beyond look-ups.

A cut is named by what it is made of, so the same one in two audiences is one, and keeps its versions when an audience
is renamed.
"""

from collections.abc import Mapping

import msgspec

from fieldfare.ground.instants import Instant

MILLION = 1_000_000
EVERYWHERE = ""
"""The place of a cut over everybody."""
LEAST, GREATEST = -1.7976931348623157e308, 1.7976931348623157e308
"""Numbers of a mark that lets everybody in who has a number at all."""


class Rank(msgspec.Struct, frozen=True):
    """A place in the order of all that are ranked; inside is who stands there or before.

    Either a share in millionths (nearest rank; equal numbers are in together), or a count (of equal numbers the lower
    profile id goes first, so that never more are in).
    """

    is_top: bool
    """Counted from the greatest number, else from the least."""
    share: int = 0
    count: int = 0

    @property
    def text(self) -> str:
        """Return it as a part of a name: ``top-5pct``, ``bottom-200``."""
        size = str(self.count) if self.count else f"{self.share / 10_000:g}pct"
        return f"{'top' if self.is_top else 'bottom'}-{size}"


class Cut(msgspec.Struct, frozen=True):
    """Where people are told apart by a number."""

    by: str
    """A trait, computed or not."""
    ranks: tuple[Rank, ...]
    """All from one end. A rank by count stands alone."""
    per: str | None = None
    """``location`` or ``region``: within each home location or its region, and nobody without one."""
    among: str | None = None
    """An audience: only its members are ranked."""

    @property
    def name(self) -> str:
        """Return what it is called wherever it is published, stored and shown."""
        parts = [self.by, *(rank.text for rank in self.ranks)]
        parts += [f"per-{self.per}"] if self.per is not None else []
        parts += [f"among-{self.among}"] if self.among is not None else []
        return ".".join(parts)


class Mark(msgspec.Struct, frozen=True, array_like=True):
    """The number at a rank, and who stood there, where equal numbers are told apart."""

    number: float
    profile_id: int | None = None


class PlaceMarks(msgspec.Struct, frozen=True):
    """What was published for one place: a mark per rank."""

    marks: tuple[Mark, ...]
    ranked: int
    """How many had a number."""
    guards: tuple[float, ...] = ()
    """Further numbers at which profiles look again, ascending: see :mod:`fieldfare.know.cuts.choose`."""

    looks: tuple[float, ...] = ()
    """Every number at which profiles look again, ascending; made from the others."""

    def __post_init__(self) -> None:
        """Join marks and guards once: every evaluation asks for them."""
        looks = tuple(sorted({*self.guards, *(mark.number for mark in self.marks)} - {LEAST, GREATEST}))
        msgspec.structs.force_setattr(self, "looks", looks)


class CutVersion(msgspec.Struct, frozen=True):
    """What was published of one cut at one instant."""

    name: str
    version: int
    at: Instant
    places: Mapping[str, PlaceMarks]
    """By place, ``EVERYWHERE`` where the cut is over everybody. Nobody of another place is inside."""


class CutsInForce:
    """The newest version of each cut. The only thing of a workspace's definitions that changes while a server runs."""

    def __init__(
        self, versions: Mapping[str, CutVersion] | None = None, seq: int = 0, wanted: frozenset[str] = frozenset()
    ) -> None:
        """Begin with these; ``wanted`` names the cuts that the definitions compare with."""
        self.wanted = wanted
        self._versions: Mapping[str, CutVersion] = {}
        self.seq = 0
        """The place in the table of versions up to which these hold."""
        self.at: Instant = 0
        """When the newest of them was published."""
        self.replace(versions if versions is not None else {}, seq)

    def replace(self, versions: Mapping[str, CutVersion], seq: int) -> None:
        """Put other versions in force, all at once."""
        self.at = max((version.at for version in versions.values()), default=0)
        self._versions, self.seq = versions, seq

    def of(self, name: str) -> CutVersion | None:
        """Return the version in force of a cut, ``None`` when none was ever published."""
        return self._versions.get(name)

    def all(self) -> Mapping[str, CutVersion]:
        """Return them by name."""
        return self._versions
