"""Entries of ``seasons.yaml`` as text, in the style in which the files are written. Pure."""

from collections.abc import Mapping
from typing import Any

_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_. -")


def season_text(entry: Mapping[str, Any], comment: str = "") -> str:
    """Return one entry of the list ``seasons``, indented as under it; the comment stands before it."""
    lines = [f"  # {line}" for line in comment.splitlines()]
    for index, (key, value) in enumerate(entry.items()):
        lines.append(f"  {'- ' if index == 0 else '  '}{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    is_bare = text[:1].isalpha() and text == text.strip() and set(text) <= _BARE
    is_amount = text[:1].isdigit() and text.endswith((" days", " day", " weeks", " week"))
    words = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
    return text if (is_bare and text.lower() not in words) or is_amount else '"' + text.replace('"', '\\"') + '"'
