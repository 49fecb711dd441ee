"""Reads conditions and audiences as data and reports every problem with its place. It opens no file.

Whether a name exists (audience, event, trait, location) is checked where all files are known.
"""

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import structs

from fieldfare.ground.ids import digest
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.files import AudienceFile, ConditionNode
from fieldfare.know.audiences.model import (
    AllOf,
    AnyOf,
    AtLocation,
    Audience,
    Condition,
    InAudience,
    InPhase,
    InStage,
    Negation,
    Refresh,
    encoded,
)
from fieldfare.know.audiences.parse_charter import parse_charter, parse_who
from fieldfare.know.audiences.parse_did import AGGREGATES, DID_KEYS, parse_did
from fieldfare.know.audiences.parse_during import PHASE
from fieldfare.know.audiences.parse_measure import MEASURE_KEYS, parse_measure_test
from fieldfare.know.audiences.parse_people import (
    CONSENT_KEYS,
    IDENTIFIER_KEYS,
    parse_confidence,
    parse_consent_test,
    parse_household,
    parse_identifier,
)
from fieldfare.know.audiences.parse_ranked import END_KEYS, PERCENTILE_KEYS, parse_end, parse_percentile
from fieldfare.know.audiences.parse_sequence import SEQUENCE_KEYS, parse_sequence
from fieldfare.know.audiences.parse_tests import TRAIT_KEYS, parse_trait
from fieldfare.network.calendars.by_phase import phase_problems
from fieldfare.network.calendars.model import Phase

MOST_DEPTH = 30
"""How deep conditions may stand in one another."""

_NAME = re.compile(r"^[a-z0-9][a-z0-9_-]{0,62}$")
_KEYS: dict[str, frozenset[str]] = {
    "trait": TRAIT_KEYS,
    "did": DID_KEYS | SEQUENCE_KEYS,
    "did_not": DID_KEYS.difference(AGGREGATES),
    "measure": MEASURE_KEYS,
    "in": frozenset(),
    "in_phase": frozenset(),
    "location": frozenset(),
    "stage": frozenset(),
    "identifier": IDENTIFIER_KEYS,
    "match_confidence": frozenset(),
    "consent": CONSENT_KEYS,
    "household": frozenset(),
    "top": END_KEYS,
    "bottom": END_KEYS,
    "percentile": PERCENTILE_KEYS,
    "all": frozenset(),
    "any": frozenset(),
    "not": frozenset(),
}

_TURNED = {("measure", "within"): "over", ("did", "over"): "within", ("did_not", "over"): "within"}
"""Keys that people take for each other."""


def parse_audience(file: AudienceFile) -> tuple[Audience | None, list[Problem]]:
    """Return the audience, or ``None`` and every problem. Paths start at the file's root."""
    problems = []
    if not _NAME.match(file.audience):
        problems.append(
            Problem(
                ("audience",),
                f"`{file.audience}` cannot name an audience",
                "a name has 1 to 63 small letters, digits, `-` and `_`, and starts with a letter or digit",
                f"Write `{_as_name(file.audience)}`",
            )
        )
    charter, found = parse_charter(file)
    problems += found
    problems += phase_problems(file.by_phase, ("by_phase",))
    condition, found = parse_who(file, lambda where: parse_condition(where, ("where",)))
    problems += found
    if condition is None or problems:
        return None, problems
    made = Audience(file.audience, condition, condition_digest(condition), file.description, file.owner)
    by_phase = {phase: Refresh(said.refresh) for phase, said in file.by_phase.items()}
    return structs.replace(made, refresh=Refresh(file.refresh), charter=charter, by_phase=by_phase), []


def condition_digest(condition: Condition) -> str:
    """Return a text that is the same exactly for the same condition."""
    return digest("condition", encoded(condition)).hex()


def parse_condition(node: object, path: Path) -> tuple[Condition | None, list[Problem]]:
    """Return the condition, or ``None`` and every problem. ``path`` is where the node stands in its file.

    ``node`` is a mapping as read from YAML, or a ``ConditionNode``. Journeys use this for their conditions too.
    """
    problems: list[Problem] = []
    plain = msgspec.to_builtins(node) if isinstance(node, ConditionNode) else node
    condition = _condition(plain, path, problems, MOST_DEPTH)
    return (None if problems else condition), problems


def _condition(node: object, path: Path, problems: list[Problem], depth: int) -> Condition | None:
    if depth == 0:
        why = f"conditions may stand {MOST_DEPTH} deep in one another"
        problems.append(Problem(path, "the condition is too deep", why, "Give inner parts a name as an audience"))
        return None
    if not isinstance(node, Mapping):
        problems.append(
            Problem(
                path,
                f"a condition is expected here, not {_kind_of(node)}",
                "a condition is a mapping such as `{did: Order Completed, within: 30 days}`",
                "Write a mapping; several conditions go under `all:` or `any:`",
            )
        )
        return None
    kind = _kind(node, path, problems)
    if kind is None:
        return None
    _report_strangers(node, kind, path, problems)
    if kind in {"all", "any", "not"}:
        return _parts(node[kind], kind, (*path, kind), problems, depth)
    if kind == "household":
        return parse_household(node, path, problems, lambda part, at: _condition(part, at, problems, depth - 1))
    return _LEAVES[kind](node, path, problems)


