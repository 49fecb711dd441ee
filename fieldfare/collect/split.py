"""Split a request body into its items without understanding them. Pure; it judges no item.

The fast way is one pass of the JSON decoder that leaves items raw. When it fails, because one item holds ``NaN``, is
nested a thousand deep or is cut inside a word, a scan over strings and brackets finds the items (``scan.py``), so that
one bad item does not take the batch. Both ways give the same items for the same sound body. A second list ``batch``,
which a decoder would put in the place of the first unseen, is refused.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from fieldfare.collect.scan import KEY, find_batch

_MOST_COMMAS = 250_000
"""Beyond this many, a body may hold so many items that even listing them undecoded would take too much memory."""
ANY = 1 << 31
"""More items than a body can have."""


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


class Crowd(msgspec.Struct, frozen=True):
    """A batch with more items than were asked for; they were not split."""

    count: int


def split(kind: str, body: bytes) -> Parts | str:
    """Return the parts of the body, or a sentence that says why it is not a body."""
    parts = split_at_most(kind, body, ANY)
    assert not isinstance(parts, Crowd), "no body has so many items"
    return parts


def split_at_most(kind: str, body: bytes, most: int) -> Parts | Crowd | str:
    """Return the parts as :func:`split` does, or how many items there are when they are more than ``most``."""
    if kind != BATCH:
        return Parts(_EMPTY, (body,))
    if _may_hold_two_lists(body) or (len(body) > _MOST_COMMAS and body.count(b",") > _MOST_COMMAS):
        found = find_batch(body, most)
        if isinstance(found, str):
            return found
        if found.count > most:
            return Crowd(found.count)
    try:
        batch = _decode_batch(body)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _scan(body, most)
    return Parts(batch, batch.batch) if len(batch.batch) <= most else Crowd(len(batch.batch))


def batches(parts: Parts, most: int) -> Iterator[bytes]:
    """Yield the items as the bodies of batches of ``most`` at most; what stood beside them is left out."""
    for start in range(0, len(parts.items), most):
        yield b'{"batch":[' + b",".join(map(bytes, parts.items[start : start + most])) + b"]}"


def _may_hold_two_lists(body: bytes) -> bool:
    """Return whether the key stands twice somewhere; looking for a second bracket is fast, and mostly settles it."""
    return body.find(b"[", body.find(b"[") + 1) >= 0 and body.find(KEY, body.find(KEY) + 1) >= 0


def _scan(body: bytes, most: int = ANY) -> Parts | Crowd | str:
    found = find_batch(body, most)
    if isinstance(found, str):
        return found
    if found.count > most:
        return Crowd(found.count)
    try:
        head = _decode_head(body[: found.start] + body[found.end :])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return "The body is not a JSON object. Send an object with a list `batch`."
    return Parts(head, list(found.items(body)))
