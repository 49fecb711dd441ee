"""File structs of ``contracts/*.yaml``, ``collect.yaml`` and ``mappings/*.yaml``: what the keys mean.

Checks beyond types stand in ``parse_files.py`` and ``parse_mapping.py``.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Sensitivity = Literal["none", "personal", "contact", "health", "financial", "child", "precise_location"]
"""How much harm a value can do: from an opaque number to health, money, children and whereabouts."""
Forbidden = Literal["strip", "refuse"]
"""What becomes of an event with a field that is not allowed."""


class FieldFile(msgspec.Struct, forbid_unknown_fields=True):
    """What the law and the reader must know about one property or trait."""

    sensitivity: Annotated[
        Sensitivity,
        Meta(
            description="What the value tells. All but `none` is sealed; what `collect.yaml` does not allow is removed."
        ),
    ] = "none"
    purposes: Annotated[
        list[str],
        Meta(
            description="Why the value may be used: purposes of `consent.yaml`, or `operations`, `service`, `billing`, "
            "`security`, `legal`. See `purposes_required`.",
            examples=[["marketing"]],
        ),
    ] = []
    retention: Annotated[str | None, Meta(description="How long the value is needed.", examples=["400 days"])] = None
    unit: Annotated[str | None, Meta(description="Unit of the number.", examples=["minutes"])] = None


class ContractFile(msgspec.Struct, forbid_unknown_fields=True):
    """What one event name promises: its schema, the policy of its fields, and other names it is known by."""

    event: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="Canonical event name; for other calls their type (`identify`, `page`, `screen`, `group`).",
            examples=["check_in"],
        ),
    ]
    version: Annotated[
        int,
        Meta(ge=1, description="Raise it when the schema changes; older versions may stay in files of their own."),
    ] = 1
    description: Annotated[str, Meta(description="What has happened when this event is sent.")] = ""
    schema: Annotated[
        dict[str, Any],
        Meta(
            description="JSON Schema (2020-12) of `properties`, or of `traits` for identify and group.",
            examples=[{"type": "object", "required": ["revenue"], "properties": {"revenue": {"type": "number"}}}],
        ),
    ] = {}
    fields: Annotated[
        dict[str, FieldFile],
        Meta(description="Policy per property; a dot goes into an object, `context.` into the context."),
    ] = {}
    synonyms: Annotated[
        list[str], Meta(description="Other names of the same event; they arrive under the canonical name.")
    ] = []
    forbidden_fields: Annotated[
        Forbidden | None, Meta(description="As in `collect.yaml`, for this event alone; what that says when left out.")
    ] = None


class CollectFile(msgspec.Struct, forbid_unknown_fields=True):
    """``collect.yaml``: what the front door does with what no contract describes, and with sensitive fields."""

    unknown_events: Annotated[
        Literal["keep", "strip", "quarantine"],
        Meta(
            description="Track events without a contract: keep them, keep them without their properties, or set them "
            "aside as dead letters."
        ),
    ] = "keep"
    unknown_fields: Annotated[
        Literal["keep", "strip", "quarantine"],
        Meta(description="Properties that the event's schema does not name: keep, remove, or set the event aside."),
    ] = "keep"
    allowed_sensitivities: Annotated[
        list[Sensitivity],
        Meta(description="Fields of any other sensitivity are removed before anything is stored, and counted."),
    ] = msgspec.field(default_factory=lambda: ["none", "personal", "contact"])
    forbidden_fields: Annotated[
        Forbidden,
        Meta(
            description="An event with a field that is not allowed: remove the field, or refuse the whole event, which "
            "becomes a dead letter that names the field. The value is stored in neither case."
        ),
    ] = "strip"
    purposes_required: Annotated[
        Literal["sensitive", "all", "none"],
        Meta(
            description="Which fields of contracts must say their `purposes`: those that are not `none`, or all of "
            "them. With `all`, properties and traits that no contract declares with a purpose are removed at the door."
        ),
    ] = "sensitive"
    unversioned_events: Annotated[
        Literal["newest", "oldest"],
        Meta(description="Which version of its contract holds for an event that states none."),
    ] = "newest"
    shipped_contracts: Annotated[
        bool, Meta(description="Use the shipped event names and their synonyms; a contract of your own replaces one.")
    ] = True
    trust_timestamp: Annotated[
        bool,
        Meta(
            description="Take an event's `timestamp` as it is. Otherwise it is corrected by the sender's clock error, "
            "which `sentAt` shows."
        ),
    ] = False
    assemble_profiles: Annotated[
        bool,
        Meta(
            description="Make people known. `false` takes events into the lake alone, checked and each once; "
            "consent is recorded all the same."
        ),
    ] = True
    keep_raw: Annotated[
        str,
        Meta(
            description="How long requests as received, and dead letters, stay readable; a source may say otherwise. "
            "Then their key is destroyed.",
            examples=["14 days"],
        ),
    ] = "14 days"
    remember_message_ids: Annotated[
        str,
        Meta(
            description="How long a second delivery of an event is recognised. Rows of files are recognised for ever.",
            examples=["30 days"],
        ),
    ] = "30 days"


ValueType = Literal["text", "number", "integer", "amount", "money", "boolean", "date", "instant", "json"]
_Column = Annotated[
    str, Meta(min_length=1, description="Name of a column (for JSON lines: a key, dots go into objects).")
]
_Format = Annotated[
    str | list[str] | None,
    Meta(
        description="How it is written: a strptime format or a list of them, of which the first that fits counts; "
        "`epoch_s`, `epoch_ms`, `epoch_us`; ISO 8601 when left out.",
        examples=["%m/%d/%Y %H:%M"],
    ),
]
_Zone = Annotated[
    str | None,
    Meta(
        description="IANA zone of instants that carry no offset, or `workspace` for the workspace's; UTC when left "
        "out.",
        examples=["Europe/London"],
    ),
]
_Operand = str | int | float


class IdFile(msgspec.Struct, forbid_unknown_fields=True):
    """A column that holds an identifier."""

    column: _Column
    type: Annotated[Literal["text", "integer"], Meta(description="`integer` writes `13085.0` as `13085`.")] = "text"


class InstantFile(msgspec.Struct, forbid_unknown_fields=True):
    """A column that says when it happened."""

    column: _Column
    time_column: Annotated[
        str | None, Meta(description="Column with the time of day; it is read behind `column`, with a space between.")
    ] = None
    format: _Format = None
    time_zone: _Zone = None


class EventNameFile(msgspec.Struct, forbid_unknown_fields=True):
    """An event name that depends on a column. The first rule that fits decides; without rules it is the value."""

    column: _Column
    map: Annotated[dict[str, str], Meta(description="Value of the column: event name.")] = {}
    starts_with: Annotated[dict[str, str], Meta(description="Beginning of the value: event name.")] = {}
    otherwise: Annotated[
        str | None,
        Meta(description="Event name for every other value; with rules and without it, such rows are bad rows."),
    ] = None


class SentIdFile(msgspec.Struct, forbid_unknown_fields=True):
    """A column with the message id itself, as a live sender of the same source gives it."""

    column: _Column
    as_sent: Annotated[
        Literal[True], Meta(description="The value is the message id, so that file and webhook make one event.")
    ]


class LiveFile(msgspec.Struct, forbid_unknown_fields=True):
    """The file is an export of a living system: what is new in it happens now."""

    max_age: Annotated[str, Meta(description="Older rows are backfill, and start no journey.", examples=["2 days"])]


class ProductFile(msgspec.Struct, forbid_unknown_fields=True):
    """The product of number columns, exact in decimals."""

    multiply: Annotated[
        list[str], Meta(min_length=2, description="Columns to multiply.", examples=[["Quantity", "Price"]])
    ]


class MappedFieldFile(msgspec.Struct, forbid_unknown_fields=True):
    """One property or trait: a column, or (with ``group_by``) something over a group. Give exactly one source."""

    column: Annotated[str | None, Meta(description="Column to copy; of a group, its first row's.")] = None
    multiply: Annotated[
        Annotated[list[str], Meta(min_length=2)] | None, Meta(description="Product of number columns.")
    ] = None
    sum: Annotated[
        str | ProductFile | None, Meta(description="Sum of a number column, or of a product, over the group.")
    ] = None
    count: Annotated[Literal["rows"] | None, Meta(description="Number of rows of the group.")] = None
    distinct: Annotated[str | None, Meta(description="Number of different values of a column in the group.")] = None
    type: Annotated[
        ValueType,
        Meta(
            description="Type of the value. `amount` is a number with a currency, as `$1,234.50`; `money` is the same "
            "as a whole number of the smallest unit; `json` is kept as it is."
        ),
    ] = "text"
    format: _Format = None
    time_zone: _Zone = None
    digits: Annotated[int, Meta(ge=0, le=4, description="Digits of `money` behind the decimal mark: 2, for yen 0.")] = 2
    split: Annotated[
        Annotated[str, Meta(min_length=1)] | None,
        Meta(description="Separator; the value becomes a list of texts.", examples=[";"]),
    ] = None
    map: Annotated[
        dict[str, Any], Meta(description="Value of the column: value to write; others stay as they are.")
    ] = {}
    default: Annotated[Any, Meta(description="What to write when the column is empty.")] = None
    absolute: Annotated[bool, Meta(description="Drop the sign of a product, sum or amount of money.")] = False


class RowTestFile(msgspec.Struct, forbid_unknown_fields=True):
    """A question about one column: exactly one operator. A missing value fits only ``missing`` and ``is_not``."""

    column: _Column
    is_: Annotated[_Operand | None, Meta(description="Equals.")] = msgspec.field(default=None, name="is")
    is_not: Annotated[_Operand | None, Meta(description="Differs.")] = None
    in_: Annotated[list[_Operand] | None, Meta(description="Equals one of.")] = msgspec.field(default=None, name="in")
    missing: Annotated[bool | None, Meta(description="`true`: empty or absent; `false`: there is a value.")] = None
    below: Annotated[float | None, Meta(description="Number below.")] = None
    at_most: Annotated[float | None, Meta(description="Number at most.")] = None
    above: Annotated[float | None, Meta(description="Number above.")] = None
    at_least: Annotated[float | None, Meta(description="Number at least.")] = None
    starts_with: Annotated[str | None, Meta(description="Begins with.")] = None
    not_starts_with: Annotated[str | None, Meta(description="Does not begin with.")] = None


class SkipFile(msgspec.Struct, forbid_unknown_fields=True):
    """Rows that are left out knowingly, and counted. The first rule that fits gives the label."""

    when: Annotated[list[RowTestFile], Meta(min_length=1, description="All must hold.")]
    count_as: Annotated[str, Meta(min_length=1, description="Label in the report.", examples=["without_customer"])]


_Call = Annotated[
    Literal["track", "identify", "page", "screen", "group"], Meta(description="Kind of call that a row becomes.")
]
_Event = Annotated[str | EventNameFile | None, Meta(description="Event name of a `track`.")]
_Fields = Annotated[
    dict[str, MappedFieldFile],
    Meta(description="Properties or traits; a dot makes an object, `context.` goes into the context."),
]
_Constants = Annotated[dict[str, Any], Meta(description="Properties or traits that are the same in every event.")]
_Pairs = Annotated[
    str | None,
    Meta(description="Column with a list of `{key, value}` (as GA4 exports `event_params`); each becomes a property."),
]
_When = Annotated[
    list[RowTestFile], Meta(description="A row becomes this event only when all hold; without tests, always.")
]


class FurtherEventFile(msgspec.Struct, forbid_unknown_fields=True):
    """One more event of the same row. Identifiers, and the time where it has none of its own, are the row's."""

    type: _Call = "track"
    event: _Event = None
    when: _When = []
    occurred_at: Annotated[
        InstantFile | Literal["loaded"] | None, Meta(description="When it happened; the row's own time when left out.")
    ] = None
    fields: _Fields = {}
    constants: _Constants = {}
    pairs: _Pairs = None


