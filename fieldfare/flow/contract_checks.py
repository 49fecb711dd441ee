"""Check the contracts of a workspace against each other and against its consent: names, versions, purposes. Pure.

What one contract alone can tell is checked where it is parsed; what is only unusual is told by ``contract_lint``. What
was accepted before, and what is recorded, is not known here: that is ``fieldfare contracts diff``.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.collect.contracts import INTERNAL_PURPOSES, CollectSettings
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem
from fieldfare.ground.workspace.suggest import nearest, quoted


def contract_problems(
    loaded: Sequence[Loaded], settings: CollectSettings, purposes: frozenset[str] | None
) -> Iterator[LocatedProblem]:
    """Tell what is wrong between contracts; ``purposes`` are those of ``consent.yaml``, ``None``: not readable."""
    contracts = [one for one in loaded if one.kind.name == "contract" and isinstance(one.value, dict)]
    yield from _names(contracts)
    yield from _versions(contracts)
    for one in contracts:
        fields = one.value.get("fields")
        for name, field in fields.items() if isinstance(fields, dict) else ():
            if isinstance(field, dict):
                yield from _purposes(one, ("fields", name), field, settings, purposes)


def _names(contracts: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell event names and synonyms that contracts of two events claim."""
    first: dict[str, tuple[object, str]] = {}
    for one in contracts:
        event = one.value.get("event")
        named: list[tuple[Path, Any]] = [(("event",), event)]
        synonyms = one.value.get("synonyms")
        named += [(("synonyms", index), name) for index, name in enumerate(synonyms if type(synonyms) is list else ())]
        for path, name in named:
            if not isinstance(name, str):
                continue
            owner, file = first.setdefault(name, (event, one.file))
            if owner != event:
                what = f"`{name}` is claimed by two contracts, also in {file}"
                yield one.problem(Problem(path, what, "An event has one contract", "Remove it from one of them"))


def _versions(contracts: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell two contracts of the same event in the same version."""
    first: dict[tuple[str, object], str] = {}
    for one in contracts:
        event, version = one.value.get("event"), one.value.get("version", 1)
        if not isinstance(event, str) or not isinstance(version, int):
            continue
        file = first.setdefault((event, version), one.file)
        if file != one.file:
            what = f"`{event}` is claimed by two contracts of version {version}, also in {file}"
            why = "Events say which version they keep, and a version is one contract"
            yield one.problem(Problem(("event",), what, why, "Raise `version` in the newer one, or remove one of them"))


def _purposes(
    one: Loaded, path: Path, field: dict[str, Any], settings: CollectSettings, known: frozenset[str] | None
) -> Iterator[LocatedProblem]:
    stated = field.get("purposes")
    stated = stated if isinstance(stated, list) else []
    sensitivity = field.get("sensitivity", "none")
    required = settings.purposes_required
    if not stated and (required == "all" or (required == "sensitive" and sensitivity != "none")):
        what = f"the field `{path[-1]}` is {sensitivity} and says no `purposes`" if sensitivity != "none" else ""
        what = what or f"the field `{path[-1]}` says no `purposes`"
        why = f"A purpose is stated before a field is accepted (`purposes_required: {required}`)"
        fix = f"Write, for example, `purposes: [service]`: one of {quoted({*INTERNAL_PURPOSES, *(known or ())})}"
        yield one.problem(Problem(path, what, why, fix))
    for index, name in enumerate(stated):
        if known is None or not isinstance(name, str) or name in known or name in INTERNAL_PURPOSES:
            continue
        what = f"the purpose `{name}` is unknown"
        why = f"It is neither in `consent.yaml` nor one of {quoted(INTERNAL_PURPOSES)}"
        fix = nearest(name, {*known, *INTERNAL_PURPOSES}) or "Add it to `consent.yaml`, or name another"
        yield one.problem(Problem((*path, "purposes", index), what, why, fix))
