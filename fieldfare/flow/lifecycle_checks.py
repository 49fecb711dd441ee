"""Check the lifecycle of a workspace against its audiences: what may decide a stage. Pure.

What ``lifecycle.yaml`` alone can tell is checked where it is parsed; unknown names are told with all others.
"""

from collections.abc import Iterator, Sequence

from fieldfare.flow.reference_parts import To
from fieldfare.flow.workspace_references import references
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Problem
from fieldfare.know.audiences.cycle import by_stage, find_cycle, in_order, needs
from fieldfare.know.audiences.model import Audience


def stage_names(loaded: Sequence[Loaded], shipped: frozenset[str]) -> frozenset[str]:
    """Return the names of the stages that a workspace has."""
    found: set[str] = set()
    for one in loaded:
        if one.kind.name == "lifecycle" and isinstance(one.value, dict):
            stages = one.value.get("stages")
            entries = stages if isinstance(stages, list) else []
            found |= {str(entry.get("stage")) for entry in entries if isinstance(entry, dict)}
            found |= shipped if one.value.get("shipped") is True else frozenset()
    return frozenset(found)


def lifecycle_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell rules of stages that ask for an audience which itself asks for a stage."""
    audiences = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Audience)}
    known = [each for each in audiences.values() if audiences.keys() >= set(needs(each))]
    if find_cycle(audiences.values()) is not None or len(known) < len(audiences):
        return
    late = by_stage(in_order(audiences.values()))
    for one in loaded:
        if one.kind.name != "lifecycle":
            continue
        for reference in references("lifecycle", one.value):
            if reference.to is To.AUDIENCE and reference.name in late:
                what = f"a rule of a stage asks for the audience `{reference.name}`, which asks for a stage"
                fix = "Write the rule out of events and traits, or use another audience"
                yield one.problem(Problem(reference.path, what, "Stages are decided by these rules", fix))
