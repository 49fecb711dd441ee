"""Say how one JSON Schema differs from another, and whether something that kept the old may break the new. Pure.

Keyword by keyword, into properties and items. Each keyword of a schema is a condition more, so one that is gone asks
for less and one that came asks for more; for the usual ones the values are compared. A keyword that this module does
not understand counts as asking for more when it differs: the answer errs on the side of caution. A property that is
new counts as asking for nothing, because nobody promised it before; whether senders sent it otherwise, a replay shows.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "title", "description", "examples", "default", "deprecated", "format"}
)
"""Keywords that refuse nothing; ``format`` is not enforced."""
_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_COMPARED = frozenset({"type", "enum", "const", "required", "properties", "additionalProperties", "items"})
_TYPES = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_ABSENT = object()


class Difference(msgspec.Struct, frozen=True):
    """One difference: where (empty: the whole), what, and whether it may refuse what the old schema allowed."""

    place: str
    what: str
    is_narrower: bool


def differences(old: Any, new: Any, place: str = "") -> Iterator[Difference]:
    """Yield how ``new`` differs from ``old``."""
    if old == new:
        return
    if isinstance(old, bool) or isinstance(new, bool) or not isinstance(old, dict) or not isinstance(new, dict):
        is_open = new is True or new == {}
        what = "nothing is asked any more" if is_open else "the schema is another"
        yield Difference(place, what, not is_open)
        return
    yield from _types(old, new, place)
    yield from _values(old, new, place)
    yield from _bounds(old, new, place)
    yield from _required(old, new, place)
    yield from _properties(old, new, place)
    yield from _additional(old, new, place)
    yield from _items(old, new, place)
    yield from _others(old, new, place)


def _types(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    before, after = _type_set(old), _type_set(new)
    if lost := before - after:
        yield Difference(place, f"the type was narrowed: no {_listed(lost)} any more", is_narrower=True)
    elif after - before:
        yield Difference(place, f"the type was widened: {_listed(after - before)} too", is_narrower=False)


def _type_set(schema: dict[str, Any]) -> frozenset[str]:
    told = schema.get("type")
    if told is None:
        return _TYPES
    types = {told} if isinstance(told, str) else set(told)
    return frozenset(types | {"integer"} if "number" in types else types)


def _values(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    for key, word in (("enum", "values"), ("const", "fixed value")):
        before, after = _value_set(old, key), _value_set(new, key)
        if before == after:
            continue
        if after is None:
            yield Difference(place, f"the {word} are no longer limited", is_narrower=False)
        elif before is None or before - after:
            count = f"{len(before - after)} " if before is not None and key == "enum" else ""
            what = f"{count}{word} were removed" if before is not None else f"only some {word} are allowed now"
            yield Difference(place, what, is_narrower=True)
        else:
            yield Difference(place, f"{len(after - before)} {word} were added", is_narrower=False)


def _value_set(schema: dict[str, Any], key: str) -> frozenset[bytes] | None:
    if key not in schema:
        return None
    values = schema[key] if key == "enum" else [schema[key]]
    return frozenset(msgspec.json.encode(value, order="deterministic") for value in values)


def _bounds(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    for key in (*_LEAST, *_MOST):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if after is None:
            yield Difference(place, f"`{key}` was removed", is_narrower=False)
            continue
        is_narrower = before is None or (after > before if key in _LEAST else after < before)
        yield Difference(place, f"`{key}` was {'narrowed' if is_narrower else 'widened'}", is_narrower)


def _required(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        yield Difference(_below(place, name), "it is required now", is_narrower=True)
    for name in sorted(before - after):
        yield Difference(_below(place, name), "it is no longer required", is_narrower=False)


def _properties(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted({*before, *after}):
        below = _below(place, name)
        if name not in before:
            yield Difference(below, "the field was added", after[name] is False)
        elif name not in after:
            extra = new.get("additionalProperties", True)
            yield Difference(below, "the field was removed", extra not in (True, {}))
        else:
            yield from differences(before[name], after[name], below)


def _additional(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    before, after = old.get("additionalProperties", True), new.get("additionalProperties", True)
    if before != after:
        is_narrower = after not in (True, {})
        what = "other fields are restricted now" if is_narrower else "other fields are allowed now"
        yield Difference(place, what, is_narrower)


def _items(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    yield from differences(old.get("items", True), new.get("items", True), f"{place}[]")


def _others(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[Difference]:
    """Tell keywords that are not compared; beside some of them even a removal may ask for more."""
    looked_at = {*_COMPARED, *_ANNOTATIONS, *_LEAST, *_MOST}
    others = {*old, *new} - looked_at
    if not others:
        return
    depends = any(key.startswith("unevaluated") or key in {"patternProperties", "prefixItems"} for key in others)
    changed = sorted(key for key in others if old.get(key, _ABSENT) != new.get(key, _ABSENT))
    for key in changed:
        is_narrower = depends or key in new
        what = (
            f"`{key}` changed" if key in new and key in old else f"`{key}` was {'added' if key in new else 'removed'}"
        )
        yield Difference(place, what, is_narrower)
    if depends and not changed:
        yield Difference(place, f"{_listed(others)} may mean something else now", is_narrower=True)


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _listed(names: set[str] | frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
