"""From the bytes of a request to a body worth keeping: encodings, limits, write keys, urgency. Pure.

Whatever the content type says, the body is JSON (SDKs label it text/plain or as a form). Events are not judged here:
the door keeps a sound body and answers 200; what is wrong with one event becomes a dead letter later.
"""

import binascii
import itertools
import zlib
from base64 import b64decode
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from fieldfare.collect.split import BATCH, Crowd, Head, Parts, split_at_most
from fieldfare.ground.errors import CallerError

MAX_EVENT_BYTES = 32 * 1024
MAX_BODY_BYTES = 500 * 1024
"""Largest body as it is sent."""
MAX_UNPACKED_BYTES = 4 * 1024 * 1024
"""Largest body after gzip is undone."""
MAX_EVENTS = 2_500

MOST_MEMBERS = 100
"""Members of one gzip body; each costs time, however little is in it."""
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"

_IN_MOST = b"onsent"
"""What ``"consent"`` and nearly all names of the consent event have in common."""
CONSENT_EVENT = "Consent Updated"
"""Canonical name of the event that grants or withdraws consent."""


MAX_READING_BYTES = 32 * 1024 * 1024
"""Most bytes of bodies that are on their way in, over all requests."""


class Limits(msgspec.Struct, frozen=True):
    """Bounds of one request (bytes sent, bytes after decompression, events, bytes of one event), and of all together.

    ``reading_bytes`` is for the bodies that have come in part.
    """

    body_bytes: int = MAX_BODY_BYTES
    unpacked_bytes: int = MAX_UNPACKED_BYTES
    events: int = MAX_EVENTS
    event_bytes: int = MAX_EVENT_BYTES
    reading_bytes: int = MAX_READING_BYTES


class _Single(msgspec.Struct, gc=False):
    write_key: Any = msgspec.field(default=None, name="writeKey")


class _Light(msgspec.Struct, gc=False):
    event: Any = None
    context: Any = None


_decode_single = msgspec.json.Decoder(_Single).decode
_decode_light = msgspec.json.Decoder(_Light).decode


def unpack(raw: bytes, encoding: str, limits: Limits) -> bytes:
    """Return the JSON text of a request's bytes; ``encoding`` is its Content-Encoding in lower case.

    Raises :class:`CallerError` as :func:`inflate` does.
    """
    body = inflate(raw, encoding, limits)
    if body[:3] == _BOM:
        body = body[3:]
    if body[:5] == b"data=":
        body = body[5:]
    # A form-minded client has escaped the JSON.
    return unquote_to_bytes(body.replace(b"+", b" ")) if body[:1] == b"%" else body


def inflate(raw: bytes, encoding: str, limits: Limits) -> bytes:
    """Return the bytes of a request as its sender had them before compression.

    Raises :class:`CallerError`: ``body_too_large`` (413), ``bad_encoding`` (400).
    """
    if len(raw) > limits.body_bytes:
        raise too_large(len(raw), limits.body_bytes)
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        message = f"The content encoding `{encoding[:40]}` is not understood. Send gzip or none."
        raise CallerError("bad_encoding", message)
    return _gunzip(raw, limits.unpacked_bytes) if raw[:2] == _GZIP else raw


def _gunzip(raw: bytes, limit: int) -> bytes:
    """Undo gzip, all members of it; stop beyond the limit, however much is packed into few bytes."""
    body = b""
    for number in itertools.count():
        if not raw:
            return body
        if number == MOST_MEMBERS:
            message = f"The gzip body has more than {MOST_MEMBERS} members. Send it as one."
            raise CallerError("bad_encoding", message)
        inflate_member = zlib.decompressobj(wbits=31)
        try:
            body += inflate_member.decompress(raw, limit + 1 - len(body))
        except zlib.error as error:
            message = "The gzip body is damaged. Send it again, or without compression."
            raise CallerError("bad_encoding", message) from error
        if len(body) > limit:
            raise too_large(len(body), limit)
        if not inflate_member.eof:
            raise CallerError("bad_encoding", "The gzip body is cut off. Send it again, whole.")
        raw = inflate_member.unused_data.lstrip(b"\0")  # some packers fill up with zeros
    raise AssertionError


