"""Reasons for an approval that only data can tell: how many people a change concerns, and whom it lets enter. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from fieldfare.flow.versions.model import Concern, Risk
from fieldfare.flow.versions.moves import Moves
from fieldfare.flow.versions.risks import sends_of
from fieldfare.flow.workspace import Workspace


def foreseen_risks(
    before: Workspace | None, after: Workspace, moves: Sequence[Moves], *, triggers: bool
) -> Iterable[Risk]:
    """Yield them; before anything was applied there is none."""
    if before is None:
        return
    most = before.settings.large_audience
    for each in moves:
        if each.joins and each.size_after > most:
            what = f"it would have {each.size_after:,} profiles, more than `large_audience`, {most:,}"
            yield Risk(Concern.LARGE_AUDIENCE, f"audiences/{each.audience}", what)
    if triggers:
        yield from _triggered(after, moves)


def _triggered(after: Workspace, moves: Sequence[Moves]) -> Iterator[Risk]:
    joining = {each.audience: each.joins for each in moves if each.joins}
    for name, journey in after.journeys.items():
        entered = journey.entry.audience
        if entered in joining and sends_of(journey):
            what = f"up to {joining[entered]:,} profiles enter it at once, by the change"
            yield Risk(Concern.SENDS, f"journeys/{name}", what)
