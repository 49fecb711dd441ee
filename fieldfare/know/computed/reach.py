"""What values computed traits can have at all, and what they can have when a certain event just happened. Pure.

A range is a promise in one direction: outside of it no value lies, inside of it perhaps none does either. Where nothing
can be said, such as of a number that a sender tells or of the sum of a property that may be negative, there is none:
such a threshold is *not decidable* and is never complained about.
"""

from collections.abc import Mapping
from math import inf
from typing import NamedTuple

from fieldfare.ground.instants import DAY
from fieldfare.know.audiences.model import Aggregate
from fieldfare.know.computed.model import (
    Arithmetic,
    Bands,
    Coalesce,
    Computed,
    DaysSinceEvent,
    Measured,
    Quintile,
)
from fieldfare.know.profiles.model import PropertyTest

COUNTS = frozenset({Aggregate.COUNT, Aggregate.DISTINCT})


class Range(NamedTuple):
    """Numbers from ``low`` to ``high``, both in; or one of ``labels``."""

    low: float = -inf
    high: float = inf
    labels: frozenset[str] | None = None

    def __str__(self) -> str:
        """Return it in words."""
        if self.labels is not None:
            return "one of " + ", ".join(sorted(self.labels)) if self.labels else "nothing"
        if self.low == self.high:
            return f"{self.low:g}"
        if self.high == inf:
            return f"{self.low:g} or more"
        return f"{self.high:g} or less" if self.low == -inf else f"{self.low:g} to {self.high:g}"


class Trigger(NamedTuple):
    """An event that just happened, at most so long before."""

    event: str
    max_age_us: int


def ranges_of(traits: Mapping[str, Computed], trigger: Trigger | None = None) -> dict[str, Range]:
    """Return the range of each computed trait that has one, ``trigger`` having just happened."""
    found: dict[str, Range | None] = {}

    def of(name: str) -> Range | None:
        if name not in found:
            found[name] = None  # of a ring nothing is known
            trait = traits.get(name)
            found[name] = None if trait is None else _range(trait)
        return found[name]

    def number(side: str | float) -> Range | None:
        return of(side) if isinstance(side, str) else Range(side, side)

    def _range(trait: Computed) -> Range | None:
        match trait.node:
            case Measured(did=did) if did.aggregate in COUNTS:
                happened = _is_heard(trait.node, trigger) and (did.window is None or did.window.newest is None)
                return Range(1 if happened else 0)
            case DaysSinceEvent(did=did):
                is_last = did.aggregate is Aggregate.LAST_DAY
                if is_last and trigger is not None and _is_heard(trait.node, trigger):
                    return Range(-1, trigger.max_age_us // DAY + 1)
                return Range(-1)
            case Quintile():
                return Range(1, 5)
            case Bands(of=name, steps=steps):
                held = of(name) or Range()
                ends = [*(step[0] for step in steps[1:]), inf]
                return Range(
                    labels=frozenset(
                        label
                        for (least, label), end in zip(steps, ends, strict=True)
                        if held.low < end and held.high >= least
                    )
                )
            case Coalesce(names=names):
                each = [of(name) for name in names]
                known = [one for one in each if one is not None and one.labels is None]
                if len(known) < len(each):
                    return None
                return Range(min(one.low for one in known), max(one.high for one in known))
            case Arithmetic(operator=operator, left=left, right=right):
                return _arithmetic(operator, number(left), number(right))
            case _:
                return None

    for name in traits:
        of(name)
    return {name: each for name, each in found.items() if each is not None}


def _is_heard(node: Measured | DaysSinceEvent, trigger: Trigger | None) -> bool:
    """Return whether the event of the trigger is surely among those that the node looks at."""
    did = node.did
    is_plain = not did.where and did.during is None
    return trigger is not None and is_plain and did.event == trigger.event and _covers(node, trigger)


def _covers(node: Measured | DaysSinceEvent, trigger: Trigger) -> bool:
    window = node.did.window
    return window is None or window.oldest.us > trigger.max_age_us + DAY


def _arithmetic(operator: str, left: Range | None, right: Range | None) -> Range | None:
    if left is None or right is None or left.labels is not None or right.labels is not None:
        return None
    if operator == "difference":
        return Range(left.low - right.high, left.high - right.low)
    if right.low < 0 or left.low < 0:
        return None
    high = inf if right.low <= 0 else left.high / right.low
    return Range(0 if right.high == inf else left.low / right.high if right.high > 0 else 0, high)


def can_hold(test: PropertyTest, held: Range) -> bool:
    """Return whether a value of the range can pass the test; true where that cannot be decided."""
    operand = test.operand
    if held.labels is not None:
        if test.operator == "is":
            return operand in held.labels
        return not held.labels.isdisjoint(operand) if test.operator == "in" else True
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        return True
    match test.operator:
        case "above":
            return held.high > operand
        case "at_least":
            return held.high >= operand
        case "below":
            return held.low < operand
        case "at_most":
            return held.low <= operand
        case "is":
            return held.low <= operand <= held.high
        case _:
            return True
