"""Compiles conditions on where a profile stands among others: its number against the published cut. Pure.

The cut in force is read at every call, so a new version needs no compiling. The change told is the first moment at
which the number passes a look of the cut (a mark or a guard), not only a mark: see :mod:`fieldfare.know.cuts.choose`.
"""

from collections.abc import Callable
from typing import Any

from fieldfare.ground.instants import Day, Instant, today_in
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
from fieldfare.know.audiences.model import Ranked
from fieldfare.know.audiences.ports import Places, ValueRun
from fieldfare.know.cuts.compare import cell, place_of, sides
from fieldfare.know.cuts.model import Cut, CutsInForce, PlaceMarks
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.model import Document

MOST_STEPS = 100
"""So many changes of the number are looked at to find the one that passes a look; then one looks again."""
_MOST_READERS = 1_000
_NONE, _OPEN = -1, -2


def compile_ranked(
    node: Ranked,
    reader: Callable[[tuple[float, ...]], ValueRun],
    places: Places,
    cuts: CutsInForce,
    zone: str,
    *,
    steps: int = MOST_STEPS,
) -> Callable[[Document, Instant, Day], tuple[bool | None, Instant | None]]:
    """Return the condition as a closure; ``reader`` gives what reads the number, for the looks that matter to it.

    ``steps`` is 0 where the number follows from other cuts, whose looks must not be passed over either.
    """
    cut, name = node.cut, node.cut.name
    readers: dict[tuple[float, ...], ValueRun] = {}

    def read_for(looks: tuple[float, ...]) -> ValueRun:
        found = readers.get(looks)
        if found is None:
            if len(readers) >= _MOST_READERS:
                readers.clear()
            found = readers[looks] = reader(looks)
        return found

    def run(document: Document, now: Instant, today: Day) -> tuple[bool | None, Instant | None]:
        version = cuts.of(name)
        if version is None:
            return None, None
        place = place_of(cut, document.home_location, places)
        told = None if place is None else version.places.get(place)
        if told is None:
            return False, None
        value, change = until_past(cut, told, read_for(told.looks), document, now, today, zone, steps=steps)
        if value is NOT_COMPUTABLE:
            return None, change
        amount = number(value)
        return amount is not None and sides(cut, told, amount, document.profile_id) == node.wants, change

    return run


def until_past(
    cut: Cut,
    told: PlaceMarks,
    read: ValueRun,
    document: Document,
    now: Instant,
    today: Day,
    zone: str,
    *,
    steps: int = MOST_STEPS,
) -> tuple[Any, Instant | None]:
    """Return the value, and the first moment at which time alone takes it past one of a cut's looks."""
    value, change = read(document, now, today)
    at = _cell_of(cut, told, value)
    for _ in range(steps):
        if change is None:
            break
        later, following = read(document, change, today_in(change, zone))
        if _cell_of(cut, told, later) != at:
            break
        change = following
    return value, change


def _cell_of(cut: Cut, told: PlaceMarks, value: Any) -> int:
    if value is NOT_COMPUTABLE:
        return _OPEN
    amount = number(value)
    return _NONE if amount is None else cell(cut, told.looks, amount)
