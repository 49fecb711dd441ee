"""Apply the field policy to a body before anything is stored: forbidden values go, or their event does. Pure.

Forbidden are fields whose sensitivity the workspace does not allow. A body in which no such name occurs, nearly all of
them, is returned as it is. Any other is taken apart and written anew: an item is decoded, every value under a forbidden
name is removed at whatever depth it stands, and what was decoded is encoded again, so that a name given twice leaves
no first value behind. A name counts in any case, with escapes, and with blanks or invisible characters around it. An
event without a contract loses every field that any contract forbids, because a misspelt event name must not carry a
diagnosis in. An item that may hold such a field and cannot be read is dropped to ``null``: it would be a dead letter,
and what cannot be read cannot be cleaned.

An event that is to be refused is replaced by a stub of its name, its message id and the names of the fields. Texts are
not searched: a forbidden word inside a permitted note is the sender's affair.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fieldfare.collect.contracts import Contracts, declared_fields, forbidden_fields, refusing_events
from fieldfare.collect.parse import BAD_ROW, FORBIDDEN, UNMAPPED
from fieldfare.collect.paths import CALLS
from fieldfare.collect.split import BATCH, split

UNREADABLE = "unreadable_event"
"""Label under which a dropped item is counted."""
UNDECLARED = "undeclared"
"""Label of fields that no contract declares with a purpose, where all must be."""

_ESCAPED_ASCII = re.compile(rb"\\u00[2-7]")
_ASCII = re.compile(r"[\x20-\x7e]+")
_EDGES = " \t\r\n\x0b\x0c\0\xa0\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_LONGEST = 200
_LONGEST_ID = 100
WRAPPED = frozenset({BAD_ROW, FORBIDDEN, UNMAPPED})
"""Types of the items that files and webhook sources make of what is no event; the call inside is clean already."""
_CALL_KEYS = frozenset(
    {
        "type",
        "event",
        "userid",
        "anonymousid",
        "previousid",
        "groupid",
        "messageid",
        "message_id",
        "event_id",
        "idempotency_key",
        "timestamp",
        "originaltimestamp",
        "sentat",
        "receivedat",
        "writekey",
        "version",
        "channel",
        "context",
        "integrations",
        "properties",
        "traits",
    }
)
"""What a call itself is made of: never removed, whatever a field of the same name is declared to be."""
_CONTEXT_KEYS = frozenset(
    {
        "active",
        "app",
        "campaign",
        "channel",
        "consent",
        "content",
        "device",
        "direct",
        "externalids",
        "groupid",
        "id",
        "integrations",
        "library",
        "locale",
        "medium",
        "model",
        "name",
        "network",
        "os",
        "page",
        "path",
        "platform",
        "protocols",
        "referrer",
        "screen",
        "search",
        "source",
        "term",
        "timezone",
        "title",
        "traits",
        "type",
        "url",
        "useragent",
        "version",
    }
)
"""Names that the tracking API gives a meaning of their own in a context; a property's policy does not reach them."""

_Path = tuple[str, ...]
_Rules = dict[str, tuple[tuple[_Path, str], ...]]
"""First name of a path (folded) -> (the rest of the path, the field as it is declared)."""


class EventPolicy(msgspec.Struct, frozen=True):
    """What one event may not carry."""

    payload: _Rules = {}
    """Forbidden anywhere but in the context."""
    context: _Rules = {}
    """Forbidden anywhere in the context but in its traits."""
    fields: frozenset[str] = frozenset()
    refuses: bool = False
    """Whether the event is refused, not stripped."""


class FieldPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What may not be stored. Made by :func:`field_policy`."""

    events: dict[str, EventPolicy] = {}
    """Canonical event name -> its policy, for every event with a contract."""
    otherwise: EventPolicy = EventPolicy()
    """For an event without a contract, and for what the events of a batch share."""
    synonyms: dict[str, str] = {}
    declared: dict[str, _Path] | None = None
    """Canonical event -> fields declared with a purpose, where only those are taken."""
    needles: tuple[bytes, ...] = ()
    """One of these occurs, in lower case, in every body that has something to strip."""
    plain_names: bool = True
    """Whether no character of a name but a letter can be hidden by an escape."""

    def __post_init__(self) -> None:
        """Refuse a policy that forbids and would never look: :func:`field_policy` makes whole ones."""
        assert self.needles or not self.otherwise.fields, "make policies with field_policy()"


def field_policy(contracts: Contracts, trait_sensitivities: Mapping[str, str]) -> FieldPolicy:
    """Return the policy of a workspace: its contracts' field sensitivities and its traits' (name -> sensitivity)."""
    traits, events = forbidden_fields(contracts, trait_sensitivities)
    refusing = refusing_events(contracts)
    everything = traits.union(*events.values())
    names = sorted({_folded(name.rpartition(".")[2]) for name in everything})
    settings = contracts.settings
    return FieldPolicy(
        events={
            event: _event_policy(traits | events.get(event, frozenset()), refuses=event in refusing)
            for event in contracts.by_event
        },
        otherwise=_event_policy(everything, refuses=settings.forbidden_fields == "refuse"),
        synonyms=contracts.synonyms,
        declared=(
            {event: tuple(sorted(found)) for event, found in declared_fields(contracts).items()}
            if settings.purposes_required == "all"
            else None
        ),
        needles=tuple(_needle(name) for name in names),
        plain_names=all(name.isascii() and name.isprintable() and not set(name) & set('"\\/') for name in names),
    )


def _event_policy(fields: frozenset[str], *, refuses: bool) -> EventPolicy:
    inside = {name.removeprefix("context."): name for name in fields if name.startswith("context.")}
    outside = {name: name for name in fields if not name.startswith("context.")}
    payload = _rules(outside)
    shared = {first: paths for first, paths in payload.items() if first not in _CONTEXT_KEYS}
    return EventPolicy(payload, _joined(shared, _rules(inside)), fields, refuses)


def _rules(fields: Mapping[str, str]) -> _Rules:
    found: dict[str, list[tuple[_Path, str]]] = {}
    for path, field in sorted(fields.items(), key=lambda item: item[0].count(".")):
        first, *rest = (_folded(part) for part in path.split("."))
        found.setdefault(first, []).append((tuple(rest), field))
    return {first: tuple(paths) for first, paths in found.items()}


def _joined(one: _Rules, other: _Rules) -> _Rules:
    return {
        first: tuple(sorted((*one.get(first, ()), *other.get(first, ())), key=lambda item: len(item[0])))
        for first in {*one, *other}
    }


def _folded(name: str) -> str:
    return name.strip(_EDGES).lower()


def _needle(name: str) -> bytes:
    """Return bytes that every spelling of the name holds once it is in lower case: its longest run of ASCII."""
    return max(_ASCII.findall(name), key=len, default='"').encode()


class _Typed(msgspec.Struct, gc=False):
    type: str | None = None


def strip(kind: str, body: bytes, policy: FieldPolicy, *, ours: bool = False) -> tuple[bytes, dict[str, int]]:
    """Return the body without forbidden fields, and how many values of each were removed.

    A body in which no forbidden name occurs comes back as it is. ``ours``: a file or a webhook source made the body;
    then what wraps a call that was cleaned already (:data:`WRAPPED`) stays whole.
    """
    if policy.declared is None and (not policy.needles or not _may_hold(body, policy)):
        return body, {}
    parts = split(kind, body)
    assert not isinstance(parts, str), "the door examines a body before it strips it"
    removed: Counter[str] = Counter()
    if kind != BATCH:
        return _clean(bytes(parts.items[0]), kind, policy, removed, frozenset()), dict(removed)
    head = {
        "context": parts.head.context,
        "integrations": parts.head.integrations,
        "sentAt": parts.head.sent_at,
        "writeKey": parts.head.write_key,
    }
    head = {key: value for key, value in head.items() if value is not None}
    _sweep_call(head, policy.otherwise, removed)
    if policy.declared is not None:
        _keep_declared_traits(head.get("context"), policy.declared, removed)
    shared = frozenset(removed)
    items = [
        bytes(item) if ours and _is_wrapped(bytes(item)) else _clean(bytes(item), kind, policy, removed, shared)
        for item in parts.items
    ]
    encoded = msgspec.json.encode(head)
    glue = b"," if head else b""
    return encoded[:-1] + glue + b'"batch":[' + b",".join(items) + b"]}", dict(removed)


def _is_wrapped(item: bytes) -> bool:
    try:
        return msgspec.json.decode(item, type=_Typed).type in WRAPPED
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return False


def _may_hold(body: bytes, policy: FieldPolicy) -> bool:
    lower = body.lower()
    if any(needle in lower for needle in policy.needles):
        return True
    # A name may be hidden behind escapes: any of them for odd names, those of plain characters for plain ones.
    if not policy.plain_names:
        return b"\\" in body
    # Looking for one byte is many times as fast as for four.
    return b"\\" in body and b"\\u00" in body and _ESCAPED_ASCII.search(body) is not None


def _clean(item: bytes, kind: str, policy: FieldPolicy, removed: Counter[str], shared: frozenset[str]) -> bytes:
    """Return the item without what is forbidden; ``shared`` are the fields found in what all items share."""
    if policy.declared is None and not shared and not _may_hold(item, policy):
        return item
    try:
        call = msgspec.json.decode(item)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        removed[UNREADABLE] += 1
        return b"null"
    if not isinstance(call, dict):
        _sweep(call, policy.otherwise.payload, removed)
        return msgspec.json.encode(call)
    name = _name(call, kind, policy.synonyms)
    rules = policy.events.get(name, policy.otherwise)
    found: Counter[str] = Counter()
    _sweep_call(call, rules, found)
    removed.update(found)
    if rules.refuses and (found or shared & rules.fields):
        return _stub(call, name, {*found, *(shared & rules.fields)})
    if policy.declared is not None:
        _keep_declared(call, name, policy.declared, removed)
    return msgspec.json.encode(call)


def _name(call: dict[str, Any], kind: str, synonyms: dict[str, str]) -> str:
    """Return the name under which the event's contract is found, as parsing will see it; empty: it has none."""
    told = call.get("type") if kind == BATCH else kind
    if told != "track":
        return told if told in CALLS else ""
    event = call.get("event")
    return synonyms.get(event.strip(), event.strip()) if isinstance(event, str) else ""


