"""Check what messages need of other files: their channel, their purpose, the fields of places. Pure.

A template is written for a channel; what that channel could not communicate accurately is refused here, before anybody
gets a message. What one file alone can tell is checked by its own room.
"""

from collections.abc import Iterator, Sequence

from fieldfare.act.delivery.capabilities import capabilities_of
from fieldfare.act.delivery.model import Capabilities
from fieldfare.act.delivery.wording import Template
from fieldfare.flow.workspace_references import sends
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.network.locations.model import Locations


def channel_abilities(loaded: Sequence[Loaded]) -> dict[str, Capabilities]:
    """Return what each channel can do, by its name; nothing when ``channels.yaml`` has problems."""
    found = [one.noun for one in loaded if one.kind.name == "channels" and one.noun is not None]
    return {name: capabilities_of(spec) for specs in found for name, spec in specs.items()}


def message_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell messages that their channel cannot carry, sends for another purpose, and fields of places out of bounds."""
    abilities = channel_abilities(loaded)
    templates = [one for one in loaded if isinstance(one.noun, Template)]
    for one in templates:
        can = abilities.get(one.noun.channel)
        if can is not None:
            yield from _carried(one, one.noun, can)
    yield from _purposes(loaded, {one.noun.name: one.noun for one in templates})
    yield from _fields(loaded, templates)


def _carried(one: Loaded, template: Template, can: Capabilities) -> Iterator[LocatedProblem]:
    """Tell parts that the channel would have to leave out, and a subject that is missing."""
    told: set[Path] = set()
    for where, part, _ in template.parts():
        if part != "html" or can.html:
            continue
        path = _path(one, where)
        if path in told:
            continue
        told.add(path)
        what = f"the channel `{template.channel}` carries plain text only, and the template has HTML"
        fix = "Remove the HTML, or write the template for another channel"
        yield one.problem(Problem(path, what, "It would be left out without a word", fix))
    if template.own.subject is not None and not can.subject:
        what = f"the channel `{template.channel}` carries no subject"
        yield one.problem(Problem(("subject",), what, "It would be left out without a word", "Remove `subject`"))
    if can.one_click and template.own.subject is None:
        what = f"the template has no subject, and the channel `{template.channel}` sends e-mail"
        yield one.problem(Problem((), what, "An e-mail has a subject line", "Write `subject:`"))


def _path(one: Loaded, where: str) -> Path:
    """Return where the HTML of a wording stands in its file."""
    locale, _, fallback = where.partition("/")
    value = one.value
    written = next((name for name in (value.get("locales") or {}) if name.lower().replace("_", "-") == locale), None)
    at: Path = ("locales", written) if written is not None else ()
    at = (*at, "fallback") if fallback else at
    for key in at:
        value = value[key]
    return (*at, "mjml" if "mjml" in value else "html")


def _purposes(loaded: Sequence[Loaded], templates: dict[str, Template]) -> Iterator[LocatedProblem]:
    for one in loaded:
        if one.kind.name not in {"journey", "broadcast"} or not isinstance(one.value, dict):
            continue
        for path, send in sends(one.value):
            template = templates.get(str(send.get("template")))
            purpose = send.get("purpose", one.value.get("purpose", "marketing"))
            if template is not None and template.purpose is not None and template.purpose != purpose:
                what = (
                    f"the template `{template.name}` is written for the purpose `{template.purpose}`, not `{purpose}`"
                )
                why = "Consent is asked for by purpose, and so is the way out that the message carries"
                fix = f"Send it with `purpose: {template.purpose}`, or use another template"
                yield one.problem(Problem((*path, "template"), what, why, fix))


def _fields(loaded: Sequence[Loaded], templates: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell what places may not say: locked fields, values that are too long; and warn of names that no template has."""
    declared = {name: (one, field) for one in templates for name, field in one.noun.location_fields.items()}
    locked = {name: one for one in templates for name, field in one.noun.location_fields.items() if field.locked}
    for one in loaded:
        if not isinstance(one.noun, Locations):
            continue
        for index, place in enumerate(one.noun.places):
            for name, value in place.fields.items():
                path: Path = ("locations", index, "fields", name)
                if name in locked:
                    what = f"`{name}` is the brand's, and {place.name} cannot set it"
                    fix = f"Remove it here, or unlock it in {locked[name].file}"
                    yield one.problem(Problem(path, what, f"It is locked in {locked[name].file}", fix))
                elif name not in declared:
                    fix = nearest(name, declared) or "Remove it, or declare it in a template under `location_fields`"
                    problem = Problem(path, f"no template has a field `{name}`", "Nobody would read it", fix)
                    yield one.problem(problem, Severity.WARNING)
                elif len(value) > (most := _most(name, templates)):
                    what = f"`{name}` of {place.name} has {len(value)} characters"
                    yield one.problem(Problem(path, what, f"The brand allows {most}", "Shorten it"))


def _most(name: str, templates: Sequence[Loaded]) -> int:
    """Return the bound of a field that all templates with it keep."""
    fields = [one.noun.location_fields[name] for one in templates if name in one.noun.location_fields]
    return min(int(field.max_length) for field in fields)
