"""Writes plain values as the YAML that this package reads: for people who edit a definition as forms. Pure.

What was read and is written again has the same values. Comments and layout of the text are not kept: whoever wants
them kept edits the text.
"""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from fieldfare.ground.workspace.read import read_yaml

_WIDE = 100


def write_yaml(value: Any) -> str:
    """Return the text of a mapping. Raises ``ValueError`` for what the reader could not read back."""
    yaml = YAML(typ="rt", pure=True)
    yaml.width, yaml.default_flow_style, yaml.allow_unicode = _WIDE, False, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(_written(value), stream)
    text = stream.getvalue()
    back = read_yaml("", text.encode())
    if back.problems or back.value != value:
        message = "these values cannot be written as a workspace's YAML"
        raise ValueError(message)
    return text


def _written(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _written(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_written(item) for item in value]
    if isinstance(value, str):
        return _text(value)
    return value


def _text(value: str) -> str:
    """Return a text in quotes where the reader would take it for something else, and in lines where it has some."""
    if "\n" in value and value.strip() and not any(line != line.rstrip() for line in value.split("\n")):
        lines: str = LiteralScalarString(value)
        return lines
    back = read_yaml("", f"a: {value}\n".encode())
    plain = not back.problems and back.value == {"a": value}
    quoted: str = value if plain else DoubleQuotedScalarString(value)
    return quoted
