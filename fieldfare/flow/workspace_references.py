"""Find every name in a workspace file that refers to something outside it, with its path. Pure, on plain values.

Works on values as read from YAML, checked or not, so that one broken line does not hide what the others refer to. It
does not know which names exist: see :mod:`fieldfare.flow.workspace_checks`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fieldfare.flow.policy_references import policy_references
from fieldfare.flow.reference_parts import Reference, To, all_names, entries, one_name
from fieldfare.ground.workspace.model import Path
from fieldfare.know.audiences.model import Aggregate
from fieldfare.know.audiences.parse_did import AGGREGATES
from fieldfare.know.audiences.parse_during import phase_in

DERIVED_PROPERTIES = frozenset({"weekday", "location"})
"""Properties that a ``where`` may test although no event carries them."""


def references(kind: str, value: Any) -> Iterator[Reference]:
    """Yield the references in the values of one file of the kind with this name."""
    if isinstance(value, dict):
        yield from _FINDERS.get(kind, lambda _value: ())(value)
        yield from _by_phase((), value)


def _by_phase(path: Path, value: Any) -> Iterator[Reference]:
    """Yield the phases of every ``by_phase``, wherever it stands."""
    held = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in held:
        if key == "by_phase" and isinstance(item, dict):
            for name in item:
                yield Reference((*path, key, name), To.PHASE, str(name))
        else:
            yield from _by_phase((*path, key), item)


def rename_events(kind: str, value: Any, canonical: Callable[[str], str]) -> Any:
    """Return the values with every event name replaced by its canonical one, as which events are stored."""
    for reference in list(references(kind, value)):
        if reference.to is To.EVENT and canonical(reference.name) != reference.name:
            value = _put(value, reference.path, canonical(reference.name))
    return value


def define_measures(kind: str, value: Any, definitions: Mapping[str, Any]) -> Any:
    """Return the values with the definition of every measure in place of its name; unknown names stay."""
    for reference in list(references(kind, value)):
        if reference.to is To.MEASURE and reference.name in definitions:
            value = _put(value, reference.path, {"name": reference.name} | definitions[reference.name])
    return value


def _put(value: Any, path: Path, name: Any) -> Any:
    """Return a copy of the value with the name, or what stands for it, at the path."""
    if not path:
        return name
    head, rest = path[0], path[1:]
    if isinstance(value, dict) and head in value:
        return {key: _put(item, rest, name) if key == head else item for key, item in value.items()}
    assert isinstance(value, list)
    return [_put(item, rest, name) if index == head else item for index, item in enumerate(value)]


def _event(path: Path, node: Any, key: str = "event") -> Iterator[Reference]:
    """Yield an event and the properties that its ``where`` and ``sum`` name."""
    if not isinstance(node, dict) or not isinstance(node.get(key), str):
        return
    event = node[key]
    yield Reference((*path, key), To.EVENT, event)
    where = node.get("where")
    for name in where if isinstance(where, dict) else ():
        if name not in DERIVED_PROPERTIES:
            yield Reference((*path, "where", name), To.PROPERTY, name, event)
    if isinstance(where, dict):
        yield from all_names((*path, "where"), To.LOCATION, where, "location")
    for aggregate in AGGREGATES:
        asked = node.get(aggregate)
        if isinstance(asked, dict) and isinstance(asked.get("of"), str) and asked["of"] not in DERIVED_PROPERTIES:
            shown = aggregate not in {Aggregate.COUNT, Aggregate.SUM}
            yield Reference((*path, aggregate, "of"), To.PROPERTY, asked["of"], event, shown=shown)


def condition_references(path: Path, node: Any) -> Iterator[Reference]:
    """Yield the references of a condition and of all inside it."""
    if not isinstance(node, dict):
        return
    if isinstance(node.get("trait"), str):
        yield Reference((*path, "trait"), To.TRAIT, node["trait"], keys=frozenset(node) - {"trait"})
    else:
        yield from one_name(path, To.AUDIENCE, node, "in")
    yield from _event(path, node, "did")
    yield from _event(path, node, "did_not")
    for key in ("then", "without"):
        yield from condition_references((*path, key), node.get(key))
    yield from _of_measure(path, node)
    yield from _during(path, node)
    yield from one_name(path, To.PHASE, node, "in_phase")
    yield from all_names(path, To.LOCATION, node, "location")
    yield from all_names(path, To.STAGE, node, "stage")
    yield from one_name(path, To.IDENTIFIER, node, "identifier")
    if isinstance(node.get("consent"), str):
        yield from one_name(path, To.PURPOSE, node, "consent")
        yield from one_name(path, To.CHANNEL, node, "channel")
    household = node.get("household")
    for key, inner in household.items() if isinstance(household, dict) else ():
        yield from condition_references((*path, "household", key), inner)
    yield from _ranked(path, node)
    for key in ("all", "any"):
        for place, part in entries(path, node, key):
            yield from condition_references(place, part)
    yield from condition_references((*path, "not"), node.get("not"))


def _of_measure(path: Path, node: dict[str, Any]) -> Iterator[Reference]:
    yield from one_name(path, To.MEASURE, node, "measure")
    measure = node.get("measure")
    if isinstance(measure, dict) and "name" not in measure:  # one with a name is checked where it is defined
        yield from _definition((*path, "measure"), measure)
    if isinstance(node.get("compared_to"), dict):
        yield from _during((*path, "compared_to"), node["compared_to"])


def _during(path: Path, node: dict[str, Any]) -> Iterator[Reference]:
    phase = phase_in(node.get("during"))
    if phase is not None:
        yield Reference((*path, "during"), To.PHASE, phase)


def _definition(path: Path, node: dict[str, Any]) -> Iterator[Reference]:
    """Yield the events and properties of a measure."""
    yield from _total(path, node)
    rate = node.get("rate")
    for place, side in enumerate(rate if isinstance(rate, list) else ()):
        if isinstance(side, str):
            yield Reference((*path, "rate", place), To.EVENT, side)
        elif isinstance(side, dict):
            yield from _total((*path, "rate", place), side)


def _total(path: Path, node: dict[str, Any]) -> Iterator[Reference]:
    yield from _event(path, node)
    if isinstance(node.get("sum"), str) and isinstance(node.get("event"), str):
        yield Reference((*path, "sum"), To.PROPERTY, node["sum"], node["event"])


def _measures(value: Any) -> Iterator[Reference]:
    measures = value.get("measures")
    for name, node in measures.items() if isinstance(measures, dict) else ():
        if isinstance(node, dict):
            yield from _definition(("measures", name), node)


def _ranked(path: Path, node: dict[Any, Any]) -> Iterator[Reference]:
    """Yield the trait by which a condition ranks, and the audience among which."""
    asked = node.get("percentile")
    for at, holder, key in ((path, node, "by"), ((*path, "percentile"), asked, "of")):
        for found in one_name(at, To.TRAIT, holder, key):
            yield msgspec.structs.replace(found, keys=frozenset({key}))
    yield from one_name(path, To.AUDIENCE, node, "among")


def _audience(value: Any) -> Iterator[Reference]:
    yield from condition_references(("where",), value.get("where"))


def _lifecycle(value: Any) -> Iterator[Reference]:
    for path, stage in entries((), value, "stages"):
        if isinstance(stage, dict):
            yield from condition_references((*path, "enter"), stage.get("enter"))
            yield from condition_references((*path, "exit"), stage.get("exit"))
            yield from all_names(path, To.STAGE, stage, "after")


def _outcomes(value: Any) -> Iterator[Reference]:
    for path, outcome in entries((), value, "outcomes"):
        yield from one_name(path, To.STAGE, outcome, "stage")


def _traits(value: Any) -> Iterator[Reference]:
    computed = value.get("computed")
    for name, node in computed.items() if isinstance(computed, dict) else ():
        if not isinstance(node, dict):
            continue
        measure, of = node.get("measure"), node.get("of")
        if isinstance(measure, str) and measure not in AGGREGATES and "event" not in node:
            yield Reference(("computed", name, "measure"), To.MEASURE, measure)
        asked = {measure: {"of": of}} if isinstance(measure, str) and measure in AGGREGATES else {}
        for each in _event(("computed", name), {**node, **asked}):
            in_measure = each.path[2:3] == (measure,)
            yield msgspec.structs.replace(each, path=("computed", name, "of")) if in_measure else each


def _journey(value: Any) -> Iterator[Reference]:
    entry = value.get("entry")
    yield from one_name(("entry",), To.AUDIENCE, entry, "joins")
    yield from _event(("entry",), entry)
    if isinstance(entry, dict):
        yield from condition_references(("entry", "if"), entry.get("if"))
        yield from one_name(("entry", "date"), To.TRAIT, entry.get("date"), "trait")
        yield from one_name(("entry", "schedule"), To.AUDIENCE, entry.get("schedule"), "of")
        yield from all_names(("entry",), To.CHANNEL, entry, "reachable")
        yield from all_names(("entry", "canary"), To.LOCATION, entry.get("canary"), "locations")
        if isinstance(entry.get("key"), str) and isinstance(entry.get("event"), str):
            yield Reference(("entry", "key"), To.PROPERTY, entry["key"], entry["event"])
    goal = value.get("goal")
    yield from _event(("goal",), goal)
    if isinstance(goal, dict) and isinstance(goal.get("revenue"), str):
        yield Reference(("goal", "revenue"), To.PROPERTY, goal["revenue"], str(goal.get("event")))
    for path, rule in entries((), value, "exit"):
        yield from one_name(path, To.AUDIENCE, rule, "leaves")
        yield from _event(path, rule)
        yield from condition_references((*path, "when"), rule.get("when") if isinstance(rule, dict) else None)
    yield from one_name((), To.PURPOSE, value, "purpose")
    yield from all_names(("suppresses",), To.JOURNEY, value.get("suppresses"), "journeys")
    yield from all_names(("suppresses",), To.PURPOSE, value.get("suppresses"), "purposes")
    for path, step in _steps((), value, "steps"):
        yield from _of_step(path, step)


def _of_step(path: Path, step: dict[str, Any]) -> Iterator[Reference]:
    """Yield the references of one step, not of those inside it."""
    wait, branch = step.get("wait"), step.get("branch")
    yield from _event((*path, "wait"), wait)
    if isinstance(wait, dict):
        yield from one_name((*path, "wait", "date"), To.TRAIT, wait.get("date"), "trait")
    if isinstance(branch, dict):
        yield from condition_references((*path, "branch", "when"), branch.get("when"))
    yield from _event((*path, "emit"), step.get("emit"))
    yield from one_name(path, To.JOURNEY, step, "journey")
    yield from one_name((*path, "survey"), To.SURVEY, step.get("survey"), "survey")
    for key in ("send", "task", "webhook", "survey"):
        if isinstance(step.get(key), dict):
            yield from _message((*path, key), step[key])


def _message(path: Path, value: dict[str, Any]) -> Iterator[Reference]:
    """Yield what a message names, and what the messages beside it do."""
    for place, send in _ways(path, value):
        yield from one_name(place, To.CHANNEL, send, "channel")
        yield from one_name(place, To.TEMPLATE, send, "template")
    yield from one_name(path, To.PURPOSE, value, "purpose")


def _steps(path: Path, node: Any, key: str) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every step with its path, however deep it stands in others."""
    for place, step in entries(path, node, key):
        if not isinstance(step, dict):
            continue
        yield place, step
        for outer, inner in (("branch", "then"), ("branch", "else"), ("wait", "late"), ("hold", "else")):
            yield from _steps((*place, outer), step.get(outer), inner)
        task = step.get("task")
        yield from _steps((*place, "task", "sla"), task.get("sla") if isinstance(task, dict) else None, "broken")
        varied = step.get("experiment")
        for way, held in (*entries(place, step, "split"), *entries((*place, "experiment"), varied, "variants")):
            yield from _steps(way, held, "steps")


