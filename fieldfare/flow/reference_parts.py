"""Nouns and small readers shared by those who find the references in workspace files. Pure."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.ground.workspace.model import Path


class To(StrEnum):
    """What a name refers to."""

    AUDIENCE = "audience"
    CHANNEL = "channel"
    EVENT = "event"
    IDENTIFIER = "kind of identifier"
    JOURNEY = "journey"
    LOCATION = "location"
    MEASURE = "measure"
    PHASE = "phase"
    PROPERTY = "property"
    PURPOSE = "purpose"
    SCHOOL_CALENDAR = "school calendar"
    SOURCE = "source"
    STAGE = "stage"
    SURVEY = "survey"
    TEMPLATE = "template"
    TRAIT = "trait"
    WEBHOOK = "webhook"


class Reference(msgspec.Struct, frozen=True):
    """A name, what it refers to, and where it stands. ``of`` is the event of a property."""

    path: Path
    to: To
    name: str
    of: str = ""
    keys: frozenset[str] = frozenset()
    """Keys beside a trait: what is asked of it."""
    shown: bool = False
    """Whether the values of a property are kept as they are, so that none may be personal."""


def one_name(path: Path, to: To, node: Any, key: str) -> Iterator[Reference]:
    """Yield the reference that a key holds, when it holds a text."""
    if isinstance(node, dict) and isinstance(node.get(key), str):
        yield Reference((*path, key), to, node[key])


def all_names(path: Path, to: To, node: Any, key: str) -> Iterator[Reference]:
    """Yield the references of a list of texts, or of one text."""
    found = node.get(key) if isinstance(node, dict) else None
    if isinstance(found, str):
        yield Reference((*path, key), to, found)
    for index, name in enumerate(found if isinstance(found, list) else ()):
        if isinstance(name, str):
            yield Reference((*path, key, index), to, name)


def entries(path: Path, node: Any, key: str) -> Iterator[tuple[Path, Any]]:
    """Yield the entries of a list under a key with their paths."""
    found = node.get(key) if isinstance(node, dict) else None
    for index, item in enumerate(found if isinstance(found, list) else ()):
        yield (*path, key, index), item


def keyed(path: Path, to: To, node: Any, key: str) -> Iterator[Reference]:
    """Yield the references that are the keys of a mapping."""
    found = node.get(key) if isinstance(node, dict) else None
    for name in found if isinstance(found, dict) else ():
        yield Reference((*path, key, name), to, name)
