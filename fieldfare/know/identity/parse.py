"""From ``identity.yaml`` to the policy of identifiers, with every problem at once. Pure; reads no file."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.ground.workspace.suggest import quoted
from fieldfare.know.identity.claim_plan import AREAS
from fieldfare.know.identity.files import IdentifierKindEntry, IdentityFile
from fieldfare.know.identity.model import (
    EMAIL,
    EXTERNAL,
    HOUSEHOLD_ID,
    PAYMENT_ID,
    PHONE,
    SHIPPED,
    Form,
    IdentifierKind,
    Joins,
    Policy,
    places_of,
)
from fieldfare.know.identity.normal import NORMAL
from fieldfare.network.locations.parse import country_problem

OWN_PRIORITY = 100
"""Priority of the first kind of one's own that states none; the next one's is one more."""
NEVER_JOINS = {
    PAYMENT_ID: "A card or an account is used by families and firms",
    HOUSEHOLD_ID: "A household is several people",
}
"""Kinds that no workspace can make join people, and why."""
_CHANGE_HANDS = {
    Form.PHONE: frozenset({Joins.ALWAYS, Joins.VERIFIED}),
    Form.EMAIL: frozenset({Joins.ALWAYS}),
}
"""What is too much for a form of values unless somebody says why it is not."""
_PLACE = re.compile(rf"({'|'.join(AREAS)})(\.[^.\s]+)+")
_LIMITS: Mapping[str, tuple[str, str]] = {"most_per_profile": ("unlimited", "1"), "shared_after": ("never", "1")}


def parse_identity(file: IdentityFile) -> tuple[Policy | None, list[Problem]]:
    """Return the policy, or ``None`` and every problem."""
    own = [name for name in file.kinds if name not in SHIPPED]
    kinds = dict(SHIPPED)
    problems: list[Problem] = []
    for name, entry in file.kinds.items():
        start = SHIPPED.get(name)
        if start is None:
            start = IdentifierKind(name=name, priority=OWN_PRIORITY + own.index(name), places=places_of(name))
        problems += _entry_problems(name, entry)
        kinds[name] = _kind(start, entry, file.phone_region)
        problems += _kind_problems(kinds[name], entry)
    problems += _priorities(file, kinds)
    problems += _blocked(file.blocked, file.not_blocked, ())
    if file.cluster_alarm > file.cluster_most:
        what = f"`cluster_alarm: {file.cluster_alarm}` is more than `cluster_most`"
        why = "Nobody would be asked before profiles are refused"
        problems.append(Problem(("cluster_alarm",), what, why, f"Write at most {file.cluster_most}"))
    if file.phone_region is not None:
        problems += [each for each in [country_problem(file.phone_region, ("phone_region",))] if each is not None]
    if problems:
        return None, problems
    return Policy(
        kinds=dict(sorted(kinds.items(), key=lambda each: (each[1].priority, each[0]))),
        blocked=_folded(file.blocked),
        not_blocked=_folded(file.not_blocked),
        block_examples=file.block_examples,
        cluster_alarm=file.cluster_alarm,
        cluster_most=file.cluster_most,
        household_groups=_folded(file.household_groups),
        phone_region=file.phone_region,
    ), []


def _kind(start: IdentifierKind, entry: IdentifierKindEntry, region: str | None) -> IdentifierKind:
    """Return the kind with what the entry says; what is wrong in it stays as it was."""
    form = entry.form if entry.form is not None else start.form
    changed: dict[str, object] = {
        "form": form,
        "blocked": _normal(entry.blocked, form, region),
        "not_blocked": _normal(entry.not_blocked, form, region),
        "joins_although": entry.joins_although,
    }
    for key in ("priority", "joins"):
        if getattr(entry, key) is not None:
            changed[key] = getattr(entry, key)
    for key, (no_limit, _) in _LIMITS.items():
        limit = getattr(entry, key)
        if limit is not None:
            changed[key] = None if limit == no_limit else limit
    if entry.per is not None:
        changed["within_days"] = _days(entry.per)
    elif entry.most_per_profile == "unlimited":
        changed["within_days"] = None
    if entry.places is not None:
        changed["places"] = tuple(dict.fromkeys(entry.places))
    if entry.sensitivity is not None:
        changed["sensitivity"] = None if entry.sensitivity == "none" else entry.sensitivity
    return msgspec.structs.replace(start, **changed)


def _entry_problems(name: str, entry: IdentifierKindEntry) -> Iterator[Problem]:
    """Tell what is wrong with single keys."""
    path: Path = ("kinds", name)
    for key, (no_limit, least) in _LIMITS.items():
        limit = getattr(entry, key)
        if isinstance(limit, int) and limit < int(least):
            fix = f"Write {least} or more, or `{no_limit}`"
            yield Problem((*path, key), f"`{key}: {limit}` is no limit", "Nobody could have any", fix)
    if entry.per is not None and entry.per != "ever" and not _days(entry.per):
        what, why = f"`per: {entry.per}` is not a number of days", "The limit counts days"
        yield Problem((*path, "per"), what, why, "Write, for example, `30 days`, or `ever`")
    for index, place in enumerate(entry.places or ()):
        if not _PLACE.fullmatch(place) or (place.startswith("context.externalIds") and not _is_external(place)):
            what = f"`{place}` is no place in an event"
            fix = f"Write `traits.NAME`, `properties.NAME`, `context.NAME` or `{EXTERNAL}`; dots go inwards"
            yield Problem((*path, "from", index), what, "", fix)
    if entry.places == [] and name not in SHIPPED:
        what, why = f"`from` of `{name}` is empty", "No event could ever carry one"
        yield Problem((*path, "from"), what, why, "Name a place, or remove `from`: the usual places hold then")
    if entry.form is not None and name in SHIPPED and entry.form is not SHIPPED[name].form and name in {EMAIL, PHONE}:
        why = "Consent, suppression and messages meet at its normal form"
        yield Problem((*path, "form"), f"`{name}` has a form of its own", why, "Remove `form`")
    yield from _blocked(entry.blocked, entry.not_blocked, path)


def _is_external(place: str) -> bool:
    return place == EXTERNAL or place.startswith(f"{EXTERNAL}.")


def _kind_problems(kind: IdentifierKind, entry: IdentifierKindEntry) -> Iterator[Problem]:
    """Tell what is wrong with the kind as it would be."""
    path: Path = ("kinds", kind.name)
    if kind.name in NEVER_JOINS and kind.joins is not Joins.NEVER:
        what = f"`{kind.name}` can join nobody, and `joins: {kind.joins}` says that it does"
        yield Problem((*path, "joins"), what, NEVER_JOINS[kind.name], "Remove `joins`")
        return
    too_much = kind.joins in _CHANGE_HANDS.get(kind.form, ())
    if too_much and entry.joins_although is None:
        what = f"`{kind.name}` would join people by {_words(kind)}"
        why = "Such values change hands and are mistyped: two strangers would become one person"
        fix = "Remove `joins`, or say under `joins_although` why it is safe here"
        yield Problem((*path, "joins"), what, why, fix)
    if entry.joins_although is not None and not too_much:
        what = f"`joins_although` explains nothing: `{kind.name}` has `joins: {kind.joins}`"
        yield Problem((*path, "joins_although"), what, "That needs no explanation", "Remove it")
    if entry.per not in {None, "ever"} and kind.most_per_profile is None:
        what, why = f"`per` of `{kind.name}` has no limit to count for", "It says how long a limit counts"
        yield Problem((*path, "per"), what, why, "Write `most_per_profile` too, or remove `per`")


def _words(kind: IdentifierKind) -> str:
    proof = "an unverified" if kind.joins is Joins.ALWAYS else "one verified"
    return f"{proof} {'telephone number' if kind.form is Form.PHONE else 'e-mail address'} alone"


def _priorities(file: IdentityFile, kinds: Mapping[str, IdentifierKind]) -> Iterator[Problem]:
    """Tell kinds that have the priority of another."""
    taken = Counter(kind.priority for kind in kinds.values())
    for name in file.kinds:
        priority = kinds[name].priority
        if taken[priority] > 1:
            others = quoted(kind.name for kind in kinds.values() if kind.priority == priority and kind.name != name)
            what = f"`{name}` has the priority {priority}, and so has {others}"
            yield Problem(("kinds", name, "priority"), what, "One of an event's identifiers leads", "Write another")


def _blocked(blocked: list[str], not_blocked: list[str], path: Path) -> Iterator[Problem]:
    for index, value in enumerate(blocked):
        if not value.strip(" *"):
            what, why = f"`{value}` blocks everything", "No event would have an identifier"
            yield Problem((*path, "blocked", index), what, why, "Write what the values have in common")
    for index, value in enumerate(not_blocked):
        if value in blocked:
            what = f"`{value}` stands under `blocked` too"
            yield Problem((*path, "not_blocked", index), what, "It can be one of the two", "Remove one of them")


def _days(text: str) -> int | None:
    duration = parse_duration(text)
    return None if isinstance(duration, str) else duration.days


def _folded(values: list[str]) -> frozenset[str]:
    return frozenset(value.strip().casefold() for value in values)


def _normal(values: list[str], form: Form, region: str | None) -> frozenset[str]:
    """Return the values as they are compared: in the normal form where they have one, patterns folded only."""
    normal = {value: NORMAL[form](value, region) for value in values if "*" not in value}
    return _folded([normal.get(value) or value for value in values])
