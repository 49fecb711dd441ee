"""Compiles conditions into closures that answer (truth, the next instant at which time alone may change it).

Compiled once per definition, called on the hot path. The answer depends on the document, ``now`` and ``today`` (the day
of ``now`` in the workspace's zone) and nothing else. Until the returned instant the truth stays what it is, as long as
the document does; ``None`` means for ever.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import assert_never

from fieldfare.ground.instants import HOUR, Day, Instant, day_of, day_start, parse_iso
from fieldfare.know.audiences.measures import measure_key
from fieldfare.know.audiences.model import (
    Aggregate,
    AllOf,
    AnyOf,
    AtLocation,
    Bound,
    Condition,
    Did,
    InAudience,
    InPhase,
    InStage,
    Negation,
    TraitAge,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.ports import Phases, Places
from fieldfare.know.audiences.windows import Holds, reaches, stretch, today_in, trailing
from fieldfare.know.profiles.compare import check_of
from fieldfare.know.profiles.model import Document, MeasureState
from fieldfare.know.profiles.tiles import STAMP, TILE

State = tuple[bool, Instant | None]
Run = Callable[[Document, Instant, Day], State]
Part = Callable[[MeasureState, int], tuple[bool, int | None]]
"""Answers over one measure at a day or an instant; the change is in the same unit."""

FIRST_DATE, END_DATE = "1900", "3000"
"""Texts of dates and instants before or from these on are placeholders and count as missing."""
_DATE_LENGTH = 10
_INSTANT_LENGTH = 27


def compile_condition(
    condition: Condition, *, zone: str, phases: Phases, places: Places, inline: Mapping[str, Run] | None = None
) -> Run:
    """Return the condition as a closure.

    ``in:`` reads the document's memberships; with ``inline`` it runs the named audience's own condition instead, which
    is exact at any ``now`` even when the document's wake-ups have not been run.
    """

    def build(node: Condition) -> Run:
        match node:
            case TraitTest():
                return _trait_test(node)
            case TraitAge():
                return _trait_age(node, zone)
            case Did():
                return _did(node, zone)
            case InAudience(audience=name):
                return _member(name) if inline is None else inline[name]
            case InPhase(phase=phase):
                return _in_phase(phase, phases)
            case AtLocation(names=names):
                return _at_location(names, places)
            case InStage(names=names):
                return _in_stage(frozenset(names))
            case AllOf(parts=parts):
                return _joined(tuple(build(part) for part in parts), empty=True)
            case AnyOf(parts=parts):
                return _joined(tuple(build(part) for part in parts), empty=False)
            case Negation(part=part):
                return _negation(build(part))
            case _:
                assert_never(node)

    return build(condition)


def _joined(parts: tuple[Run, ...], *, empty: bool) -> Run:
    # `all` starts true and falls with the first false part; `any` is its mirror. While one part stands against the
    # others the whole cannot turn before the last such part does, which gives the latest safe wake-up.
    def run(document: Document, now: Instant, today: Day) -> State:
        soonest: Instant | None = None
        latest: Instant | None = None
        for part in parts:
            truth, change = part(document, now, today)
            if truth is empty:
                if change is not None and (soonest is None or change < soonest):
                    soonest = change
            elif change is None:
                return truth, None
            elif latest is None or change > latest:
                latest = change
        return (empty, soonest) if latest is None else (not empty, latest)

    return run


def _negation(part: Run) -> Run:
    def run(document: Document, now: Instant, today: Day) -> State:
        truth, change = part(document, now, today)
        return not truth, change

    return run


def _member(name: str) -> Run:
    return lambda document, _now, _today: (name in document.memberships, None)


def _in_phase(phase: str, phases: Phases) -> Run:
    def run(document: Document, now: Instant, _today: Day) -> State:
        names, change = phases.holds(document.home_location, now)
        if change is not None and change <= now:
            # Where clocks go back over midnight a day can seem to begin again; look again soon.
            change = now + HOUR
        return phase in names, change

    return run


def _at_location(names: tuple[str, ...], places: Places) -> Run:
    def run(document: Document, _now: Instant, _today: Day) -> State:
        home = document.home_location
        return home is not None and any(places.within(home, name) for name in names), None

    return run


def _in_stage(names: frozenset[str]) -> Run:
    # A stage moves by its own wake-ups, so to this condition it changes by the document alone.
    return lambda document, _now, _today: (document.stage in names, None)


def _trait_test(node: TraitTest) -> Run:
    name = node.trait
    first, *others = (check_of(test) for test in node.tests)

    def one(document: Document, _now: Instant, _today: Day) -> State:
        fact = document.traits.get(name)
        return first(None if fact is None else fact.value), None

    def several(document: Document, _now: Instant, _today: Day) -> State:
        fact = document.traits.get(name)
        value = None if fact is None else fact.value
        return first(value) and all(check(value) for check in others), None

    return several if others else one


def _trait_age(node: TraitAge, zone: str) -> Run:
    name, newer = node.trait, node.newer
    days, length = node.span.days, node.span.us

    def run(document: Document, now: Instant, today: Day) -> State:
        fact = document.traits.get(name)
        moment = None if fact is None or type(fact.value) is not str else moment_of(fact.value)
        if moment is None:
            return False, None
        day, instant = moment
        if days is None:
            start = day_start(day, zone) if instant is None else instant
            return (newer, start + length) if now < start + length else (not newer, None)
        last = (day if instant is None else today_in(instant, zone)) + days
        return (newer, day_start(last + 1, zone)) if today <= last else (not newer, None)

    return run


@lru_cache(maxsize=65_536)
def moment_of(text: str) -> tuple[Day, Instant | None] | None:
    """Return what a canonical text says: (day, ``None``) for a date, (0, instant) for an instant, else ``None``."""
    if not FIRST_DATE <= text < END_DATE:
        return None
    try:
        if len(text) == _DATE_LENGTH and text[4] == text[7] == "-":
            return day_of(date.fromisoformat(text)), None
        if len(text) == _INSTANT_LENGTH and text[4] == text[7] == "-" and text[10] + text[19] + text[26] == "T.Z":
            return 0, parse_iso(text)
    except ValueError:
        return None
    return None


def _did(node: Did, zone: str) -> Run:
    key = measure_key(node)
    window = node.window
    holds = holds_of(node)
    nothing = (holds(0), None)
    if window is None:
        return _ever(key, holds, nothing, summed=node.aggregate is Aggregate.SUM)
    least = None if node.aggregate is Aggregate.SUM or window.near is not None else _threshold(node.bounds)
    if window.in_days and least is not None:
        return _recent_days(key, window.far + 1, *least, nothing, starts_in(zone))
    part = _windowed(node, window, holds, least)
    if not window.in_days:

        def rolling(document: Document, now: Instant, _today: Day) -> State:
            state = document.measures.get(key)
            return nothing if state is None else part(state, now)

        return rolling
    starts = starts_in(zone)

    def in_days(document: Document, _now: Instant, today: Day) -> State:
        state = document.measures.get(key)
        if state is None:
            return nothing
        truth, day = part(state, today)
        return (truth, None) if day is None else (truth, starts[day])

    return in_days


class _Starts(dict[Day, Instant]):
    """First instants of days in one zone, worked out once each: a plain look-up is what the hot path can afford."""

    def __init__(self, zone: str) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: Day) -> Instant:
        start = self[day] = day_start(day, self._zone)
        return start


@lru_cache(maxsize=64)
def starts_in(zone: str) -> Mapping[Day, Instant]:
    """Return a mapping that answers with the first instant of any day in the zone."""
    return _Starts(zone)


def _recent_days(key: str, far: int, least: int, reached: bool, nothing: State, starts: Mapping[Day, Instant]) -> Run:  # noqa: FBT001 - one half of a threshold
    # The commonest condition in one closure: it reads the youngest tiles until there are enough, and calls nothing.
    short = (not reached, None)

    def run(document: Document, _now: Instant, today: Day) -> State:
        state = document.measures.get(key)
        if state is None:
            return nothing
        tiles = state.tiles
        edge = today - far
        total = 0
        place = len(tiles) - TILE
        while place >= 0 and (day := tiles[place]) > edge:
            total += tiles[place + 1]
            if total >= least:
                return reached, starts[day + far]
            place -= TILE
        return short

    return run


def _ever(key: str, holds: Holds, nothing: State, *, summed: bool) -> Run:
    weight = 2 if summed else 1

    def run(document: Document, _now: Instant, _today: Day) -> State:
        state = document.measures.get(key)
        if state is None:
            return nothing
        base = state.base_sum if summed else state.base_count
        return holds(base + sum(state.tiles[weight::TILE])), None

    return run


def _windowed(node: Did, window: Window, holds: Holds, least: tuple[int, bool] | None) -> Part:
    summed = node.aggregate is Aggregate.SUM
    # A day that is `oldest` days ago is still in, so it leaves one day later; an instant leaves at its very age.
    far = window.far + 1 if window.in_days else window.far
    near = window.near
    step, weight = (TILE, 2 if summed else 1) if window.in_days else (STAMP, 1 if summed else 0)
    in_days = window.in_days

    def part(state: MeasureState, at: int) -> tuple[bool, int | None]:
        flat = state.tiles if in_days else state.stamps
        if least is not None:
            truth, change = reaches(flat, step, weight, far, at, least[0])
            return (truth, change) if least[1] else (not truth, change)
        if near is None:
            return trailing(flat, step, weight, far, at, holds)
        return stretch(flat, step, weight, far, near, at, holds)

    return part


def _threshold(bounds: tuple[Bound, ...]) -> tuple[int, bool] | None:
    # A single bound on a count is "at least n" or its negation, which needs to look only at the youngest n.
    if len(bounds) != 1:
        return None
    operator, value = bounds[0].operator, bounds[0].value
    least = value + 1 if operator in {"above", "at_most"} or (operator == "exactly" and value == 0) else value
    if least < 1 or (operator == "exactly" and value > 0):
        return None
    return least, operator in {"at_least", "above"}


def holds_of(node: Did) -> Holds:
    """Return the bounds as one test of a count or a scaled sum."""
    tests = tuple(_bound(bound) for bound in node.bounds)
    if len(tests) == 1:
        return tests[0]
    return lambda value: all(test(value) for test in tests)


def _bound(bound: Bound) -> Holds:
    value = bound.value
    match bound.operator:
        case "at_least":
            return lambda total: total >= value
        case "at_most":
            return lambda total: total <= value
        case "above":
            return lambda total: total > value
        case "below":
            return lambda total: total < value
        case "exactly":
            return lambda total: total == value
        case _:
            message = f"unknown bound {bound.operator}"
            raise AssertionError(message)
