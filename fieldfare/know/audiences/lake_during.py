"""Stretches of seasons in the lake: the same condition with plain windows, one for the homes of each stretch. Pure.

At one moment a stretch is two days, which differ by the home location's zone and seasons. So a condition with
``during`` is written once for each pair of days, and holds for the homes whose stretch that is. Homes that nobody knows
have the stretch of no home at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.ground.instants import Day, Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.lake_json import always, sure
from fieldfare.know.audiences.model import (
    During,
    Look,
    MeasureTest,
    OfEvents,
    Window,
    durings_of,
)
from fieldfare.know.audiences.ports import Phases

Home = str | None
_NEVER_DAYS = 1_000_000
"""So many days from now on nothing has happened: the window of a stretch that there is not."""


def settled(
    node: OfEvents, phases: Phases, homes: Sequence[Home], moment: tuple[Instant, Day]
) -> Mapping[OfEvents, Sequence[Home]]:
    """Return the condition as it is for each of the homes; a condition without ``during`` is one for all of them."""
    asked = durings_of(node)
    if not asked:
        return {node: homes}
    now, today = moment
    found: dict[OfEvents, list[Home]] = {}
    for home in homes:
        spells = {during: phases.stretch(during.phase, during.back, home, now)[0] for during in asked}
        windows = {during: _window(spell, today) for during, spell in spells.items()}
        found.setdefault(_with(node, windows), []).append(home)
    return found


def home_in(column: Any, homes: Sequence[Home], locations: Sequence[str]) -> Any:
    """Return whether the home is one of these; ``None`` among them stands for every home that is no location."""
    known = [home for home in homes if home is not None]
    inside = sure(column.isin(known)) if known else always(holds=False)
    if None not in homes:
        return inside
    return inside | ~sure(column.isin(list(locations))) if locations else always(holds=True)


def _window(spell: tuple[Day, Day] | None, today: Day) -> Window:
    first, last = spell if spell is not None else (today + _NEVER_DAYS, today + _NEVER_DAYS)
    return Window(Duration(today - first, "day"), Duration(today - last, "day"))


def _with(node: OfEvents, windows: Mapping[During, Window]) -> OfEvents:
    if isinstance(node, MeasureTest):
        baseline = None if node.baseline is None else _look(node.baseline, windows)
        return msgspec.structs.replace(node, look=_look(node.look, windows), baseline=baseline)
    if node.during is None:
        return node
    return msgspec.structs.replace(node, during=None, window=windows[node.during])


def _look(look: Look, windows: Mapping[During, Window]) -> Look:
    return look if look.during is None else Look(windows[look.during], None, look.per)
