"""Nouns of webhook sources: why a signature did not verify, what a payload becomes, compiled mappings. No I/O."""

from enum import StrEnum
from typing import Any, Literal

import msgspec

from fieldfare.collect.sources.paths import JsonPath

ValueKind = Literal["any", "text", "number", "integer", "boolean", "date", "instant", "minor_units", "major_units"]
"""``any`` keeps the value as it is; the last two turn money from major into minor units and back."""
Combine = Literal["first", "list", "count", "sum", "join"]
"""What is made of the several values of a path with ``[*]``."""


class Unverified(StrEnum):
    """Why a request could not be verified; the labels of the metrics."""

    HEADER_MISSING = "header_missing"
    HEADER_MALFORMED = "header_malformed"
    SIGNATURE_DIFFERS = "signature_differs"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"


class Failure(msgspec.Struct, frozen=True):
    """A request that is not proven to come from its sender. ``detail`` says what to look at, and holds no secret."""

    reason: Unverified
    detail: str


class Counts(msgspec.Struct, frozen=True):
    """What became of one request."""

    source: str
    accepted: int = 0
    dead: int = 0
    ignored: int = 0
    unverified: str | None = None
    is_shadow: bool = False


class Item(msgspec.Struct, frozen=True):
    """One thing that a payload became: a call, or with a ``problem`` what there is of a call that cannot be one."""

    topic: str
    call: dict[str, Any]
    problem: str | None = None


class Translated(msgspec.Struct, frozen=True):
    """What became of one payload: its items, and how many objects in it were left out knowingly."""

    items: tuple[Item, ...] = ()
    ignored: int = 0


class Value(msgspec.Struct, frozen=True):
    """Where one value comes from and what it is turned into; the first path that has a value counts."""

    paths: tuple[JsonPath, ...]
    kind: ValueKind = "any"
    format: str | None = None
    time_zone: str = "UTC"
    table: dict[str, Any] = {}
    default: Any = None
    combine: Combine = "first"
    minus: JsonPath | None = None
    currency: JsonPath | None = None
    """Currency of money; two digits without one."""
    lower: bool = False
    upper: bool = False
    prefix: str = ""
    """Of an id: what is written before it, so that ids of different systems never meet."""
    within: JsonPath | None = None
    """Of an id: what it is unique within, written between prefix and id."""


class Test(msgspec.Struct, frozen=True):
    """One question about a path; with ``[*]`` it holds when it holds for one value."""

    path: JsonPath
    operator: str
    """is, is_not, in, missing, below, at_most, above, at_least, starts_with."""
    operand: Any


class EventName(msgspec.Struct, frozen=True):
    """An event name: fixed (no value), or by a table, or else ``otherwise``."""

    value: Value | None = None
    table: dict[str, str] = {}
    otherwise: str | None = None


class MessageId(msgspec.Struct, frozen=True):
    """What names an event, so that a second delivery is the same one; ``as_sent``: the one value is the message id."""

    paths: tuple[JsonPath, ...]
    as_sent: bool = False


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of notification and the call that it becomes."""

    topics: tuple[str, ...] = ()
    """Exact, or the beginning before a ``*``; none: every topic."""
    tests: tuple[Test, ...] = ()
    ignore: bool = False
    type: str = "track"
    event: EventName = EventName()
    ids: dict[str, Value] = {}
    """Call's key (``userId``, ``anonymousId``, ``groupId``, ``previousId``) -> where it comes from."""
    occurred_at: Value | None = None
    fields: tuple[tuple[tuple[str, ...], Value], ...] = ()
    """Path of the property (dots make objects) -> where it comes from."""
    constants: dict[str, Any] = {}
    traits: tuple[tuple[tuple[str, ...], Value], ...] = ()
    message_id: MessageId | None = None


class WebhookMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How the payloads of one sender become events."""

    name: str
    description: str = ""
    topic: JsonPath | None = None
    event_id: tuple[JsonPath, ...] = ()
    at: JsonPath | None = None
    """Where the objects lie that become events; the payload itself when ``None``."""
    rules: tuple[Rule, ...] = ()
    ids: dict[str, Value] = {}
    """Whose an object is that no rule fits."""
    occurred_at: Value | None = None
    currency_digits: dict[str, int] = {}
    """Currencies that this sender counts otherwise than ISO 4217 says."""