def _sweep_call(call: dict[str, Any], rules: EventPolicy, removed: Counter[str]) -> None:
    """Remove what is forbidden from a call, or from the head of a batch."""
    context = call.pop("context", None)
    own = {key: call.pop(key) for key in list(call) if _folded(key) in _CALL_KEYS}
    _sweep(call, rules.payload, removed)
    for value in own.values():
        _sweep(value, rules.payload, removed)
    call.update(own)
    if context is not None:
        call["context"] = context
    if not isinstance(context, dict):
        _sweep(context, rules.payload, removed)
    else:
        traits = [value for key, value in context.items() if _folded(key) == "traits"]
        _sweep(traits, rules.payload, removed)
    _sweep(context, rules.context, removed)


def _sweep(top: Any, rules: _Rules, removed: Counter[str]) -> None:
    """Remove every value whose path of names ends as a rule does, at any depth."""
    waiting = [top]
    while waiting and rules:
        node = waiting.pop()
        if type(node) is list:
            waiting.extend(node)
        elif type(node) is dict:
            for key in list(node):
                for path, field in rules.get(_folded(key), ()):
                    if not path:
                        removed[field] += 1
                        del node[key]
                        break
                    _remove(node[key], path, field, removed)
            waiting.extend(node.values())


def _remove(top: Any, path: _Path, field: str, removed: Counter[str]) -> None:
    """Remove the values at the path below; lists on the way are entered item by item."""
    waiting = [(top, path)]
    while waiting:
        node, (first, *rest) = waiting.pop()
        if type(node) is list:
            waiting.extend((item, (first, *rest)) for item in node)
        elif type(node) is dict:
            for key in [key for key in node if _folded(key) == first]:
                if rest:
                    waiting.append((node[key], tuple(rest)))
                else:
                    removed[field] += 1
                    del node[key]


def _stub(call: dict[str, Any], name: str, fields: Iterable[str]) -> bytes:
    """Return what stands for a refused event: nothing of it but its name and message id."""
    stub: dict[str, Any] = {"type": FORBIDDEN, "event": name[:_LONGEST], "fields": sorted(fields)}
    given = (call.get(key) for key in ("messageId", "message_id", "event_id", "idempotency_key"))
    message_id = next((each for each in given if isinstance(each, str | int) and each != ""), None)
    if message_id is not None:
        stub["messageId"] = str(message_id)[:_LONGEST_ID]
    return msgspec.json.encode(stub)


def _keep_declared(call: dict[str, Any], name: str, declared: Mapping[str, _Path], removed: Counter[str]) -> None:
    """Remove properties and traits that no contract declares with a purpose."""
    traits_of = name if name in {"identify", "group"} else "identify"
    for key in [key for key in call if _folded(key) not in _CALL_KEYS]:
        if not (name in {"page", "screen"} and key in declared.get(name, ())):
            del call[key]
            removed[UNDECLARED] += 1
    for key, event in (("properties", name), ("traits", traits_of)):
        _keep(call.get(key), [field.split(".") for field in declared.get(event, ())], removed)
    _keep_declared_traits(call.get("context"), declared, removed)


def _keep_declared_traits(context: Any, declared: Mapping[str, _Path], removed: Counter[str]) -> None:
    if isinstance(context, dict):
        _keep(context.get("traits"), [field.split(".") for field in declared.get("identify", ())], removed)


def _keep(node: Any, paths: list[list[str]], removed: Counter[str]) -> None:
    """Keep what lies on or below one of the paths, down to the depth of the paths."""
    waiting = [(node, paths)]
    while waiting:
        inner, below = waiting.pop()
        if type(inner) is list:
            waiting.extend((item, below) for item in inner)
        elif type(inner) is dict:
            for key in list(inner):
                rest = [path[1:] for path in below if path[0] == key]
                if not rest:
                    removed[UNDECLARED] += 1
                    del inner[key]
                elif [] not in rest:
                    waiting.append((inner[key], rest))
