"""Compiles conditions on events during a stretch of a season: "in the last peak", at the profile's home location. Pure.

The stretch's days are fixed once it is over, and the calendar says when the answer may be another stretch. A home
location that moves is the document's change, and evaluated as such.
"""

from collections.abc import Callable
from typing import Any

from fieldfare.ground.instants import HOUR, Day, Instant
from fieldfare.know.audiences.compile_values import Truth, answer_of, holds_of, value_at
from fieldfare.know.audiences.measures import keeps_of, measure_key
from fieldfare.know.audiences.model import Aggregate, Did, During
from fieldfare.know.audiences.ports import Phases, Run, State
from fieldfare.know.profiles.model import SCALE, Document, Keeps, MeasureState, Summary, ValueState
from fieldfare.know.profiles.tiles import TILE
from fieldfare.know.profiles.values import gathered

Spell = tuple[Day, Day]
_MOST_TURNS = 12
"""So many changes of the calendar are looked at to find the one that turns the truth; then one looks again."""


def spell_at(during: During, phases: Phases, document: Document, now: Instant) -> tuple[Spell | None, Instant | None]:
    """Return the stretch's days for a profile, and the next instant at which that may be another stretch."""
    spell, until = phases.stretch(during.phase, during.back, document.home_location, now)
    # Where clocks go back over midnight a day can seem to begin again; look again soon.
    return spell, now + HOUR if until is not None and until <= now else until


def compile_during(node: Did, phases: Phases) -> Run:
    """Return a condition on events with ``during`` as a closure."""
    during = node.during
    assert during is not None
    if keeps_of(node.aggregate) is Keeps.TOTALS:
        holds = holds_of(node.bounds)

        def totals(document: Document, now: Instant, _today: Day) -> State:
            return _turn(during, phases, document, now, lambda spell: holds(_total(node, document, spell)))

        return totals
    answer = answer_of(node)

    def values(document: Document, now: Instant, _today: Day) -> State:
        return _turn(during, phases, document, now, lambda spell: answer(_summary(node, document, spell)))

    return values


def _turn(
    during: During, phases: Phases, document: Document, now: Instant, answer: Callable[[Spell | None], Truth]
) -> State:
    """Return the truth at ``now``, and the first change of the calendar by which it differs."""
    spell, until = spell_at(during, phases, document, now)
    truth = answer(spell)
    for _ in range(_MOST_TURNS):
        if until is None:
            break
        spell, following = spell_at(during, phases, document, until)
        if answer(spell) is not truth:
            break
        until = following
    return truth, until


def amount_during(node: Did, document: Document, now: Instant, phases: Phases) -> Any:
    """Return what the aggregate comes to in the stretch; ``NOT_COMPUTABLE`` where a full list cannot tell."""
    assert node.during is not None
    spell = spell_at(node.during, phases, document, now)[0]
    if keeps_of(node.aggregate) is not Keeps.TOTALS:
        return value_at(node.aggregate, _summary(node, document, spell))
    amount = _total(node, document, spell)
    return amount / SCALE if node.aggregate is Aggregate.SUM else amount


def _total(node: Did, document: Document, spell: Spell | None) -> int:
    tiles = document.measures.get(measure_key(node), MeasureState()).tiles
    weight = 2 if node.aggregate is Aggregate.SUM else 1
    if spell is None:
        return 0
    return sum(tiles[at + weight] for at in range(0, len(tiles), TILE) if spell[0] <= tiles[at] <= spell[1])


def _summary(node: Did, document: Document, spell: Spell | None) -> Summary:
    state = document.values.get(measure_key(node), ValueState())
    if spell is None:
        return []
    inside = (tile for day, tile in zip(state.days, state.tiles, strict=True) if spell[0] <= day <= spell[1])
    return gathered(keeps_of(node.aggregate), inside)
