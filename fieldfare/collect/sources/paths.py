"""Paths into JSON, as mappings of webhooks write them: ``items[0].price``, ``lines[*].sku``, ``["a.b"].c``. Pure.

A path starts at the object that becomes an event; ``$.`` starts at the whole payload, ``header:`` names a header of the
request. ``[*]`` stands for every item of a list. A path never fails: what is not there gives nothing, and ``null`` is
the same as not there.
"""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import msgspec

_STEP = re.compile(r'\[(?:(?P<every>\*)|(?P<number>\d{1,6})|"(?P<quoted>[^"\]]+)")\]|(?P<name>[^.\[\]"\s]+)')
_HEADER = re.compile(r"header:\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)")
EVERY = "*"
"""How every item of a list is written inside brackets."""


class Root(Enum):
    """Where a path starts."""

    OBJECT = "object"
    PAYLOAD = "payload"
    HEADER = "header"


class JsonPath(msgspec.Struct, frozen=True):
    """A compiled path. A step is a key (text), an index (number), or every item (``None``)."""

    text: str
    root: Root
    steps: tuple[str | int | None, ...]

    @property
    def many(self) -> bool:
        """Return whether it may give several values."""
        return None in self.steps


class Scope(msgspec.Struct, frozen=True):
    """What paths look into: one object, the payload that holds it, the request's headers (names in lower case)."""

    here: Any
    payload: Any
    headers: Mapping[bytes, bytes]


def parse_path(text: str) -> JsonPath | str:
    """Return the compiled path, or a sentence that says what is wrong with it."""
    header = _HEADER.fullmatch(text.strip())
    if header is not None:
        return JsonPath(text, Root.HEADER, (header[1].lower(),))
    if text.strip().startswith("header:"):
        return _unclear(text)
    root, rest = (Root.PAYLOAD, text[1:].removeprefix(".")) if text.startswith("$") else (Root.OBJECT, text)
    steps: list[str | int | None] = []
    at = 0
    while at < len(rest):
        if steps and rest[at] == ".":
            at += 1
        elif steps and rest[at] != "[":
            return _unclear(text)
        match = _STEP.match(rest, at)
        if match is None:
            return _unclear(text)
        steps.append(_step(match))
        at = match.end()
    if not steps and root is Root.OBJECT:
        return "The path is empty. Write, for example, `customer.id`."
    return JsonPath(text, root, tuple(steps))


def _step(match: re.Match[str]) -> str | int | None:
    if match["every"]:
        return None
    if match["number"]:
        return int(match["number"])
    return match["quoted"] or match["name"]


def _unclear(text: str) -> str:
    return (
        f"`{text}` is not a path. Write keys between dots and indexes in brackets: `customer.id`, `items[0].price`, "
        '`lines[*].sku`, `["a key"].b`; `$.` starts at the payload, `header:` names a header.'
    )


def values_at(path: JsonPath, scope: Scope) -> list[Any]:
    """Return what stands at the path, in order: at most one value unless it says ``[*]``."""
    if path.root is Root.HEADER:
        raw = scope.headers.get(str(path.steps[0]).encode())
        return [raw.decode("latin-1").strip()] if raw is not None and raw.strip() else []
    start = scope.payload if path.root is Root.PAYLOAD else scope.here
    return [value for value in _walk(start, path.steps) if value is not None]


def _walk(value: Any, steps: tuple[str | int | None, ...]) -> Iterator[Any]:
    for at, step in enumerate(steps):
        if step is None:
            for item in value if isinstance(value, list) else ():
                yield from _walk(item, steps[at + 1 :])
            return
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and step < len(value) else None
        if value is None:
            return
    yield value


def first_of(paths: tuple[JsonPath, ...], scope: Scope) -> Any:
    """Return the first value of the first path that has one, else ``None``."""
    return next((value for path in paths for value in values_at(path, scope)), None)
