"""Suggest contracts for what is sent without one: fields, their types, how often they stand, how sensitive they are.

Pure. It is given sampled events and returns names, shares and YAML ready to paste, never a value. A key that is not a
plain name (an address, a number: somebody used an object as a table) is counted and not shown. It also tells fields
that vanished while another came: most often somebody renamed one upstream.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from fieldfare.collect.sensitivity import guess

MOST_VALUES = 500
"""Values of one field that are looked at."""
MOST_DEPTH = 3

_PLAIN = re.compile(r"[A-Za-z_$][A-Za-z0-9_$ -]{0,63}")
_DIGITS = re.compile(r"\d{5,}|[0-9a-fA-F]{16,}")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}
_YAML_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_ORDER = ("string", "integer", "number", "boolean", "array", "object", "null")
_ALWAYS, _SELDOM, _OFTEN = 0.2, 0.02, 0.1
_NEAR = 0.25
_LEAST_EVENTS = 20


class FieldSuggestion(msgspec.Struct, frozen=True):
    """One undeclared field; dots go into objects."""

    name: str
    types: list[str]
    format: str | None
    share: float
    """Of the event's sampled occurrences, how many hold it."""
    sensitivity: str
    why: str
    """What speaks for the sensitivity; empty for ``none``."""


class Suggestion(msgspec.Struct, frozen=True):
    """What could be declared for one event."""

    event: str
    has_contract: bool
    sampled: int
    fields: list[FieldSuggestion]
    hidden: int
    """Keys that are no plain names."""
    yaml: str


class Rename(msgspec.Struct, frozen=True):
    """A declared field that vanished from a source's events while an undeclared one came."""

    event: str
    source: str
    old: str
    new: str


class _Seen:
    def __init__(self) -> None:
        self.count = 0
        self.types: Counter[str] = Counter()
        self.values: list[Any] = []


def suggest(
    event: str,
    payloads: Sequence[Mapping[str, Any]],
    known: frozenset[str],
    allowed: frozenset[str],
    *,
    has_contract: bool,
) -> Suggestion | None:
    """Return what is undeclared in the payloads of an event, ``None`` when everything is declared.

    ``known`` are the declared top-level fields, ``allowed`` the sensitivities that may come in.
    """
    seen: dict[str, _Seen] = {}
    hidden: set[str] = set()
    for payload in payloads:
        found: dict[str, list[Any]] = {}
        for name, value in payload.items():
            if name not in known:
                _leaves((name,), value, found, hidden)
        for name, values in found.items():
            one = seen.setdefault(name, _Seen())
            one.count += 1
            one.types.update({_type(value) for value in values})
            one.values.extend(values[: MOST_VALUES - len(one.values)])
    if not seen:
        return None
    fields = [_field(name, one, len(payloads)) for name, one in sorted(seen.items())]
    text = _yaml(event, fields, allowed, has_contract=has_contract)
    return Suggestion(event, has_contract, len(payloads), fields, len(hidden), text)


def _leaves(path: tuple[str, ...], value: Any, found: dict[str, list[Any]], hidden: set[str]) -> None:
    name = ".".join(path)
    if not _is_name(path[-1]):
        hidden.add(name)
        return
    found.setdefault(name, []).append(value)
    if len(path) < MOST_DEPTH:
        for item in value if type(value) is list else [value]:
            if type(item) is dict:
                for key, inner in item.items():
                    _leaves((*path, key), inner, found, hidden)


def _type(value: Any) -> str:
    return _JSON_TYPES.get(type(value), "null")


def _field(name: str, one: _Seen, events: int) -> FieldSuggestion:
    types = set(one.types)
    if "number" in types:
        types.discard("integer")
    texts = [value for value in one.values if type(value) is str]
    form = None
    if texts and "string" in types:
        whole = (("date", _DAY), ("date-time", _INSTANT))
        form = next((word for word, pattern in whole if all(map(pattern.fullmatch, texts))), None)
    found = guess(name.rpartition(".")[2], [value for value in one.values if type(value) in {str, int}])
    ordered = [kind for kind in _ORDER if kind in types]
    share = round(one.count / max(1, events), 4)
    return FieldSuggestion(
        name, ordered, form, share, found.sensitivity if found else "none", found.why if found else ""
    )


def _yaml(event: str, fields: Sequence[FieldSuggestion], allowed: frozenset[str], *, has_contract: bool) -> str:
    """Return a contract, or what to add to the one there is."""
    head = [f"# add to the contract of {_quoted(event)}"] if has_contract else []
    if not has_contract:
        head = [f"event: {_quoted(event)}", "version: 1", "description: What has happened when it is sent."]
    lines = [*head, "schema:", "  type: object", "  properties:"]
    lines += [
        f"    {_quoted(field.name)}: {_node(field)} # in {_percent(field.share)}" for field in fields if _top(field)
    ]
    lines.append("fields:")
    for field in fields:
        if field.sensitivity != "none":
            lost = "" if field.sensitivity in allowed else "; not allowed by collect.yaml, so it would be removed"
            policy = f"{{sensitivity: {field.sensitivity}, purposes: [service]}} # {field.why}{lost}"
            lines.append(f"  {_quoted(field.name)}: {policy}")
        elif _top(field):
            lines.append(f"  {_quoted(field.name)}: {{purposes: [operations]}}")
    return "\n".join(lines) + "\n"


def _top(field: FieldSuggestion) -> bool:
    return "." not in field.name


def _node(field: FieldSuggestion) -> str:
    types = [f'"{kind}"' if kind == "null" else kind for kind in field.types]
    kind = types[0] if len(types) == 1 else f"[{', '.join(types)}]"
    return f"{{type: {kind}, format: {field.format}}}" if field.format else f"{{type: {kind}}}"


def _quoted(name: str) -> str:
    is_plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_.]*", name) is not None and name.lower() not in _YAML_WORDS
    return name if is_plain else msgspec.json.encode(name).decode()


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def renames(
    event: str,
    source: str,
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    known: frozenset[str],
) -> list[Rename]:
    """Return declared fields that the later events no longer hold, each with the undeclared one that came instead."""
    if min(len(before), len(after)) < _LEAST_EVENTS:
        return []
    old, new = _shares(before), _shares(after)
    gone = [name for name in known if old.get(name, 0) >= _ALWAYS and new.get(name, 0) <= _SELDOM]
    came = [name for name in new if name not in known and new[name] >= _OFTEN and old.get(name, 0) <= _SELDOM]
    pairs = [
        (abs(old[name] - new[other]), name, other)
        for name in gone
        for other in came
        if abs(old[name] - new[other]) <= _NEAR and _kinds(before, name) & _kinds(after, other) and _is_name(other)
    ]
    found: list[Rename] = []
    for _, name, other in sorted(pairs):
        if all(name != each.old and other != each.new for each in found):
            found.append(Rename(event, source, name, other))
    return found


def _is_name(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and _DIGITS.search(name) is None


def _shares(payloads: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    counts = Counter(name for payload in payloads for name in payload)
    return {name: count / len(payloads) for name, count in counts.items()}


def _kinds(payloads: Iterable[Mapping[str, Any]], name: str) -> set[str]:
    return {_type(payload[name]) for payload in payloads if name in payload} - {"null"}
