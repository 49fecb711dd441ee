"""Check the registry of traits against the sources and the consent of a workspace: whose word counts, for what. Pure.

What ``traits.yaml`` alone can tell is checked where it is parsed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fieldfare.collect.contracts import INTERNAL_PURPOSES
from fieldfare.collect.personal import is_personal_name
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.identity.model import held_by
from fieldfare.know.profiles.model import Sensitivity


def trait_problems(
    loaded: Sequence[Loaded],
    purposes: frozenset[str] | None,
    traits: Mapping[str, Any] | None,
    identifiers: frozenset[str] | None,
) -> Iterator[LocatedProblem]:
    """Tell sources, purposes, and verified traits and kinds of identifier that nothing has.

    ``None``: not readable, so nothing is said.
    """
    sources = [(one, index, source) for one in _of(loaded, "workspace") for index, source in _sources(one)]
    held = _holding(loaded, identifiers or frozenset())
    told = [source.get(key) for _, _, source in sources for key in ("name", "system")]
    named = {name for name in told if isinstance(name, str)}
    for one in _of(loaded, "traits"):
        entries = one.value.get("traits")
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            if not isinstance(entry, dict):
                continue
            path: Path = ("traits", name)
            if (
                name in held
                and not is_personal_name(name)
                and entry.get("sensitivity", Sensitivity.NONE) == Sensitivity.NONE
            ):
                what = f"the trait `{name}` is declared with sensitivity `none`"
                why = "It holds an identifier, by `identity.yaml` or as shipped, and identifiers are always sealed"
                yield one.problem(Problem((*path, "sensitivity"), what, why, "Write `sensitivity: personal`"))
            if named:
                yield from _order(one, path, entry, named)
            for index, purpose in enumerate(_list(entry.get("purposes"))):
                yield from _purpose(one, (*path, "purposes", index), purpose, purposes)
    for one, index, source in sources:
        for place, verified in enumerate(_list(source.get("verifies"))):
            if traits is None or identifiers is None or verified in identifiers or verified in traits:
                continue
            what = f"`{verified}` is neither a kind of identifier nor a trait"
            fix = nearest(str(verified), {*identifiers, *traits}) or f"Write one of {quoted(identifiers)}"
            yield one.problem(Problem(("sources", index, "verifies", place), what, "", fix))


def _holding(loaded: Sequence[Loaded], identifiers: frozenset[str]) -> frozenset[str]:
    """Return the traits that hold identifiers."""
    kinds = [kind for one in _of(loaded, "identity") for kind in _mapping(one.value.get("kinds")).values()]
    places = [place for kind in kinds for place in _list(_mapping(kind).get("from"))]
    return identifiers | held_by(place for place in places if isinstance(place, str))


def _order(one: Loaded, path: Path, entry: dict[str, Any], named: set[Any]) -> Iterator[LocatedProblem]:
    asked: list[tuple[Path, Any]] = [((*path, "owner"), entry.get("owner"))] if entry.get("owner") is not None else []
    asked += [((*path, "sources", index), name) for index, name in enumerate(_list(entry.get("sources")))]
    for place, name in asked:
        if name not in named:
            what, why = f"the source `{name}` is unknown", "`workspace.yaml` has no source and no `system` of that name"
            yield one.problem(Problem(place, what, why, nearest(str(name), named) or "Add it under `sources` there"))


def _purpose(one: Loaded, path: Path, name: Any, known: frozenset[str] | None) -> Iterator[LocatedProblem]:
    if known is None or name in known or name in INTERNAL_PURPOSES:
        return
    why = f"It is neither in `consent.yaml` nor one of {quoted(INTERNAL_PURPOSES)}"
    fix = nearest(str(name), {*known, *INTERNAL_PURPOSES}) or "Add it to `consent.yaml`, or name another"
    yield one.problem(Problem(path, f"the purpose `{name}` is unknown", why, fix))


def _of(loaded: Sequence[Loaded], kind: str) -> list[Loaded]:
    return [one for one in loaded if one.kind.name == kind and isinstance(one.value, dict)]


def _sources(one: Loaded) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, source in enumerate(_list(one.value.get("sources"))):
        if isinstance(source, dict):
            yield index, source


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
