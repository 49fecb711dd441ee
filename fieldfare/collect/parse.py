"""From an envelope to events and dead letters. Pure: every item of a request becomes exactly one of the two.

The times of an event. ``original_at`` is what the client's clock said. ``occurred_at``, used for everything:

- the event has ``timestamp`` and ``originalTimestamp``: somebody corrected it before us, ``timestamp`` counts as it is;
- it has one of them, and ``sentAt`` (its own or the batch's) shows the client's clock at sending:
  ``received_at - (sentAt - stated)``, which takes the client's clock error out;
- it has one of them and no ``sentAt``: as stated; none of them: the accept time.

Settings may trust ``timestamp`` as it is (``trust_timestamp``), as some servers do. Nothing here raises for what a
client sent: not for huge numbers, deep nesting, broken text or wrong types. Contracts, and whether an event names
anybody, are checked in ``check``.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import msgspec

from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Place
from fieldfare.collect.split import BATCH, Head, split
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import DAY, SECOND, Day, Instant, local_day

MAX_EVENT_BYTES = 32 * 1024
MAX_MESSAGE_ID = 100
MAX_ID = 500
MAX_NAME = 200
MAX_LOCATION = 200
MAX_NESTING = 8
"""Objects and lists inside a property."""
AHEAD = DAY
EARLIEST: Instant = 946_684_800 * SECOND
"""2000-01-01: an earlier event is a clock that was never set."""
BAD_ROW = "fieldfare:bad_row"
"""Type of the item that ``load`` appends for a row that is no event."""
FORBIDDEN = "fieldfare:forbidden_field"
"""Type of the stub that the door appends for an event that it refused for a field; see ``strip``."""
UNMAPPED = "fieldfare:unmapped"
"""Type of the item that a webhook source appends for a payload that its mapping makes no event of."""

if TYPE_CHECKING:
    Json = Any
else:
    # Numbers that every store can hold, and a depth that every walk over them survives; checked while decoding.
    _Integer = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
    Json = bool | _Integer | float | str | None
    for _ in range(MAX_NESTING):
        Json = bool | _Integer | float | str | None | list[Json] | dict[str, Json]

_Id = str | int | float | None
_Time = str | int | float | None
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 100_000_000_000
"""A smaller number counts seconds; as milliseconds it would lie before 1973."""
_LATEST = 253_402_300_800 * SECOND
"""Year 9999: where ISO texts end, numbers end too."""


class ParseSettings(msgspec.Struct, frozen=True):
    """What parsing needs to know of the workspace."""

    zone: str
    zones: dict[str, str] = {}
    """Location -> IANA zone, for locations with a zone of their own."""
    synonyms: dict[str, str] = {}
    """Synonym -> canonical event name."""
    trust_timestamp: bool = False


class _Item(msgspec.Struct, gc=False):
    type: str | None = None
    event: str | None = None
    name: str | None = None
    category: str | None = None
    user_id: _Id = msgspec.field(default=None, name="userId")
    anonymous_id: _Id = msgspec.field(default=None, name="anonymousId")
    previous_id: _Id = msgspec.field(default=None, name="previousId")
    group_id: _Id = msgspec.field(default=None, name="groupId")
    message_id: _Id = msgspec.field(default=None, name="messageId")
    message_id_snake: _Id = msgspec.field(default=None, name="message_id")
    event_id: _Id = msgspec.field(default=None, name="event_id")
    idempotency_key: _Id = msgspec.field(default=None, name="idempotency_key")
    timestamp: _Time = None
    original_timestamp: _Time = msgspec.field(default=None, name="originalTimestamp")
    sent_at: _Time = msgspec.field(default=None, name="sentAt")
    properties: dict[str, Json] | None = None
    traits: dict[str, Json] | None = None
    context: dict[str, Json] | None = None
    integrations: dict[str, Json] | None = None
    row: int | None = None
    problem: str | None = None
    fields: Any = None


class _Request(NamedTuple):
    """What all items of one request share."""

    envelope: Envelope
    settings: ParseSettings
    partition: int
    offset: int
    context: dict[str, Any] | None
    integrations: dict[str, Any] | None
    sent_at: Callable[[], Instant | None]
    """The batch's ``sentAt``, read once; raises as the reading of an item does."""


