"""Check a workspace as a whole: names that files use of each other, cycles, doubles, sends that could never go. Pure.

What one file alone can tell is checked by its own room. Names of a file that is itself broken still count as declared,
so that one mistake is reported once.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fieldfare.act.delivery.events import OWN_EVENTS
from fieldfare.act.delivery.parse_templates import default_of
from fieldfare.collect.contracts import Contract, Contracts
from fieldfare.collect.personal import is_personal_name
from fieldfare.flow.answer_checks import answer_problems
from fieldfare.flow.audience_checks import audience_problems
from fieldfare.flow.consent_checks import consent_problems
from fieldfare.flow.contract_checks import contract_problems
from fieldfare.flow.contract_lint import contract_warnings
from fieldfare.flow.copy_lint import copy_warnings
from fieldfare.flow.experiment_checks import experiment_problems
from fieldfare.flow.guarded_fields import guarded_problems
from fieldfare.flow.household_checks import household_problems
from fieldfare.flow.journey_reads import read_problems
from fieldfare.flow.lifecycle_checks import lifecycle_problems, stage_names
from fieldfare.flow.message_checks import message_problems
from fieldfare.flow.reach_checks import reach_problems
from fieldfare.flow.reference_parts import Reference, To
from fieldfare.flow.season_checks import season_warnings
from fieldfare.flow.trait_checks import trait_problems
from fieldfare.flow.workspace_references import references, sends
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.audiences.cycle import find_cycle
from fieldfare.know.audiences.model import Audience
from fieldfare.know.computed.parse import TraitsDeclared
from fieldfare.know.identity.model import SHIPPED
from fieldfare.know.profiles.derive import type_of
from fieldfare.know.profiles.model import Derivation, Sensitivity, TraitStatus, TraitType

CALLS = frozenset({"identify", "page", "screen", "group", "alias"})
"""Names that events have without a contract: calls other than track."""

COMMON_CHANNELS = frozenset({"email", "sms", "push"})
"""Channels that consent and policies may speak of before they are set up."""

NAME_KEYS = {
    "audience": "audience",
    "journey": "journey",
    "journey_test": "name",
    "broadcast": "broadcast",
    "survey": "survey",
    "experiment": "experiment",
    "template": "template",
    "block": "block",
    "mapping": "mapping",
    "webhook": "webhook",
    "school_calendar": "calendar",
}
"""Kinds with one thing per file, and the key that names it."""

_TIMES = frozenset({"older_than", "newer_than", "before", "after", "on", "within_next", "ahead"})
_TEXTS = frozenset({"starts_with", "ends_with"})
_RANKS = frozenset({"by", "of"})
_ORDERS = frozenset({"above", "below", "at_least", "at_most"})


class Declared(msgspec.Struct):
    """Every name that a workspace declares. ``None`` where a file could not be read: nothing is known, nothing said."""

    names: dict[To, frozenset[str] | None]
    seasons: frozenset[str] | None
    traits: dict[str, Any] | None
    """Values of the entries in ``traits.yaml`` by name."""
    computed: dict[str, str | None]
    """Computed traits and their type, where it does not depend on values."""
    contracts: Contracts


def check_all(
    loaded: Sequence[Loaded],
    contracts: Contracts,
    unreadable: frozenset[str],
    common_names: frozenset[str] = frozenset(),
    shipped_webhooks: frozenset[str] = frozenset(),
    shipped_stages: frozenset[str] = frozenset(),
) -> list[LocatedProblem]:
    """Return what is wrong between files.

    ``unreadable`` names the kinds of which some file is not even YAML, ``common_names`` event names that a contract may
    have although they are not spelt as ours are, ``shipped_webhooks`` the mappings that every workspace has,
    ``shipped_stages`` the stages that one may take.
    """
    declared = declare(loaded, contracts, unreadable, shipped_webhooks, shipped_stages)
    problems = [problem for one in loaded for problem in _references(one, declared)]
    problems += _doubles(loaded)
    problems += contract_problems(loaded, contracts.settings, declared.names[To.PURPOSE])
    problems += contract_warnings(loaded, contracts, common_names)
    problems += read_problems(loaded, declared.traits)
    problems += answer_problems(loaded, declared.traits)
    problems += guarded_problems(loaded, declared.traits, contracts)
    problems += trait_problems(loaded, declared.names[To.PURPOSE], declared.traits, declared.names[To.IDENTIFIER])
    problems += lifecycle_problems(loaded)
    problems += audience_problems(loaded)
    problems += reach_problems(loaded)
    problems += household_problems(loaded)
    problems += consent_problems(loaded)
    problems += experiment_problems(loaded, unreadable)
    problems += _cycle(loaded)
    problems += _sends(loaded)
    problems += _senders(loaded)
    problems += message_problems(loaded)
    problems += copy_warnings(loaded)
    problems += season_warnings(loaded)
    return problems


def declare(
    loaded: Sequence[Loaded],
    contracts: Contracts,
    unreadable: frozenset[str],
    shipped_webhooks: frozenset[str] = frozenset(),
    shipped_stages: frozenset[str] = frozenset(),
) -> Declared:
    """Collect the declared names from the values of all files."""

    def of(kind: str, names: frozenset[str]) -> frozenset[str] | None:
        return None if kind in unreadable else names

    places = [item for item in _entries(loaded, "locations", "locations") if isinstance(item, dict)]
    location_names = [item.get(key) for item in places for key in ("location", "region")]
    seasons = [item.get("season") for item in _entries(loaded, "seasons", "seasons") if isinstance(item, dict)]
    sources = [item.get("name") for item in _entries(loaded, "workspace", "sources") if isinstance(item, dict)]
    return Declared(
        names={
            To.AUDIENCE: of("audience", _own_names(loaded, "audience")),
            To.JOURNEY: of("journey", _own_names(loaded, "journey")),
            To.TEMPLATE: of("template", _own_names(loaded, "template")),
            To.CHANNEL: of("channels", frozenset(_keys(loaded, "channels", "channels"))),
            To.PURPOSE: of("consent", frozenset(_keys(loaded, "consent", "purposes"))),
            To.LOCATION: of("locations", _texts(location_names)),
            To.MEASURE: of("measures", frozenset(_keys(loaded, "measures", "measures"))),
            To.SOURCE: of("workspace", _texts(sources)),
            To.IDENTIFIER: of("identity", frozenset({*SHIPPED, *_keys(loaded, "identity", "kinds")})),
            To.SCHOOL_CALENDAR: of("school_calendar", _own_names(loaded, "school_calendar")),
            To.SURVEY: of("survey", _own_names(loaded, "survey")),
            To.STAGE: of("lifecycle", stage_names(loaded, shipped_stages)),
            To.WEBHOOK: of("webhook", _own_names(loaded, "webhook") | shipped_webhooks),
        },
        seasons=of("seasons", _texts(seasons)),
        traits=None if "traits" in unreadable else _with_derived(_keys(loaded, "traits", "traits")),
        computed=_computed_types(loaded),
        contracts=contracts,
    )


def _computed_types(loaded: Sequence[Loaded]) -> dict[str, str | None]:
    found: dict[str, str | None] = dict.fromkeys(_keys(loaded, "traits", "computed"))
    for one in loaded:
        if isinstance(one.noun, TraitsDeclared):
            found |= {name: trait.kind for name, trait in one.noun.computed.items()}
    return found


def _texts(names: list[Any]) -> frozenset[str]:
    return frozenset(name for name in names if isinstance(name, str))


def _of_kind(loaded: Sequence[Loaded], kind: str) -> list[Loaded]:
    return [one for one in loaded if one.kind.name == kind and isinstance(one.value, dict)]


def _own_names(loaded: Sequence[Loaded], kind: str) -> frozenset[str]:
    return _texts([one.value.get(NAME_KEYS[kind]) for one in _of_kind(loaded, kind)])


def _keys(loaded: Sequence[Loaded], kind: str, key: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in _of_kind(loaded, kind):
        inner = one.value.get(key)
        found.update(inner if isinstance(inner, dict) else {})
    return found


def _entries(loaded: Sequence[Loaded], kind: str, key: str) -> list[Any]:
    return [item for one in _of_kind(loaded, kind) for item in _list(one.value.get(key))]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _references(one: Loaded, declared: Declared) -> Iterator[LocatedProblem]:
    """Tell the names in one file that refer to nothing."""
    for reference in references(one.kind.name, one.value):
        match reference.to:
            case To.EVENT:
                yield from _event(one, reference, declared.contracts)
            case To.PROPERTY:
                yield from _property(one, reference, declared)
            case To.TRAIT:
                yield from _trait(one, reference, declared)
            case To.PHASE:
                yield from _phase(one, reference, declared.seasons)
            case _:
                yield from _plain(one, reference, declared.names[reference.to])


def _is_personal(name: str, contract: Contract | None, traits: dict[str, Any]) -> bool:
    """Return whether the lake may seal the property: by the contract, by the shipped names, or as a personal trait."""
    if contract is not None and (name in contract.personal or name in contract.plain):
        return name in contract.personal
    entry = traits.get(name)
    declared = entry.get("sensitivity", Sensitivity.NONE) if isinstance(entry, dict) else Sensitivity.NONE
    return is_personal_name(name) or declared != Sensitivity.NONE


_PLACES = {
    To.AUDIENCE: ("no audience has this name", "Add a file to `audiences/`"),
    To.JOURNEY: ("no journey has this name", "Add a file to `journeys/`"),
    To.TEMPLATE: ("no template has this name", "Add a file to `templates/`"),
    To.CHANNEL: ("`channels.yaml` has no such channel", "Add it there"),
    To.PURPOSE: ("`consent.yaml` has no such purpose, so nothing could be sent for it", "Add it there"),
    To.LOCATION: ("`locations.yaml` has neither such a location nor such a region", "Add it there"),
    To.MEASURE: ("`measures.yaml` has no such measure", "Add it there"),
    To.SOURCE: ("`workspace.yaml` has no such source", "Add it under `sources`"),
    To.IDENTIFIER: ("neither `identity.yaml` nor what is shipped has such a kind", "Add it to `identity.yaml`"),
    To.SCHOOL_CALENDAR: ("no file of `calendars/` has this name", "Put the calendar there, as `NAME.ics`"),
    To.SURVEY: ("no survey has this name", "Add a file to `surveys/`"),
    To.STAGE: ("`lifecycle.yaml` has no such stage", "Add it there"),
    To.WEBHOOK: ("no webhook mapping has this name, shipped or own", "Add a file to `webhooks/`"),
}


def _plain(one: Loaded, reference: Reference, names: frozenset[str] | None) -> Iterator[LocatedProblem]:
    is_free = reference.to is To.CHANNEL and one.kind.name not in {"journey", "template", "broadcast"}
    allowed = (
        COMMON_CHANNELS | ({"any", "action"} if one.kind.name == "policies" else set()) if is_free else frozenset()
    )
    if names is None or reference.name in names or reference.name in allowed:
        return
    is_default = reference.to is To.PURPOSE and reference.path == ("purpose",) and one.kind.name == "journey"
    if is_default and not list(sends(one.value)):
        return
    why, fix = _PLACES[reference.to]
    what = f"the {reference.to} `{reference.name}` is unknown"
    advice = nearest(reference.name, names | allowed) or fix
    is_story = one.kind.name == "journey_test" and reference.to is To.JOURNEY  # a journey goes, its stories may stay
    severity = Severity.WARNING if is_story else Severity.ERROR
    yield one.problem(Problem(reference.path, what, why, advice), severity)


def _event(one: Loaded, reference: Reference, contracts: Contracts) -> Iterator[LocatedProblem]:
    if reference.name in {*CALLS, *OWN_EVENTS} or reference.name in contracts.by_event | contracts.synonyms:
        return
    is_kept = contracts.settings.unknown_events != "quarantine"
    why = (
        "Such events are kept, but a slip of the pen would look the same"
        if is_kept
        else "Such events are set aside as dead letters, so this could never hold"
    )
    fix = nearest(reference.name, {*contracts.by_event, *contracts.synonyms}) or "Add a contract to `contracts/`"
    problem = Problem(reference.path, f"no contract has the event `{reference.name}`", why, fix)
    yield one.problem(problem, Severity.WARNING if is_kept else Severity.ERROR)


def _property(one: Loaded, reference: Reference, declared: Declared) -> Iterator[LocatedProblem]:
    """Tell a property that the contract does not name: an error where the door would not let it through."""
    contracts = declared.contracts
    contract = contracts.by_event.get(contracts.canonical(reference.of))
    if reference.shown and _is_personal(reference.name, contract, declared.traits or {}):
        why = "Its values would stand in profiles in clear"
        fix = "Ask for a property that is not personal; `count` with `where` keeps no value"
        yield one.problem(Problem(reference.path, f"the property `{reference.name}` is personal", why, fix))
    if contract is None or not contract.known or reference.name in contract.known:
        return
    is_closed = contract.schema.get("additionalProperties") is False or contracts.settings.unknown_fields != "keep"
    match = nearest(reference.name, contract.known)
    if not is_closed and not match:
        return
    why = f"The contract of `{contract.event}` names {quoted(contract.known)}"
    fix = match or "Add it to the contract's schema"
    problem = Problem(reference.path, f"the event's contract has no property `{reference.name}`", why, fix)
    yield one.problem(problem, Severity.ERROR if is_closed else Severity.WARNING)


def _with_derived(entries: dict[str, Any]) -> dict[str, Any]:
    """Return the entries of ``traits.yaml`` with what is derived from them, as if it were declared there."""
    derived: dict[str, Any] = {}
    for entry in entries.values():
        told = entry.get("derive") if isinstance(entry, dict) else None
        for name, how in told.items() if isinstance(told, dict) else ():
            if how in list(Derivation):
                derived[name] = {"type": type_of(Derivation(how))}
    return derived | entries


def _trait(one: Loaded, reference: Reference, declared: Declared) -> Iterator[LocatedProblem]:
    traits = declared.traits
    if traits is None:
        return
    if reference.name in declared.computed:
        kind = declared.computed[reference.name]
        if kind is not None:
            yield from _comparisons(one, reference, kind)
        return
    name, entry = reference.name, traits.get(reference.name)
    sensitivity = entry.get("sensitivity", Sensitivity.NONE) if isinstance(entry, dict) else Sensitivity.NONE
    if is_personal_name(name) or sensitivity != Sensitivity.NONE:
        why = "Personal traits are sealed, and no condition can look into them"
        fix = "Derive a trait from it that does not identify (`derive` in `traits.yaml`), and test that"
        yield one.problem(Problem(reference.path, f"the trait `{name}` is personal", why, fix))
    elif entry is None:
        fix = nearest(name, {*traits, *declared.computed}) or "Declare it there, with its type"
        why = "`traits.yaml` does not declare it, so nobody knows its type or how personal it is"
        yield one.problem(Problem(reference.path, f"the trait `{name}` is unknown", why, fix))
    elif isinstance(entry, dict) and entry.get("status") == TraitStatus.PROPOSED:
        why, fix = "Nothing is kept of it until it is approved", "Write `status: approved` in `traits.yaml`"
        yield one.problem(Problem(reference.path, f"the trait `{name}` is only proposed", why, fix))
    elif isinstance(entry, dict):
        yield from _comparisons(one, reference, str(entry.get("type")))


def _comparisons(one: Loaded, reference: Reference, declared: str) -> Iterator[LocatedProblem]:
    """Tell comparisons that can never hold for the declared type."""
    path = reference.path[:-1]
    for key in sorted(reference.keys):
        if key in _TIMES and declared not in {TraitType.DATE, TraitType.INSTANT}:
            needed = "a date or an instant"
        elif (key in _ORDERS and declared in {TraitType.TEXT, TraitType.BOOLEAN, TraitType.LIST}) or (
            key in _RANKS and declared != TraitType.NUMBER
        ):
            needed = "a number"
        elif key in _TEXTS and declared != TraitType.TEXT:
            needed = "a text"
        elif key == "size" and declared != TraitType.LIST:
            needed = "a list"
        elif key == "anniversary" and declared not in {TraitType.DATE, TraitType.NUMBER}:
            needed = "a date, or a day of the year"
        else:
            continue
        what = f"`{key}` asks for {needed}, and the trait `{reference.name}` is of type {declared}"
        fix = "Correct the type in `traits.yaml`, or ask another way"
        yield one.problem(Problem((*path, key), what, "It could never hold", fix))


def _phase(one: Loaded, reference: Reference, seasons: frozenset[str] | None) -> Iterator[LocatedProblem]:
    season, dot, _ = reference.name.rpartition(".")
    if seasons is None or (season in seasons if dot else seasons):
        return
    if dot:
        what, why = f"the season `{season}` is unknown", "`seasons.yaml` has no such season"
        fix = nearest(season, seasons) or "Add it there"
    else:
        what, why = f"the phase `{reference.name}` never holds", "`seasons.yaml` declares no season"
        fix = "Add one"
    yield one.problem(Problem(reference.path, what, why, fix))


def _doubles(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell names that two files of a kind have."""
    first: dict[tuple[str, str], str] = {}
    for one in loaded:
        key = NAME_KEYS.get(one.kind.name)
        name = one.value.get(key) if key and isinstance(one.value, dict) else None
        if key is None or not isinstance(name, str):
            continue
        other = first.setdefault((one.kind.name, name), one.file)
        if other != one.file:
            what = f"the {one.kind.name} `{name}` stands in two files, also in {other}"
            yield one.problem(Problem((key,), what, "A name stands for one thing", "Rename or remove one of them"))


