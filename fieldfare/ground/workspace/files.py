"""The file struct of ``workspace.yaml``. What the keys mean; ``parse.py`` checks what types cannot say."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fieldfare.ground.workspace.secrets import Secret


class BrandFile(msgspec.Struct, forbid_unknown_fields=True):
    """Who writes to the customers. The law of many countries asks for the postal address in every marketing e-mail."""

    name: Annotated[str, Meta(min_length=1, description="Name that customers know.", examples=["Linden Studio"])]
    postal_address: Annotated[str | None, Meta(description="Postal address, printed under marketing e-mails.")] = None
    from_email: Annotated[
        str | None, Meta(description="Address that e-mails come from.", examples=["hello@example.com"])
    ] = None
    from_name: Annotated[str | None, Meta(description="Name that e-mails come from; the brand's when left out.")] = None


class WebhookFile(msgspec.Struct, forbid_unknown_fields=True):
    """How the requests of another system are verified and read; its address is `/v1/webhooks/NAME` of the door."""

    driver: Annotated[
        Literal["stripe", "shopify", "standard", "square", "mindbody", "hmac", "token"],
        Meta(
            description="How the sender proves itself. `standard`: Standard Webhooks; `hmac`: any signature of the "
            "body with a shared secret; `token`: a shared secret that is sent along."
        ),
    ]
    secrets: Annotated[
        list[Secret],
        Meta(min_length=1, description="Secrets that the sender may use; several while one is replaced by another."),
    ]
    mapping: Annotated[
        str | None,
        Meta(description="Mapping of `webhooks/`, or a shipped one; the shipped one of the driver when left out."),
    ] = None
    verification: Annotated[
        Literal["enforce", "shadow"],
        Meta(description="`shadow` takes requests that fail the verification too, and counts them."),
    ] = "enforce"
    tolerance: Annotated[
        str, Meta(description="How far the sender's signed time may be from ours.", examples=["5 minutes"])
    ] = "5 minutes"
    url: Annotated[
        Annotated[str, Meta(pattern="^https?://[^/\\s]+(/.*)?$")] | None,
        Meta(description="Address as the sender knows it, where it is signed too (`square`; `{url}` of `hmac`)."),
    ] = None
    unmapped: Annotated[
        Literal["ignore", "keep"],
        Meta(description="Notifications that no rule of the mapping fits: leave out, or keep under `MAPPING.TOPIC`."),
    ] = "ignore"
    header: Annotated[
        str | None, Meta(description="hmac, token: header with the signature or token.", examples=["X-Signature"])
    ] = None
    query: Annotated[str | None, Meta(description="token: query parameter with the token.")] = None
    algorithm: Annotated[Literal["sha1", "sha256", "sha512"], Meta(description="hmac: hash function.")] = "sha256"
    encoding: Annotated[Literal["hex", "base64"], Meta(description="hmac: how the signature is written.")] = "hex"
    prefix: Annotated[str, Meta(description="hmac: what stands before the signature.", examples=["sha256="])] = ""
    signed: Annotated[
        str,
        Meta(
            description="hmac: what is signed; `{body}`, `{timestamp}`, `{id}`, `{url}` stand for their values.",
            examples=["{timestamp}.{body}"],
        ),
    ] = "{body}"
    timestamp_header: Annotated[str | None, Meta(description="hmac: header with the signed time, since 1970.")] = None
    id_header: Annotated[str | None, Meta(description="hmac: header with the signed id.")] = None
    key_encoding: Annotated[Literal["text", "hex", "base64"], Meta(description="hmac: how a secret is written.")] = (
        "text"
    )


class SourceFile(msgspec.Struct, forbid_unknown_fields=True):
    """One sender of events: an app, a booking system, a till. Each has a write key, a webhook, or both."""

    name: Annotated[str, Meta(min_length=1, max_length=64, description="Unique name of the source.", examples=["app"])]
    write_key: Annotated[
        Secret | None,
        Meta(description="Key that an SDK shows, as a reference to an environment variable. Needed without `webhook`."),
    ] = None
    webhook: Annotated[WebhookFile | None, Meta(description="For a system that posts to an address.")] = None
    system: Annotated[
        str | None,
        Meta(description="System of record that its values are attributed to; the source's name when left out."),
    ] = None
    verifies: Annotated[
        list[str],
        Meta(
            description="Kinds of identifier and traits whose values this source has verified: every value of such a "
            "kind that it sends in an event belongs to the person whose event it is.",
            examples=[["email", "phone"]],
        ),
    ] = []
    infers: Annotated[
        bool,
        Meta(description="Whether the traits that it sends are inferred, as a model does: they replace no others."),
    ] = False
    confidence: Annotated[
        Annotated[int, Meta(ge=0, le=100)] | None,
        Meta(description="Percent of certainty of the traits that it sends; 50 if it infers, else 100, if left out."),
    ] = None
    owner: Annotated[str | None, Meta(description="Who answers for it.", examples=["club operations"])] = None
    description: Annotated[str, Meta(description="What it is and why its events are taken.")] = ""
    max_delay: Annotated[
        str | None,
        Meta(
            description="How late its events may arrive; `fieldfare sources audit` tells when they are later.",
            examples=["6 hours"],
        ),
    ] = None
    keep_raw: Annotated[
        str | None,
        Meta(
            description="How long its requests as received, and its dead letters, stay readable; as in `collect.yaml` "
            "when left out.",
            examples=["60 days"],
        ),
    ] = None
    enabled: Annotated[
        bool, Meta(description="`false`: the door refuses its calls (404 `source_disabled`) until it is enabled again.")
    ] = True


class AudiencesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every audience must say, and when one is flagged."""

    require_owner: Annotated[bool, Meta(description="Whether every audience names who answers for it.")] = False
    require_action: Annotated[bool, Meta(description="Whether every audience says what is done with it.")] = False
    require_outcome: Annotated[bool, Meta(description="Whether every audience says what that brings about.")] = False
    require_success_metric: Annotated[
        bool, Meta(description="Whether every audience says by what number one sees it.")
    ] = False
    require_expected_size: Annotated[bool, Meta(description="Whether every audience says how large it is to be.")] = (
        False
    )
    require_ttl: Annotated[bool, Meta(description="Whether every audience says how long its definition holds.")] = False
    require_sync: Annotated[bool, Meta(description="Whether every audience says how it reaches other systems.")] = False
    most: Annotated[
        int, Meta(ge=1, description="More audiences than this are warned of: many teams do well with 6 to 10.")
    ] = 20
    useful_size: Annotated[int, Meta(ge=0, description="Audiences with fewer members are flagged.")] = 100
    unused_after: Annotated[
        str, Meta(description="An audience that nothing used for so long is flagged.", examples=["30 days"])
    ] = "30 days"
    drift: Annotated[
        str, Meta(description="An audience whose size moves by more than this in a day is flagged.", examples=["50 %"])
    ] = "50 %"


