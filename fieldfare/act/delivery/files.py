"""The file structs of ``channels.yaml``: what the keys mean. ``parse_channels`` checks the rest."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fieldfare.ground.workspace.secrets import Secret


class DkimFile(msgspec.Struct, forbid_unknown_fields=True):
    """How outgoing mail is signed (RFC 6376, RFC 8463)."""

    selector: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$",
            description="Selector; the public key stands in DNS under `SELECTOR._domainkey.DOMAIN`.",
            examples=["ff1"],
        ),
    ]
    key: Annotated[
        Secret, Meta(description="Private key, RSA (2,048 bits or more) or Ed25519, as PEM or base64 of its DER.")
    ]
    domain: Annotated[
        str | None, Meta(description="Signing domain; that of `from_email` when left out, or one above it.")
    ] = None


class LimitFile(msgspec.Struct, forbid_unknown_fields=True):
    """A rate limit: at most so many in any span of that length."""

    most: Annotated[int, Meta(ge=1, le=100_000_000, description="Most messages, or segments, in any such span.")]
    per: Annotated[Literal["second", "minute", "hour", "day"], Meta(description="The span.")]
    counts: Annotated[
        Literal["messages", "segments"], Meta(description="What is counted; carriers count segments of text messages.")
    ] = "messages"
    budget: Annotated[
        Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,40}$")] | None,
        Meta(description="Name of a budget that several channels take from, such as a brand's daily cap."),
    ] = None
    each_location: Annotated[bool, Meta(description="The limit holds for every location by itself.")] = False
    divided: Annotated[
        bool, Meta(description="What is left is divided fairly between the locations whose messages wait.")
    ] = False


class ChannelFile(msgspec.Struct, forbid_unknown_fields=True):
    """One way to reach customers. Which keys it takes depends on its driver."""

    driver: Annotated[
        Literal["smtp", "sendgrid", "twilio", "webhook", "task", "capture"],
        Meta(
            description="`smtp` and `sendgrid` send e-mail, `twilio` text messages, `webhook` posts signed JSON, "
            "`task` puts the message on a person's list, `capture` keeps messages on this machine."
        ),
    ]
    address: Annotated[
        Literal["email", "phone", "user_id", "profile"] | None,
        Meta(
            description="Identifier that it sends to; `profile`: the person itself, whatever is known of them. By "
            "default that of the driver, else email for `email`, phone for `sms`, else user_id."
        ),
    ] = None
    host: Annotated[str | None, Meta(description="smtp: the server's name.", examples=["mail.example.com"])] = None
    port: Annotated[
        Annotated[int, Meta(ge=1, le=65535)] | None, Meta(description="smtp: 587 by default, 465 with `security: tls`.")
    ] = None
    security: Annotated[
        Literal["starttls", "tls", "none"] | None,
        Meta(description="smtp: how the connection is protected; `starttls` by default. `none` only to this machine."),
    ] = None
    username: Annotated[str | None, Meta(description="smtp: the account's name.")] = None
    password: Annotated[Secret | None, Meta(description="smtp: the password, as a `${ENV}` reference.")] = None
    from_email: Annotated[
        str | None, Meta(description="smtp, sendgrid: sender; the brand's `from_email` when left out.")
    ] = None
    from_name: Annotated[str | None, Meta(description="smtp, sendgrid: sender's name; the brand's when left out.")] = (
        None
    )
    reply_to: Annotated[
        str | None, Meta(description="smtp, sendgrid: where answers go.", examples=["desk@example.com"])
    ] = None
    dkim: Annotated[DkimFile | None, Meta(description="smtp: sign each mail; without it the server must.")] = None
    return_path: Annotated[
        str | None,
        Meta(
            description="smtp: mailbox that bounces go to, with a signed tag for each message (`bounces+…@`). Needs "
            "`receipt_secret`.",
            examples=["bounces@mail.example.com"],
        ),
    ] = None
    account_sid: Annotated[
        Annotated[str, Meta(pattern="^AC[0-9a-fA-F]{32}$")] | None, Meta(description="twilio: the account.")
    ] = None
    auth_token: Annotated[
        Secret | None, Meta(description="twilio: its token, as a `${ENV}` reference; webhooks are checked with it too.")
    ] = None
    messaging_service: Annotated[
        Annotated[str, Meta(pattern="^MG[0-9a-fA-F]{32}$")] | None,
        Meta(description="twilio: messaging service that sends; this or `from_number`."),
    ] = None
    from_number: Annotated[
        Annotated[str, Meta(pattern=r"^(\+[1-9][0-9]{6,14}|[0-9]{3,8})$")] | None,
        Meta(description="twilio: number that sends, with `+` and country code, or a short code."),
    ] = None
    webhook_secret: Annotated[
        Secret | None,
        Meta(description="twilio: shared key of webhooks signed with HMAC_SHA256, where the account uses one."),
    ] = None
    help: Annotated[
        Annotated[str, Meta(min_length=1, max_length=480)] | None,
        Meta(description="twilio: what answers HELP; the brand's name and how to leave when left out."),
    ] = None
    max_segments: Annotated[
        Annotated[int, Meta(ge=1, le=10)] | None,
        Meta(description="twilio: most segments of one message; 3 when left out. A longer one is refused, not cut."),
    ] = None
    api_key: Annotated[Secret | None, Meta(description="sendgrid: the API key, as a `${ENV}` reference.")] = None
    verification_key: Annotated[
        str | None, Meta(description="sendgrid: public key of the signed event webhook, as its page shows it.")
    ] = None
    url: Annotated[
        str | None,
        Meta(
            description="webhook: where to post. twilio, sendgrid: address of another region's API.",
            examples=["https://sms.example.com/"],
        ),
    ] = None
    secret: Annotated[
        Secret | None, Meta(description="webhook: Standard Webhooks secret (`whsec_…`), as a `${ENV}` reference.")
    ] = None
    receipt_secret: Annotated[
        Secret | None,
        Meta(description="Secret that receipts are checked with. webhook: `secret` when left out; smtp: bearer token."),
    ] = None
    receipt_verification: Annotated[
        Literal["enforce", "shadow"],
        Meta(
            description="`shadow` takes receipts whose proof does not fit too, and logs each: to be sure of proxies "
            "and keys before forgeries are refused."
        ),
    ] = "enforce"
    list: Annotated[
        str | None, Meta(description="task: list that the task stands on; the channel's name when left out.")
    ] = None
    assignee: Annotated[str | None, Meta(description="task: who is to do it, where that is always the same.")] = None
    due: Annotated[
        str | None, Meta(description="task: by when, from the moment it is put there.", examples=["2 days"])
    ] = None
    timeout: Annotated[str | None, Meta(description="How long a step of a call may take.", examples=["10 seconds"])] = (
        None
    )
    parallel: Annotated[
        Annotated[int, Meta(ge=1, le=64)] | None,
        Meta(description="Most calls to the provider at once; 8 when left out. task, capture: nothing is called."),
    ] = None
    provider: Annotated[
        Annotated[str, Meta(pattern="^[a-z][a-z0-9_-]{0,40}$")] | None,
        Meta(
            description="Name of who is called. Channels with the same one share a circuit breaker; the channel's name "
            "when left out."
        ),
    ] = None
    limits: Annotated[tuple[LimitFile, ...], Meta(description="Rate limits; all of them hold.")] = ()
    price: Annotated[
        Annotated[str, Meta(pattern=r"^[0-9]{1,6}(\.[0-9]{1,6})?$")] | None,
        Meta(
            description="Price of a message, or a segment, in the workspace's currency; plans of broadcasts tell it.",
            examples=["0.0079"],
        ),
    ] = None
    idempotent: Annotated[
        bool,
        Meta(
            description="webhook: the receiver drops a message whose `webhook-id` it took before, so one whose outcome "
            "is unknown may be told again."
        ),
    ] = False
    lookup_url: Annotated[
        str | None,
        Meta(
            description="webhook: address that answers whether a message was taken: 200 or 404 for `ADDRESS/ID`.",
            examples=["https://sms.example.com/messages"],
        ),
    ] = None


class ChannelsFile(msgspec.Struct, forbid_unknown_fields=True):
    """All channels of the workspace, by name."""

    channels: Annotated[dict[str, ChannelFile], Meta(min_length=1, description="Name of the channel and how it works.")]
