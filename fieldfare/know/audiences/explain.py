"""Says in plain English what an audience asks for, and why a profile is in it or not. Pure; reads, changes nothing."""

from typing import Any, assert_never

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, amount_of
from fieldfare.know.audiences.evaluate import Evaluator
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
    Ranked,
    TraitAge,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.say_ranked import exact_relative_to, say_ranked
from fieldfare.know.audiences.windows import today_in
from fieldfare.know.cuts.model import Cut
from fieldfare.know.profiles.model import SCALE, Document, PropertyTest

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
    truth: bool | None
    """``None``: not computable; nobody joins or leaves by it."""
    next_change_at: Instant | None
    """Until when the truth stays by time alone; ``None`` for ever."""
    depth: int = 0
    """How deep the condition stands inside the audience's."""
    cuts: tuple[str, ...] = ()
    """Relative to which published cuts it is exact: version, time and numbers, or that none was published."""


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
        value, cuts = _value(node, document, now, evaluator), _cuts(node, document, evaluator)
        reasons.append(Reason(sentence(node), value, truth, change, depth, cuts))
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
        case Ranked():
            return say_ranked(condition)
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
        return f"sum of {node.of} over {node.event} is {amounts}{tail}"
    if node.aggregate is not Aggregate.COUNT:
        return f"{_of_values(node)}{tail}"
    if node.bounds == (Bound("at_least", 1),):
        return f"did {node.event}{tail}"
    if node.bounds == (Bound("exactly", 0),):
        return f"did not {node.event}{tail}"
    counts = " and ".join(f"{_BOUNDS[bound.operator]} {bound.value}" for bound in node.bounds)
    return f"did {node.event} {counts} times{tail}"


_ASKED = {
    Aggregate.MIN: "least",
    Aggregate.MAX: "greatest",
    Aggregate.FIRST: "first",
    Aggregate.LAST: "last",
    Aggregate.MOST_FREQUENT: "most frequent",
}


def _of_values(node: Did) -> str:
    if node.aggregate is Aggregate.DISTINCT:
        counts = " and ".join(f"{_BOUNDS[bound.operator]} {bound.value}" for bound in node.bounds)
        return f"{counts} different {node.of} over {node.event}"
    name = f"{_ASKED[node.aggregate]} {node.of} over {node.event}"
    if node.tests:
        return " and ".join(_test(name, test) for test in node.tests)
    amounts = " and ".join(f"{_BOUNDS[b.operator].replace('fewer', 'less')} {b.value / SCALE:g}" for b in node.bounds)
    return f"{name} is {amounts}"


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


def _cuts(node: Condition, document: Document, evaluator: Evaluator) -> tuple[str, ...]:
    if isinstance(node, AllOf | AnyOf | Negation):
        return ()  # its parts say it
    return tuple(
        exact_relative_to(cut, evaluator.cuts.of(cut.name), evaluator.place_of(cut, document))
        for cut in evaluator.cuts_of(node)
    )


def _value(node: Condition, document: Document, now: Instant, evaluator: Evaluator) -> Any:
    match node:
        case TraitTest(trait=trait) | TraitAge(trait=trait) | Ranked(cut=Cut(by=trait)):
            value = evaluator.trait(trait, document, now)[0]
            return "not computable" if value is NOT_COMPUTABLE else value
        case Did():
            amount = amount_of(node, document, now, today_in(now, evaluator.zone))
            return "not computable" if amount is NOT_COMPUTABLE else amount
        case InPhase() | AtLocation():
            return document.home_location
        case InStage():
            return document.stage
        case _:
            return None