def _cycle(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell audiences that ask for themselves, at the first file of the cycle."""
    files = {one.noun.name: one for one in loaded if isinstance(one.noun, Audience)}
    cycle = find_cycle(one.noun for one in files.values())
    if cycle is None:
        return
    one = files[cycle[0]]
    path = next((r.path for r in references("audience", one.value) if r.to is To.AUDIENCE and r.name == cycle[1]), ())
    what = "audiences ask for each other in a circle: " + " → ".join(f"`{name}`" for name in cycle)
    yield one.problem(Problem(path, what, "None of them could be decided first", "Break the circle in one of them"))


def _sends(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell sends that no gate could let pass or no template could render, and holdouts without a goal."""
    templates = {str(one.value.get("template")): one.value for one in _of_kind(loaded, "template")}
    purposes = _keys(loaded, "consent", "purposes")
    for one in [*_of_kind(loaded, "journey"), *_of_kind(loaded, "broadcast")]:
        for path, send in sends(one.value):
            purpose = send.get("purpose", one.value.get("purpose", "marketing"))
            yield from _sent_for(one, path, purpose, send.get("channel"), purposes)
            template = templates.get(str(send.get("template")))
            if template is not None:
                yield from _rendered(one, path, send, template)
        if one.kind.name == "journey" and one.value.get("holdout") is not None and one.value.get("goal") is None:
            what, why = "a `holdout` stands without a `goal`", "A difference is measured in what the goal names"
            yield one.problem(Problem(("holdout",), what, why, "Add `goal`, or remove `holdout`"))


def _sent_for(
    one: Loaded, path: Path, purpose: Any, channel: Any, purposes: dict[str, Any]
) -> Iterator[LocatedProblem]:
    if purposes and purpose == "marketing" and purpose not in purposes and "purpose" not in one.value:
        why = "It is the purpose where none is given, and `consent.yaml` does not have it"
        fix = f"Write `purpose:` with one of {quoted(purposes)}"
        yield one.problem(Problem(path, "the purpose `marketing` is unknown", why, fix))
    entry = purposes.get(purpose) if isinstance(purpose, str) else None
    channels = _list(entry.get("channels")) if isinstance(entry, dict) else []
    if channels and isinstance(channel, str) and channel not in channels:
        what = f"the purpose `{purpose}` cannot be granted for the channel `{channel}`"
        why = f"`consent.yaml` allows it for {quoted(str(name) for name in channels)}, so the gate would always refuse"
        yield one.problem(Problem((*path, "channel"), what, why, "Add the channel there, or send another way"))


def _rendered(one: Loaded, path: Path, send: dict[str, Any], template: dict[str, Any]) -> Iterator[LocatedProblem]:
    name = template.get("template")
    if template.get("channel") != send.get("channel"):
        what = f"the template `{name}` is for the channel `{template.get('channel')}`, not `{send.get('channel')}`"
        yield one.problem(Problem((*path, "template"), what, "", "Use a template of the send's channel"))
    known = template.get("variables")
    known = known if isinstance(known, dict) else {}
    given = send.get("variables")
    given = given if isinstance(given, dict) else {}
    for key in given:
        if key not in known:
            fix = nearest(key, known) or f"Remove it, or declare it under `variables` of `{name}`"
            what = f"the template `{name}` has no variable `{key}`"
            yield one.problem(Problem((*path, "variables", key), what, "", fix))
    missing = [key for key, value in known.items() if default_of(value) is None and key not in given]
    if missing:
        what = f"the template `{name}` needs {quoted(missing)}, and the send does not set it"
        yield one.problem(Problem(path, what, "It could not be rendered", "Set it under `variables` of the send"))


def _senders(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell e-mail channels without a sender, and the missing postal address under marketing e-mail."""
    brand = next((one.value.get("brand") for one in _of_kind(loaded, "workspace")), None)
    if not isinstance(brand, dict):
        return
    for one in _of_kind(loaded, "channels"):
        for name, channel in _keys([one], "channels", "channels").items():
            if not isinstance(channel, dict) or channel.get("driver") not in ("smtp", "sendgrid"):
                continue
            path: Path = ("channels", name)
            if not channel.get("from_email") and not brand.get("from_email"):
                what, fix = f"the channel `{name}` has no sender", "Write `from_email` here or under `brand`"
                yield one.problem(Problem(path, what, "An e-mail comes from an address", fix))
            if not brand.get("postal_address"):
                what = "`brand` in workspace.yaml has no `postal_address`"
                why = "Many countries ask for it under every marketing e-mail"
                yield one.problem(Problem(path, what, why, "Add it there"), Severity.WARNING)
