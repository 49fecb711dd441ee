"""JSON Schemas (draft 2020-12) of the workspace's files, derived from their structs. Pure.

One definition serves the check, the editors and the reference page. What a schema cannot say stands in ``parse``.
"""

from functools import lru_cache
from typing import Any

import jsonschema_rs
import msgspec

from fieldfare.ground.workspace.model import Kind, Path

DRAFT = "https://json-schema.org/draft/2020-12/schema"


@lru_cache(maxsize=128)
def struct_schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema of a file struct; shared, so it must not be changed."""
    return {"$schema": DRAFT, **msgspec.json.schema(struct)}


def kind_schema(kind: Kind) -> dict[str, Any]:
    """Return the JSON Schema of a kind of file, with a title that says which files it is for."""
    return {**struct_schema(kind.struct), "title": f"Fieldfare {kind.name} ({kind.pattern})"}


@lru_cache(maxsize=128)
def validator(struct: type[msgspec.Struct]) -> jsonschema_rs.Draft202012Validator:
    """Return the compiled validator of a file struct."""
    return jsonschema_rs.Draft202012Validator(struct_schema(struct))


def at(schema: dict[str, Any], path: Path | list[str | int]) -> Any:
    """Return what stands in the schema under a schema path as the validator reports it, or ``None``."""
    found: Any = schema
    for part in path:
        if isinstance(found, dict) and "$ref" in found and part not in found:
            found = resolved(schema, found)
        try:
            found = found[part]
        except (KeyError, IndexError, TypeError):
            return None
    return found


def resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """Return the node with its ``$ref`` into ``$defs`` followed."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].removeprefix("#/$defs/")]
    return node


def is_secret(node: Any) -> bool:
    """Return whether the schema node is that of a secret, optional or not."""
    if not isinstance(node, dict):
        return False
    return bool(node.get("x-secret")) or any(is_secret(branch) for branch in node.get("anyOf", ()))
