"""Split a request body into its items without understanding them. Pure; it judges no item.

The fast way is one pass of the JSON decoder that leaves items raw. When it fails, because one item holds ``NaN``, is
nested a thousand deep or is cut inside a word, a plain scan over strings and brackets finds the items, so that one
bad item does not take the batch. Both ways give the same items for the same sound body.
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)|[\[\]{},:]', re.DOTALL)
_SPACE = b" \t\r\n"


class Head(msgspec.Struct, frozen=True, gc=False):
    """What stands beside the items of a batch; nothing of it is checked."""

    context: Any = None
    integrations: Any = None
    sent_at: Any = msgspec.field(default=None, name="sentAt")
    write_key: Any = msgspec.field(default=None, name="writeKey")


class Parts(msgspec.Struct, frozen=True, gc=False):
    """A body in parts: its head and its items as bytes. A single call is one item with an empty head."""

    head: Head
    items: Sequence[bytes | msgspec.Raw]


class _Batch(Head, frozen=True, gc=False, kw_only=True):
    batch: list[msgspec.Raw]


_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_head = msgspec.json.Decoder(Head).decode
_EMPTY = Head()
BATCH = "batch"
"""Kind of a request whose body has a list of items; any other kind is a single call."""


def split(kind: str, body: bytes) -> Parts | str:
    """Return the parts of the body, or a sentence that says why it is not a body."""
    if kind != BATCH:
        return Parts(_EMPTY, (body,))
    try:
        batch = _decode_batch(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _scan(body)
    return Parts(batch, batch.batch)


def _scan(body: bytes) -> Parts | str:
    found = _find_batch(body)
    if isinstance(found, str):
        return found
    start, end, items = found
    try:
        head = _decode_head(body[:start] + body[end:])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "The body is not a JSON object. Send an object with a list `batch`."
    return Parts(head, items)


def _find_batch(body: bytes) -> tuple[int, int, list[bytes]] | str:
    """Return where the content of the last top-level ``batch`` list starts and ends, and its items."""
    depth = 0
    key, last_string = b"", b""
    start, item_start = -1, -1
    items: list[bytes] = []
    found: tuple[int, int, list[bytes]] | None = None
    for match in _TOKEN.finditer(body):
        token = match[0]
        char = token[:1]
        if char == b'"':
            last_string = token
        elif char in b"[{":
            depth += 1
            if depth == 2 and char == b"[" and key == b'"batch"':  # noqa: PLR2004 - inside the object, inside the list
                start = item_start = match.end()
                items = []
        elif char == b":" and depth == 1:
            key = last_string
        elif char in b"]}" or char == b",":
            if start >= 0 and depth == 2:  # noqa: PLR2004
                item = body[item_start : match.start()].strip(_SPACE)
                item_start = match.end()
                if item or char == b"," or items:
                    items.append(item)
                if char != b",":
                    found, start = (start, match.start(), items), -1
            elif char == b"," and depth == 1:
                key = b""
            depth -= char != b","
    if found is None or depth != 0:
        return "The body is not a JSON object with a list `batch`, or is cut off. Send it whole."
    return found
