"""Cuts as questions to the lake: who is inside, who stands at a place, whom a new version concerns. It runs nothing.

Ibis alone, in functions that every engine has. Tables have the columns ``profile_id``, ``number`` and ``place``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import ibis

from fieldfare.know.cuts.choose import cell_around
from fieldfare.know.cuts.model import EVERYWHERE, Cut, CutVersion, Mark, PlaceMarks, Rank
from fieldfare.know.cuts.ports import Regions


def place_column(cut: Cut, home: Any, regions: Regions, locations: Iterable[str]) -> Any:
    """Return the place in which each is ranked, null when in none; ``home`` is the column of home locations."""
    match cut.per:
        case None:
            return ibis.literal(EVERYWHERE)
        case "location":
            return home
        case _:
            known = {name: regions.region_of(name) for name in sorted(locations)}
            return _by_place(home, {name: region for name, region in known.items() if region is not None}, "string")


def ranked_table(people: Any, cut: Cut) -> Any:
    """Return the people with ``rank``, from 0, each within a place."""
    number = people.number.desc() if cut.ranks[0].is_top else people.number
    window = ibis.window(group_by="place", order_by=[number, people.profile_id])
    return people.mutate(rank=ibis.row_number().over(window))


def at_places(ranked: Any, wanted: Mapping[str, set[int]]) -> Any:
    """Return those who stand at the places wanted, counted from 1, per place."""
    most = max(len(each) for each in wanted.values())
    lists = {place: sorted(each) + [0] * (most - len(each)) for place, each in wanted.items()}
    found: Any = ibis.literal(value=False)
    for at in range(most):
        wants = {place: each[at] for place, each in lists.items()}
        found |= ranked["rank"] + 1 == _by_place(ranked.place, wants, "int64")
    return ranked.filter(found).select("place", "rank", "number", "profile_id")


def holds_in_lake(cut: Cut, wants: tuple[bool, ...], version: CutVersion | None, people: Any) -> Any:
    """Return whether each is on the sides wanted of all marks: a truth value, never null.

    ``people``: an object with the columns ``number``, ``profile_id`` and ``place``. Without a version nobody is.
    """
    if version is None or not version.places:
        return ibis.literal(value=False)
    found = people.number.notnull() & people.place.isin(sorted(version.places))
    for at, (rank, wanted) in enumerate(zip(cut.ranks, wants, strict=True)):
        marks = {place: told.marks[at] for place, told in version.places.items()}
        side = _inside(rank, marks, people)
        found &= side if wanted else ~side
    return _sure(found)


def concerned(cut: Cut, before: CutVersion, after: CutVersion, people: Any, *, moves: bool) -> Any:
    """Return whether a new version concerns each: a truth value, never null.

    It does who is on another side of a mark; where time alone moves the number, who is in the cell of the old version
    in which a new mark falls; and whoever is of a place that had no marks.
    """
    new = sorted(after.places.keys() - before.places.keys())
    both = sorted(after.places.keys() & before.places.keys())
    found = people.place.isin(new) if new else ibis.literal(value=False)
    for at, rank in enumerate(cut.ranks if both else ()):
        old, now = ({place: each.places[place].marks[at] for place in both} for each in (before, after))
        turned = _inside(rank, old, people) != _inside(rank, now, people)
        if moves:
            turned |= _in_cell({place: before.places[place] for place in both}, now, people)
        found |= _sure(turned)
    return found & people.number.notnull()


def _in_cell(before: Mapping[str, PlaceMarks], marks: Mapping[str, Mark], people: Any) -> Any:
    cells = {place: cell_around(before[place], mark) for place, mark in marks.items()}
    low = _by_place(people.place, {place: each[0] for place, each in cells.items()}, "float64")
    high = _by_place(people.place, {place: each[1] for place, each in cells.items()}, "float64")
    return (people.number >= low) & (people.number <= high)


def _inside(rank: Rank, marks: Mapping[str, Mark], people: Any) -> Any:
    at = _by_place(people.place, {place: mark.number for place, mark in marks.items()}, "float64")
    beyond = people.number > at if rank.is_top else people.number < at
    ids = {place: mark.profile_id for place, mark in marks.items() if mark.profile_id is not None}
    equal = people.number == at
    if not ids:
        return beyond | equal
    last = _by_place(people.place, ids, "int64")
    return beyond | (equal & (last.isnull() | (people.profile_id <= last)))


def _by_place(place: Any, values: Mapping[str, Any], kind: str) -> Any:
    """Return a column with the value of each one's place, null for others."""
    nothing = ibis.null(kind)
    if not values:
        return nothing
    if values.keys() == {EVERYWHERE}:
        return ibis.literal(values[EVERYWHERE], kind)
    return place.cases(*((name, ibis.literal(value, kind)) for name, value in sorted(values.items())), else_=nothing)


def _sure(truth: Any) -> Any:
    return ibis.coalesce(truth, ibis.literal(value=False))
