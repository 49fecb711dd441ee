"""The parts of a workspace, each with how it is compared and what a change of it risks. Pure.

A part with several files has one change for each thing (``audiences/lapsed``); a part of one file has one change with a
sentence for each thing inside it. Whatever a file says that no part tells apart is a plain difference of the file.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from fieldfare.collect.compare import compare
from fieldfare.collect.contracts import Contracts
from fieldfare.flow.contract_history import by_version
from fieldfare.flow.versions import risks
from fieldfare.flow.versions.files import thing_of
from fieldfare.flow.versions.meanings import users_of_measure
from fieldfare.flow.versions.model import Change, FileChange, How, Risk
from fieldfare.flow.versions.ports import Section
from fieldfare.flow.workspace import Workspace
from fieldfare.know.audiences.explain import describe, sentence
from fieldfare.know.audiences.model import Audience

Tell = Callable[[Any, Any], tuple[str, ...]]
Risks = Callable[[Workspace, Workspace], Iterable[Risk]]


def nothing_risked(_before: Workspace, _after: Workspace) -> Iterable[Risk]:
    """Yield nothing: every change of such a part is safe."""
    return ()


def fields_told(old: Any, new: Any) -> tuple[str, ...]:
    """Return which fields of a struct differ, by name; values may be long or references to secrets."""
    names = [name for name in type(new).__struct_fields__ if getattr(old, name) != getattr(new, name)]
    return tuple(f"`{name}` differs" for name in names if name not in {"definition", "digest", "version"})


class Several(msgspec.Struct, frozen=True):
    """A part with a file for each thing."""

    name: str
    things: Callable[[Workspace], Mapping[str, Any]]
    tell: Tell = fields_told
    risked: Risks = nothing_risked

    def changes(self, before: Workspace | None, after: Workspace) -> list[Change]:
        """Return a change for each thing that differs."""
        old, new = self.things(before) if before is not None else {}, self.things(after)
        return [
            Change(self.name, f"{self.name}/{name}", how, self.tell(old[name], new[name]) if told else ())
            for name, how, told in _differing(old, new)
        ]

    def risks(self, before: Workspace, after: Workspace) -> Iterable[Risk]:
        """Yield what the changes risk."""
        return self.risked(before, after)


class Single(msgspec.Struct, frozen=True):
    """A part of one file with named things inside, or with none."""

    name: str
    things: Callable[[Workspace], Mapping[str, Any]]
    tell: Tell = fields_told
    risked: Risks = nothing_risked

    def changes(self, before: Workspace | None, after: Workspace) -> list[Change]:
        """Return one change with what differs inside."""
        if before is None:
            return [Change(self.name, self.name, How.ADDED)] if self.things(after) else []
        old, new = self.things(before), self.things(after)
        what = []
        for name, how, told in _differing(old, new):
            more = self.tell(old[name], new[name]) if told else ()
            what += [f"`{name}`: {each}" for each in more] or [f"`{name}` is {_WORDS[how]}"]
        return [Change(self.name, self.name, How.CHANGED, tuple(what))] if what else []

    def risks(self, before: Workspace, after: Workspace) -> Iterable[Risk]:
        """Yield what the changes risk."""
        return self.risked(before, after)


_WORDS = {How.ADDED: "new", How.REMOVED: "gone", How.CHANGED: "another one"}


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, How, bool]]:
    """Yield name, how, and whether both sides have it."""
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield name, How.ADDED, False
        elif name not in new:
            yield name, How.REMOVED, False
        elif old[name] != new[name]:
            yield name, How.CHANGED, True


class ContractSection:
    """Contracts: compared as ``fieldfare contracts diff`` compares them."""

    name = "contracts"

    def changes(self, before: Workspace | None, after: Workspace) -> list[Change]:
        """Return a change for each event."""
        old, new = _contract_files(before), _contract_files(after)
        found: dict[str, list[str]] = {}
        for each in compare(old, new, after.contracts.settings):
            where = f"version {each.version}" + (f", `{each.field}`" if each.field else "")
            found.setdefault(each.event, []).append(f"{where}: {each.what} ({each.effect})")
        for event in old.keys() & new.keys():
            if old[event] != new[event]:
                found.setdefault(event, ["what it says to people differs"])
        return [
            Change(self.name, f"contracts/{event}", _how(event, old, new), tuple(what)) for event, what in found.items()
        ]

    def risks(self, before: Workspace, after: Workspace) -> Iterable[Risk]:
        """Yield what the changes risk."""
        return risks.contract_risks(before, after)


def _contract_files(workspace: Workspace | None) -> dict[str, Any]:
    contracts: Contracts | None = None if workspace is None else workspace.contracts
    return {} if contracts is None else by_version(one.file for one in contracts.in_force() if not one.shipped)


def _how(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> How:
    if name not in old:
        return How.ADDED
    return How.REMOVED if name not in new else How.CHANGED


class MeasureSection:
    """Measures by name: one change of ``measures.yaml``, which says of each measure what needs it."""

    name = "measures"

    def changes(self, before: Workspace | None, after: Workspace) -> list[Change]:
        """Return one change with what differs inside."""
        old = before.named_measures if before is not None else {}
        what = []
        for name, how, told in _differing(old, after.named_measures):
            more = ", ".join(fields_told(old[name], after.named_measures[name])) if told else f"is {_WORDS[how]}"
            users = users_of_measure(after, name)
            what.append(f"`{name}`: {more}; needed by {', '.join(users) or 'nothing'}")
        how = How.ADDED if not old else How.CHANGED if after.named_measures else How.REMOVED
        return [Change(self.name, self.name, how, tuple(what))] if what else []

    def risks(self, before: Workspace, after: Workspace) -> Iterable[Risk]:
        """Yield nothing: who joins and leaves by it is told of the audiences."""
        return nothing_risked(before, after)


def _audience_told(old: Audience, new: Audience) -> tuple[str, ...]:
    if old.condition != new.condition:
        return f"was: {sentence(old.condition)}", f"is: {sentence(new.condition)}"
    if describe(old) != describe(new):
        return ("what it says to people differs",)
    return fields_told(old, new)


def _template_told(old: Any, new: Any) -> tuple[str, ...]:
    names = sorted({*old.sources, *new.sources})
    told = [f"the {name} differs" for name in names if old.sources.get(name) != new.sources.get(name)]
    if old.incentive != new.incentive:
        told.append("what it gives away differs")
    return tuple(told) or ("its settings differ",)


def _templates(workspace: Workspace) -> dict[str, Any]:
    return {name: _Text.of(each) for name, each in workspace.templates.items()}


class _Text(msgspec.Struct, frozen=True):
    """What of a template compares: compiled parts are never equal."""

    channel: str
    sources: dict[str, str]
    defaults: dict[str, Any]
    incentive: str | None

    @classmethod
    def of(cls, template: Any) -> "_Text":
        return cls(template.channel, template.sources, template.defaults, template.incentive)


def _traits(workspace: Workspace) -> dict[str, Any]:
    registry = workspace.registry
    rest = {"undeclared": registry.undeclared, "moves_after_days": registry.moves_after_days}
    return {**workspace.traits, **workspace.computed, **{name: _One(value) for name, value in rest.items()}}


class _One(msgspec.Struct, frozen=True):
    """A plain setting, so that it compares as structs do."""

    value: Any


def _settings(workspace: Workspace) -> dict[str, Any]:
    settings = workspace.settings
    names = [name for name in settings.__struct_fields__ if name != "sources"]
    return {name: _One(getattr(settings, name)) for name in names} | {
        f"source {name}": source for name, source in workspace.sources.items()
    }


def _one(pick: Callable[[Workspace], Any]) -> Callable[[Workspace], Mapping[str, Any]]:
    """Return the fields of one struct as its things."""

    def things(workspace: Workspace) -> dict[str, Any]:
        noun = pick(workspace)
        return {name: _One(getattr(noun, name)) for name in noun.__struct_fields__ if name != "version"}

    return things


def _nothing_told(_old: Any, _new: Any) -> tuple[str, ...]:
    return ()


def _consent_things(workspace: Workspace) -> dict[str, Any]:
    """Return the purposes, and under a name that none of them has what holds for all of them."""
    consent = workspace.consent
    return {**consent.purposes, "*": msgspec.structs.replace(consent, purposes={})} if consent.purposes else {}


SECTIONS: tuple[Section, ...] = (
    Single("workspace", _settings, _nothing_told, risks.workspace_risks),
    Single("collect", _one(lambda each: each.contracts.settings), _nothing_told, risks.collect_risks),
    ContractSection(),
    Single("identity", _one(lambda each: each.identity), _nothing_told, risks.identity_risks),
    MeasureSection(),
    Single("traits", _traits, fields_told, risks.trait_risks),
    Single("health", _one(lambda each: each.health), _nothing_told),
    Single("locations", lambda each: {place.name: place for place in each.locations.places}),
    Several("calendars", lambda _: {}),  # their breaks stand in seasons
    Single("seasons", lambda each: {season.name: season for season in each.seasons}),
    Single("schedule", _one(lambda each: each.schedule), _nothing_told),
    Several("audiences", lambda each: each.audiences, _audience_told),
    Single("lifecycle", lambda each: {stage.name: stage for stage in each.stages}),
    Single("outcomes", lambda each: {outcome.name: outcome for outcome in each.outcomes}),
    Single("consent", _consent_things, fields_told, risks.consent_risks),
    Single("policies", _one(lambda each: each.policies), _nothing_told, risks.policy_risks),
    Single("actions", lambda each: each.actions, fields_told, risks.action_risks),
    Single("channels", lambda each: each.channels, fields_told, risks.channel_risks),
    Several(
        "blocks", lambda _: {}
    ),  # they stand in templates, which tell what they say; here it is the file that differs
    Several("templates", _templates, _template_told, risks.template_risks),
    Several("journeys", lambda each: each.journeys, fields_told, risks.journey_risks),
    Several("broadcasts", lambda each: each.broadcasts, fields_told),  # sent only when somebody starts it
    Several("surveys", lambda each: each.surveys, fields_told),
    Several("journeys/tests", lambda each: each.stories, _nothing_told),
    Single("metrics", lambda each: each.metrics),
    Several("experiments", lambda each: each.registrations),
    Single("programme", _one(lambda each: each.programme), _nothing_told),
    Several("mappings", lambda each: each.mappings),
    Several("webhooks", lambda each: each.webhooks),
)
"""Every part, in the order in which a plan tells of them."""


def changes_of(before: Workspace | None, after: Workspace, files: Iterable[FileChange]) -> tuple[Change, ...]:
    """Return what differs, part by part; ``files`` are the files that do."""
    found = [change for section in SECTIONS for change in section.changes(before, after)]
    told = {change.section for change in found}
    for each in files:
        section = thing_of(each.file).rpartition("/")[0] or thing_of(each.file)
        if each.how is How.REWORDED:
            found.append(Change(section, thing_of(each.file), How.REWORDED, ("only comments or layout differ",)))
        elif section not in told:
            found.append(Change(section, thing_of(each.file), each.how, ("the file differs",)))
    return tuple(found)


def risks_of(before: Workspace, after: Workspace) -> tuple[Risk, ...]:
    """Return every reason for which the change waits for an approval, but for those that only data can tell."""
    found = (risk for section in SECTIONS for risk in section.risks(before, after))
    return tuple(dict.fromkeys(found))
