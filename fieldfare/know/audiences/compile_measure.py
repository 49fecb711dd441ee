"""Compiles named measures against numbers and against their own baselines. Pure.

At each of the moments at which something enters or leaves one of the windows the truth is asked again, until it
differs. Windows of one kind, all days or all rolling, are swept through time with numbers that were worked out before.
Stretches of seasons, and windows of both kinds together, are looked up anew at each moment: a total over a window is
the difference of two running totals.
"""

from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate

import msgspec

from fieldfare.ground.instants import Day, Instant, today_in
from fieldfare.know.audiences.compile_during import spell_at
from fieldfare.know.audiences.measures import measure_key, total_at, totals_of
from fieldfare.know.audiences.model import Aggregate, Did, Limit, Look, MeasureTest, NamedMeasure
from fieldfare.know.audiences.ports import Phases, Run, State
from fieldfare.know.audiences.sweep import NEVER, Span, course, empty_from
from fieldfare.know.audiences.weigh import ORDERS, factors, held, part_of, unit_of
from fieldfare.know.audiences.windows import starts_in
from fieldfare.know.profiles.model import Document, MeasureState
from fieldfare.know.profiles.tiles import STAMP, TILE

MOST_STEPS = 100
"""So many moments are looked at to find the one that turns the truth; then one looks again."""


class Amount(msgspec.Struct, frozen=True):
    """What a measure comes to: ``over / under * constant``; no value where ``under`` is not positive."""

    over: int
    under: int
    constant: Fraction


class _Line:
    """One total of one profile along time: where its events lie, and the running total."""

    def __init__(self, total: Did, state: MeasureState) -> None:
        window = total.window
        self._is_rolling = window is not None and not window.in_days
        flat, step = (state.stamps, STAMP) if self._is_rolling else (state.tiles, TILE)
        summed = total.aggregate is Aggregate.SUM
        self.places = flat[::step]
        weights = flat[(1 if self._is_rolling else 2) :: step] if summed else flat[1::step]
        if self._is_rolling and not summed:
            weights = [1] * len(self.places)
        self._running = list(accumulate(weights, initial=0))
        self._base = 0 if window is not None or total.during is not None else _base(state, summed=summed)
        self._window = window

    def total(self, now: Instant, today: Day, spell: tuple[Day, Day] | None, *, during: bool) -> int:
        """Return the total at a moment."""
        first, last = 0, len(self.places)
        if during:
            if spell is None:
                return 0
            first, last = bisect_right(self.places, spell[0] - 1), bisect_right(self.places, spell[1])
        elif self._window is not None:
            at, far, near = self._edges(now, today)
            first = bisect_right(self.places, at - far)
            last = len(self.places) if near is None else bisect_right(self.places, at - near)
        return self._base + self._running[last] - self._running[first]

    def next_edge(self, now: Instant, today: Day, zone: str) -> Instant | None:
        """Return the next instant at which something enters the window or leaves it."""
        if self._window is None:
            return None
        at, far, near = self._edges(now, today)
        edges = []
        for step in (far,) if near is None else (far, near):
            place = bisect_right(self.places, at - step)
            if place < len(self.places):
                edges.append(self.places[place] + step)
        if not edges:
            return None
        return min(edges) if self._is_rolling else starts_in(zone)[min(edges)]

    def _edges(self, now: Instant, today: Day) -> tuple[int, int, int | None]:
        assert self._window is not None
        if self._is_rolling:
            return now, self._window.far, self._window.near
        # A day that is `oldest` days ago is still in, so it leaves one day later.
        return today, self._window.far + 1, self._window.near


def _base(state: MeasureState, *, summed: bool) -> int:
    return state.base_sum if summed else state.base_count


class _Looked:
    """A measure of one profile under one look."""

    def __init__(self, measure: NamedMeasure, look: Look, document: Document, phases: Phases) -> None:
        self._look, self._document, self._phases = look, document, phases
        totals = [total_at(total, look) for total in totals_of(measure)]
        self._lines = [_Line(each, document.measures.get(measure_key(each), MeasureState())) for each in totals]
        self._unit = unit_of(measure)

    def at(self, now: Instant, today: Day) -> Amount:
        """Return what it comes to at a moment."""
        look, spell = self._look, None
        if look.during is not None:
            spell = spell_at(look.during, self._phases, self._document, now)[0]
        found = [held(line.total(now, today, spell, during=look.during is not None)) for line in self._lines]
        part = Fraction(1) if look.during is not None and spell is None else part_of(look, _days(spell))
        return Amount(found[0], found[1] if len(found) > 1 else 1, self._unit * part)

    def edges(self, now: Instant, today: Day, zone: str) -> list[Instant]:
        """Return the next instants at which it may change."""
        if self._look.during is not None:
            until = spell_at(self._look.during, self._phases, self._document, now)[1]
            return [] if until is None else [until]
        found = (line.next_edge(now, today, zone) for line in self._lines)
        return [edge for edge in found if edge is not None]


