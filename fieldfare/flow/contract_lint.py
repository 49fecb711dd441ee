"""Say what is unusual in a contract, as warnings: names, times, money, size, words. Pure.

Nothing here stops a workspace. Names of the shipped vocabulary are left alone, since many senders use them as they are.
A version that was not raised although the schema changed is told by ``fieldfare contracts diff``, which knows what was
in force.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.collect.contracts import Contracts
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity

MOST_FIELDS = 12
"""More than a reader keeps in mind; a stable contract has eight to twelve."""

_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_TIMES = re.compile(r"(?:.*_)?(?:at|on|date|time|timestamp)")
_MONEY = frozenset({"price", "revenue", "amount", "total", "cost", "fee", "discount", "refund"})
_NUMBERS = frozenset({"number", "integer"})
_CALLS = frozenset({"identify", "group"})


def contract_warnings(
    loaded: Sequence[Loaded], contracts: Contracts, common_names: frozenset[str]
) -> Iterator[LocatedProblem]:
    """Tell what is unusual; ``common_names`` are event names that stay as the world writes them."""
    for one in loaded:
        if one.kind.name == "contract" and isinstance(one.value, dict) and one.noun is not None:
            for problem in _unusual(one.value, common_names):
                yield one.problem(problem, Severity.WARNING)
        if one.kind.name == "collect" and contracts.settings.purposes_required == "all":
            missing = [call for call in sorted(_CALLS) if call not in contracts.by_event]
            if missing:
                what = f"no contract is named {' or '.join(f'`{call}`' for call in missing)}"
                why = "With `purposes_required: all` such calls lose every trait that no contract declares"
                fix = "Write `contracts/identify.yaml` with the traits that you need and their purposes"
                yield one.problem(Problem(("purposes_required",), what, why, fix), Severity.WARNING)


def _unusual(value: dict[str, Any], common_names: frozenset[str]) -> Iterator[Problem]:
    event = value["event"]
    if event not in common_names and not _SNAKE.fullmatch(event):
        yield _spelling(("event",), event)
    if not str(value.get("description", "")).strip():
        fix = "Write `description:` with what has happened when it is sent"
        yield Problem((), "the contract has no `description`", "Senders need to know when to send it", fix)
    schema = value.get("schema", {})
    properties = schema.get("properties") if isinstance(schema, dict) else None
    properties = properties if isinstance(properties, dict) else {}
    fields = value.get("fields", {})
    count = len({*properties, *(name for name in fields if not name.startswith("context."))})
    if count == 0:
        fix = "Name its properties under `schema.properties`"
        yield Problem((), "the contract names no properties", "It promises nothing but a name", fix)
    elif count > MOST_FIELDS:
        why = "Few stable fields are kept for years, many are not"
        yield Problem((), f"the contract names {count} properties", why, "Keep the eight to twelve that rules read")
    for name, node in properties.items():
        yield from _property(("schema", "properties", name), name, node, fields.get(name) or {})


def _property(path: Path, name: str, node: Any, field: dict[str, Any]) -> Iterator[Problem]:
    if not _SNAKE.fullmatch(name):
        yield _spelling(path, name)
    if not isinstance(node, dict):
        return
    told = node.get("type")
    types = {told} if isinstance(told, str) else set(told) if isinstance(told, list) else set()
    if "string" in types and _TIMES.fullmatch(name) and not {"format", "pattern", "enum"} & set(node):
        fix = "Write `format: date-time`, or `format: date` for a day"
        yield Problem(path, f"the time `{name}` has no `format`", "A time is written in ISO 8601", fix)
    if types & _NUMBERS and _MONEY & set(name.split("_")) and not field.get("unit"):
        fix = f"Write `{name}: {{unit: EUR}}` under `fields`, or `unit: currency` where a property says which"
        yield Problem(path, f"the amount `{name}` has no `unit`", "Nobody can add up what has no unit", fix)


def _spelling(path: Path, name: str) -> Problem:
    why = "Names of one style are found again: a small vocabulary, in snake_case"
    return Problem(path, f"`{name}` is not in snake_case", why, "Rename it, or keep it when senders cannot change")
