"""What holds for the shape of every workspace file: each key is described, unknown keys are refused."""

from typing import Any

import msgspec
import pytest


def undescribed(kind: type[msgspec.Struct]) -> list[str]:
    """Return the keys, of this struct and those inside it, that have no description for editors."""
    schema = msgspec.json.schema(kind)
    found = []
    for name, definition in schema["$defs"].items():
        found += [
            f"{name}.{key}" for key, value in definition.get("properties", {}).items() if not _says(value, schema)
        ]
    return found


def _says(value: Any, schema: dict[str, Any]) -> bool:
    if "description" in value:
        return True
    reference = value.get("$ref", "").rpartition("/")[2]
    return bool(schema["$defs"].get(reference, {}).get("description"))


def refuses_unknown_keys(kind: type[msgspec.Struct], good: dict[str, Any]) -> None:
    """Assert that the example converts, and does not with one key more."""
    msgspec.convert(good, kind)
    with pytest.raises(msgspec.ValidationError, match="unknown field `surprise`"):
        msgspec.convert(good | {"surprise": 1}, kind)


class Undescribed(msgspec.Struct, forbid_unknown_fields=True):
    """A planted fault: a key that no editor could explain."""

    silent: int = 0
