"""What the door does with a webhook request: verify it, read it, turn it into one call of the tracking API. Pure.

The flow: find the source by the last part of the path, verify the signature over the bytes as sent, read the body
(JSON, or a form), let the driver translate it, and put what came out into one batch, which the door examines, strips,
seals and appends like every other. Counting is left to the function that is passed in.

Unverified requests are refused and leave nothing; in shadow mode they are taken, marked with the reason, unless they
cannot be read. What a verified sender sent and no event can be made of is kept as a dead letter and answered 200, for
the sender could only send the same again: an item of the type :data:`UNMAPPED` with the problem and the ``call`` as far
as it goes, or the ``text`` of a body that is neither JSON nor a form. The field policy holds inside it too. A crash
before the append leaves and counts nothing, and the sender sends again; a second delivery has the same message ids.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from fieldfare.collect.model import Call, Posted
from fieldfare.collect.parse import UNMAPPED
from fieldfare.collect.sources.model import Counts, Failure, Item, WebhookMapping
from fieldfare.collect.sources.ports import Source
from fieldfare.collect.sources.signatures import header, in_base64
from fieldfare.collect.split import BATCH, Parts, split
from fieldfare.collect.strip import UNREADABLE, FieldPolicy, strip
from fieldfare.ground.errors import CallerError

PREFIX = "/v1/webhooks/"
"""Path of every webhook, before the name of its source."""
_FORM = "application/x-www-form-urlencoded"
_MOST_FORM_FIELDS = 1_000
_BOM = b"\xef\xbb\xbf"


class _Typed(msgspec.Struct):
    type: str


_decode_type = msgspec.json.Decoder(_Typed).decode


class OpenSource(msgspec.Struct, frozen=True):
    """A source with its secrets, and the mapping of its payloads."""

    source: Source
    mapping: WebhookMapping
    is_shadow: bool = False


class _UnreadableError(Exception):
    """The body is neither JSON nor a form, or nested beyond reading; never leaves this module."""


class Webhooks:
    """The handler of all webhook sources; see :data:`fieldfare.collect.routes.Handler`."""

    def __init__(self, sources: Mapping[str, OpenSource], policy: FieldPolicy, count: Callable[[Counts], None]) -> None:
        """Take the sources by name, the field policy, and the function that counts what became of a request."""
        self._sources = sources
        self._policy = policy
        self._count = count

    def __call__(self, posted: Posted) -> tuple[Call | None, Callable[[], None]]:
        """Return the call of a request, ``None`` when all of it is left out, and what counts it once it is kept.

        Raises :class:`CallerError`: ``webhook_unknown`` (404), ``webhook_unverified`` (401), ``webhook_unreadable``
        (400).
        """
        name = posted.rest.rstrip("/")
        found = self._sources.get(name)
        if found is None:
            message = (
                "No source with a webhook has this name. `fieldfare webhooks list` shows them with their addresses."
            )
            raise CallerError("webhook_unknown", message, status=404)
        failure = found.source.verify(posted)
        if failure is not None and not found.is_shadow:
            self._count(Counts(name, unverified=failure.reason.value))
            raise CallerError("webhook_unverified", f"{failure.detail} Nothing was kept.", status=401)
        call, counts = read(name, found, posted, self._policy, failure)
        return call, partial(self._count, counts)


def read(
    name: str, found: OpenSource, posted: Posted, policy: FieldPolicy, failure: Failure | None
) -> tuple[Call | None, Counts]:
    """Return the call of a request that may be kept, and what is counted of it.

    Raises :class:`CallerError` ``webhook_unreadable`` when it is not verified (``failure``) and cannot be read.
    """
    reason = failure.reason.value if failure is not None else None
    removed: Counter[str] = Counter()
    try:
        translated = found.source.to_events(posted, read_body(posted), found.mapping)
        items = [_encoded(item, policy, removed) for item in translated.items]
    except (_UnreadableError, RecursionError) as error:
        if failure is not None:
            message = "The body is neither JSON nor a form, and its sender is not verified. Nothing was kept."
            raise CallerError("webhook_unreadable", message) from error
        removed.clear()
        items = [_unreadable(found.mapping, posted.body, policy, removed)]
        dead, ignored = 1, 0
    else:
        dead, ignored = sum(item.problem is not None for item in translated.items), translated.ignored
    counts = Counts(name, len(items) - dead, dead, ignored, reason, found.is_shadow)
    if not items:
        return None, counts
    body = b'{"batch":[' + b",".join(items) + b"]}"
    return Call(name, BATCH, body, reason, dict(removed) or None, from_webhook=True), counts


def read_body(posted: Posted) -> Any:
    """Return the payload of a body: JSON whatever its label says, else the fields of a form."""
    body = posted.body.removeprefix(_BOM)
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if header(posted, "content-type").partition(";")[0].strip().lower() == _FORM:
            return _form(body)
        raise _UnreadableError from error


def _form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FORM_FIELDS)
    except ValueError as error:
        raise _UnreadableError from error
    fields: dict[str, Any] = {}
    for key, value in pairs:
        if key not in fields:
            fields[key] = value
        elif isinstance(fields[key], list):
            fields[key].append(value)
        else:
            fields[key] = [fields[key], value]
    return fields


def _encoded(item: Item, policy: FieldPolicy, removed: Counter[str]) -> bytes:
    call = msgspec.json.encode(item.call)
    if item.problem is None:
        return call
    body, found = strip(BATCH, b'{"batch":[' + call + b"]}", policy)
    removed.update(found)
    parts = split(BATCH, body)
    assert isinstance(parts, Parts), "a body of our own making"
    kept = msgspec.Raw(bytes(parts.items[0]))
    if bytes(kept) == b"null":
        raise _UnreadableError  # nested just deeper than a decoder goes
    if _decode_type(kept).type != item.call["type"]:
        return bytes(kept)  # the field policy refuses the event and has put a stub in its place
    name = item.call.get("event") or item.call["type"]
    return msgspec.json.encode({"type": UNMAPPED, "event": name, "problem": item.problem, "call": kept})


def _unreadable(mapping: WebhookMapping, body: bytes, policy: FieldPolicy, removed: Counter[str]) -> bytes:
    """Return the item of a body that cannot be read, without its text where any field is forbidden."""
    problem = "the body is neither JSON nor a form"
    marker: dict[str, Any] = {"type": UNMAPPED, "event": f"{mapping.name}.unreadable"}
    if _may_hide(policy):
        removed[UNREADABLE] += 1
        return msgspec.json.encode(
            {**marker, "problem": f"{problem}, and its text is not kept, because some fields may not be"}
        )
    try:
        kept = {"text": body.decode()}
    except UnicodeDecodeError:
        kept = {"base64": in_base64(body).decode()}
    return msgspec.json.encode({**marker, "problem": problem, **kept})


def _may_hide(policy: FieldPolicy) -> bool:
    """Return whether a text that nobody can read may hold what is forbidden: always where anything is.

    A name can be hidden in it by escapes, entities or another encoding.
    """
    return bool(policy.needles) or policy.declared is not None