class _DeadError(Exception):
    """Ends the reading of one item; never leaves this module."""

    def __init__(self, reason: DeadReason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


_decode = msgspec.json.Decoder(_Item).decode
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)


def parse(envelope: Envelope, partition: int, offset: int, settings: ParseSettings) -> list[Event | DeadLetter]:
    """Return one event or dead letter per item of the envelope, in order."""
    body = envelope.body
    parts = split(envelope.kind, body)
    if isinstance(parts, str):
        place = Place(partition, offset, 0)
        return [_dead(place, envelope, DeadReason.MALFORMED, parts, None, body)]
    head = parts.head
    try:
        context, integrations = _shared(head)
    except _UNREADABLE:
        detail = "The batch's `context` or `integrations` is not an object of plain values. Send an object."
        return [
            _dead(Place(partition, offset, index), envelope, DeadReason.MALFORMED, detail, None, bytes(raw))
            for index, raw in enumerate(parts.items)
        ]
    request = _Request(envelope, settings, partition, offset, context, integrations, _once(head.sent_at))
    return [_parse_item(raw, index, request) for index, raw in enumerate(parts.items)]


def _shared(head: Head) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    if head.context is None and head.integrations is None:
        return None, None
    convert = msgspec.convert
    return convert(head.context, dict[str, Json] | None), convert(head.integrations, dict[str, Json] | None)


def _once(sent: Any) -> Callable[[], Instant | None]:
    """Return what gives the batch's ``sentAt``: an unreadable one spoils the events without one of their own only."""
    try:
        at = _instant(sent, "sentAt") if sent is not None else None
    except _DeadError as error:
        dead = error

        def fail() -> Instant | None:
            raise _DeadError(dead.reason, dead.detail)

        return fail
    return lambda: at


def _parse_item(raw: bytes | msgspec.Raw, index: int, request: _Request) -> Event | DeadLetter:
    place = Place(request.partition, request.offset, index)
    size = len(memoryview(raw))
    if size > MAX_EVENT_BYTES:
        detail = f"The event has {size} bytes, the limit is {MAX_EVENT_BYTES}. Send less in one event."
        return _dead(place, request.envelope, DeadReason.TOO_LARGE, detail, None, bytes(raw))
    try:
        item = _decode(raw)
    except _UNREADABLE as error:
        return _dead(place, request.envelope, DeadReason.MALFORMED, _unreadable(error), None, bytes(raw))
    try:
        return _event(item, place, request)
    except _DeadError as dead:
        name = item.event[:MAX_NAME] if item.event else None
        removed = request.envelope.removed
        why = _refused(item, removed) if item.type == FORBIDDEN and removed else dead
        return _dead(place, request.envelope, why.reason, why.detail, name, bytes(raw))


def _event(item: _Item, place: Place, request: _Request) -> Event:
    envelope, settings = request.envelope, request.settings
    is_stub = item.type == FORBIDDEN and bool(envelope.removed)
    kind = item.type if envelope.kind == BATCH or is_stub else envelope.kind
    if kind == "track":
        name = _event_name(item.event, settings.synonyms)
        payload = item.properties
    elif kind == "identify" or kind == "group":  # noqa: PLR1714 - faster than a membership test, on the hot path
        name, payload = kind, item.traits
    elif kind == "page" or kind == "screen":  # noqa: PLR1714
        name, payload = kind, _named(item)
    elif kind == "alias":
        name, payload = kind, item.traits
    else:
        raise _no_kind(kind, item, envelope)
    user_id = _id(item.user_id, "userId")
    anonymous_id = _id(item.anonymous_id, "anonymousId")
    previous_id = group_id = None
    if item.previous_id is not None or item.group_id is not None or kind == "alias" or kind == "group":  # noqa: PLR1714
        previous_id, group_id = _other_ids(item, kind)
    payload = payload or {}
    context = _context(item, request)
    received_at = envelope.received_at
    original_at, sent_at, occurred_at = _times(item, request.sent_at, received_at, settings)
    location, day = _where(payload, context, occurred_at, settings)
    return Event(
        place=place,
        mode=envelope.mode,
        source=envelope.source,
        message_id=_message_id(item, place),
        type=kind,
        name=name,
        user_id=user_id,
        anonymous_id=anonymous_id,
        previous_id=previous_id,
        group_id=group_id,
        payload=payload,
        context=context,
        original_at=original_at,
        sent_at=sent_at,
        received_at=received_at,
        occurred_at=occurred_at,
        local_day=day,
        location=location,
        consent_version=envelope.consent_version,
        from_file=envelope.from_file,
        is_vouched=envelope.is_vouched,
    )


