"""Hold journeys to what they say they read and may write back: traits and properties, by name. Pure.

A journey without ``reads`` may read everything that conditions and templates may. The audience that it enters by, and
audiences that its conditions ask for, are definitions of their own and are not looked into.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fieldfare.act.delivery.wording import Template
from fieldfare.flow.reference_parts import To
from fieldfare.flow.workspace_references import references, sends
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem
from fieldfare.ground.workspace.suggest import nearest

_FIELDS = {To.TRAIT: "trait", To.PROPERTY: "property"}


def read_problems(loaded: Sequence[Loaded], traits: Mapping[str, Any] | None) -> Iterator[LocatedProblem]:
    """Tell what a journey reads without saying so, and what it would write that no trait is."""
    templates = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Template)}
    for one in loaded:
        if one.kind.name != "journey" or not isinstance(one.value, dict):
            continue
        reads, writes = one.value.get("reads"), one.value.get("writes")
        if isinstance(reads, list):
            yield from _reads(one, frozenset(name for name in reads if isinstance(name, str)), templates)
        for index, name in enumerate(writes if isinstance(writes, list) else ()):
            if traits is not None and isinstance(name, str) and name not in traits:
                fix = nearest(name, traits) or "Declare it there, with its type"
                what, why = f"the trait `{name}` is unknown", "`traits.yaml` does not declare it"
                yield one.problem(Problem(("writes", index), what, why, fix))


def _reads(one: Loaded, allowed: frozenset[str], templates: Mapping[str, Template]) -> Iterator[LocatedProblem]:
    for reference in references("journey", one.value):
        word = _FIELDS.get(reference.to)
        if word is not None and reference.name not in allowed:
            yield one.problem(_unlisted(reference.path, f"the {word} `{reference.name}` is read", reference.name))
    for path, send in sends(one.value):
        template = templates.get(str(send.get("template")))
        if template is None:
            continue
        for root, name in sorted(template_fields(template), key=str):
            if name is None:
                what = f"the template `{template.name}` reads `{root}` whole"
                why = "The journey's `reads` says what may be read, name by name"
                yield one.problem(Problem((*path, "template"), what, why, f"Write `{root}.name` in the template"))
            elif name not in allowed:
                what = f"the template `{template.name}` reads `{root}.{name}`"
                yield one.problem(_unlisted((*path, "template"), what, name))


def template_fields(template: Template) -> set[tuple[str, str | None]]:
    """Return what a template reads of the profile and of the event: (root, name); no name: the whole of it."""
    found: set[tuple[str, str | None]] = set()
    for _, _, part in template.parts():
        used = part.analyze().globals
        for root in ("profile", "event"):
            for variable in used.get(root, ()):
                segments = variable.segments
                found.add((root, str(segments[1]) if len(segments) > 1 else None))
    return found


def _unlisted(path: Path, what: str, name: str) -> Problem:
    why = "`reads` of the journey does not list it"
    return Problem(path, what, why, f"Add `{name}` to `reads`, or do without it")
