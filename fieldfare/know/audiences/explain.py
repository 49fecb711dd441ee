"""Says in plain English what an audience asks for, and why a profile is in it or not. Pure; reads, changes nothing."""

from typing import Any, assert_never

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measure_key
from fieldfare.know.audiences.model import (
    Aggregate,
    AllOf,
    AnyOf,
    AtLocation,
    Audience,
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
from fieldfare.know.audiences.windows import today_in
from fieldfare.know.profiles.model import SCALE, Document, PropertyTest
from fieldfare.know.profiles.tiles import STAMP, TILE

_WORDS = {
    "is": "is",
    "is_not": "is not",
    "in": "is one of",
    "not_in": "is none of",
    "above": "is above",
    "below": "is below",
    "at_least": "is at least",
    "at_most": "is at most",
    "contains": "contains",
}
_BOUNDS = {
    "above": "more than",
    "below": "fewer than",
    "at_least": "at least",
    "at_most": "at most",
    "exactly": "exactly",
}


class Reason(msgspec.Struct, frozen=True):
    """One condition of an audience as it stands for one profile."""

    text: str
    value: Any
    """What was compared: a count, a sum, a trait's value, a location; ``None`` when there is nothing or many things."""
    truth: bool
    next_change_at: Instant | None
    """Until when the truth stays by time alone; ``None`` for ever."""
    depth: int = 0
    """How deep the condition stands inside the audience's."""


def describe(audience: Audience) -> str:
    """Return the audience in one sentence of plain English."""
    return f"Profiles that satisfy: {sentence(audience.condition)}."


def why(audience: Audience, document: Document, now: Instant, evaluator: Evaluator) -> list[Reason]:
    """Return the whole condition and each of its parts, outermost first: value, truth and next change at ``now``."""
    reasons: list[Reason] = []
    waiting: list[tuple[int, Condition]] = [(0, audience.condition)]
    while waiting:
        depth, node = waiting.pop()
        truth, change = evaluator.state(node, document, now)
        reasons.append(Reason(sentence(node), _value(node, document, now, evaluator.zone), truth, change, depth))
        match node:
            case AllOf(parts=parts) | AnyOf(parts=parts):
                waiting.extend((depth + 1, part) for part in reversed(parts))
            case Negation(part=part):
                waiting.append((depth + 1, part))
            case _:
                pass
    return reasons


def sentence(condition: Condition) -> str:
    """Return a condition in words."""
    match condition:
        case TraitTest(tests=tests):
            return " and ".join(_test(f"trait {test.property}", test) for test in tests)
        case TraitAge(trait=trait, newer=newer, span=span):
            return f"trait {trait} is {'at most' if newer else 'more than'} {_span(span)} ago"
        case Did():
            return _did(condition)
        case InAudience(audience=name):
            return f"is in audience {name}"
        case InPhase(phase=phase):
            return f"phase {phase} holds at the home location"
        case AtLocation(names=names):
            return f"home location is in {_list(names)}"
        case InStage(names=names):
            return f"is in the stage {' or '.join(names)}"
        case AllOf(parts=parts):
            return "all of (" + "; ".join(sentence(part) for part in parts) + ")"
        case AnyOf(parts=parts):
            return "any of (" + "; ".join(sentence(part) for part in parts) + ")"
        case Negation(part=part):
            return f"not ({sentence(part)})"
        case _:
            assert_never(condition)


def _did(node: Did) -> str:
    where = " where " + " and ".join(_test(test.property, test) for test in node.where) if node.where else ""
    tail = where + _window(node.window)
    if node.aggregate is Aggregate.SUM:
        amounts = " and ".join(
            f"{_BOUNDS[b.operator].replace('fewer', 'less')} {b.value / SCALE:g}" for b in node.bounds
        )
        return f"sum of {node.sum_of} over {node.event} is {amounts}{tail}"
    if node.bounds == (Bound("at_least", 1),):
        return f"did {node.event}{tail}"
    if node.bounds == (Bound("exactly", 0),):
        return f"did not {node.event}{tail}"
    counts = " and ".join(f"{_BOUNDS[bound.operator]} {bound.value}" for bound in node.bounds)
    return f"did {node.event} {counts} times{tail}"


def _window(window: Window | None) -> str:
    if window is None:
        return ", ever"
    if window.newest is None:
        return f", within the last {_span(window.oldest)}"
    return f", between {_span(window.oldest)} and {_span(window.newest)} ago"


def _span(span: Duration) -> str:
    return f"{span.amount} {span.unit}{'' if span.amount == 1 else 's'}"


def _test(name: str, test: PropertyTest) -> str:
    if test.operator == "exists":
        return f"{name} {'has' if test.operand else 'has no'} value"
    operand = _list(test.operand) if isinstance(test.operand, tuple) else str(test.operand)
    return f"{name} {_WORDS[test.operator]} {operand}"


def _list(values: tuple[Any, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _value(node: Condition, document: Document, now: Instant, zone: str) -> Any:
    match node:
        case TraitTest(trait=trait) | TraitAge(trait=trait):
            fact = document.traits.get(trait)
            return None if fact is None else fact.value
        case Did():
            total = _total(node, document, now, zone)
            return total / SCALE if node.aggregate is Aggregate.SUM else total
        case InPhase() | AtLocation():
            return document.home_location
        case InStage():
            return document.stage
        case _:
            return None


def _total(node: Did, document: Document, now: Instant, zone: str) -> int:
    # Told in the plainest way, apart from the evaluator's: what is shown is counted, not inferred.
    state = document.measures.get(measure_key(node))
    if state is None:
        return 0
    summed = node.aggregate is Aggregate.SUM
    window = node.window
    if window is None:
        return (state.base_sum if summed else state.base_count) + sum(state.tiles[2 if summed else 1 :: TILE])
    near = window.near
    if window.in_days:
        today = today_in(now, zone)
        return sum(
            state.tiles[at + (2 if summed else 1)]
            for at in range(0, len(state.tiles), TILE)
            if today - window.far <= state.tiles[at] and (near is None or state.tiles[at] <= today - near)
        )
    return sum(
        state.stamps[at + 1] if summed else 1
        for at in range(0, len(state.stamps), STAMP)
        if state.stamps[at] > now - window.far and (near is None or state.stamps[at] <= now - near)
    )
