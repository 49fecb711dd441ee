"""Hold messages to what health and children's data are kept for. Pure.

A template that reads such a trait or property may be sent for one of its purposes only, a journey may ask for it when
its purpose is one of them, and nothing else may: audiences, stages and measures are seen and used for anything. Says
nothing of other sensitivities, nor of what people may see elsewhere. What a template reads inside a block counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fieldfare.act.delivery.wording import Template
from fieldfare.collect.contracts import Contracts
from fieldfare.flow.journey_reads import template_fields
from fieldfare.flow.reference_parts import To
from fieldfare.flow.workspace_references import references, sends
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Problem
from fieldfare.ground.workspace.suggest import quoted

GUARDED = frozenset({"health", "child"})
"""Sensitivities whose purposes a message must have."""

_Fields = Mapping[tuple[str, str], tuple[str, frozenset[str]]]
"""(root, name) -> sensitivity and purposes."""


def guarded_problems(
    loaded: Sequence[Loaded], traits: Mapping[str, Any] | None, contracts: Contracts
) -> Iterator[LocatedProblem]:
    """Tell sends whose template reads health or a child's data that is kept for other purposes."""
    templates = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Template)}
    profile = _of_traits(traits or {})
    for one in loaded:
        if isinstance(one.value, dict):
            yield from _conditions(one, contracts)
        if one.kind.name not in {"journey", "broadcast"} or not isinstance(one.value, dict):
            continue
        guarded = {**profile, **_of_event(one.value, contracts)}
        usual = one.value.get("purpose", "marketing")
        for path, send in sends(one.value) if guarded else ():
            template = templates.get(str(send.get("template")))
            if template is not None:
                purpose = str(send.get("purpose", usual))
                for problem in _problems(template, purpose, guarded):
                    yield one.problem(Problem((*path, "template"), *problem))


def _conditions(one: Loaded, contracts: Contracts) -> Iterator[LocatedProblem]:
    purpose = one.value.get("purpose", "marketing") if one.kind.name == "journey" else None
    for reference in references(one.kind.name, one.value):
        contract = contracts.by_event.get(contracts.canonical(reference.of)) if reference.to is To.PROPERTY else None
        field = contract.fields.get(reference.name) if contract is not None else None
        if field is None or field.sensitivity not in GUARDED or purpose in field.purposes:
            continue
        what = f"the property `{reference.name}` is asked for"
        why = f"It is of the sensitivity `{field.sensitivity}` and kept for {quoted(field.purposes) or 'no purpose'}"
        fix = "Ask for something else, or in a journey of that purpose"
        yield one.problem(Problem(reference.path, what, why, fix))


def _problems(template: Template, purpose: str, guarded: _Fields) -> Iterator[tuple[str, str, str]]:
    for root, name in sorted(template_fields(template), key=str):
        names = [name] if name is not None else sorted(each for base, each in guarded if base == root)
        for each in names:
            sensitivity, purposes = guarded.get((root, each), ("", frozenset()))
            if sensitivity and purpose not in purposes:
                kept = f"kept for {quoted(purposes)}" if purposes else "kept for no purpose"
                what = f"the template `{template.name}` reads `{root}.{each}` and is sent for `{purpose}`"
                why = f"`{each}` is of the sensitivity `{sensitivity}` and {kept}"
                yield what, why, "Send it for that purpose, or leave the value out"


def _of_traits(traits: Mapping[str, Any]) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    return {
        ("profile", name): (entry["sensitivity"], _texts(entry.get("purposes")))
        for name, entry in traits.items()
        if isinstance(entry, dict) and isinstance(entry.get("sensitivity"), str) and entry["sensitivity"] in GUARDED
    }


def _of_event(value: Mapping[str, Any], contracts: Contracts) -> dict[tuple[str, str], tuple[str, frozenset[str]]]:
    """Return the guarded properties of the event by which a journey is entered: a template calls it ``event``."""
    entry = value.get("entry")
    event = entry.get("event") if isinstance(entry, dict) else None
    contract = contracts.by_event.get(contracts.synonyms.get(event, event)) if isinstance(event, str) else None
    fields = contract.fields if contract is not None else {}
    return {
        ("event", name): (field.sensitivity, frozenset(field.purposes))
        for name, field in fields.items()
        if field.sensitivity in GUARDED
    }


def _texts(value: Any) -> frozenset[str]:
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
