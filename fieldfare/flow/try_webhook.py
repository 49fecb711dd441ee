"""Try a webhook mapping on a sample: what would be kept, removed, refused by contracts. Stores nothing.

The sample takes the way of a real request, through ``collect.sources.receive``, the field policy, parsing and
contracts, so that what is shown is what would be. The signature is looked at apart: a sample often has none.
"""

from typing import Any

import msgspec

from fieldfare.collect.check import Names, judge
from fieldfare.collect.contracts import Contracts
from fieldfare.collect.model import DeadLetter, Envelope, Event, Mode, Posted
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.sources.receive import OpenSource, read
from fieldfare.collect.strip import FieldPolicy, strip
from fieldfare.ground.instants import to_iso


class Trial(msgspec.Struct, frozen=True):
    """What a sample would become."""

    events: list[dict[str, Any]]
    """Events as they would be stored, with the reason and detail of those that would be dead letters."""
    removed: dict[str, int]
    """Forbidden values that would be removed, by field."""
    ignored: int
    """Objects that would be left out."""


def try_webhook(
    name: str,
    found: OpenSource,
    posted: Posted,
    policy: FieldPolicy,
    settings: ParseSettings,
    contracts: Contracts,
    names: Names,
) -> Trial:
    """Return what a sample would become, its signature not considered."""
    call, counts = read(name, found, posted, policy, None)
    if call is None:
        return Trial([], {}, counts.ignored)
    body, removed = strip(call.kind, call.body, policy)
    for field, count in (call.removed or {}).items():
        removed[field] = removed.get(field, 0) + count
    envelope = Envelope(Mode.LIVE, name, call.kind, posted.received_at, body, from_webhook=True)
    items = [judge(item, contracts, names) for item in parse(envelope, 0, 0, settings)]
    return Trial([_shown(item) for item in items], removed, counts.ignored)


def _shown(item: Event | DeadLetter) -> dict[str, Any]:
    if isinstance(item, DeadLetter):
        return {"dead_letter": item.reason.value, "detail": item.detail, "name": item.name, "raw": _json(item.raw)}
    shown = {
        "type": item.type,
        "event": item.name,
        "user_id": item.user_id,
        "anonymous_id": item.anonymous_id,
        "group_id": item.group_id,
        "previous_id": item.previous_id,
        "occurred_at": to_iso(item.occurred_at),
        "message_id": item.message_id,
        "location": item.location,
        "traits" if item.type in {"identify", "group", "alias"} else "properties": item.payload,
        "context": item.context or None,
        "contract_version": item.contract_version,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _json(raw: bytes) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return raw.decode("utf-8", "replace")
