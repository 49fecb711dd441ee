"""Who keeps which arm, and how far strata are dealt, at hand in one transaction: read when asked, written once.

Whoever steps walks has the write transaction to himself, so two people never get the same seat, in whichever process
they arrive; the counts are written with the assignments, so a crash or a power failure takes back both or neither.
Who was assigned once keeps the arm, alone or with a unit, and takes no second seat. No rule is here.
"""

from typing import NamedTuple

from sqlalchemy import Connection

from fieldfare.learn.experiments import store as experiment_store
from fieldfare.learn.experiments.assign import choose
from fieldfare.learn.experiments.model import Split
from fieldfare.learn.experiments.permuted import Dealt, next_in
from fieldfare.learn.experiments.place import Unit
from fieldfare.learn.experiments.store import Assigned, Kept


class Seat(NamedTuple):
    """Who asks for an arm, and in which stratum."""

    split: Split
    stratum: int | None
    """``None``: a coin decides for each unit."""
    profile_id: int
    unit: int | None
    """The number of those who are assigned as one; ``None``: the profile alone."""
    tossed: Unit
    """For whom the coin is tossed."""
    family: frozenset[int] = frozenset()
    """Other profile ids of the person."""
    kin: frozenset[int] = frozenset()
    """Profile ids of others who are assigned as one with the person, as far as they are known."""

    @property
    def own(self) -> frozenset[int]:
        """Return all profile ids of the person."""
        return self.family | {self.profile_id}

    @property
    def shared(self) -> int | None:
        """Return the number by which others of the unit are found; the coin falls for them as it does for this one."""
        return None if self.stratum is None else self.unit


class Deals:
    """Who got which arm, and how far each stratum is dealt."""

    def __init__(self, connection: Connection) -> None:
        """Read through ``connection`` as long as its transaction lasts."""
        self._connection = connection
        self._stored: dict[tuple[str, frozenset[int], frozenset[int], int | None], Kept | None] = {}
        self._of_profile: dict[tuple[str, int], Assigned] = {}
        """Who was assigned in this transaction, first."""
        self._of_unit: dict[tuple[str, int], Assigned] = {}
        self._dealt: dict[tuple[str, int], Dealt] = {}
        self._moved: set[tuple[str, int]] = set()
        self._asked: dict[tuple[str, int], Seat] = {}
        """Who was told an arm and has not taken it yet."""

    def through(self, connection: Connection) -> "Deals":
        """Return self, with what was dealt, to read on in the transaction that writes it."""
        self._connection = connection
        return self

    def at(self, seat: Seat) -> "Asking":
        """Return what tells the arm of one who asks."""
        return Asking(self, seat)

    def kept_arm(self, seat: Seat) -> str | None:
        """Return the arm that is kept, ``None`` where there is none."""
        kept = self._kept(seat)
        return None if kept is None else kept.arm

    def arm_of(self, seat: Seat) -> str:
        """Return the arm that is kept, else the one that is next or falls; it is given away by :meth:`take`."""
        self._asked[seat.split.name, seat.profile_id] = seat
        kept = self.kept_arm(seat)
        if kept is not None:
            return kept
        if seat.stratum is None:
            return choose(seat.tossed, seat.split)
        return next_in(seat.split, seat.stratum, self._of(seat.split.name, seat.stratum))[0]

    def take(self, met: Assigned) -> Assigned:
        """Return the assignment as it is to be kept: with the stratum and the unit of the arm that was told last.

        The seat is given away, unless the arm was kept. Where nobody asked, no stratum was dealt in.
        """
        seat = self._asked.pop((met.experiment, met.profile_id), None)
        if seat is not None:
            kept = self._kept(seat)
            if kept is not None:
                met = met._replace(stratum=kept.stratum, unit=met.unit if kept.unit is None else kept.unit)
            elif seat.stratum is not None:
                key = met.experiment, seat.stratum
                self._dealt[key] = next_in(seat.split, seat.stratum, self._of(*key))[1]
                self._moved.add(key)
                met = met._replace(stratum=seat.stratum)
        self._of_profile.setdefault((met.experiment, met.profile_id), met)
        if met.unit is not None:
            self._of_unit.setdefault((met.experiment, met.unit), met)
        return met

    def save(self, connection: Connection) -> None:
        """Write how far was dealt."""
        experiment_store.keep_dealt(connection, {key: self._dealt[key] for key in self._moved})
        self._moved.clear()

    def _kept(self, seat: Seat) -> Kept | None:
        """Return how the person was assigned, else whoever is assigned as one with them; what is stored was before."""
        name, stored = seat.split.name, self._read(seat)
        if stored is not None and stored.is_own:
            return stored
        mine = self._first(name, seat.own)
        if mine is not None or stored is not None:
            return _kept(mine) if mine is not None else stored
        others = self._first(name, seat.kin)
        if others is None and seat.shared is not None:
            others = self._of_unit.get((name, seat.shared))
        return None if others is None else _kept(others)

    def _read(self, seat: Seat) -> Kept | None:
        asked = seat.split.name, seat.own, seat.kin, seat.shared
        if asked not in self._stored:
            self._stored[asked] = experiment_store.arm_kept(self._connection, *asked)
        return self._stored[asked]

    def _first(self, name: str, people: frozenset[int]) -> Assigned | None:
        found = [self._of_profile[name, each] for each in people if (name, each) in self._of_profile]
        return min(found, key=lambda each: (each.at, each.profile_id), default=None)

    def _of(self, name: str, stratum: int) -> Dealt:
        key = name, stratum
        if key not in self._dealt:
            self._dealt[key] = experiment_store.dealt_of(self._connection, *key)
        return self._dealt[key]


class Asking(NamedTuple):
    """One who asks for an arm."""

    deals: Deals
    seat: Seat

    def kept(self) -> str | None:
        """Return the arm that is kept, ``None`` where there is none."""
        return self.deals.kept_arm(self.seat)

    def arm(self) -> str:
        """Return the arm that is kept, else the one that is next or falls."""
        return self.deals.arm_of(self.seat)


def _kept(met: Assigned) -> Kept:
    return Kept(met.arm, met.stratum, met.unit, is_own=True)
