"""Says in plain English what an audience asks for, and why a profile is in it or not. Pure; reads, changes nothing."""

from typing import Any, assert_never

import msgspec

from fieldfare.ground.instants import Instant, date_of
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile_people import permission_of
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, amount_of
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.explain_people import household_words, person_words
from fieldfare.know.audiences.household import members_who
from fieldfare.know.audiences.model import (
    Aggregate,
    Ahead,
    AllOf,
    Anniversary,
    AnyOf,
    AtLocation,
    Audience,
    Bound,
    Condition,
    Did,
    HasConsent,
    HasIdentifier,
    Household,
    InAudience,
    InPhase,
    InStage,
    MatchConfidence,
    Negation,
    OnDay,
    TraitAge,
    TraitDate,
    TraitTest,
    Window,
)
from fieldfare.know.audiences.windows import today_in
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
    "starts_with": "starts with",
    "ends_with": "ends with",
    "contains_any": "contains one of",
    "contains_all": "contains all of",
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
        reasons.append(Reason(sentence(node), _value(node, document, now, evaluator), truth, change, depth))
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
        case TraitDate(trait=trait, asks=asks):
            return f"trait {trait} {_date(asks)}"
        case Did():
            return _did(condition)
        case InAudience(audience=name):
            return f"is in audience {name}"
        case InPhase() | AtLocation() | InStage():
            return _where(condition)
        case HasIdentifier() | MatchConfidence() | HasConsent():
            return person_words(condition)
        case Household(who=who, bounds=bounds):
            counts = " and ".join(f"{_BOUNDS[bound.operator]} {bound.value}" for bound in bounds)
            return household_words(condition, counts, "" if who is None else sentence(who))
        case AllOf(parts=parts) | AnyOf(parts=parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            return f"{word} of (" + "; ".join(sentence(part) for part in parts) + ")"
        case Negation(part=part):
            return f"not ({sentence(part)})"
        case _:
            assert_never(condition)


def _where(node: InPhase | AtLocation | InStage) -> str:
    match node:
        case InPhase(phase=phase):
            return f"phase {phase} holds at the home location"
        case AtLocation(names=names):
            return f"home location is in {_list(names)}"
        case InStage(names=names):
            return f"is in the stage {' or '.join(names)}"
        case _:
            assert_never(node)


def _date(asks: OnDay | Ahead | Anniversary) -> str:
    match asks:
        case OnDay(relation=relation, day=day):
            return f"is {relation} {date_of(day).isoformat()}"
        case Ahead(most=most, least=least):
            spans = (("at least", least), ("at most", most))
            return f"is {' and '.join(f'{word} {_span(span)}' for word, span in spans if span is not None)} ahead"
        case Anniversary(days=days):
            return "has its anniversary today" if not days else f"has its anniversary within the next {days} days"
        case _:
            assert_never(asks)


def _amount(bound: Bound) -> str:
    return _BOUNDS[bound.operator].replace("fewer", "less")


def _did(node: Did) -> str:
    where = " where " + " and ".join(_test(test.property, test) for test in node.where) if node.where else ""
    tail = where + _window(node.window)
    if node.aggregate is Aggregate.SUM:
        amounts = " and ".join(f"{_amount(b)} {b.value / SCALE:g}" for b in node.bounds)
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
    amounts = " and ".join(f"{_amount(b)} {b.value / SCALE:g}" for b in node.bounds)
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
    if test.operator == "size":
        return f"{name} has " + " and ".join(f"{_BOUNDS[word]} {count}" for word, count in test.operand) + " items"
    operand = _list(test.operand) if isinstance(test.operand, tuple) else str(test.operand)
    return f"{name} {_WORDS[test.operator]} {operand}"


def _list(values: tuple[Any, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _value(node: Condition, document: Document, now: Instant, evaluator: Evaluator) -> Any:
    match node:
        case TraitTest(trait=trait) | TraitAge(trait=trait) | TraitDate(trait=trait):
            value = evaluator.trait(trait, document, now)[0]
            return "not computable" if value is NOT_COMPUTABLE else value
        case Did():
            amount = amount_of(node, document, now, today_in(now, evaluator.zone))
            return "not computable" if amount is NOT_COMPUTABLE else amount
        case InPhase() | AtLocation():
            return document.home_location
        case InStage():
            return document.stage
        case HasIdentifier(kind=kind):
            return len(document.identifiers.get(kind, ()))
        case MatchConfidence():
            return document.match_confidence
        case HasConsent():
            return permission_of(node, document).value
        case Household(who=who):
            return members_who(node, document, True if who is None else evaluator.state(who, document, now)[0])
        case _:
            return None
