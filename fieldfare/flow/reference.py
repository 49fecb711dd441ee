"""Write the reference page of the workspace's files from their schemas, so that it cannot differ from the code. Pure.

``docs/reference/workspace.md`` is this text; a test compares them. Meaning beyond single keys is explained by hand on
the pages that it links to.
"""

from collections.abc import Iterator
from typing import Any

from fieldfare.flow.workspace import KINDS
from fieldfare.ground.workspace.model import Kind
from fieldfare.ground.workspace.schema import resolved, struct_schema

_HEAD = """# The files of a workspace

This page is made from the code: do not edit it, run `python -m fieldfare.cli.reference docs/reference`.

A workspace is a folder of YAML. Text is UTF-8, indented with spaces. Anchors, aliases and tags are not read; dates and
times are text; a file has at most 512 KiB and one document. Secrets are references such as `${SMTP_PASSWORD}` to
environment variables; a literal secret is an error. Unknown keys are errors. `fieldfare validate` reports every problem
at once as `file:line key: what, why, what to do`. Files whose names begin with a dot, and folders such as `.fieldfare`,
are left alone.

| kind | files | what it says |
|---|---|---|
"""
_TYPES = {
    "string": "text",
    "integer": "whole number",
    "array": "list",
    "object": "mapping",
    "boolean": "true or false",
    "null": "",
}


def render_workspace_reference() -> str:
    """Return the whole page as Markdown."""
    rows = [f"| [{kind.name}](#{kind.name}) | `{kind.pattern}` | {_purpose(kind)} |" for kind in KINDS.values()]
    return _HEAD + "\n".join(rows) + "\n" + "".join(_section(kind) for kind in KINDS.values())


def _purpose(kind: Kind) -> str:
    schema = struct_schema(kind.struct)
    return _cell(str(resolved(schema, schema).get("description", "")).replace("``", "`"))


def _section(kind: Kind) -> str:
    schema = struct_schema(kind.struct)
    needed = " Every workspace has it." if kind.required else ""
    lines = ["", f"## {kind.name}", "", f"`{kind.pattern}`. {_purpose(kind)}{needed}", ""]
    seen: list[str] = []
    _tables(schema, str(schema["$ref"]).rpartition("/")[2], seen, lines)
    return "\n".join(lines).rstrip() + "\n"


def _tables(schema: dict[str, Any], name: str, seen: list[str], lines: list[str]) -> None:
    """Add the table of one struct, then those of the structs it holds, each once."""
    seen.append(name)
    node = schema["$defs"][name]
    if len(seen) > 1:
        lines += [f"### {_title(name)}", "", str(node.get("description", "")).replace("``", "`"), ""]
    lines += ["| key | value | needed | meaning |", "|---|---|---|---|"]
    lines += [_row(schema, key, each, key in node.get("required", ())) for key, each in node["properties"].items()]
    lines.append("")
    for each in node["properties"].values():
        for inner in _inner(each):
            if inner not in seen and "properties" in schema["$defs"][inner]:
                _tables(schema, inner, seen, lines)


def _row(schema: dict[str, Any], key: str, node: dict[str, Any], is_needed: bool) -> str:  # noqa: FBT001 - a column
    meaning = str(node.get("description") or resolved(schema, node).get("description", ""))
    if node.get("default") not in (None, "", [], {}, ()):
        meaning += f" Default: `{_written(node['default'])}`."
    if node.get("examples"):
        meaning += f" Example: `{_written(node['examples'][0])}`."
    if node.get("x-secret") or any(branch.get("x-secret") for branch in node.get("anyOf", ())):
        meaning += " A secret: `${NAME}` only."
    return f"| `{key}` | {_cell(_value(schema, node))} | {'yes' if is_needed else ''} | {_cell(meaning)} |"


def _value(schema: dict[str, Any], node: dict[str, Any]) -> str:
    """Return the type of a value in words."""
    if "$ref" in node:
        held = resolved(schema, node)
        return _value(schema, held) if "enum" in held else _title(str(node["$ref"]).rpartition("/")[2])
    if "anyOf" in node:
        return " or ".join(word for word in (_value(schema, branch) for branch in node["anyOf"]) if word)
    if "enum" in node:
        return ", ".join(f"`{option}`" for option in node["enum"])
    kind = node.get("type")
    if kind == "array":
        return f"list of {_value(schema, node['items'])}" if node.get("items") else "list"
    if kind == "object" and isinstance(node.get("additionalProperties"), dict):
        return f"mapping to {_value(schema, node['additionalProperties']) or 'anything'}"
    return _TYPES.get(str(kind), str(kind)) + _bounds(node) if kind else "anything"


def _bounds(node: dict[str, Any]) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is not None and high is not None:
        return f", {low} to {high}"
    return f", at least {low}" if low is not None else ""


def _inner(node: Any) -> Iterator[str]:
    """Yield the names of the structs that a schema node refers to."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield str(node["$ref"]).rpartition("/")[2]
        for value in node.values():
            yield from _inner(value)
    elif isinstance(node, list):
        for value in node:
            yield from _inner(value)


def _title(name: str) -> str:
    """Return a struct's name as words: ``ConditionNode`` is ``condition``."""
    plain = name.removesuffix("File").removesuffix("Entry").removesuffix("Node")
    return "".join(f" {char.lower()}" if char.isupper() else char for char in plain).strip()


def _written(value: Any) -> str:
    """Return a value as it is written on one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_written(item) for item in value) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
