"""What senders leave out: counts over the raw items of a request. Pure; it judges nothing and keeps no value.

For the audit of a source: an event without a time gets the accept time, one without an offset is taken as UTC, one
without a message id cannot be told from its second delivery, one without a person becomes a dead letter. None of that
can be seen any more once an event is parsed.
"""

import re
from collections import Counter

import msgspec

from fieldfare.collect.split import split

EVENTS, NO_TIME, NO_ZONE = "events", "without a time", "time without an offset"
NO_PERSON, NO_MESSAGE_ID, UNREADABLE = "without a person", "without a message id", "unreadable"
COUNTED = (EVENTS, NO_TIME, NO_ZONE, NO_PERSON, NO_MESSAGE_ID, UNREADABLE)
_OFFSET = re.compile(r"[T ]\d{2}.*(Z|[+-]\d{2}(:?\d{2})?)$", re.IGNORECASE)


class _Light(msgspec.Struct, gc=False):
    timestamp: str | float | None = None
    original: str | float | None = msgspec.field(default=None, name="originalTimestamp")
    user_id: str | float | None = msgspec.field(default=None, name="userId")
    anonymous_id: str | float | None = msgspec.field(default=None, name="anonymousId")
    message_id: str | float | None = msgspec.field(default=None, name="messageId")
    message_id_snake: str | float | None = msgspec.field(default=None, name="message_id")
    event_id: str | float | None = msgspec.field(default=None, name="event_id")
    idempotency_key: str | float | None = msgspec.field(default=None, name="idempotency_key")


_decode = msgspec.json.Decoder(_Light).decode


def shape_of(kind: str, body: bytes) -> Counter[str]:
    """Return how many items a request has, and how many of them lack what."""
    parts = split(kind, body)
    if isinstance(parts, str):
        return Counter({EVENTS: 1, UNREADABLE: 1})
    counts: Counter[str] = Counter({EVENTS: len(parts.items)})
    for raw in parts.items:
        try:
            item = _decode(raw)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            counts[UNREADABLE] += 1
            continue
        counts.update(_lacks(item))
    return counts


def _lacks(item: _Light) -> list[str]:
    time = item.original if item.original is not None else item.timestamp
    lacks = []
    if time is None or time == "":
        lacks.append(NO_TIME)
    elif isinstance(time, str) and not _OFFSET.search(time.strip()):
        lacks.append(NO_ZONE)
    if not (item.user_id or item.anonymous_id):
        lacks.append(NO_PERSON)
    if not (item.message_id or item.message_id_snake or item.event_id or item.idempotency_key):
        lacks.append(NO_MESSAGE_ID)
    return lacks
