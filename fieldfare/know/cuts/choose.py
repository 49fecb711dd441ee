"""Which ranks a cut is made of, and at which further numbers people look again. Pure.

Numbers that time alone changes (windowed sums, days since) wake a profile when they come to a mark. A new mark may lie
nearer than the one that a sleeping profile waits for. So guards stand around the marks: fixed numbers at which such
profiles look again too. Two neighbouring looks (marks and guards) make a cell. The rule that keeps everybody exact:
whoever sleeps wakes before the number leaves its cell. Then a new mark concerns only those between it and the old one,
and those in the cell in which it falls, who are looked at. New guards are put inside that cell alone, since only there
everybody is looked at; a guard may be dropped anywhere, as whoever waits for it only wakes too early.
"""

from collections.abc import Mapping

from fieldfare.know.cuts.model import GREATEST, LEAST, MILLION, Cut, Mark, PlaceMarks, Rank

_WIDTHS = (10_000, 40_000, 160_000, 640_000)
"""How far guards stand from a mark: shares of all that are ranked, in millionths."""
_WIDE = 20_000
"""A cell that reaches no farther than this from a mark gets no further guards."""
MOST_GUARDS = 24


def place_of_rank(rank: Rank, ranked: int) -> int:
    """Return the place of a rank among so many, counted from its end, 1 the first; more than ``ranked``: all are in.

    A share ends by nearest rank: at the first place that covers it.
    """
    if rank.count:
        return rank.count
    return max(1, -(-ranked * rank.share // MILLION))


def places_wanted(cut: Cut, ranked: int, *, moves: bool) -> set[int]:
    """Return the places whose numbers are needed. ``moves``: time alone changes the number, so guards are needed."""
    found: set[int] = set()
    for rank in cut.ranks:
        place = place_of_rank(rank, ranked)
        if place <= ranked:
            found.add(place)
            widths = (_WIDE, *_WIDTHS) if moves else ()
            found |= {place + sign * _step(width, ranked) for width in widths for sign in (-1, 1)}
    return {place for place in found if 1 <= place <= ranked}


def choose(cut: Cut, ranked: int, found: Mapping[int, Mark], before: PlaceMarks | None, *, moves: bool) -> PlaceMarks:
    """Return what is to be published for a place.

    ``found``: number and profile at each of the places wanted; ``before``: what is in force there.
    """
    marks = tuple(_mark(rank, ranked, found) for rank in cut.ranks)
    if not moves:
        return PlaceMarks(marks, ranked)
    guards = set(before.guards) if before is not None else set[float]()
    for rank, mark in zip(cut.ranks, marks, strict=True):
        for greater, end in zip((False, True), cell_around(before, mark), strict=True):
            guards |= _new_guards(rank, mark, ranked, found, (greater, end))
    return PlaceMarks(marks, ranked, _thinned(guards, marks))


def _new_guards(rank: Rank, mark: Mark, ranked: int, found: Mapping[int, Mark], side: tuple[bool, float]) -> set[float]:
    """Return guards on one side of a mark, inside the cell whose end is given; none where it is narrow already."""
    greater, end = side
    place, sign = place_of_rank(rank, ranked), -1 if greater is rank.is_top else 1
    wide = found.get(place + sign * _step(_WIDE, ranked))
    if place > ranked or wide is None or abs(end - mark.number) <= abs(wide.number - mark.number):
        return set()
    outward = (found.get(place + sign * _step(width, ranked)) for width in _WIDTHS)
    least, greatest = sorted((mark.number, end))
    return {each.number for each in outward if each is not None and least < each.number < greatest}


def cell_around(before: PlaceMarks | None, mark: Mark) -> tuple[float, float]:
    """Return the ends of the cell, as it was, in which a mark falls; both ends are in."""
    looks = before.looks if before is not None else ()
    low = max((each for each in looks if each < mark.number), default=LEAST)
    high = min((each for each in looks if each > mark.number), default=GREATEST)
    return low, high


def _mark(rank: Rank, ranked: int, found: Mapping[int, Mark]) -> Mark:
    place = place_of_rank(rank, ranked)
    if place > ranked:
        return Mark(LEAST if rank.is_top else GREATEST)
    at = found[place]
    return at if rank.count else Mark(at.number)


def _step(width: int, ranked: int) -> int:
    return max(1, ranked * width // MILLION)


def _thinned(guards: set[float], marks: tuple[Mark, ...]) -> tuple[float, ...]:
    """Return at most so many guards: the nearest to a mark on either side, in the order of numbers."""
    ordered = sorted(guards)
    if len(ordered) <= MOST_GUARDS:
        return tuple(ordered)
    nearest = sorted(range(len(ordered)), key=lambda at: min(abs(ordered[at] - mark.number) for mark in marks))
    return tuple(ordered[at] for at in sorted(nearest[:MOST_GUARDS]))


def levels(needs: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Return names so that each comes in a later list than all it needs; what it needs and is not here is passed."""
    waiting, order = dict(needs), list[list[str]]()
    while waiting:
        ready = sorted(name for name, others in waiting.items() if not others & (waiting.keys() - {name}))
        assert ready, f"cuts that need each other: {sorted(waiting)}"
        order.append(ready)
        for name in ready:
            del waiting[name]
    return order