def _event_name(given: str | None, synonyms: dict[str, str]) -> str:
    name = given.strip() if given else ""
    if not name:
        raise _DeadError(DeadReason.NAME_MISSING, "A `track` has no `event`. Send the event's name.")
    if len(name) > MAX_NAME:
        detail = f"The event name has {len(name)} characters, the limit is {MAX_NAME}. Send a short, fixed name."
        raise _DeadError(DeadReason.TOO_LARGE, detail)
    if "\0" in name:
        raise _DeadError(DeadReason.MALFORMED, "The event name holds a NUL character. Send plain text.")
    return synonyms.get(name, name)


def _named(item: _Item) -> dict[str, Any] | None:
    """Return a page's or screen's properties with its name and category among them."""
    if item.name is None and item.category is None:
        return item.properties
    own = {"name": item.name, "category": item.category}
    return {key: value for key, value in own.items() if value is not None} | (item.properties or {})


def _no_kind(kind: str | None, item: _Item, envelope: Envelope) -> _DeadError:
    """Return why an item is no call. Only what we made ourselves, of files and webhooks, may choose words of it."""
    if kind == UNMAPPED and envelope.from_webhook:
        problem = (item.problem or "it could not be mapped")[:300]
        detail = f"Webhook: {problem}. Correct the mapping, or repair the call and resend."
        return _DeadError(DeadReason.UNMAPPED, detail)
    if kind == BAD_ROW and envelope.from_file:
        problem = (item.problem or "it could not be read")[:300]
        detail = f"Row {item.row}: {problem}. Correct the row or the mapping and load again."
        return _DeadError(DeadReason.BAD_ROW, detail)
    known = "track, identify, page, screen, group, alias"
    if kind is None:
        return _DeadError(DeadReason.UNKNOWN_TYPE, f"An item of the batch has no `type`. Send one of {known}.")
    return _DeadError(DeadReason.UNKNOWN_TYPE, f"The item's `type` is not a call. Send one of {known}.")


def _refused(item: _Item, removed: dict[str, int]) -> _DeadError:
    """Return why the door refused the event; only names that the door itself counted are told."""
    told = item.fields if type(item.fields) is list else []
    names = ", ".join(f"`{name}`" for name in removed if name in told) or "a field"
    detail = (
        f"It holds {names}, which the workspace does not allow, so nothing of it was stored. "
        "Do not send that, or allow its sensitivity in `collect.yaml`, and send the event again."
    )
    return _DeadError(DeadReason.FORBIDDEN_FIELD, detail)


def _id(value: _Id, key: str) -> str | None:
    if value is None:
        return None
    if type(value) is str:
        text = value.strip()
    else:
        text = str(int(value)) if type(value) is float and value.is_integer() else str(value)
    if len(text) > MAX_ID:
        detail = f"`{key}` has {len(text)} characters, the limit is {MAX_ID}. Send a short identifier."
        raise _DeadError(DeadReason.TOO_LARGE, detail)
    if "\0" in text:
        raise _DeadError(DeadReason.MALFORMED, f"`{key}` holds a NUL character. Send plain text.")
    return text or None


def _other_ids(item: _Item, kind: str) -> tuple[str | None, str | None]:
    previous_id = _id(item.previous_id, "previousId")
    group_id = _id(item.group_id, "groupId")
    if kind == "alias" and previous_id is None:
        raise _DeadError(DeadReason.NO_IDENTIFIER, "An `alias` has no `previousId`. Send the identifier it replaces.")
    if kind == "group" and group_id is None:
        raise _DeadError(DeadReason.NO_IDENTIFIER, "A `group` has no `groupId`. Send the group's identifier.")
    return previous_id, group_id


