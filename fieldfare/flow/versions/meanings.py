"""What each audience means, all that it follows from included, and what depends on it. Pure.

Two definitions have one meaning when the same people satisfy them whatever happens: the condition, the audiences and
computed traits that it asks for, and, where it asks for them, stages, places and seasons; and how soon a relaxed one
follows. The workspace's time zone decides what a day is and belongs to each.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fieldfare.flow.finished_journeys import conditions_of
from fieldfare.flow.versions.model import Dependents
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.ids import digest
from fieldfare.know.audiences.cycle import in_order, needs
from fieldfare.know.audiences.model import (
    AtLocation,
    Condition,
    InAudience,
    InPhase,
    InStage,
    MeasureTest,
    TraitAge,
    TraitTest,
    durings_of,
    walk,
)
from fieldfare.know.computed.model import names_in

_encode = msgspec.json.Encoder(order="deterministic").encode


def meanings_of(workspace: Workspace) -> dict[str, str]:
    """Return the digest of what each audience means."""
    found: dict[str, str] = {}
    stages = stage_meaning(workspace)
    for audience in in_order(workspace.audiences.values()):
        parts = _parts(workspace, audience.condition, found)
        if any(isinstance(node, InStage) for node in walk(audience.condition)):
            parts.append(stages)
        if audience.is_relaxed:
            parts.append(audience.refresh)
            if audience.by_phase:
                parts += [audience.by_phase, workspace.seasons, workspace.locations.places]
        found[audience.name] = _digest([*parts, workspace.time_zone])
    return found


def stage_meaning(workspace: Workspace) -> str:
    """Return the digest of what all stages mean together."""
    ordered = {each.name: each for each in in_order(workspace.audiences.values())}
    known: dict[str, str] = {}
    parts: list[Any] = []
    for stage in workspace.stages:
        for _, condition in stage.rules():
            for name in _audiences_in(condition, ordered):
                known[name] = _digest(_parts(workspace, ordered[name].condition, known))
            parts += _parts(workspace, condition, known)
        parts.append((stage.name, stage.after, stage.exit is None))
    return _digest([*parts, workspace.time_zone])


def changed_audiences(before: Workspace | None, after: Workspace) -> tuple[str, ...]:
    """Return the audiences that are new, gone or mean something else, sorted."""
    old, new = meanings_of(before) if before is not None else {}, meanings_of(after)
    return tuple(name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name))


def dependents_of(workspace: Workspace) -> dict[str, Dependents]:
    """Return what depends on each audience, directly or through other audiences."""
    above = _above(workspace)
    journeys = {name: frozenset(audiences_of(workspace, name)) for name in workspace.journeys}
    stages = {stage.name: _named(condition for _, condition in stage.rules()) for stage in workspace.stages}
    found = {}
    for name in workspace.audiences:
        reached = {name} | above[name]
        found[name] = Dependents(
            tuple(sorted(above[name])),
            tuple(sorted(journey for journey, asked in journeys.items() if not asked.isdisjoint(reached))),
            tuple(sorted(stage for stage, asked in stages.items() if not asked.isdisjoint(reached))),
        )
    return found


def users_of_measure(workspace: Workspace, name: str) -> tuple[str, ...]:
    """Return what asks for a measure by its name itself: ``audience lapsed``, ``journey hello``, ``stage regular``."""
    asking = [(f"audience {each.name}", [each.condition]) for each in workspace.audiences.values()]
    asking += [(f"journey {each.name}", conditions_of(each)) for each in workspace.journeys.values()]
    asking += [(f"stage {each.name}", [rule for _, rule in each.rules()]) for each in workspace.stages]
    return tuple(
        user
        for user, conditions in asking
        if any(
            isinstance(node, MeasureTest) and node.measure.name == name for each in conditions for node in walk(each)
        )
    )


def audiences_of(workspace: Workspace, journey: str) -> set[str]:
    """Return the audiences that a journey names: of entry, exits and conditions."""
    found = workspace.journeys[journey]
    named = {found.entry.audience, *found.left} - {None}
    return {name for name in named if name is not None} | _named(conditions_of(found))


def _above(workspace: Workspace) -> dict[str, set[str]]:
    above: dict[str, set[str]] = {name: set() for name in workspace.audiences}
    for audience in reversed(in_order(workspace.audiences.values())):
        for name in needs(audience):
            above[name] |= {audience.name} | above[audience.name]
    return above


def _named(conditions: Iterable[Condition]) -> set[str]:
    nodes = (node for condition in conditions for node in walk(condition))
    return {node.audience for node in nodes if isinstance(node, InAudience)}


def _audiences_in(condition: Condition, by_name: Mapping[str, Any]) -> list[str]:
    """Return the audiences that the condition asks for, those first that others ask for."""
    wanted, waiting = set[str](), [condition]
    while waiting:
        for name in _named([waiting.pop()]) - wanted:
            wanted.add(name)
            waiting.append(by_name[name].condition)
    return [name for name in by_name if name in wanted]


def _parts(workspace: Workspace, condition: Condition, known: Mapping[str, str]) -> list[Any]:
    parts: list[Any] = [condition]
    for node in walk(condition):
        match node:
            case InAudience(audience=name):
                parts.append(known[name])
            case TraitTest(trait=name) | TraitAge(trait=name):
                parts += _trait(workspace, name)
            case AtLocation():
                parts.append(workspace.locations.places)
            case InPhase():
                parts += [workspace.locations.places, workspace.seasons]
            case _ if durings_of(node):
                parts += [workspace.locations.places, workspace.seasons]
            case _:
                pass
    return parts


def _trait(workspace: Workspace, name: str) -> list[Any]:
    computed = workspace.computed.get(name)
    if computed is None:
        spec = workspace.traits.get(name)
        return [name] if spec is None else [name, spec.type, spec.retention_days, spec.status]
    return [name, computed.node, *(part for each in names_in(computed.node) for part in _trait(workspace, each))]


def _digest(value: Any) -> str:
    return digest(_encode(value)).hex()