def _kind(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> str | None:
    if "trait" in node:
        present = [key for key in _KEYS if key in node and key != "in"]
    else:
        present = [key for key in _KEYS if key in node]
    if len(present) == 1:
        return present[0]
    if present:
        what = "the condition says " + " and ".join(f"`{key}`" for key in present) + " at once"
        problems.append(
            Problem(path, what, "a condition asks one thing", "Write them as two conditions under `all:` or `any:`")
        )
        return None
    keys = ", ".join(f"`{key}`" for key in node) or "nothing"
    near = [match for key in node for match in get_close_matches(str(key), _KEYS, n=1)]
    problems.append(
        Problem(
            path,
            f"the condition says {keys}",
            "it needs one of " + ", ".join(f"`{key}`" for key in _KEYS),
            f"Did you mean `{near[0]}`?" if near else "Write for example `{did: Order Completed, within: 30 days}`",
        )
    )
    return None


def _report_strangers(node: Mapping[Any, Any], kind: str, path: Path, problems: list[Problem]) -> None:
    known = _KEYS[kind]
    for key in node:
        if key == kind or key in known:
            continue
        near = [_TURNED[kind, key]] if (kind, key) in _TURNED else get_close_matches(str(key), known, n=1)
        allowed = ", ".join(f"`{name}`" for name in sorted(known)) or "nothing"
        problems.append(
            Problem(
                (*path, str(key)),
                f"`{key}` does not go with `{kind}`",
                f"beside `{kind}` stands {allowed}",
                f"Did you mean `{near[0]}`?" if near else f"Remove `{key}`",
            )
        )


def _parts(value: object, kind: str, path: Path, problems: list[Problem], depth: int) -> Condition | None:
    if kind == "not":
        part = _condition(value, path, problems, depth - 1)
        return None if part is None else Negation(part)
    if not isinstance(value, list) or not value:
        problems.append(
            Problem(
                path,
                f"`{kind}` holds {_kind_of(value)}",
                "it takes a list of one or more conditions",
                f"Write `{kind}:` and below it one condition per line, each after `- `",
            )
        )
        return None
    read = [_condition(node, (*path, index), problems, depth - 1) for index, node in enumerate(value)]
    parts = tuple(part for part in read if part is not None)
    if len(parts) < len(read):
        return None
    return AllOf(parts) if kind == "all" else AnyOf(parts)


def _in(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    name = node["in"]
    if isinstance(name, str) and _NAME.match(name):
        return InAudience(name)
    problems.append(
        Problem((*path, "in"), "`in` does not hold the name of an audience", "it takes one name", "Write `in: lapsed`")
    )
    return None


def _in_phase(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    phase = node["in_phase"]
    if isinstance(phase, str) and PHASE.match(phase):
        return InPhase(phase)
    problems.append(
        Problem(
            (*path, "in_phase"),
            "`in_phase` does not hold a phase" if not isinstance(phase, str) else f"`{phase}` is not a phase",
            "the phases are " + ", ".join(f"`{name}`" for name in Phase) + ", each also after a season and a dot",
            "Write `in_phase: peak` or `in_phase: january.peak`",
        )
    )
    return None


def _location(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    value = node["location"]
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
        return AtLocation(tuple(names))
    problems.append(
        Problem(
            (*path, "location"),
            "`location` does not hold names",
            "it takes a list of locations or regions",
            "Write `location: [north, riverside]`",
        )
    )
    return None


def _stage(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    value = node["stage"]
    names = [value] if isinstance(value, str) else value
    if isinstance(names, list) and names and all(isinstance(name, str) and name for name in names):
        return InStage(tuple(names))
    what, why = "`stage` does not hold names", "it takes one stage or a list of stages"
    problems.append(Problem((*path, "stage"), what, why, "Write `stage: at_risk`"))
    return None


def _did(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    return (parse_did if SEQUENCE_KEYS.isdisjoint(node) else parse_sequence)(node, path, problems)


_LEAVES: dict[str, Callable[[Mapping[Any, Any], Path, list[Problem]], Condition | None]] = {
    "trait": parse_trait,
    "did": _did,
    "did_not": parse_did,
    "measure": parse_measure_test,
    "in": _in,
    "in_phase": _in_phase,
    "location": _location,
    "stage": _stage,
    "identifier": parse_identifier,
    "match_confidence": parse_confidence,
    "consent": parse_consent_test,
    "top": parse_end,
    "bottom": parse_end,
    "percentile": parse_percentile,
}


def _kind_of(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return f"`{value}`"


def _as_name(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")[:63] or "lapsed"
