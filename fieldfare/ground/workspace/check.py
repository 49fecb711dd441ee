"""Check the values of one file against its struct and build the struct, saying all that is wrong at once. Pure.

The JSON Schema of the struct finds every problem in one pass; :mod:`fieldfare.ground.workspace.say` words them. What
only the meaning of the values can tell is left to the kind's own ``parse``.
"""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec

from fieldfare.ground.workspace.model import Kind, Path, Problem
from fieldfare.ground.workspace.say import literal_secret, say
from fieldfare.ground.workspace.schema import struct_schema, validator
from fieldfare.ground.workspace.secrets import reference_name


def check(kind: Kind, value: Any) -> tuple[msgspec.Struct | None, list[Problem]]:
    """Return the file struct, or ``None`` with every problem, in the order of the file's paths."""
    literals = list(_literal_secrets(kind.secret_keys, value, ()))
    told = {problem.path for problem in literals}
    problems = [problem for problem in _schema_problems(kind, value) if problem.path not in told] + literals
    if not problems:
        try:
            return msgspec.convert(value, kind.struct), []
        except msgspec.ValidationError as error:
            # The schema accepts a little more than the struct (2.0 where a whole number is expected).
            problems = [Problem(_json_path(str(error)), str(error).split(" - at ")[0], "", "Correct the value")]
    return None, list({(p.path, p.what): p for p in problems}.values())


def _schema_problems(kind: Kind, value: Any) -> Iterator[Problem]:
    schema = struct_schema(kind.struct)
    for error in validator(kind.struct).iter_errors(value):
        for cause in _causes(error):
            yield from say(schema, cause, kind.secret_keys)


def _causes(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """Return the errors of the one alternative that was meant, when an ``anyOf`` failed and the value tells which."""
    kind: Any = error.kind
    if kind.name != "anyOf":
        return [error]
    here = len(error.instance_path)
    meant = [
        branch
        for branch in kind.context
        if not any(c.kind.name in {"type", "enum"} and len(c.instance_path) == here for c in branch)
    ]
    if len(meant) != 1:
        return [error]
    return [deeper for cause in meant[0] for deeper in _causes(cause)]


def _literal_secrets(names: frozenset[str], value: Any, path: Path) -> Iterator[Problem]:
    """Tell literals under keys that hold secrets, however deep and whether or not the struct knows the key."""
    if isinstance(value, dict):
        for key, item in value.items():
            is_literal = isinstance(item, str | int | float) and not isinstance(item, bool)
            if key in names and is_literal and reference_name(item) is None:
                yield literal_secret((*path, key))
            else:
                yield from _literal_secrets(names, item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _literal_secrets(names, item, (*path, index))


def _json_path(message: str) -> Path:
    """Return the path that msgspec names at the end of its message (``$.sources[0].name``), as far as it is plain."""
    _, _, text = message.partition(" - at `$")
    parts: list[str | int] = []
    for piece in text.rstrip("`").replace("[", ".[").split("."):
        if piece.startswith("[") and piece[1:-1].isdigit():
            parts.append(int(piece[1:-1]))
        elif piece and piece != "[...]":
            parts.append(piece)
        elif piece:
            break
    return tuple(parts)
