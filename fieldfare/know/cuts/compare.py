"""On which side of a mark a number stands. Pure; the same question to the lake stands in :mod:`.in_lake`."""

from bisect import bisect_left, bisect_right

from fieldfare.know.cuts.model import EVERYWHERE, Cut, Mark, PlaceMarks, Rank
from fieldfare.know.cuts.ports import Regions


def inside(rank: Rank, mark: Mark, number: float, profile_id: int) -> bool:
    """Return whether who has this number stands at the mark or before it, from the end that the rank counts from."""
    if number == mark.number:
        return mark.profile_id is None or profile_id <= mark.profile_id
    return number > mark.number if rank.is_top else number < mark.number


def sides(cut: Cut, told: PlaceMarks, number: float, profile_id: int) -> tuple[bool, ...]:
    """Return, per rank of the cut, whether the number is inside."""
    return tuple(inside(rank, mark, number, profile_id) for rank, mark in zip(cut.ranks, told.marks, strict=True))


def cell(cut: Cut, looks: tuple[float, ...], number: float) -> int:
    """Return between which of the cut's looks the number lies: the same while it passes none.

    A look itself belongs where a mark there would put it: to those above from the top, to those below from the bottom;
    where equal numbers are told apart it is a cell of its own.
    """
    first = cut.ranks[0]
    if first.count:
        return bisect_left(looks, number) + bisect_right(looks, number)
    return bisect_right(looks, number) if first.is_top else bisect_left(looks, number)


def place_of(cut: Cut, home: str | None, regions: Regions) -> str | None:
    """Return the place in which somebody of this home location is ranked, ``None`` when in none."""
    match cut.per:
        case None:
            return EVERYWHERE
        case "location":
            return home
        case _:
            return None if home is None else regions.region_of(home)
