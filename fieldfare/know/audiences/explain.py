"""Says in plain English what an audience asks for, and why a profile is in it or not. Pure; reads, changes nothing."""

from typing import Any, assert_never

import msgspec

from fieldfare.ground.instants import Instant, date_of
from fieldfare.know.audiences.compile_people import permission_of
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
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
    OnDay,
    Ranked,
    TraitAge,
    TraitDate,
    TraitTest,
)
from fieldfare.know.audiences.say_events import (
    BOUNDS,
    say_counts,
    say_measure,
    say_sequence,
    say_span,
    say_test,
    say_when,
    say_where,
)
from fieldfare.know.audiences.say_ranked import exact_relative_to, say_ranked
from fieldfare.know.cuts.model import Cut
from fieldfare.know.profiles.model import SCALE, Document


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
            return " and ".join(say_test(f"trait {test.property}", test) for test in tests)
        case TraitAge(trait=trait, newer=newer, span=span):
            return f"trait {trait} is {'at most' if newer else 'more than'} {say_span(span)} ago"
        case TraitDate(trait=trait, asks=asks):
            return f"trait {trait} {_date(asks)}"
        case Did() | MeasureTest() | EventSequence():
            return _of_events(condition)
        case InAudience() | InPhase() | AtLocation() | InStage() | Listed():
            return _where(condition)
        case Ranked():
            return say_ranked(condition)
        case HasIdentifier() | MatchConfidence() | HasConsent():
            return person_words(condition)
        case Household(who=who, bounds=bounds):
            return household_words(condition, say_counts(bounds), "" if who is None else sentence(who))
        case AllOf(parts=parts) | AnyOf(parts=parts):
            word = "all" if isinstance(condition, AllOf) else "any"
            return f"{word} of (" + "; ".join(sentence(part) for part in parts) + ")"
        case Negation(part=part):
            return f"not ({sentence(part)})"
        case _:
            assert_never(condition)


def _of_events(node: OfEvents) -> str:
    match node:
        case Did():
            return _did(node)
        case MeasureTest():
            return say_measure(node)
        case EventSequence():
            return say_sequence(node)
        case _:
            assert_never(node)


def _where(node: InAudience | InPhase | AtLocation | InStage | Listed) -> str:
    match node:
        case InAudience(audience=name):
            return f"is in audience {name}"
        case InPhase(phase=phase):
            return f"phase {phase} holds at the home location"
        case AtLocation(names=names):
            return f"home location is in {', '.join(names)}"
        case InStage(names=names):
            return f"is in the stage {' or '.join(names)}"
        case Listed(audience=name):
            return f"was returned by the last run of the query of {name} (not exact)"
        case _:
            assert_never(node)


def _date(asks: OnDay | Ahead | Anniversary) -> str:
    match asks:
        case OnDay(relation=relation, day=day):
            return f"is {relation} {date_of(day).isoformat()}"
        case Ahead(most=most, least=least):
            spans = (("at least", least), ("at most", most))
            return f"is {' and '.join(f'{word} {say_span(span)}' for word, span in spans if span is not None)} ahead"
        case Anniversary(days=days):
            return "has its anniversary today" if not days else f"has its anniversary within the next {days} days"
        case _:
            assert_never(asks)


def _amount(bound: Bound) -> str:
    return BOUNDS[bound.operator].replace("fewer", "less")


def _did(node: Did) -> str:
    tail = say_where(node.where) + say_when(node.window, node.during)
    if node.aggregate is Aggregate.SUM:
        amounts = " and ".join(f"{_amount(b)} {b.value / SCALE:g}" for b in node.bounds)
        return f"sum of {node.of} over {node.event} is {amounts}{tail}"
    if node.aggregate is not Aggregate.COUNT:
        return f"{_of_values(node)}{tail}"
    if node.bounds == (Bound("at_least", 1),):
        return f"did {node.event}{tail}"
    if node.bounds == (Bound("exactly", 0),):
        return f"did not {node.event}{tail}"
    return f"did {node.event} {say_counts(node.bounds)} times{tail}"


_ASKED = {
    Aggregate.MIN: "least",
    Aggregate.MAX: "greatest",
    Aggregate.FIRST: "first",
    Aggregate.LAST: "last",
    Aggregate.MOST_FREQUENT: "most frequent",
}


def _of_values(node: Did) -> str:
    if node.aggregate is Aggregate.DISTINCT:
        return f"{say_counts(node.bounds)} different {node.of} over {node.event}"
    name = f"{_ASKED[node.aggregate]} {node.of} over {node.event}"
    if node.tests:
        return " and ".join(say_test(name, test) for test in node.tests)
    amounts = " and ".join(f"{_amount(b)} {b.value / SCALE:g}" for b in node.bounds)
    return f"{name} is {amounts}"


def _cuts(node: Condition, document: Document, evaluator: Evaluator) -> tuple[str, ...]:
    if isinstance(node, AllOf | AnyOf | Negation):
        return ()  # its parts say it
    return tuple(
        exact_relative_to(cut, evaluator.cuts.of(cut.name), evaluator.place_of(cut, document))
        for cut in evaluator.cuts_of(node)
    )


def _value(node: Condition, document: Document, now: Instant, evaluator: Evaluator) -> Any:
    match node:
        case TraitTest(trait=trait) | TraitAge(trait=trait) | TraitDate(trait=trait) | Ranked(cut=Cut(by=trait)):
            value = evaluator.trait(trait, document, now)[0]
            return "not computable" if value is NOT_COMPUTABLE else value
        case Did() | MeasureTest() | EventSequence():
            amount = evaluator.amount(node, document, now)
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
