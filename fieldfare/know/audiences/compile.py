"""Compiles conditions into closures that answer (truth, the next instant at which time alone may change it).

Compiled once per definition, called on the hot path. The answer depends on the document, ``now`` and ``today`` (the day
of ``now`` in the workspace's zone) and nothing else. Until the returned instant the truth stays what it is, as long as
the document does; ``None`` means for ever.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, assert_never

from fieldfare.ground.instants import HOUR, Day, Instant, day_of, day_start, parse_iso, today_in
from fieldfare.know.audiences.compile_during import compile_during
from fieldfare.know.audiences.compile_measure import compile_measure
from fieldfare.know.audiences.compile_people import household_state, person_run
from fieldfare.know.audiences.compile_ranked import compile_ranked
from fieldfare.know.audiences.compile_sequence import compile_sequence
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, Holds, holds_of, value_part
from fieldfare.know.audiences.dates import END_DATE, FIRST_DATE, date_run
from fieldfare.know.audiences.measures import keeps_of, measure_key
from fieldfare.know.audiences.model import (
    Aggregate,
    AllOf,
    AnyOf,
    AtLocation,
    Bound,
    Condition,
    Did,
    EventSequence,
    HasConsent,
    HasIdentifier,
    Household,
    InAudience,
    InPhase,
    InStage,
    Listed,
    MatchConfidence,
    MeasureTest,
    Negation,
    OfEvents,
    Ranked,
    TraitAge,
    TraitDate,
    TraitTest,
    Window,
    walk,
)
from fieldfare.know.audiences.ports import ComputedTraits, NoComputedTraits, Phases, Places, Run, State, ValueRun
from fieldfare.know.audiences.windows import bridged, reaches, starts_in, stretch, trailing
from fieldfare.know.cuts.model import CutsInForce
from fieldfare.know.profiles.compare import check_of, number
from fieldfare.know.profiles.model import Document, Keeps, MeasureState, PropertyTest, ValueState
from fieldfare.know.profiles.tiles import STAMP, TILE

Part = Callable[[MeasureState, int], tuple[bool, int | None]]
"""Answers over one measure at a day or an instant; the change is in the same unit."""

_DATE_LENGTH = 10
_INSTANT_LENGTH = 27


def compile_condition(
    condition: Condition,
    *,
    zone: str,
    phases: Phases,
    places: Places,
    computed: ComputedTraits | None = None,
    inline: Mapping[str, Run] | None = None,
    cuts: CutsInForce | None = None,
) -> Run:
    """Return the condition as a closure.

    ``in:`` reads the document's memberships; with ``inline`` it runs the named audience's own condition instead, which
    is exact at any ``now`` even when the document's wake-ups have not been run. ``cuts`` are read at every call.
    """
    traits = computed if computed is not None else NoComputedTraits()
    in_force = cuts if cuts is not None else CutsInForce()

    def build(node: Condition) -> Run:
        match node:
            case TraitTest() | TraitAge() | TraitDate():
                return _of_trait(node, traits, zone)
            case Did() | MeasureTest() | EventSequence():
                return _of_events(node, zone, phases)
            case InAudience(audience=name) | Listed(audience=name):
                return member(name) if inline is None else inline[name]
            case InPhase(phase=phase):
                return _in_phase(phase, phases)
            case AtLocation(names=names):
                return _at_location(names, places)
            case InStage(names=names):
                return _in_stage(frozenset(names))
            case HasIdentifier() | MatchConfidence() | HasConsent():
                return person_run(node)
            case Household(who=who):
                return household_state(node, None if inline is None or who is None else build(who))
            case Ranked():
                return _ranked(node, traits, places, in_force, zone)
            case AllOf(parts=parts):
                return _join(node, traits, inline)(tuple(map(build, sorted(parts, key=_cost))), empty=True)
            case AnyOf(parts=parts):
                return _join(node, traits, inline)(tuple(map(build, sorted(parts, key=_cost))), empty=False)
            case Negation(part=part):
                return _negation(build(part))
            case _:
                assert_never(node)

    return build(condition)


def _join(node: Condition, traits: ComputedTraits, inline: Mapping[str, Run] | None) -> Callable[..., Run]:
    """Return what joins the parts of a condition, by whether one of them may be not computable."""
    is_unsure = any(_is_open(part, traits, is_inline=inline is not None) for part in walk(node))
    return _joined_unsure if is_unsure else _joined


def _is_open(part: Condition, traits: ComputedTraits, *, is_inline: bool) -> bool:
    """Return whether the truth of a condition, the parts inside it aside, may be not computable."""
    match part:
        case TraitTest(trait=name) | TraitAge(trait=name) | TraitDate(trait=name):
            return name in traits.names() and not traits.is_sure(name)
        case Did(aggregate=aggregate):
            return aggregate is Aggregate.MOST_FREQUENT
        case EventSequence() | Household() | Ranked():  # the last: until its cut is published
            return True
        case InAudience():  # a membership is sure; an audience's own condition in its place need not be
            return is_inline
        case _:
            return False


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


def _joined_unsure(parts: tuple[Run, ...], *, empty: bool) -> Run:
    # As `_joined`, where a part may be not computable: one part that stands against the others decides all the same;
    # else the whole is not computable while one is.
    def run(document: Document, now: Instant, today: Day) -> State:
        soonest: Instant | None = None
        latest: Instant | None = None
        is_unsure = False
        for part in parts:
            truth, change = part(document, now, today)
            if truth is (not empty):
                if change is None:
                    return truth, None
                if latest is None or change > latest:
                    latest = change
                continue
            is_unsure = is_unsure or truth is None
            if change is not None and (soonest is None or change < soonest):
                soonest = change
        if latest is not None:
            return not empty, latest
        return None if is_unsure else empty, soonest

    return run


def _cost(node: Condition) -> int:
    """Return how much work a condition is, roughly: the order of parts decides nothing, and cheap ones may end it."""
    match node:
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return max((_cost(part) for part in parts), default=0)
        case Negation(part=part):
            return _cost(part)
        case Did(during=None):
            return 2
        case MeasureTest(baseline=baseline) if baseline is not None:
            return 5  # nearly always changes at some time, so it ends next to nothing
        case Did() | MeasureTest():
            return 3
        case EventSequence() | Household() | Ranked():
            return 4
        case InPhase() | InAudience():
            return 1
        case _:
            return 0


def _negation(part: Run) -> Run:
    def run(document: Document, now: Instant, today: Day) -> State:
        truth, change = part(document, now, today)
        return None if truth is None else not truth, change

    return run


def member(name: str) -> Run:
    """Return whether the profile is in the audience, as its document says."""
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


def _of_trait(node: TraitTest | TraitAge | TraitDate, traits: ComputedTraits, zone: str) -> Run:
    is_computed = node.trait in traits.names()
    if isinstance(node, TraitAge | TraitDate):
        read = traits.run(node.trait) if is_computed else plain_trait(node.trait)
        return _trait_age(node, zone, read) if isinstance(node, TraitAge) else _trait_date(node, zone, read)
    return computed_test(node, traits, zone) if is_computed else _trait_test(node)


def plain_trait(name: str) -> ValueRun:
    """Return what reads a trait that is not computed."""

    def run(document: Document, _now: Instant, _today: Day) -> tuple[Any, None]:
        fact = document.traits.get(name)
        return None if fact is None else fact.value, None

    return run


def reader_of(name: str, traits: ComputedTraits) -> Callable[[tuple[float, ...]], ValueRun]:
    """Return what gives, for numbers at which somebody looks again, the reader of a trait, computed or not."""
    if name not in traits.names():
        return lambda _marks: plain_trait(name)
    return lambda marks: traits.run(name, marks)


def _ranked(node: Ranked, traits: ComputedTraits, places: Places, cuts: CutsInForce, zone: str) -> Run:
    by = node.cut.by
    steps = 0 if by in traits.names() and traits.cuts(by) else MOST_STEPS
    return compile_ranked(node, reader_of(by, traits), places, cuts, zone, steps=steps)


def _trait_age(node: TraitAge, zone: str, read: ValueRun) -> Run:
    newer = node.newer
    days, length = node.span.days, node.span.us

    def run(document: Document, now: Instant, today: Day) -> State:
        value, until = read(document, now, today)
        moment = None if type(value) is not str else moment_of(value)
        if moment is None:
            return (None if value is NOT_COMPUTABLE else False), until
        day, instant = moment
        if days is None:
            end = (day_start(day, zone) if instant is None else instant) + length
            truth = newer if now < end else not newer
        else:
            last = (day if instant is None else today_in(instant, zone)) + days
            truth, end = (newer if today <= last else not newer), day_start(last + 1, zone)
        ahead = [at for at in (until, end) if at is not None and at > now]
        return truth, min(ahead, default=None)

    return run


def _trait_date(node: TraitDate, zone: str, read: ValueRun) -> Run:
    part = date_run(node.asks, zone, moment_of)

    def run(document: Document, now: Instant, today: Day) -> State:
        value, until = read(document, now, today)
        if value is NOT_COMPUTABLE:
            return None, until
        truth, turn = part(value, now, today)
        return truth, min((at for at in (until, turn) if at is not None and at > now), default=None)

    return run


MOST_STEPS = 100
"""So many changes of a computed value are looked at to find the one that turns the truth; then one looks again."""


def computed_test(node: TraitTest, traits: ComputedTraits, zone: str) -> Run:
    """Return a test of a computed trait: its change is the first at which the truth differs."""
    checks = tuple(check_of(test) for test in node.tests)
    compute = traits.run(node.trait, marks_of(node.tests))
    steps = 0 if traits.cuts(node.trait) else MOST_STEPS  # at a look of a cut everybody looks again

    def truth_of(value: Any) -> bool | None:
        return None if value is NOT_COMPUTABLE else all(check(value) for check in checks)

    def run(document: Document, now: Instant, today: Day) -> State:
        value, change = compute(document, now, today)
        truth = truth_of(value)
        for _ in range(steps):
            if change is None:
                break
            value, following = compute(document, change, today_in(change, zone))
            if truth_of(value) is not truth:
                break
            change = following
        return truth, change

    return run


def marks_of(tests: tuple[PropertyTest, ...]) -> tuple[float, ...] | None:
    """Return the numbers at which the tests may turn, ``None`` when they ask for more than numbers."""
    marks: list[float] = []
    for test in tests:
        if test.operator == "exists":
            continue
        if test.operator == "size":
            return None
        for operand in test.operand if isinstance(test.operand, tuple) else (test.operand,):
            if isinstance(operand, bool) or number(operand) is None:
                return None
            marks.append(float(operand))
    return tuple(marks)


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


def _of_events(node: OfEvents, zone: str, phases: Phases) -> Run:
    if isinstance(node, MeasureTest):
        return compile_measure(node, zone, phases)
    if isinstance(node, EventSequence):
        return compile_sequence(node, zone, phases)
    if node.during is not None:
        return compile_during(node, phases)
    return _did(node, zone) if keeps_of(node.aggregate) is Keeps.TOTALS else _did_values(node, zone)


def _did(node: Did, zone: str) -> Run:
    key = measure_key(node)
    window = node.window
    holds = holds_of(node.bounds)
    nothing = (holds(0), None)
    if window is None:
        return _ever(key, holds, nothing, summed=node.aggregate is Aggregate.SUM)
    least = None if node.aggregate is Aggregate.SUM else _threshold(node.bounds)
    if window.in_days and least is not None and window.near is None:
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


def _did_values(node: Did, zone: str) -> Run:
    key, part, starts = measure_key(node), value_part(node), starts_in(zone)
    in_days = node.window is not None and node.window.in_days
    nothing = (part(ValueState(), 0, 0)[0], None)

    def run(document: Document, now: Instant, today: Day) -> State:
        state = document.values.get(key)
        if state is None:
            return nothing
        truth, change = part(state, now, today)
        return truth, starts[change] if in_days and change is not None else change

    return run


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
        if near is not None:
            return stretch(flat, step, weight, far, near, at, holds)
        if least is not None:
            truth, change = reaches(flat, step, weight, far, at, least[0])
            return (truth, change) if least[1] else (not truth, change)
        return trailing(flat, step, weight, far, at, holds)

    def bridge(state: MeasureState, at: int) -> tuple[bool, int | None]:
        truth, change = bridged(state.tiles if in_days else state.stamps, step, far, near or 0, at)
        return truth is reached, change

    asked, reached = least or (0, True)
    return bridge if near is not None and asked == 1 else part


def _threshold(bounds: tuple[Bound, ...]) -> tuple[int, bool] | None:
    # A single bound on a count is "at least n" or its negation, which needs to look only at the youngest n.
    if len(bounds) != 1:
        return None
    operator, value = bounds[0].operator, bounds[0].value
    least = value + 1 if operator in {"above", "at_most"} or (operator == "exactly" and value == 0) else value
    if least < 1 or (operator == "exactly" and value > 0):
        return None
    return least, operator in {"at_least", "above"}
