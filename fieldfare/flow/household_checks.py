"""Check the conditions over households of a workspace: members are asked for what they are by themselves. Pure.

A household directly inside a household is told where it is parsed; here, one that is reached through an audience or a
stage.
"""

from collections.abc import Iterator, Sequence

from fieldfare.flow.reference_parts import To
from fieldfare.flow.workspace_references import references
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Problem
from fieldfare.know.audiences.household import nested, stages_ask
from fieldfare.know.audiences.model import Audience
from fieldfare.know.lifecycle.model import Lifecycle

_INSIDE = "household"


def household_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell audiences and stages asked for inside a household that ask for a household themselves."""
    audiences = [one.noun for one in loaded if isinstance(one.noun, Audience)]
    stages = [stage for one in loaded if isinstance(one.noun, Lifecycle) for stage in one.noun.own]
    rules = [condition for stage in stages for _, condition in stage.rules()]
    taken, by_stages = nested(audiences, rules), stages_ask(audiences, rules)
    for one in loaded:
        for reference in references(one.kind.name, one.value):
            if _INSIDE not in reference.path:
                continue
            if reference.to is To.AUDIENCE and reference.name in taken:
                what = f"the audience `{reference.name}`, asked for inside a household, asks for a household itself"
            elif reference.to is To.STAGE and by_stages:
                what = f"the stage `{reference.name}`, asked for inside a household, is decided by a household"
            else:
                continue
            why = "Members are asked for what they are by themselves; else one would change the other without end"
            fix = "Ask for it beside the household, under `all:`, or write the inner condition out of events and traits"
            yield one.problem(Problem(reference.path, what, why, fix))
