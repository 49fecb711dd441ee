"""Word what a JSON Schema validator found, as problems that say what, why and what to do. Pure.

A value under a secret's key is never quoted, neither one that the schema marks nor one that the kind of file names.
"""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.ground.workspace.schema import at, is_secret, resolved
from fieldfare.ground.workspace.suggest import nearest, quoted

_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "null": "nothing",
}
_BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "exclusiveMinimum": "more than {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "of at least {} characters",
    "maxLength": "of at most {} characters",
    "minItems": "a list with entries, at least {}",
    "maxItems": "a list with at most {} entries",
    "minProperties": "a mapping with keys, at least {}",
    "maxProperties": "a mapping with at most {} keys",
    "multipleOf": "a multiple of {}",
}
_LONGEST = 60
_EMPTY: tuple[Any, ...] = ("", [], {})


def literal_secret(path: Path) -> Problem:
    """Return the problem of a secret that is written into the file; the literal is not in it."""
    name = "_".join(str(part) for part in path[-2:] if isinstance(part, str)).upper().replace("-", "_") or "SECRET"
    what = f"`{_last(path)}` holds a secret as plain text"
    why = "The workspace is kept in git, where everybody reads it"
    fix = f"Write the name of an environment variable, for example `${{{name}}}`, and change the secret"
    return Problem(path, what, why, fix)


def say(
    schema: dict[str, Any], error: jsonschema_rs.ValidationError, secret_keys: frozenset[str] = frozenset()
) -> Iterator[Problem]:
    """Yield the problems that one validation error stands for; no value below one of the secret keys is quoted."""
    path: Path = tuple(error.instance_path)
    if not secret_keys.isdisjoint(path):
        yield _no_secret(path)
        return
    node = at(schema, error.schema_path[:-1]) or {}
    kind: Any = error.kind  # one class per keyword, each with fields of its own
    name: str = kind.name
    if is_secret(node) and name in {"pattern", "type", "anyOf"}:
        is_literal = isinstance(error.instance, str | int | float)
        yield literal_secret(path) if is_literal else _no_secret(path)
    elif name == "additionalProperties":
        yield from _unknown_keys(schema, node, path, kind.unexpected)
    elif name == "required":
        yield _missing(schema, node, path, kind.property)
    elif name in {"type", "anyOf"}:
        yield _wrong_type(schema, node, path, error.instance)
    elif name == "enum":
        yield _not_a_choice(path, error.instance, [str(option) for option in kind.options])
    elif name in _BOUNDS:
        bound = _BOUNDS[name].format(node.get(name))
        what = f"{_shown(path, error.instance)} is {'empty' if error.instance in _EMPTY else 'out of bounds'}"
        yield Problem(path, what, f"It has to be {bound}", _advice(node) or str(node.get("description", "Correct it")))
    else:
        what = f"{_shown(path, error.instance)} does not have the right form"
        yield Problem(path, what, str(node.get("description", "")), _advice(node) or _pattern_advice(node))


def _last(path: Path) -> str:
    """Return the nearest key of the path."""
    return next((part for part in reversed(path) if isinstance(part, str)), "the file")


def _shown(path: Path, value: Any) -> str:
    """Return ``key: value`` for a short scalar, else the key and what the value is."""
    key = f"`{_last(path)}`" if path else "the file"
    place = f"entry {path[-1] + 1} of {key}" if path and isinstance(path[-1], int) else key
    if isinstance(value, bool):
        text = str(value).lower()
    elif value != "" and isinstance(value, str | int | float) and len(str(value)) <= _LONGEST:
        text = str(value)
    else:
        return place
    return f"`{_last(path)}: {text}`" if place == key and path else f"{place} (`{text}`)"


def _type_of(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    return "a list" if isinstance(value, list) else "a mapping"


def _expected(schema: dict[str, Any], node: dict[str, Any]) -> list[str]:
    """Return the types that the schema node accepts, in words."""
    node = resolved(schema, node)
    if "anyOf" in node:
        return list(dict.fromkeys(word for branch in node["anyOf"] for word in _expected(schema, branch)))
    if "enum" in node:
        return [f"one of {quoted(str(option) for option in node['enum'])}"]
    types = node.get("type", [])
    return [_TYPES.get(name, name) for name in ([types] if isinstance(types, str) else types)]


def _no_secret(path: Path) -> Problem:
    return Problem(path, f"`{_last(path)}` is empty or not text", "", "Write `${NAME}` of an environment variable")


def _unknown_keys(schema: dict[str, Any], node: dict[str, Any], path: Path, unexpected: list[str]) -> Iterator[Problem]:
    known = resolved(schema, node).get("properties", {})
    for key in unexpected:
        fix = nearest(key, known) or f"Remove it, or write one of {quoted(known)}"
        yield Problem((*path, key), f"`{key[:_LONGEST]}` is not a key here", "", fix)


def _missing(schema: dict[str, Any], node: dict[str, Any], path: Path, key: str) -> Problem:
    wanted = resolved(schema, node).get("properties", {}).get(key, {})
    advice = _advice(wanted, f"{key}: ") or f"Add `{key}: …`"
    return Problem(path, f"`{key}` is missing", str(wanted.get("description", "")), advice)


def _wrong_type(schema: dict[str, Any], node: dict[str, Any], path: Path, value: Any) -> Problem:
    words = [word for word in _expected(schema, node) if word != "nothing" or value is not None]
    what = f"{_shown(path, value)} is {_type_of(value)}"
    why = f"It has to be {' or '.join(words)}" if words else ""
    fix = _advice(node)
    if not fix and "text" in words and not isinstance(value, dict | list) and value is not None:
        fix = "Put it in quotes"
    if not fix and value is None:
        fix = "Fill it, or remove the key"
    return Problem(path, what, why, fix or str(node.get("description", "")) or f"Write {' or '.join(words)}")


def _not_a_choice(path: Path, value: Any, options: list[str]) -> Problem:
    fix = nearest(str(value), options) or f"Write one of {quoted(options)}"
    return Problem(path, f"{_shown(path, value)} is not one of the choices", f"They are {quoted(options)}", fix)


def _advice(node: dict[str, Any], prefix: str = "") -> str:
    """Return a sentence with the node's first example, or an empty text."""
    examples = node.get("examples") or next((b["examples"] for b in node.get("anyOf", ()) if b.get("examples")), None)
    return f"Write for example `{prefix}{_inline(examples[0])}`" if examples else ""


def _inline(value: Any) -> str:
    """Return a value as it is written on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_inline(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _pattern_advice(node: dict[str, Any]) -> str:
    pattern = node.get("pattern")
    return f"Write text that matches `{pattern}`" if pattern else "Correct it"
