"""Says in plain English how people are told apart by a published cut, and relative to which one an answer is exact."""

from fieldfare.ground.instants import to_iso
from fieldfare.know.audiences.model import Ranked
from fieldfare.know.cuts.model import EVERYWHERE, GREATEST, LEAST, Cut, CutVersion, PlaceMarks, Rank


def say_ranked(node: Ranked) -> str:
    """Return the condition in words."""
    cut = node.cut
    within = {None: "", "location": " at the home location", "region": " in the region of the home location"}[cut.per]
    among = f" among {cut.among}" if cut.among is not None else ""
    first = cut.ranks[0]
    if len(cut.ranks) == 1 and node.wants == (True,):
        end = "greatest" if first.is_top else "least"
        size = f"{first.count} profiles" if first.count else f"{first.share / 10_000:g} %"
        return f"is among the {size} with the {end} {cut.by}{within}{among}"
    low, high = _between(node)
    return f"{cut.by} lies above percentile {low:g} and at most at percentile {high:g}{within}{among}"


def _between(node: Ranked) -> tuple[float, float]:
    ends = {wanted: rank.share / 10_000 for rank, wanted in zip(node.cut.ranks, node.wants, strict=True)}
    return ends.get(False, 0.0), ends.get(True, 100.0)


def relative_to(cut: Cut, version: CutVersion | None) -> str:
    """Return relative to what a condition on the cut is exact."""
    if version is None:
        return f"not computable: the cut {cut.name} was never published"
    return f"exact relative to cut {cut.name} v{version.version} of {to_iso(version.at)}"


def exact_relative_to(cut: Cut, version: CutVersion | None, place: str | None) -> str:
    """Return relative to what it is exact for somebody who is ranked in the place, with the numbers."""
    head = relative_to(cut, version)
    if version is None:
        return head
    if place is None:
        return f"{head}: without a {cut.per} nobody is ranked"
    told = version.places.get(place)
    where = "" if place == EVERYWHERE else f" at {place}"
    if told is None:
        return f"{head}: nobody{where} had {cut.by} then"
    return f"{head}{where}: {say_marks(cut, told)}, of {told.ranked} ranked"


def say_marks(cut: Cut, told: PlaceMarks) -> str:
    """Return the numbers of a cut in words."""
    return ", ".join(
        _mark(rank, mark.number, mark.profile_id) for rank, mark in zip(cut.ranks, told.marks, strict=True)
    )


def _mark(rank: Rank, number: float, profile_id: int | None) -> str:
    if number in {LEAST, GREATEST}:
        return f"{rank.text} is everybody who has a number"
    tie = f" (of those with this number up to profile {profile_id})" if profile_id is not None else ""
    return f"{rank.text} is {'at least' if rank.is_top else 'at most'} {number:g}{tie}"
