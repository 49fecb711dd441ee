"""File structs of ``webhooks/*.yaml``: how the payloads of a sender become events. What the keys mean.

Checks beyond types stand in ``parse_webhook.py``.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.collect.sources.model import Combine, ValueKind

_Path = Annotated[
    str,
    Meta(
        min_length=1,
        description="A path: keys between dots, `[0]` or `[*]` for items; `$.` starts at the payload, `header:` names "
        "a header.",
    ),
]
_Paths = Annotated[list[_Path], Meta(min_length=1)]
_Operand = str | int | float | bool


class WebhookIdFile(msgspec.Struct, forbid_unknown_fields=True):
    """An identifier that is told apart from those of other systems."""

    path: Annotated[_Path | _Paths, Meta(description="Where it stands; of several the first that has a value.")]
    prefix: Annotated[str, Meta(description="What to write before it.", examples=["shopify:"])] = ""
    within: Annotated[
        _Path | None, Meta(description="Path of what it is unique within, written before it with a colon.")
    ] = None


_Id = _Path | _Paths | WebhookIdFile | None


class WebhookInstantFile(msgspec.Struct, forbid_unknown_fields=True):
    """When it happened."""

    path: Annotated[_Path | _Paths, Meta(description="Where it stands; of several the first that has a value.")]
    format: Annotated[
        str | None,
        Meta(
            description="How it is written: a strptime format, `epoch_s`, `epoch_ms`; ISO 8601 when left out.",
            examples=["epoch_s"],
        ),
    ] = None
    time_zone: Annotated[
        str | None,
        Meta(description="IANA zone of times that carry no offset; UTC when left out.", examples=["Europe/London"]),
    ] = None


class WebhookValueFile(msgspec.Struct, forbid_unknown_fields=True):
    """One property or trait."""

    path: Annotated[_Path | _Paths, Meta(description="Where it stands; of several the first that has a value.")]
    type: Annotated[
        ValueKind,
        Meta(
            description="Type of the value; `any` keeps it as it is. `minor_units` makes 1999 of `19.99`, "
            "`major_units` makes 19.99 of 1999, each by the digits of the currency."
        ),
    ] = "any"
    format: Annotated[
        str | None,
        Meta(description="How a date or instant is written: a strptime format, `epoch_s`, `epoch_ms`."),
    ] = None
    time_zone: Annotated[
        str | None, Meta(description="IANA zone of instants that carry no offset; UTC when left out.")
    ] = None
    currency: Annotated[_Path | None, Meta(description="Path of the currency, for money; two digits without it.")] = (
        None
    )
    map: Annotated[dict[str, Any], Meta(description="Value found: value to write; others stay as they are.")] = {}
    default: Annotated[Any, Meta(description="Value to write when nothing stands at the path.")] = None
    combine: Annotated[
        Combine | None,
        Meta(description="What to make of the values of a path with `[*]`; a `list` when left out."),
    ] = None
    minus: Annotated[_Path | None, Meta(description="Path of a number to subtract, nothing when it is missing.")] = None
    case: Annotated[Literal["lower", "upper"] | None, Meta(description="Write the text in these letters.")] = None


class WebhookTestFile(msgspec.Struct, forbid_unknown_fields=True):
    """A question about one path: exactly one operator. With ``[*]`` it holds when it holds for one value."""

    path: _Path
    is_: Annotated[_Operand | None, Meta(description="Equals.")] = msgspec.field(default=None, name="is")
    is_not: Annotated[_Operand | None, Meta(description="Differs, or is missing.")] = None
    in_: Annotated[list[_Operand] | None, Meta(description="Equals one of.")] = msgspec.field(default=None, name="in")
    missing: Annotated[bool | None, Meta(description="`true`: nothing stands there; `false`: something does.")] = None
    below: Annotated[float | None, Meta(description="Number below.")] = None
    at_most: Annotated[float | None, Meta(description="Number at most.")] = None
    above: Annotated[float | None, Meta(description="Number above.")] = None
    at_least: Annotated[float | None, Meta(description="Number at least.")] = None
    starts_with: Annotated[str | None, Meta(description="Text that begins with.")] = None


class WebhookNameFile(msgspec.Struct, forbid_unknown_fields=True):
    """An event name that depends on the payload."""

    path: _Path
    map: Annotated[dict[str, str], Meta(description="Value found: event name.")] = {}
    otherwise: Annotated[str | None, Meta(description="Event name for every other value.")] = None


class WebhookMessageIdFile(msgspec.Struct, forbid_unknown_fields=True):
    """What names the event."""

    paths: Annotated[_Paths, Meta(description="Values that together name it.")]
    as_sent: Annotated[
        bool,
        Meta(description="The one value is the message id itself, as another source of the same events sends it."),
    ] = False


class WebhookRuleFile(msgspec.Struct, forbid_unknown_fields=True):
    """One kind of notification and the call that it becomes. What stands here counts before the same key above."""

    topic: Annotated[str | list[str] | None, Meta(description="Topics that it is for; `client.*` for a beginning.")] = (
        None
    )
    when: Annotated[list[WebhookTestFile], Meta(description="All must hold too.")] = []
    ignore: Annotated[bool, Meta(description="Leave it out knowingly; later rules are not asked.")] = False
    type: Annotated[
        Literal["track", "identify", "page", "screen", "group", "alias"], Meta(description="Kind of call.")
    ] = "track"
    event: Annotated[str | WebhookNameFile | None, Meta(description="Event name of a `track`.")] = None
    user_id: Annotated[_Id, Meta(description="Path of the user id.")] = None
    anonymous_id: Annotated[_Id, Meta(description="Path of an anonymous id.")] = None
    previous_id: Annotated[_Id, Meta(description="Path of the id that an `alias` replaces.")] = None
    group_id: Annotated[_Id, Meta(description="Path of the group id, for `group`.")] = None
    occurred_at: Annotated[_Path | WebhookInstantFile | None, Meta(description="When it happened.")] = None
    fields: Annotated[
        dict[str, str | WebhookValueFile],
        Meta(description="Property: path, or more; a dot in the name makes an object."),
    ] = {}
    constants: Annotated[dict[str, Any], Meta(description="Properties that are the same in every event.")] = {}
    traits: Annotated[
        dict[str, str | WebhookValueFile],
        Meta(description="Traits of the person: of an `identify` its traits, else the context's."),
    ] = {}
    message_id: Annotated[
        _Paths | WebhookMessageIdFile | None,
        Meta(description="Values that name the event. Left out: `event_id`, else the whole object."),
    ] = None


class WebhookMappingFile(msgspec.Struct, forbid_unknown_fields=True):
    """How the payloads of a sender become events."""

    webhook: Annotated[
        str,
        Meta(min_length=1, max_length=64, description="Unique name; a shipped one's replaces it.", examples=["till"]),
    ]
    events: Annotated[list[WebhookRuleFile], Meta(min_length=1, description="Rules; every one that fits gives a call.")]
    description: Annotated[str, Meta(description="What sends it.")] = ""
    topic: Annotated[_Path | None, Meta(description="Path, from the payload, of what tells kinds apart.")] = None
    event_id: Annotated[
        _Path | _Paths | None, Meta(description="Path, from the payload, of the sender's id of the notification.")
    ] = None
    at: Annotated[
        _Path | None,
        Meta(description="Path of the objects that become events; other paths start there. The payload when left out."),
    ] = None
    user_id: Annotated[_Id, Meta(description="Path of the user id, where a rule names none.")] = None
    anonymous_id: Annotated[_Id, Meta(description="Path of an anonymous id, where a rule names none.")] = None
    occurred_at: Annotated[
        _Path | WebhookInstantFile | None,
        Meta(description="When it happened, where a rule says nothing; the accept time when left out."),
    ] = None
    traits: Annotated[dict[str, str | WebhookValueFile], Meta(description="Traits of the person in every call.")] = {}
    currency_digits: Annotated[
        dict[str, Annotated[int, Meta(ge=0, le=4)]],
        Meta(description="Digits of currencies that the sender counts otherwise than ISO 4217.", examples=[{"ISK": 2}]),
    ] = {}
