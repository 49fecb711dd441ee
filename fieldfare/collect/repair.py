"""Repair a dead letter: open it as a call, patch it, and try it again under the definitions of now. Pure.

The raw side of a letter is the event as it would be sent by itself (:func:`items_as_sent`). A repair is a JSON Patch
(RFC 6902) on that call, or none where only the definitions have changed. What then passes is sent again under the
message id that it had, or would have had in its place, and with the times that it would have had: a second
resubmission is a duplicate, and an old event stays old. Nothing here stores, sends or logs; what is shown of a call
is masked.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from jsonpatch import JsonPatch, JsonPatchException
from jsonpointer import JsonPointer, JsonPointerException

from fieldfare.collect.check import Contracts, Names, judge
from fieldfare.collect.model import DeadLetter, DeadReason, Envelope, Event, Mode, Place
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.personal import PERSONAL_SPELLINGS
from fieldfare.collect.split import BATCH, split
from fieldfare.collect.strip import FieldPolicy, strip
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import derived_id, digest
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.workspace.model import OWN_SOURCE

MADE_HERE = frozenset({DeadReason.BAD_ROW, DeadReason.UNMAPPED})
"""Reasons of items that stand for what no call could be made of, and hold in ``call`` what was made of it so far."""
MOST_OPERATIONS = 100
MOST_GROWTH = 256 * 1024
"""So many characters may a patch add by copying, on its way."""
_MISSING = object()
_BAD_PATCH = (JsonPatchException, JsonPointerException, TypeError, ValueError, LookupError, RecursionError)
_CALLS = {"track", "identify", "page", "screen", "group", "alias"}
_API_KEYS = """
    type event name category userId anonymousId previousId groupId messageId message_id event_id idempotency_key
    timestamp originalTimestamp sentAt properties traits context integrations row problem call
    ip userAgent library version page url path title referrer search campaign device os app locale timezone location
    location_id screen network direct consent externalIds protocols channel
"""
"""Keys of the tracking API: they are nobody's data."""


class State(StrEnum):
    """What has become of a dead letter."""

    OPEN = "open"
    REPAIRED = "repaired"
    DISCARDED = "discarded"
    EXPIRED = "expired"
    """Its retention ended; what was sent is gone."""


class Left(StrEnum):
    """Why a letter was left alone: no repair can be tried on it."""

    RAW_GONE = "raw_gone"
    NOT_JSON = "not_json"
    VALUE_GONE = "value_gone"
    NO_CALL = "no_call"
    PATCH_NEEDED = "patch_needed"
    PATCH_FAILED = "patch_failed"
    ERASED = "erased"


LEFT_WORDS = {
    Left.RAW_GONE: "The period of its key is over; what was sent cannot be opened any more. Discard it.",
    Left.NOT_JSON: "What was sent is not JSON, so no patch applies to it. Mend the sender, and discard it.",
    Left.VALUE_GONE: "Its forbidden values were never stored, so there is nothing to mend. Discard it.",
    Left.NO_CALL: "It holds no call that could be patched. Correct what it came from and send or load that again.",
    Left.PATCH_NEEDED: "It was never read whole, so it is not taken as it is. Give a patch.",
    Left.PATCH_FAILED: "The patch does not apply to it: a path is missing, a test fails, or no object is left.",
    Left.ERASED: "It came before the erasure of whom it names. Discard it.",
}


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A stored dead letter without what was sent."""

    place: Place
    reason: str
    detail: str
    source: str
    event: str | None
    received_at: Instant
    contract_version: int | None
    state: State
    closed_at: Instant | None
    closed_why: str | None
    bytes: int
    """Size of what is sealed; 0 when it was emptied."""


class LetterFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which dead letters are meant; what is ``None`` does not narrow."""

    reason: str | None = None
    source: str | None = None
    event: str | None = None
    state: State | None = None
    from_at: Instant | None = None
    to_at: Instant | None = None
    """The first instant of acceptance that does not count."""
    place: Place | None = None


class Where(msgspec.Struct, frozen=True):
    """A condition on what was sent: the value at a path of keys."""

    path: tuple[str, ...]
    text: str


class DoorDefinitions(msgspec.Struct, frozen=True, kw_only=True):
    """What an event is read and checked by, now."""

    parse: ParseSettings
    contracts: Contracts
    policy: FieldPolicy
    names: Names


class Resubmission(msgspec.Struct, frozen=True, kw_only=True):
    """A call that passes now, ready to be sent again."""

    item: bytes
    event: Event
    removed: dict[str, int]
    """Forbidden values that were removed from it, by field."""


def items_as_sent(envelope: Envelope) -> list[bytes]:
    """Return each item of a request as it would be sent by itself: with its type and what was said for all items."""
    parts = split(envelope.kind, envelope.body)
    if isinstance(parts, str):
        return [envelope.body]
    said = {"integrations": parts.head.integrations, "context": parts.head.context, "sentAt": parts.head.sent_at}
    shared = {key: value for key, value in said.items() if value is not None}
    return [_alone(bytes(raw), envelope, shared) for raw in parts.items]


