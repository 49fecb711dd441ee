"""Compiles conditions on events during a stretch of a season: "in the last peak", at the profile's home location. Pure.

The stretch's days are fixed once it is over, and the calendar says when the answer may be another stretch. A home
location that moves is the document's change, and evaluated as such.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
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
Turn = tuple[Spell | None, Instant | None]
"""A stretch, and the instant at which another one takes its place; ``None``: never."""
_NOTHING = MeasureState()
_MOST_TURNS = 12
"""So many changes of the calendar are looked at to find the one that turns the truth; then one looks again."""
_MOST_KNOWN = 4_096


def spell_at(during: During, phases: Phases, document: Document, now: Instant) -> tuple[Spell | None, Instant | None]:
    """Return the stretch's days for a profile, and the next instant at which that may be another stretch."""
    return _spell_at(during, phases, document.home_location, now)


def _spell_at(during: During, phases: Phases, location: str | None, now: Instant) -> Turn:
    spell, until = phases.stretch(during.phase, during.back, location, now)
    # Where clocks go back over midnight a day can seem to begin again; look again soon.
    return spell, now + HOUR if until is not None and until <= now else until


def compile_during(node: Did, phases: Phases) -> Run:
    """Return a condition on events with ``during`` as a closure."""
    during = node.during
    assert during is not None
    ahead = Ahead(during, phases)
    if keeps_of(node.aggregate) is Keeps.TOTALS:
        holds, key, weight = holds_of(node.bounds), measure_key(node), _weight_of(node)
        of_nothing = holds(0)

        def totals(document: Document, now: Instant, _today: Day) -> State:
            tiles = document.measures.get(key, _NOTHING).tiles
            if not tiles:  # no stretch of whatever season has anything
                return of_nothing, None
            days = tiles[::TILE]
            newest = days[-1]

            def answer(spell: Spell | None) -> Truth:
                if spell is None or spell[0] > newest:
                    return of_nothing
                return holds(_between(tiles, days, spell, weight))

            return ahead.turn(document.home_location, now, answer, newest)

        return totals
    answered = answer_of(node)

    def values(document: Document, now: Instant, _today: Day) -> State:
        return ahead.turn(document.home_location, now, lambda spell: answered(_summary(node, document, spell)))

    return values


class Ahead:
    """The stretches that follow one another at a place, worked out once for all who live there."""

    __slots__ = ("_during", "_known", "_phases")

    def __init__(self, during: During, phases: Phases) -> None:
        """Look ahead in this calendar."""
        self._during, self._phases = during, phases
        self._known: dict[tuple[str | None, Instant], tuple[Turn, ...]] = {}

    def turn(
        self, location: str | None, now: Instant, answer: Callable[[Spell | None], Truth], newest: Day | None = None
    ) -> State:
        """Return the truth at ``now``, and the first change of the calendar by which it differs.

        ``newest``: the answer is the same for all stretches that begin after this day; they follow one another.
        """
        spell, until = _spell_at(self._during, self._phases, location, now)
        truth = answer(spell)
        if until is None:
            return truth, None
        for spell, following in self._turns(location, until):
            if answer(spell) is not truth:
                break
            if newest is not None and spell is not None and spell[0] > newest:
                return truth, None
            until = following
        return truth, until

    def _turns(self, location: str | None, at: Instant) -> tuple[Turn, ...]:
        known = self._known.get((location, at))
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[location, at] = self._look(location, at)
        return known

    def _look(self, location: str | None, at: Instant) -> tuple[Turn, ...]:
        found: list[Turn] = []
        until: Instant | None = at
        while until is not None and len(found) < _MOST_TURNS:
            found.append(_spell_at(self._during, self._phases, location, until))
            until = found[-1][1]
        return tuple(found)


def amount_during(node: Did, document: Document, now: Instant, phases: Phases) -> Any:
    """Return what the aggregate comes to in the stretch; ``NOT_COMPUTABLE`` where a full list cannot tell."""
    assert node.during is not None
    spell = spell_at(node.during, phases, document, now)[0]
    if keeps_of(node.aggregate) is not Keeps.TOTALS:
        return value_at(node.aggregate, _summary(node, document, spell))
    amount = _total(node, document, spell)
    return amount / SCALE if node.aggregate is Aggregate.SUM else amount


def _total(node: Did, document: Document, spell: Spell | None) -> int:
    return _summed(document.measures.get(measure_key(node), _NOTHING), spell, _weight_of(node))


def _weight_of(node: Did) -> int:
    return 2 if node.aggregate is Aggregate.SUM else 1


def _summed(state: MeasureState, spell: Spell | None, weight: int) -> int:
    """Return the total over the days of a stretch; tiles are sorted by day."""
    return 0 if spell is None else _between(state.tiles, state.tiles[::TILE], spell, weight)


def _between(tiles: Sequence[int], days: Sequence[Day], spell: Spell, weight: int) -> int:
    first, last = bisect_left(days, spell[0]), bisect_right(days, spell[1])
    return sum(tiles[first * TILE + weight : last * TILE : TILE])


def _summary(node: Did, document: Document, spell: Spell | None) -> Summary:
    state = document.values.get(measure_key(node), ValueState())
    if spell is None:
        return []
    inside = (tile for day, tile in zip(state.days, state.tiles, strict=True) if spell[0] <= day <= spell[1])
    return gathered(keeps_of(node.aggregate), inside)