class MappingFile(msgspec.Struct, forbid_unknown_fields=True):
    """How the rows of one kind of file become events."""

    mapping: Annotated[str, Meta(min_length=1, description="Unique name.", examples=["online-retail"])]
    source: Annotated[str, Meta(min_length=1, description="Name of the source that the events come from.")]
    occurred_at: Annotated[
        InstantFile | Literal["loaded"],
        Meta(description="When it happened; `loaded` is the time of loading, for lists of how things are."),
    ]
    description: Annotated[str, Meta(description="What the file is.")] = ""
    type: _Call = "track"
    event: _Event = None
    when: _When = []
    user_id: Annotated[str | IdFile | None, Meta(description="Column with the user id.")] = None
    anonymous_id: Annotated[str | IdFile | None, Meta(description="Column with the anonymous id.")] = None
    group_id: Annotated[str | IdFile | None, Meta(description="Column with the group id, for `group`.")] = None
    external_ids: Annotated[
        dict[str, str | IdFile],
        Meta(
            description="Kind of a further identifier: its column. They become `context.externalIds`.",
            examples=[{"membership_id": "Member No"}],
        ),
    ] = {}
    fields: _Fields = {}
    constants: _Constants = {}
    pairs: _Pairs = None
    context: Annotated[dict[str, Any], Meta(description="Context of every event.", examples=[{"generated": True}])] = {}
    also: Annotated[list[FurtherEventFile], Meta(description="Further events of the same row.")] = []
    message_id: Annotated[
        list[str] | SentIdFile,
        Meta(description="Columns that name the event. Left out: `group_by`, else the row and its number."),
    ] = []
    group_by: Annotated[str | None, Meta(description="Column whose equal values make one event of several rows.")] = (
        None
    )
    skip_when: Annotated[list[SkipFile], Meta(description="Rows left out knowingly, counted by label.")] = []
    skip_duplicates: Annotated[
        str | None,
        Meta(description="Leave out exact repetitions of a row, counted under this label.", examples=["duplicate"]),
    ] = None
    live: Annotated[
        LiveFile | None, Meta(description="The file is an export of a living system; left out: everything is backfill.")
    ] = None
    optional: Annotated[
        list[str], Meta(description="Columns that a file may lack; they count as empty there. Others are required.")
    ] = []
    decimal: Annotated[
        Literal[".", ","], Meta(description="Decimal mark of the file's numbers and amounts of money.")
    ] = "."
    format: Annotated[
        Literal["csv", "jsonl", "parquet"] | None, Meta(description="Format of the file; from its name when left out.")
    ] = None
    delimiter: Annotated[
        Annotated[str, Meta(min_length=1, max_length=1)] | None,
        Meta(description="Between the values of a CSV row; comma, for `.tsv` the tabulator."),
    ] = None
    encoding: Annotated[str, Meta(description="Encoding of a CSV file.", examples=["latin-1"])] = "utf-8"
