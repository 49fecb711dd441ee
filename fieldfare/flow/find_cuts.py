"""Asks an engine for the next version of a cut: sizes, the numbers at the wanted ranks, and whom the version concerns.

Three questions over the same rows; nothing is written.
"""

from typing import Any

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.cuts_of import Wanted
from fieldfare.know.cuts.choose import choose, places_wanted
from fieldfare.know.cuts.in_lake import at_places, concerned, ranked_table
from fieldfare.know.cuts.model import CutVersion, Mark, PlaceMarks


class Found(msgspec.Struct, frozen=True):
    """A version to be written, and the profiles that it concerns; ``None``: everybody, ranked or not."""

    wanted: Wanted
    version: CutVersion
    concerned: list[int] | None


def find_places(backend: Any, ranked: Any, wanted: Wanted, before: CutVersion | None) -> dict[str, PlaceMarks]:
    """Return what the next version after ``before`` says of each place in which anybody is ranked.

    ``ranked`` is an Ibis table of ``profile_id``, ``number`` and ``place`` of everybody who is, on the engine
    ``backend``. It may change meanwhile: whatever stood at the ranks at one moment will do.
    """
    sizes = backend.to_pyarrow(ranked.group_by("place").aggregate(ranked=ranked.count())).to_pylist()
    sized: dict[str, int] = {row["place"]: row["ranked"] for row in sizes}
    asked = {place: places_wanted(wanted.cut, size, moves=wanted.moves) for place, size in sized.items()}
    found: dict[str, dict[int, Mark]] = {place: {} for place in sized}
    if any(asked.values()):
        for row in backend.to_pyarrow(at_places(ranked_table(ranked, wanted.cut), asked)).to_pylist():
            if row["place"] in found:
                found[row["place"]][row["rank"] + 1] = Mark(row["number"], row["profile_id"])
    if any(places - found[place].keys() for place, places in asked.items()):
        # Somebody left between the two questions, and was needed: the lake is loaded beside them.
        return find_places(backend, ranked, wanted, before)
    old = before.places if before is not None else {}
    return {
        place: choose(wanted.cut, size, found[place], old.get(place), moves=wanted.moves)
        for place, size in sorted(sized.items())
    }


def find_concerned(
    backend: Any,
    ranked: Any,
    wanted: Wanted,
    before: CutVersion | None,
    places: dict[str, PlaceMarks],
    now: Instant,
) -> Found:
    """Return the next version, published ``now``, and whom it concerns; ``ranked`` as they are now."""
    cut = wanted.cut
    version = CutVersion(cut.name, before.version + 1 if before is not None else 1, now, places)
    if before is None:
        return Found(wanted, version, None)
    whom = ranked.filter(concerned(cut, before, version, ranked, moves=wanted.moves)).select("profile_id")
    return Found(wanted, version, backend.to_pyarrow(whom).column(0).to_pylist())
