"""Computes traits: a pure function of the document and the moment, with the moment until which the value holds.

Nothing is stored. A value is a number, a text, a truth value, ``None`` (there is none) or ``NOT_COMPUTABLE``. What each
kind of node comes to in the lake stands in :mod:`fieldfare.know.computed.in_lake`.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, assert_never

import msgspec

from fieldfare.ground.instants import Day, Instant, local_day
from fieldfare.know.audiences.compile import moment_of, plain_trait
from fieldfare.know.audiences.compile_ranked import MOST_STEPS, until_past
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, amount_of, next_edge
from fieldfare.know.audiences.measures import keeps_of, measure_key
from fieldfare.know.audiences.model import Aggregate, Did
from fieldfare.know.audiences.ports import ValueRun
from fieldfare.know.audiences.windows import starts_in
from fieldfare.know.computed.in_lake import in_lake
from fieldfare.know.computed.model import (
    Arithmetic,
    Bands,
    Coalesce,
    Computed,
    DaysSinceEvent,
    DaysSinceTrait,
    Joined,
    Measured,
    MomentOf,
    Node,
    Quintile,
    did_in,
    fifths_of,
    names_in,
)
from fieldfare.know.cuts.model import EVERYWHERE as ALL
from fieldfare.know.cuts.model import Cut, CutsInForce
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.model import Document, Keeps
from fieldfare.know.profiles.survive import instant_text

_MOST_RUNS = 4_096
"""Numbers at which somebody looks again come and go with published cuts."""
Marks = tuple[float, ...] | None
"""Numbers at which somebody looks again; ``None``: at every change."""


class TraitsComputed:
    """The computed traits of a workspace; see :class:`fieldfare.know.audiences.ports.ComputedTraits`."""

    def __init__(self, traits: Mapping[str, Computed], zone: str, cuts: CutsInForce | None = None) -> None:
        """Take the definitions (no cycle) for a workspace in ``zone``, and the published cuts, as they are then."""
        self._traits, self._zone, self._cuts = traits, zone, cuts if cuts is not None else CutsInForce()
        self._names = frozenset(traits)
        self._runs: dict[tuple[str, Marks], ValueRun] = {}

    def names(self) -> frozenset[str]:
        """Return the names of all of them."""
        return self._names

    def describe(self, name: str) -> dict[str, Any]:
        """Return the definition as plain values."""
        told: dict[str, Any] = msgspec.to_builtins(self._traits[name].node)
        return told

    def run(self, name: str, marks: Marks = None) -> ValueRun:
        """Return what computes the trait, plain ones included."""
        known = self._runs.get((name, marks))
        if known is None:
            if len(self._runs) >= _MOST_RUNS:
                self._runs.clear()
            node = self._traits[name].node if name in self._traits else None
            known = plain_trait(name) if node is None else self._compiled(node, marks)
            self._runs[name, marks] = known
        return known

    def asks(self, name: str) -> tuple[tuple[Did, ...], frozenset[str]]:
        """Return the aggregates of events and the plain traits that the trait follows from."""
        dids, plain = list[Did](), set[str]()
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each not in self._traits:
                plain.add(each)
                continue
            node = self._traits[each].node
            waiting += names_in(node)
            did = did_in(node)
            if did is not None:
                dids.append(did)
        return tuple(dids), frozenset(plain)

    def is_sure(self, name: str) -> bool:
        """Return whether the value is always computable: no list can be full, and no cut may be unpublished."""
        full = {Aggregate.DISTINCT, Aggregate.MOST_FREQUENT}
        if any(did.aggregate in full for did in self.asks(name)[0]):
            return False
        return not self.cuts(name)

    def moves(self, name: str) -> bool:
        """Return whether time alone changes the value: it counts days, or what lies in a window."""
        return any(
            isinstance(node, DaysSinceEvent | DaysSinceTrait)
            or ((did := did_in(node)) is not None and did.window is not None)
            for node in self._nodes(name)
        )

    def cuts(self, name: str) -> tuple[Cut, ...]:
        """Return the cuts that the trait compares with."""
        return tuple(fifths_of(node.of) for node in self._nodes(name) if isinstance(node, Quintile))

    def _nodes(self, name: str) -> list[Node]:
        """Return the nodes of the trait and of all that it follows from."""
        found: list[Node] = []
        waiting = [name]
        while waiting:
            each = waiting.pop()
            if each in self._traits:
                found.append(self._traits[each].node)
                waiting += names_in(found[-1])
        return found

    def in_lake(self, name: str, column: Callable[[Did], Any], traits: Any, today: Day) -> Any:
        """Return the trait in the lake; see the port."""
        return in_lake(name, self._traits, self._cuts, column, traits, today)

    def _compiled(self, node: Node, marks: Marks) -> ValueRun:
        match node:
            case Measured(did=did):
                return _measured(did, self._zone)
            case MomentOf(did=did):
                return lambda document, now, today: (_text_of(amount_of(did, document, now, today)), None)
            case DaysSinceEvent(did=did):
                return _days_since(lambda document, now, today: amount_of(did, document, now, today), marks, self._zone)
            case DaysSinceTrait(trait=trait):
                return _days_since(_day_of_trait(self.run(trait), self._zone), marks, self._zone)
            case Bands(of=of, steps=steps):
                return _bands(self.run(of, tuple(least for least, _ in steps)), steps)
            case Arithmetic():
                return self._arithmetic(node, marks)
            case Coalesce(names=names):
                return _coalesce(tuple(self.run(name, marks) for name in names))
            case Quintile(of=of):
                return self._quintile(node, of)
            case Joined(names=names):
                return _joined(tuple(self.run(name) for name in names))
            case _:
                assert_never(node)

    def _arithmetic(self, node: Arithmetic, marks: Marks) -> ValueRun:
        left, right = node.left, node.right
        is_ratio = node.operator == "ratio"
        inner: Marks = None
        if marks is not None and isinstance(left, str) and not isinstance(right, str):
            inner = tuple(mark * right if is_ratio else mark + right for mark in marks)
        runs = tuple(self.run(side, inner) if isinstance(side, str) else _constant(side) for side in (left, right))

        def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
            values, until = _all(runs, document, now, today)
            if NOT_COMPUTABLE in values:
                return NOT_COMPUTABLE, until
            one, other = (number(value) for value in values)
            if one is None or other is None or (is_ratio and other == 0):
                return None, until
            return one / other if is_ratio else one - other, until

        return run

    def _quintile(self, node: Quintile, of: str) -> ValueRun:
        cut, steps = fifths_of(of), 0 if self.cuts(of) else MOST_STEPS
        name = cut.name

        def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
            version = self._cuts.of(name)
            if version is None or ALL not in version.places:
                return NOT_COMPUTABLE, None
            told = version.places[ALL]
            read = self.run(of, told.looks)
            value, until = until_past(cut, told, read, document, now, today, self._zone, steps=steps)
            amount = number(value)
            if amount is None:
                return (value if value is NOT_COMPUTABLE else None), until
            above = sum(amount > mark.number for mark in told.marks)
            return 5 - above if node.is_low_best else 1 + above, until

        return run


def _all(runs: tuple[ValueRun, ...], document: Document, now: Instant, today: Day) -> tuple[list[Any], Instant | None]:
    found = [run(document, now, today) for run in runs]
    return [value for value, _ in found], min((until for _, until in found if until is not None), default=None)


def _constant(value: float) -> ValueRun:
    return lambda _document, _now, _today: (value, None)


def _measured(did: Did, zone: str) -> ValueRun:
    key, window, starts = measure_key(did), did.window, starts_in(zone)
    totals = keeps_of(did.aggregate) is Keeps.TOTALS

    def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
        state = document.measures.get(key) if totals else document.values.get(key)
        edge = None if state is None else next_edge(state, window, now, today)
        until = starts[edge] if edge is not None and window is not None and window.in_days else edge
        return amount_of(did, document, now, today), until

    return run


def _text_of(at: Instant | None) -> str | None:
    return None if at is None else instant_text(at)


def _day_of_trait(run: ValueRun, zone: str) -> Callable[[Document, Instant, Day], Any]:
    def day(document: Document, now: Instant, today: Day) -> Day | None:
        value = run(document, now, today)[0]
        moment = moment_of(value) if type(value) is str else None
        if moment is None:
            return None
        return moment[0] if moment[1] is None else local_day(moment[1], zone)

    return day


def _days_since(born: Callable[[Document, Instant, Day], Any], marks: Marks, zone: str) -> ValueRun:
    starts = starts_in(zone)

    def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
        day = born(document, now, today)
        if day is None:
            return None, None
        days = today - day
        if marks is None:
            return days, starts[today + 1]
        # The truth of a comparison with a number can turn only when the days reach it, or pass it.
        ahead = [turn for mark in marks for turn in (math.ceil(mark), math.floor(mark) + 1) if turn > days]
        return days, starts[day + min(ahead)] if ahead else None

    return run


def _bands(inner: ValueRun, steps: tuple[tuple[float, str], ...]) -> ValueRun:
    def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
        value, until = inner(document, now, today)
        amount = number(value)
        if amount is None:
            return (value if value is NOT_COMPUTABLE else None), until
        reached = [label for least, label in steps if amount >= least]
        return (reached[-1] if reached else None), until

    return run


def _coalesce(runs: tuple[ValueRun, ...]) -> ValueRun:
    def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
        values, until = _all(runs, document, now, today)
        return next((value for value in values if value is not None), None), until

    return run


def _joined(runs: tuple[ValueRun, ...]) -> ValueRun:
    def run(document: Document, now: Instant, today: Day) -> tuple[Any, Instant | None]:
        values, until = _all(runs, document, now, today)
        if NOT_COMPUTABLE in values:
            return NOT_COMPUTABLE, until
        texts = [as_text(value) for value in values]
        return (None if None in texts else "".join(str(text) for text in texts)), until

    return run


def as_text(value: Any) -> str | None:
    """Return a text as it is and a whole number without a point; nothing else is part of a joined text."""
    if isinstance(value, str):
        return value
    amount = number(value)
    return str(int(amount)) if amount is not None and amount == int(amount) else None
