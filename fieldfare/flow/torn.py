"""Whose an event is after the tears of one batch, before the next tear of it. Pure.

The lake, and what a batch noted of its own events, tell under which profile id each event was applied. A tear moves
events to other ids by their leading identifiers; the lake learns of it after the batch. When the same batch tears some
of the same people again, their events must be looked for under the ids of before, and taken as moved.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from fieldfare.collect.model import Event
from fieldfare.know.identity.model import Moved

Tear = Sequence[Moved]
Applied = tuple[int, Event]
"""A profile id and an event that was applied under it."""


def ids_before(profile_ids: Iterable[int], tears: Sequence[Tear]) -> set[int]:
    """Return the ids under which the events of these profiles were applied before the tears, and these ids."""
    found = set(profile_ids)
    for tear in reversed(tears):
        for each in tear:
            if each.profile_id in found:
                found.update(each.was)
    return found


def moved_by(applied: Iterable[Applied], tears: Sequence[Tear]) -> list[Applied]:
    """Return the events, each with the id that it is under after the tears."""
    leads = [{lead: each for each in tear for lead in each.leads} for tear in tears]
    found = []
    for profile_id, event in applied:
        now = profile_id
        for of_lead in leads:
            moved = of_lead.get(event.lead) if event.lead is not None else None
            if moved is not None and now in moved.was:
                now = moved.profile_id
        found.append((now, event))
    return found


def led_to(profile_ids: Iterable[int], wanted: Collection[int], steps: Mapping[int, int]) -> set[int]:
    """Return those of the profile ids that lead to a wanted one; ``steps``: id -> the one that it leads to, if any."""

    def leads(each: int) -> bool:
        for _ in range(len(steps) + 1):
            if each in wanted or each not in steps:
                break
            each = steps[each]
        return each in wanted

    return {each for each in profile_ids if leads(each)}
