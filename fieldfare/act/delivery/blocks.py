"""Content blocks: parts that several templates share, put in before a template is compiled. Pure.

``{% block NAME %}`` in a part of a template is replaced by the same part of ``blocks/NAME.yaml``, once: a block has no
blocks. What cannot be replaced stays, and the template's own check tells it with its place.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.act.delivery.template_files import BlockFile
from fieldfare.ground.workspace.model import Problem

MARK = re.compile(r"\{%-?\s*block\s+([A-Za-z0-9_-]+)\s*-?%\}")
_PARTS = {"subject": "text", "text": "text", "html": "html", "mjml": "mjml", "reason": "text", "human": "text"}
"""Part of a template -> part of a block."""


class Block(msgspec.Struct, frozen=True):
    """A block by its parts."""

    name: str
    parts: dict[str, str]


def parse_block(file: BlockFile) -> tuple[Block | None, list[Problem]]:
    """Return the block, or ``None`` and what is wrong with it."""
    parts = {part: value for part in ("text", "html", "mjml") if (value := getattr(file, part)) is not None}
    problems = []
    if not parts:
        why = "It would put nothing anywhere"
        problems.append(Problem((), "the block has no part", why, "Write `text`, `html` or `mjml`"))
    for part, value in parts.items():
        if MARK.search(value):
            why = "What a message is made of would be hard to see"
            problems.append(Problem((part,), "a block stands in a block", why, "Write its content here"))
    return (None, problems) if problems else (Block(file.block, parts), [])


def with_blocks(value: Any, blocks: Mapping[str, Block]) -> Any:
    """Return a template's plain values with its blocks put in; anything that is no such value as it is."""
    if not isinstance(value, dict):
        return value
    found = {name: _filled(name, item, blocks) for name, item in value.items()}
    if isinstance(found.get("fallback"), dict):
        found["fallback"] = with_blocks(found["fallback"], blocks)
    locales = found.get("locales")
    if isinstance(locales, dict):
        found["locales"] = {name: with_blocks(item, blocks) for name, item in locales.items()}
    return found


def _filled(part: str, value: Any, blocks: Mapping[str, Block]) -> Any:
    wanted = _PARTS.get(part)
    if wanted is None or not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        block = blocks.get(match[1])
        content = block.parts.get(wanted) if block is not None else None
        return match[0] if content is None else content.rstrip("\n")

    return MARK.sub(put, value)