def _days(spell: tuple[Day, Day] | None) -> int:
    return 0 if spell is None else spell[1] - spell[0] + 1


def compile_measure(node: MeasureTest, zone: str, phases: Phases) -> Run:
    """Return the condition as a closure."""
    looks = looks_of(node)
    kinds = {look.window.in_days for look in looks if look.window is not None}
    if len(kinds) <= 1 and all(look.during is None for look in looks):
        return _swept(node, zone, in_days=kinds != {False})

    def run(document: Document, now: Instant, today: Day) -> State:
        looked = [_Looked(node.measure, look, document, phases) for look in looks]
        truth = holds([each.at(now, today) for each in looked], node.limits)
        at, day = now, today
        for _ in range(MOST_STEPS):
            edges = [edge for each in looked for edge in each.edges(at, day, zone)]
            if not edges:
                return truth, None
            at = min(edges)
            day = today_in(at, zone)
            if holds([each.at(at, day) for each in looked], node.limits) is not truth:
                break
        return truth, at

    return run


def looks_of(node: MeasureTest) -> tuple[Look, ...]:
    """Return where the measure is looked at, and its baseline after it."""
    return (node.look,) if node.baseline is None else (node.look, node.baseline)


def _swept(node: MeasureTest, zone: str, *, in_days: bool) -> Run:
    spans = [Span.of(total_at(total, look)) for look in looks_of(node) for total in totals_of(node.measure)]
    decide, starts = _decision(node), starts_in(zone)
    needed = spans[1:]  # where one of these is empty there is no value, nor a baseline to compare with

    def run(document: Document, now: Instant, today: Day) -> State:
        measures, position = document.measures, today if in_days else now
        until = NEVER
        for span in needed:
            until = min(until, empty_from(span, measures))
        if until <= position:
            return False, None
        totals, changes = course(spans, measures, position, until)
        truth, steps, most = decide(totals), 0, len(changes) - 1
        for number, (at, place, amount) in enumerate(changes):
            totals[place] += amount
            if number < most and changes[number + 1][0] == at:
                continue
            steps += 1
            if decide(totals) is not truth or steps == MOST_STEPS:
                return truth, starts[at] if in_days else at
        return truth, None

    return run


def _decision(node: MeasureTest) -> Callable[[list[int]], bool]:
    """Return what decides by the totals, in the order of the looks; windows make the constants the same for ever."""
    unit, each = unit_of(node.measure), len(totals_of(node.measure))
    constants = [unit * part_of(look) for look in looks_of(node)]
    constant = constants[0] if node.baseline is None else constants[0] / constants[1]
    orders = [(ORDERS[limit.operator], *factors(limit, constant)) for limit in node.limits]

    def decide(totals: list[int]) -> bool:
        under = held(totals[1]) if each > 1 else 1
        if under <= 0:
            return False
        over, base = held(totals[0]), totals[each:]
        if base:
            base_over, base_under = held(base[0]), held(base[1]) if each > 1 else 1
            if base_over <= 0 or base_under <= 0:
                return False
            over, under = over * base_under, under * base_over
        for order, left, right in orders:  # noqa: SIM110 - `all` costs as much as the rest
            if not order(over * left, under * right):
                return False
        return True

    return decide


def holds(amounts: list[Amount], limits: tuple[Limit, ...]) -> bool:
    """Return whether all limits hold of the first amount, as numbers or as shares of the second.

    Nothing holds of a measure without a value, nor against a baseline that has none or is not positive.
    """
    now, *rest = amounts
    if now.under <= 0:
        return False
    if not rest:
        pairs = (factors(limit, now.constant) for limit in limits)
        sides = [(now.over * left, now.under * right) for left, right in pairs]
    else:
        (base,) = rest
        if base.under <= 0 or base.over <= 0:
            return False
        pairs = (factors(limit, now.constant / base.constant) for limit in limits)
        sides = [(now.over * base.under * left, base.over * now.under * right) for left, right in pairs]
    return all(ORDERS[limit.operator](*pair) for limit, pair in zip(limits, sides, strict=True))


def amounts_of(node: MeasureTest, document: Document, now: Instant, today: Day, phases: Phases) -> list[float | None]:
    """Return what the measure comes to, and its baseline after it, rounded to six digits; ``None``: no value."""
    found = (_Looked(node.measure, look, document, phases).at(now, today) for look in looks_of(node))
    return [
        None if amount.under <= 0 else round(float(Fraction(amount.over, amount.under) * amount.constant), 6)
        for amount in found
    ]


def told(amounts: list[float | None]) -> float | str | None:
    """Return the amount, or the amount and its baseline in words."""
    now, *rest = amounts
    return f"{_plain(now)}, baseline {_plain(rest[0])}" if rest else now


def _plain(amount: float | None) -> str:
    return "none" if amount is None else f"{amount:.10g}"