def too_large(size: int, limit: int) -> CallerError:
    """Return the refusal of a body of at least ``size`` bytes."""
    message = f"The body has {size} bytes or more, the limit is {limit}. Send smaller batches."
    return CallerError("body_too_large", message, status=413)


def examine(kind: str, body: bytes, limits: Limits) -> Parts:
    """Return the parts of a body that may be kept.

    Raises :class:`CallerError`: ``invalid_json`` and ``empty_batch`` (400), ``too_many_events`` and ``event_too_large``
    (413, the latter for a single call only; in a batch such an event becomes a dead letter).
    """
    if kind != BATCH:
        if len(body) > limits.event_bytes:
            message = f"The event has {len(body)} bytes, the limit is {limits.event_bytes}. Send less in one event."
            raise CallerError("event_too_large", message, status=413)
        try:
            single = _decode_single(body)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise CallerError("invalid_json", "The body is not a JSON object. Send one.") from error
        return Parts(Head(write_key=single.write_key), (body,))
    parts = split_at_most(kind, body, limits.events)
    if isinstance(parts, str):
        raise CallerError("invalid_json", parts)
    if isinstance(parts, Crowd):
        message = f"The batch has {parts.count} events, the limit is {limits.events}. Send smaller batches."
        raise CallerError("too_many_events", message, field="batch", status=413)
    if not parts.items:
        raise CallerError("empty_batch", "The list `batch` is empty. Send at least one event.", field="batch")
    return parts


def offered_keys(authorization: str, x_write_key: str) -> list[str]:
    """Return the write keys that the headers offer, in the order in which they count: Basic, X-Write-Key, bearer.

    The body's ``writeKey`` counts last and is the caller's business; some SDKs mask it there.
    """
    scheme, _, rest = authorization.strip().partition(" ")
    basic, whole, bearer = "", "", ""
    if scheme.lower() == "basic":
        try:
            whole = b64decode(rest.strip(), validate=True).decode().removesuffix(":")
        except (binascii.Error, ValueError):
            whole = ""
        # A key may itself hold a colon: one of the SDKs insists on it.
        basic, colon, _ = whole.partition(":")
        whole = whole if colon else ""
    elif scheme.lower() == "bearer":
        bearer = rest.strip()
    return [key for key in (basic, whole, x_write_key.strip(), bearer) if key]


def is_urgent(parts: Parts, body: bytes, consent_names: frozenset[bytes]) -> bool:
    """Return whether a record bears consent, so that it must be applied before everything that waits.

    That is an event with one of the names (:func:`consent_names`), or ``context.consent`` anywhere. ``body`` is what
    the parts were split from; most bodies are answered by a search in it.
    """
    if not _may_bear_consent(body, consent_names):
        return False
    context = parts.head.context
    if isinstance(context, dict) and context.get("consent"):
        return True
    return any(_bears_consent(item, consent_names) for item in parts.items)


def _may_bear_consent(body: bytes, names: frozenset[bytes]) -> bool:
    """Return whether one of the names, or ``"consent"``, can be in the body, with as few searches as will do."""
    if _IN_MOST in body or (b"\\" in body and b"\\u00" in body):
        return True
    return any(name in body for name in names if _IN_MOST not in name)


def consent_names(synonyms: Iterable[tuple[str, str]]) -> frozenset[bytes]:
    """Return the names of the consent event from (synonym, canonical name) pairs, in UTF-8."""
    names = {CONSENT_EVENT, *(name for name, event in synonyms if event == CONSENT_EVENT)}
    return frozenset(name.encode() for name in names)


def _bears_consent(item: bytes | msgspec.Raw, names: frozenset[bytes]) -> bool:
    try:
        light = _decode_light(item)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # It will be a dead letter, and withdraws nothing.
        return False
    if isinstance(light.context, dict) and light.context.get("consent"):
        return True
    return isinstance(light.event, str) and light.event.strip().encode("utf-8", "replace") in names