def _message_id(item: _Item, place: Place) -> str:
    text = _id(item.message_id, "messageId")
    if text is None:
        others = (_id(value, "messageId") for value in (item.message_id_snake, item.event_id, item.idempotency_key))
        text = next((each for each in others if each is not None), None)
    if text is None:
        return derived_id("place", place.partition, place.offset, place.index)
    if len(text) > MAX_MESSAGE_ID:
        detail = f"`messageId` has {len(text)} characters, the limit is {MAX_MESSAGE_ID}. Send a shorter one."
        raise _DeadError(DeadReason.TOO_LARGE, detail)
    return text


def _context(item: _Item, request: _Request) -> dict[str, Any]:
    context, shared = item.context, request.context
    if shared:
        context = {**shared, **context} if context else shared
    elif context is None:
        context = {}
    if request.integrations or item.integrations:
        merged = {**(request.integrations or {}), **(item.integrations or {})}
        context = {**context, "integrations": merged}
    if context.get("direct") is True:
        # A client-side sender: what it cannot know about itself comes from the request.
        seen = {"ip": request.envelope.ip, "userAgent": request.envelope.user_agent}
        context = {**{key: value for key, value in seen.items() if value is not None}, **context}
    if request.envelope.gpc:
        context = {**context, "gpc": True}
    return context


def _times(
    item: _Item, batch_sent_at: Callable[[], Instant | None], received_at: Instant, settings: ParseSettings
) -> tuple[Instant, Instant | None, Instant]:
    """Return original, sent and corrected time; see the module's docstring."""
    sent_at = _instant(item.sent_at, "sentAt") if item.sent_at is not None else batch_sent_at()
    original, stamp = item.original_timestamp, item.timestamp
    if original is not None and stamp is not None:
        original_at = _instant(original, "originalTimestamp")
        occurred_at = _instant(stamp, "timestamp")
    elif original is None and stamp is None:
        original_at = occurred_at = received_at
    else:
        original_at = _instant(stamp, "timestamp") if original is None else _instant(original, "originalTimestamp")
        trusted = sent_at is None or (original is None and settings.trust_timestamp)
        occurred_at = original_at if trusted or sent_at is None else received_at - (sent_at - original_at)
    if occurred_at > received_at + AHEAD or occurred_at < EARLIEST:
        detail = (
            "The event's time is more than a day after it was received, or before 2000. "
            "Set the sender's clock, or send `timestamp` in ISO 8601."
        )
        raise _DeadError(DeadReason.CLOCK_ABSURD, detail)
    return original_at, sent_at, occurred_at


def _instant(value: Any, key: str) -> Instant:
    try:
        if type(value) is str:
            at = datetime.fromisoformat(value)
            delta = (at if at.tzinfo is not None else at.replace(tzinfo=UTC)) - _EPOCH
            return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds
        if type(value) is int or type(value) is float:
            at_us = int(value * SECOND) if abs(value) < _MILLISECONDS_FROM else int(value * 1_000)
            if abs(at_us) <= _LATEST:
                return at_us
    except (ValueError, OverflowError):
        pass
    detail = f"`{key}` is not a date-time. Send ISO 8601, for example `2026-01-31T18:00:00Z`."
    raise _DeadError(DeadReason.MALFORMED, detail)


def _where(
    payload: dict[str, Any], context: dict[str, Any], occurred_at: Instant, settings: ParseSettings
) -> tuple[str | None, Day]:
    given = payload.get("location_id")
    if given is None:
        given = payload.get("location")
        if given is None:
            given = context.get("location")
    location = None
    if given is not None and (type(given) is str or type(given) is int):
        location = str(given).replace("\0", "").strip()[:MAX_LOCATION] or None
    zone = settings.zones.get(location, settings.zone) if location is not None else settings.zone
    return location, local_day(occurred_at, zone)


def _unreadable(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        # The decoder names the place and the types, never the value.
        return f"The event has a value of a wrong kind: {error}. Send it as the tracking API describes."
    if isinstance(error, RecursionError):
        return "The event is nested too deeply. Send flat properties."
    return "The event is not valid JSON (a `NaN`, a broken character or a cut text). Send valid JSON."


def _dead(
    place: Place, envelope: Envelope, reason: DeadReason, detail: str, name: str | None, raw: bytes
) -> DeadLetter:
    return DeadLetter(
        place=place,
        reason=reason,
        detail=detail,
        source=envelope.source,
        name=name,
        received_at=envelope.received_at,
        raw=raw,
    )