def _alone(raw: bytes, envelope: Envelope, shared: dict[str, Any]) -> bytes:
    if envelope.kind == BATCH and not shared and b'"direct"' not in raw:
        return raw
    try:
        item = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    if not isinstance(item, dict):
        return raw
    if envelope.kind != BATCH:
        item["type"] = envelope.kind
    for key, value in shared.items():
        own = item.get(key)
        if own is None:
            item[key] = value
        elif isinstance(own, dict) and isinstance(value, dict):
            item[key] = {**value, **own}
    context = item.get("context")
    if isinstance(context, dict) and context.get("direct") is True:
        seen = {"ip": envelope.ip, "userAgent": envelope.user_agent}
        item["context"] = {**{key: value for key, value in seen.items() if value is not None}, **context}
    return json.dumps(item, separators=(",", ":")).encode()


def read_place(text: str) -> Place:
    """Return the place written as ``partition-offset-index``. Raises ``CallerError`` ``place_invalid``."""
    parts = text.split("-")
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):  # noqa: PLR2004
        partition, offset, index = map(int, parts)
        if partition < 2**15 and index < 2**31:
            return Place(partition, offset, index)
    message = f"`{text[:80]}` is not the place of a dead letter. Write partition-offset-index, such as 1-4711-0."
    raise CallerError("place_invalid", message, field="place")


def place_text(place: Place) -> str:
    """Return the place as people write it."""
    return f"{place.partition}-{place.offset}-{place.index}"


def read_where(text: str) -> Where:
    """Return the condition written as ``PATH=VALUE``. Raises ``CallerError`` ``where_invalid``."""
    path, equals, value = text.partition("=")
    keys = tuple(path.strip().split("."))
    if not equals or not all(keys):
        message = f"`{text[:80]}` is no condition. Write PATH=VALUE, for example properties.currency=EUR."
        raise CallerError("where_invalid", message, field="where")
    return Where(keys, value)


def holds(where: Where, call: Any) -> bool:
    """Return whether the call has the value at the path: as text, or as the JSON that the text is."""
    for key in where.path:
        if not isinstance(call, dict) or key not in call:
            return False
        call = call[key]
    if isinstance(call, str):
        return call == where.text
    try:
        wanted = json.loads(where.text)
    except (ValueError, RecursionError):
        return False
    return type(wanted) is type(call) and bool(wanted == call)


def read_patch(given: Any) -> JsonPatch | None:
    """Return the patch, ``None`` for an empty one. Raises ``CallerError`` ``patch_invalid``."""
    if not isinstance(given, list):
        raise _bad_patch("A JSON Patch is a list of operations.")
    if len(given) > MOST_OPERATIONS:
        what = f"It has {len(given)} operations, the limit is {MOST_OPERATIONS}."
        raise _bad_patch(what)
    for number, operation in enumerate(given, 1):
        try:
            _check_operation(operation)
            JsonPatch([operation])
        except _BAD_PATCH as error:
            what = f"Operation {number} is not one of RFC 6902."
            raise _bad_patch(what) from error
    return JsonPatch(given) if given else None


def _check_operation(operation: Any) -> None:
    """Refuse what the library would find out only when it is applied."""
    if not isinstance(operation, dict):
        raise TypeError
    JsonPointer(operation["path"])
    if operation["op"] in {"move", "copy"}:
        JsonPointer(operation["from"])
    elif operation["op"] != "remove" and "value" not in operation:
        raise KeyError


def _bad_patch(what: str) -> CallerError:
    message = (
        f"The patch is not valid. {what} "
        'Write for example [{"op": "replace", "path": "/properties/currency", "value": "EUR"}].'
    )
    return CallerError("patch_invalid", message, field="patch")


def patch_name(patch: JsonPatch | None) -> str:
    """Return words for the record of what closed a letter; a patch may hold values and is named by its digest."""
    if patch is None:
        return "passed under the definitions of now"
    return f"patch {digest(json.dumps(patch.patch, sort_keys=True)).hex()[:12]}"


def call_of(raw: bytes, reason: str, *, patched: bool) -> Any:
    """Return the call that was sent, or why it cannot be repaired. ``patched``: whether a patch will follow."""
    if reason == DeadReason.FORBIDDEN_FIELD:
        return Left.VALUE_GONE
    try:
        item = json.loads(raw)
    except (ValueError, RecursionError):
        return Left.NOT_JSON
    if reason in MADE_HERE:
        call = item.get("call") if isinstance(item, dict) else None
        if not isinstance(call, dict):
            return Left.NO_CALL
        return call if patched else Left.PATCH_NEEDED
    return item


