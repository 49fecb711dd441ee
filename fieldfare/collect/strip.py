"""Remove forbidden fields from a body before anything is stored. Pure.

Forbidden are fields whose sensitivity the workspace does not allow. Bodies in which no such name occurs, nearly all of
them, are returned as they are. An event without a contract loses every field that any contract forbids, because a
misspelt event name must not carry a diagnosis in. An item that names such a field and cannot be read is dropped to
``null``: it would be a dead letter, and what cannot be read cannot be cleaned.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.collect.contracts import Contracts, forbidden_fields
from fieldfare.collect.split import BATCH, split

_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
UNREADABLE = "unreadable_event"
"""Label under which a dropped item is counted."""


class FieldPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What may not be stored."""

    traits: frozenset[str] = frozenset()
    """Names forbidden as traits and as properties of every event."""
    events: dict[str, frozenset[str]] = {}
    """Canonical event name -> forbidden fields (dots go into objects; ``context.`` into the context)."""
    known: frozenset[str] = frozenset()
    """Canonical names that have a contract."""
    synonyms: dict[str, str] = {}
    anywhere: frozenset[str] = frozenset()
    """All forbidden fields: what an event without a contract loses."""
    needles: tuple[bytes, ...] = ()
    """One of these bytes occurs in every body that has something to strip."""
    ascii_names: bool = True

    def __post_init__(self) -> None:
        """Refuse a policy that forbids and would never look: :func:`field_policy` makes whole ones."""
        assert self.needles or not (self.traits or self.events), "make policies with field_policy()"


def field_policy(contracts: Contracts, trait_sensitivities: Mapping[str, str]) -> FieldPolicy:
    """Return the policy of a workspace: its contracts' field sensitivities and its traits' (name -> sensitivity)."""
    traits, events = forbidden_fields(contracts, trait_sensitivities)
    anywhere = traits.union(*events.values())
    names = sorted({name.rpartition(".")[2] for name in anywhere})
    return FieldPolicy(
        traits=traits,
        events=events,
        known=frozenset(contracts.by_event),
        synonyms=contracts.synonyms,
        anywhere=anywhere,
        needles=tuple(f'"{name}"'.encode() for name in names),
        ascii_names=all(name.isascii() and name.isprintable() and not set(name) & set('"\\/') for name in names),
    )


def strip(kind: str, body: bytes, policy: FieldPolicy) -> tuple[bytes, dict[str, int]]:
    """Return the body without forbidden fields, and how many values of each were removed (empty: the same bytes)."""
    if not policy.needles or not _may_hold(body, policy):
        return body, {}
    parts = split(kind, body)
    assert not isinstance(parts, str), "the door examines a body before it strips it"
    removed: Counter[str] = Counter()
    items = [_clean(bytes(item), kind, policy, removed) for item in parts.items]
    if kind != BATCH:
        return (items[0] if removed else body), dict(removed)
    head = {
        "context": _clean_context(parts.head.context, policy, removed),
        "integrations": parts.head.integrations,
        "sentAt": parts.head.sent_at,
        "writeKey": parts.head.write_key,
    }
    if not removed:
        return body, {}
    encoded = msgspec.json.encode({key: value for key, value in head.items() if value is not None})
    glue = b"," if len(encoded) > len(b"{}") else b""
    return encoded[:-1] + glue + b'"batch":[' + b",".join(items) + b"]}", dict(removed)


def _may_hold(body: bytes, policy: FieldPolicy) -> bool:
    if any(needle in body for needle in policy.needles):
        return True
    # A name may be hidden behind escapes: any of them for odd names, those of plain characters for plain ones.
    if not policy.ascii_names:
        return b"\\" in body
    return b"\\u00" in body and _ESCAPED_ASCII.search(body) is not None


def _clean(item: bytes, kind: str, policy: FieldPolicy, removed: Counter[str]) -> bytes:
    if not _may_hold(item, policy):
        return item
    try:
        call = msgspec.json.decode(item)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        removed[UNREADABLE] += 1
        return b"null"
    if not isinstance(call, dict):
        return item
    before = removed.total()
    event = call.get("event")
    name = event.strip() if isinstance(event, str) else (call.get("type") if kind == BATCH else kind)
    name = policy.synonyms.get(name, name) if isinstance(name, str) else None
    names = policy.traits | policy.events.get(name, frozenset()) if name in policy.known else policy.anywhere
    for field in names:
        path = field.split(".")
        if path[0] == "context":
            _remove(call.get("context"), path[1:], field, removed)
            continue
        for part in (call.get("properties"), call.get("traits"), call):
            _remove(part, path, field, removed)
        context = call.get("context")
        _remove(context.get("traits") if isinstance(context, dict) else None, path, field, removed)
    return msgspec.json.encode(call) if removed.total() > before else item


def _clean_context(context: Any, policy: FieldPolicy, removed: Counter[str]) -> Any:
    for field in policy.anywhere:
        path = field.split(".")
        if path[0] == "context":
            _remove(context, path[1:], field, removed)
        elif isinstance(context, dict):
            _remove(context.get("traits"), path, field, removed)
    return context


def _remove(part: Any, path: list[str], field: str, removed: Counter[str]) -> None:
    """Remove the value at the path; lists on the way are entered item by item."""
    if isinstance(part, list):
        for item in part:
            _remove(item, path, field, removed)
    elif isinstance(part, dict) and path:
        if len(path) > 1:
            _remove(part.get(path[0]), path[1:], field, removed)
        elif path[0] in part:
            del part[path[0]]
            removed[field] += 1