def sends(value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every message, task and call of a journey's or a broadcast's values with its path."""
    if "broadcast" in value:
        yield from _ways((), value)
        for path, version in entries((), value, "variants"):
            if isinstance(version, dict) and "template" in version:
                yield path, {key: value[key] for key in ("channel", "purpose") if key in value} | version
    for path, step in _steps((), value, "steps"):
        for key in ("send", "task", "webhook", "survey"):
            if isinstance(step.get(key), dict):
                yield from _ways((*path, key), step[key])


def _ways(path: Path, send: dict[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield a message, and those that may go in its place or after it, with what they share."""
    yield path, send
    said: dict[str, Any] = {name: send[name] for name in ("purpose", "variables") if name in send}
    for also, other in (*entries(path, send, "fallback"), ((*path, "escalate"), send.get("escalate"))):
        if isinstance(other, dict):
            yield also, {**said, **other}


def _stories(value: Any) -> Iterator[Reference]:
    yield from one_name((), To.JOURNEY, value, "journey")
    for path, story in entries((), value, "stories"):
        person = story.get("person") if isinstance(story, dict) else None
        yield from one_name((*path, "person"), To.LOCATION, person, "location")
        for place, moment in entries(path, story, "moments"):
            yield from _event(place, moment)
            yield from one_name(place, To.TEMPLATE, moment, "sends")
            yield from one_name(place, To.TEMPLATE, moment, "refuses")
            yield from one_name(place, To.PURPOSE, moment, "grants")
            yield from one_name(place, To.PURPOSE, moment, "withdraws")


def _metrics(value: Any) -> Iterator[Reference]:
    for path, metric in entries((), value, "metrics"):
        yield from _event(path, metric)
        for key in ("refunds", "answer"):
            yield from one_name(path, To.EVENT, metric, key)
        event = metric.get("event") if isinstance(metric, dict) else None
        if isinstance(event, str) and isinstance(metric.get("property"), str):
            yield Reference((*path, "property"), To.PROPERTY, metric["property"], event)


def _experiment(value: Any) -> Iterator[Reference]:
    for key in ("segments", "strata"):
        yield from all_names((), To.TRAIT, value, key)


def _actions(value: Any) -> Iterator[Reference]:
    kinds = value.get("actions")
    for name, kind in kinds.items() if isinstance(kinds, dict) else ():
        yield from one_name(("actions", name), To.PURPOSE, kind, "purpose")


def _seasons(value: Any) -> Iterator[Reference]:
    for path, season in entries((), value, "seasons"):
        for place, entry in ((path, season), *entries(path, season, "at")):
            yield from all_names(place, To.LOCATION, entry, "locations")
            peak = entry.get("peak") if isinstance(entry, dict) else None
            yield from one_name((*place, "peak"), To.SCHOOL_CALENDAR, peak, "school_breaks")


def _consent(value: Any) -> Iterator[Reference]:
    purposes = value.get("purposes")
    for name, purpose in purposes.items() if isinstance(purposes, dict) else ():
        yield from all_names(("purposes", name), To.CHANNEL, purpose, "channels")


def _template(value: Any) -> Iterator[Reference]:
    yield from one_name((), To.CHANNEL, value, "channel")
    yield from one_name((), To.PURPOSE, value, "purpose")


def _mapping(value: Any) -> Iterator[Reference]:
    yield from one_name((), To.SOURCE, value, "source")
    yield from _mapped_event((), value)
    also = value.get("also")
    for index, further in enumerate(also if isinstance(also, list) else ()):
        if isinstance(further, dict):
            yield from _mapped_event(("also", index), further)


def _mapped_event(path: Path, value: Any) -> Iterator[Reference]:
    yield from one_name(path, To.EVENT, value, "event")
    event = value.get("event")
    if isinstance(event, dict):
        for key in ("map", "starts_with"):
            names = event.get(key)
            for match in names if isinstance(names, dict) else ():
                yield from one_name((*path, "event", key), To.EVENT, names, match)
        yield from one_name((*path, "event"), To.EVENT, event, "otherwise")


def _webhook(value: Any) -> Iterator[Reference]:
    for path, rule in entries((), value, "events"):
        if not isinstance(rule, dict):
            continue
        yield from one_name(path, To.EVENT, rule, "event")
        event = rule.get("event")
        if isinstance(event, dict):
            names = event.get("map")
            for match in names if isinstance(names, dict) else ():
                yield from one_name((*path, "event", "map"), To.EVENT, names, match)
            yield from one_name((*path, "event"), To.EVENT, event, "otherwise")


def _workspace(value: Any) -> Iterator[Reference]:
    for path, source in entries((), value, "sources"):
        webhook = source.get("webhook") if isinstance(source, dict) else None
        yield from one_name((*path, "webhook"), To.WEBHOOK, webhook, "mapping")


def _broadcast(value: Any) -> Iterator[Reference]:
    yield from one_name((), To.AUDIENCE, value, "audience")
    yield from _message((), value)


def _schedule(value: Any) -> Iterator[Reference]:
    for path, duty in entries((), value, "work"):
        yield from all_names(path, To.PHASE, duty, "phases")


_FINDERS: dict[str, Callable[[Any], Iterable[Reference]]] = {
    "audience": _audience,
    "broadcast": _broadcast,
    "consent": _consent,
    "experiment": _experiment,
    "journey": _journey,
    "journey_test": _stories,
    "lifecycle": _lifecycle,
    "mapping": _mapping,
    "measures": _measures,
    "metrics": _metrics,
    "outcomes": _outcomes,
    "policies": policy_references,
    "actions": _actions,
    "schedule": _schedule,
    "seasons": _seasons,
    "survey": lambda value: one_name((), To.TRAIT, value, "trait"),
    "template": _template,
    "traits": _traits,
    "webhook": _webhook,
    "workspace": _workspace,
}