def patched(call: Any, patch: JsonPatch | None) -> Any:
    """Return the call with the patch applied (the given one is left as it is), or why it was left."""
    if patch is None:
        return call if isinstance(call, dict) else Left.PATCH_NEEDED
    copies = any(operation["op"] == "copy" for operation in patch.patch)
    try:
        most = len(json.dumps(call)) + MOST_GROWTH if copies else 0
        for operation in patch.patch:
            call = JsonPatch([operation]).apply(call)
            if operation["op"] == "copy" and len(json.dumps(call)) > most:  # copies of copies grow without bound
                return Left.PATCH_FAILED
    except _BAD_PATCH:
        return Left.PATCH_FAILED
    return call if isinstance(call, dict) else Left.PATCH_FAILED


def try_again(
    call: dict[str, Any], letter: Letter, definitions: DoorDefinitions, now: Instant
) -> Resubmission | DeadLetter:
    """Return what is to be sent again, or the dead letter that the call still is, read as of its own acceptance."""
    try:
        body = json.dumps({"batch": [call]}, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return _dead(letter, "It holds a number that JSON does not have. Patch it.")
    kept, removed = strip(BATCH, body, definitions.policy)
    read = _read(kept, letter, letter.received_at, definitions, removed)
    if isinstance(read, DeadLetter):
        return read
    again = _with_times(kept, read, letter.place)
    final = _read(b'{"batch":[' + again + b"]}", letter, now, definitions, removed)
    if isinstance(final, DeadLetter):
        return final
    return Resubmission(item=again, event=final, removed=removed)


def _read(
    body: bytes, letter: Letter, received_at: Instant, definitions: DoorDefinitions, removed: dict[str, int]
) -> Event | DeadLetter:
    envelope = Envelope(Mode.BACKFILL, letter.source, BATCH, received_at, body, removed=removed or None)
    (item,) = parse(envelope, letter.place.partition, letter.place.offset, definitions.parse)
    return item if letter.source == OWN_SOURCE else judge(item, definitions.contracts, definitions.names)


def _with_times(body: bytes, event: Event, place: Place) -> bytes:
    """Return the item with the message id and the times of the event: an original, and a corrected one beside it."""
    item = json.loads(body)["batch"][0]
    message_id = event.message_id
    if message_id == derived_id("place", place.partition, place.offset, 0):  # it had none: its own place gives it
        message_id = derived_id("place", place.partition, place.offset, place.index)
    item["messageId"] = message_id
    item["originalTimestamp"], item["timestamp"] = _stamp(event.original_at), _stamp(event.occurred_at)
    item.pop("sentAt", None)
    if event.sent_at is not None:
        item["sentAt"] = _stamp(event.sent_at)
    return json.dumps(item, separators=(",", ":")).encode()


def _stamp(at: Instant) -> str | int:
    try:
        return to_iso(at)
    except (OverflowError, ValueError):  # a client's clock may stand where calendars end
        return at // 1_000


def _dead(letter: Letter, detail: str) -> DeadLetter:
    return DeadLetter(
        place=letter.place,
        reason=DeadReason.MALFORMED,
        detail=detail,
        source=letter.source,
        name=letter.event,
        received_at=letter.received_at,
        raw=b"",
    )


def shown_keys(contracts: Contracts, patch: JsonPatch | None) -> frozenset[str]:
    """Return the keys that may be shown: of the tracking API, of contracts, and those that the patch itself names."""
    keys = {*_API_KEYS.split(), *PERSONAL_SPELLINGS}
    for contract in contracts.by_event.values():
        keys |= contract.known
    for operation in patch.patch if patch is not None else ():
        for name in ("path", "from"):
            keys.update(JsonPointer(operation[name]).parts if isinstance(operation.get(name), str) else ())
    return frozenset(keys)


def masked(value: Any, shown: frozenset[str], before: Any = _MISSING) -> Any:
    """Return the value with kinds in place of texts and numbers; ``new`` marks what differs from ``before``."""
    if isinstance(value, dict):
        old: Mapping[str, Any] = before if isinstance(before, dict) else {}
        known = before is not _MISSING
        return {
            _key(key, number, shown): masked(inner, shown, old.get(key) if known else _MISSING)
            if key != "type" or not isinstance(inner, str) or inner not in _CALLS
            else inner
            for number, (key, inner) in enumerate(value.items(), 1)
        }
    if isinstance(value, list):
        olds: Sequence[Any] = before if isinstance(before, list) else ()
        found = [_MISSING if before is _MISSING else olds[i] if i < len(olds) else None for i in range(len(value))]
        return [masked(inner, shown, old) for inner, old in zip(value, found, strict=True)]
    new = ", new" if before is not _MISSING and (type(before) is not type(value) or before != value) else ""
    if value is None:
        return None
    kind = "truth" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
    return f"<{kind}{new}>"


def _key(key: str, number: int, shown: frozenset[str]) -> str:
    return key if key in shown else f"<field {number}>"
