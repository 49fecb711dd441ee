"""Check that thresholds can be reached: by anybody, and in the entry of a journey when its event happens. Pure.

Decided are tests of computed traits that have a range (:mod:`fieldfare.know.computed.reach`): counts, days since an
event, quintiles, bands, and ratios and differences of such. A test of a trait that a sender tells, of a sum or of a
property is not decidable here and is passed over, as is everything under a `not`.
"""

from collections.abc import Iterator, Mapping, Sequence

from fieldfare.decide.journeys.definition import Journey
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.know.audiences.model import AllOf, AnyOf, Audience, Condition, InAudience, TraitTest
from fieldfare.know.computed.parse import TraitsDeclared
from fieldfare.know.computed.reach import Range, Trigger, can_hold, ranges_of


def reach_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell conditions that nobody can ever meet, and entries that nobody can meet when their event happens."""
    computed = next((one.noun.computed for one in loaded if isinstance(one.noun, TraitsDeclared)), {})
    audiences = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Audience)}
    always = ranges_of(computed)
    for one in loaded:
        if isinstance(one.noun, Audience):
            yield from _told(one, ("where",), unreachable(one.noun.condition, always, {}), "")
        if isinstance(one.noun, Journey):
            trigger = one.noun.entry.trigger
            then = always if trigger is None else ranges_of(computed, Trigger(trigger.event, one.noun.entry.max_age_us))
            when = "" if trigger is None else f" when `{trigger.event}` has just happened"
            for gate in one.noun.entry.gates:
                if gate.reason == "condition":
                    yield from _told(one, ("entry", "if"), unreachable(gate.condition, then, audiences), when)


def unreachable(
    condition: Condition, ranges: Mapping[str, Range], audiences: Mapping[str, Audience]
) -> tuple[str, Range] | None:
    """Return the trait by which a condition can never hold, and what it can be; ``None``: it can, or nobody knows."""
    match condition:
        case AllOf(parts=parts):
            found = (unreachable(part, ranges, audiences) for part in parts)
            return next((each for each in found if each is not None), None)
        case AnyOf(parts=parts) if parts:
            all_found = [unreachable(part, ranges, audiences) for part in parts]
            return all_found[0] if None not in all_found else None
        case InAudience(audience=name) if name in audiences and audiences[name].is_exact:
            if audiences[name].is_relaxed:
                return None  # it may stand as it was
            rest = {other: each for other, each in audiences.items() if other != name}
            return unreachable(audiences[name].condition, ranges, rest)
        case TraitTest(trait=trait, tests=tests) if trait in ranges:
            return None if all(can_hold(test, ranges[trait]) for test in tests) else (trait, ranges[trait])
        case _:
            return None


def _told(one: Loaded, path: Path, found: tuple[str, Range] | None, when: str) -> Iterator[LocatedProblem]:
    if found is not None:
        trait, held = found
        what = f"nobody can ever meet this{when}: `{trait}` is {held}"
        fix = "Ask for a value that it can have, or let something else begin the journey." if when else ""
        fix = fix or "Ask for a value that it can have."
        yield one.problem(Problem(path, what, "The threshold cannot be reached", fix), Severity.WARNING)