class CutsFile(msgspec.Struct, forbid_unknown_fields=True):
    """When the numbers that `top`, `bottom`, `percentile` and quintiles compare with are found anew."""

    refresh: Annotated[
        Literal["hourly", "nightly", "weekly", "never"],
        Meta(description="`weekly`: on Mondays; `never`: only by `fieldfare cuts publish`."),
    ] = "nightly"
    at: Annotated[
        str, Meta(description="Time of the workspace's day, for `nightly` and `weekly`.", examples=["03:00"])
    ] = "03:00"


class LinksFile(msgspec.Struct, forbid_unknown_fields=True):
    """How links in messages lead over the workspace's own domain. Without this key they stay as they are."""

    domain: Annotated[
        Annotated[str, Meta(pattern="^https?://[^/\\s]+$")] | None,
        Meta(
            description="Address that links begin with; `public_url` when left out.",
            examples=["https://go.example.com"],
        ),
    ] = None
    clicks: Annotated[bool, Meta(description="Shorten links, and record who follows them.")] = True
    opens: Annotated[
        bool, Meta(description="Put a picture into HTML that tells of opens; many are fetched by machines.")
    ] = False


class WorkspaceFile(msgspec.Struct, forbid_unknown_fields=True):
    """The brand as a whole: name, zone, currency, who writes, and who may send events."""

    name: Annotated[
        str,
        Meta(
            pattern="^[a-z][a-z0-9_-]{0,62}$",
            description="Short name: lowercase letters, digits, `_` and `-`, starting with a letter.",
            examples=["linden-studio"],
        ),
    ]
    time_zone: Annotated[
        str,
        Meta(description="IANA zone for days and hours where no location says otherwise.", examples=["Europe/Berlin"]),
    ]
    currency: Annotated[
        str, Meta(pattern="^[A-Z]{3}$", description="ISO 4217 code of the money in events.", examples=["EUR"])
    ]
    brand: Annotated[BrandFile, Meta(description="Who writes to the customers.")]
    sources: Annotated[list[SourceFile], Meta(min_length=1, description="Who may send events.")]
    public_url: Annotated[
        Annotated[str, Meta(pattern="^https?://[^/\\s]+(/.*)?$")] | None,
        Meta(
            description="Address under which customers reach this installation (unsubscribe links).",
            examples=["https://engage.example.com"],
        ),
    ] = None
    audiences: Annotated[AudiencesFile, Meta(description="What is demanded of audiences.")] = AudiencesFile()
    cuts: Annotated[
        CutsFile | None, Meta(description="When published cuts are found anew; every night when left out.")
    ] = None
    links: Annotated[LinksFile | None, Meta(description="Short, tracked links in messages; off when left out.")] = None
    approvers: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=200)]],
        Meta(
            description="Who may approve changes that carry a risk, by name. Without any, no change waits.",
            examples=[["ann", "ben@example.com"]],
        ),
    ] = []
    test_recipients: Annotated[
        list[str],
        Meta(
            max_length=200,
            description="E-mail addresses and telephone numbers (with `+` and country code) of your own people, to "
            "which test messages may go. Nobody else gets one.",
            examples=[["kim@example.com", "+4915112345678"]],
        ),
    ] = []
    large_audience: Annotated[
        int, Meta(ge=1, description="A changed audience with more profiles than this waits for an approval.")
    ] = 10_000
    lake: Annotated[
        Annotated[str, Meta(pattern=r"^(duckdb|spark://[^/\s]+|local\[([0-9]+|\*)\])$")],
        Meta(
            description="`duckdb`: the lake is a file of the data folder. `spark://host:port`: it is Parquet files in "
            "`lake_folder`, which that Spark cluster asks; `local[2]`: the same, with Spark inside the server.",
            examples=["spark://spark-master:7077"],
        ),
    ] = "duckdb"
    lake_folder: Annotated[
        Annotated[str, Meta(pattern=r"^(/|[a-z][a-z0-9]*://)\S+$")] | None,
        Meta(
            description="Where a lake on Spark keeps its files: an absolute path that every worker of the cluster sees "
            "under the same name, or the URL of an object store.",
            examples=["s3://brand-lake/fieldfare"],
        ),
    ] = None
    lake_settings: Annotated[
        dict[str, str],
        Meta(
            description="Settings of the Spark session, by Spark's own names (`spark.…`).",
            examples=[{"spark.executor.memory": "4g"}],
        ),
    ] = {}
