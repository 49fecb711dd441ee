"""Says in plain English what conditions on measures and sequences ask for. Pure.

What is said of counts and sums of one event, and of everything else, stands in :mod:`fieldfare.know.audiences.explain`.
"""

from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import (
    Aggregate,
    Bound,
    Did,
    During,
    EventSequence,
    Limit,
    Look,
    MeasureTest,
    NamedMeasure,
    Window,
)
from fieldfare.know.profiles.model import PropertyTest

WORDS = {
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
BOUNDS = {
    "above": "more than",
    "below": "fewer than",
    "at_least": "at least",
    "at_most": "at most",
    "exactly": "exactly",
}
_STRETCHES = ("the {phase} that holds now", "the last {phase}", "the {phase} before the last")


def say_measure(node: MeasureTest) -> str:
    """Return the condition in words."""
    defined = f" ({say_definition(node.measure)})" if node.measure.over is not None else ""
    what = f"measure {node.measure.name}{defined}{say_look(node.look)}"
    if node.baseline is None:
        return what + " is " + " and ".join(f"{_order(limit)} {_number(limit)}" for limit in node.limits)
    shares = " and ".join(f"{_order(limit)} {_number(limit, percent=True)}" for limit in node.limits)
    return f"{what} is {shares} of what it comes to{say_look(node.baseline)}"


def say_definition(measure: NamedMeasure) -> str:
    """Return what a measure adds up."""
    assert measure.over is not None
    over = _total(measure.over)
    return over if measure.under is None else f"{over} by {_total(measure.under)}"


def _total(total: Did) -> str:
    what = f"sum of {total.of} over {total.event}" if total.aggregate is Aggregate.SUM else f"count of {total.event}"
    return what + say_where(total.where)


def say_look(look: Look) -> str:
    """Return where a measure is looked at."""
    average = "" if look.per is None else f", on average per {say_span(look.per)}"
    return say_when(look.window, look.during) + average


def say_sequence(node: EventSequence) -> str:
    """Return the condition in words."""
    times = "" if node.bounds == (Bound("at_least", 1),) else f" {say_counts(node.bounds)} times"
    steps = "".join(_step(each.event, each.where, each.within, is_absent=node.is_absent) for each in node.then)
    return f"did {node.event}{say_where(node.where)}{steps}{times}{say_when(node.window, node.during)}"


def _step(event: str, where: tuple[PropertyTest, ...], within: Duration | None, *, is_absent: bool) -> str:
    span = "" if within is None else f" within {say_span(within)}"
    return (", and then did not " if is_absent else ", then ") + event + say_where(where) + span


def say_counts(bounds: tuple[Bound, ...]) -> str:
    """Return the bounds of a count."""
    return " and ".join(f"{BOUNDS[bound.operator]} {bound.value}" for bound in bounds)


def _order(limit: Limit) -> str:
    return BOUNDS[limit.operator].replace("fewer", "less")


def _number(limit: Limit, *, percent: bool = False) -> str:
    amount = limit.numerator / limit.denominator
    return f"{amount * 100:.10g} %" if percent else f"{amount:.10g}"


def say_when(window: Window | None, during: During | None) -> str:
    """Return the window, or the stretch in its place."""
    if during is not None:
        before = f"the {{phase}} that was {during.back - 1} before the last"
        told = _STRETCHES[during.back] if during.back < len(_STRETCHES) else before
        return f", during {told.format(phase=during.phase)} at the home location"
    if window is None:
        return ", ever"
    if window.newest is None:
        return f", within the last {say_span(window.oldest)}"
    return f", between {say_span(window.oldest)} and {say_span(window.newest)} ago"


def say_span(span: Duration) -> str:
    """Return a span with its unit."""
    return f"{span.amount} {span.unit}{'' if span.amount == 1 else 's'}"


def say_where(where: tuple[PropertyTest, ...]) -> str:
    """Return the tests of an event's properties."""
    return " where " + " and ".join(say_test(test.property, test) for test in where) if where else ""


def say_test(name: str, test: PropertyTest) -> str:
    """Return one comparison."""
    if test.operator == "exists":
        return f"{name} {'has' if test.operand else 'has no'} value"
    if test.operator == "size":
        return f"{name} has " + " and ".join(f"{BOUNDS[word]} {count}" for word, count in test.operand) + " items"
    operand = ", ".join(map(str, test.operand)) if isinstance(test.operand, tuple) else str(test.operand)
    return f"{name} {WORDS[test.operator]} {operand}"
