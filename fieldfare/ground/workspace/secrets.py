"""Secrets in a workspace are references such as ``${SMTP_PASSWORD}``; here they are marked, recognised and resolved.

A field of type :data:`Secret` refuses a literal, and no message ever prints one. Resolving happens in assembly only, on
the compiled nouns, with the process environment as an argument. This module does not read the environment itself.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from fieldfare.ground.errors import ConfigError

REFERENCE_PATTERN = r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"
_REFERENCE = re.compile(r"^\$\{([A-Za-z_][A-Za-z0-9_]*)\}\Z")

Secret = Annotated[
    str,
    msgspec.Meta(
        pattern=REFERENCE_PATTERN,
        extra={"secret": True},
        extra_json_schema={"x-secret": True},
        examples=["${NAME_OF_AN_ENVIRONMENT_VARIABLE}"],
    ),
]
"""The type of a field that holds a secret; describe it with ``Annotated[Secret, msgspec.Meta(description=…)]``."""

T = TypeVar("T")


def reference_name(value: object) -> str | None:
    """Return the environment variable's name when the value is a ``${NAME}`` reference, else ``None``."""
    match = _REFERENCE.match(value) if isinstance(value, str) else None
    return match[1] if match else None


def resolve_secrets(value: T, environ: Mapping[str, str]) -> T:
    """Return the value with every ``${NAME}`` string in it replaced by the variable's value.

    Looks into dicts, lists, tuples and structs; a reference is a whole string, never a part of one. Raises
    :class:`ConfigError` ``secret_missing`` that names all variables that are not set or are empty.
    """
    missing: set[str] = set()
    resolved: T = _resolve(value, environ, missing)
    if missing:
        names = ", ".join(sorted(missing))
        message = (
            f"The workspace refers to environment variables that are not set: {names}. Without them its sources and "
            f"channels cannot work. Set them in the environment of the process, for example `export {min(missing)}=…`."
        )
        raise ConfigError("secret_missing", message)
    return resolved


def _resolve(value: Any, environ: Mapping[str, str], missing: set[str]) -> Any:
    """Rebuild the value with references replaced, collecting the names that have no value."""
    if isinstance(value, str):
        name = reference_name(value)
        if name is None:
            return value
        found = environ.get(name, "")
        if not found:
            missing.add(name)
        return found
    if isinstance(value, dict):
        return {key: _resolve(item, environ, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolve(item, environ, missing) for item in value]
    if isinstance(value, tuple):
        return tuple(_resolve(item, environ, missing) for item in value)
    if isinstance(value, msgspec.Struct):
        before = {name: getattr(value, name) for name in value.__struct_fields__}
        after = {name: _resolve(item, environ, missing) for name, item in before.items()}
        changed = {name: item for name, item in after.items() if item is not before[name] and item != before[name]}
        return msgspec.structs.replace(value, **changed) if changed else value
    return value
