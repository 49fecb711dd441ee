"""The file structs of ``channels.yaml`` and ``templates/*.yaml``: what the keys mean. ``parse`` checks the rest."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from fieldfare.ground.workspace.secrets import Secret


class ChannelFile(msgspec.Struct, forbid_unknown_fields=True):
    """One way to reach customers. Which keys it takes depends on its driver."""

    driver: Annotated[
        Literal["smtp", "webhook", "capture"],
        Meta(description="`smtp` sends e-mail, `webhook` posts signed JSON, `capture` keeps messages on this machine."),
    ]
    address: Annotated[
        Literal["email", "phone", "user_id"] | None,
        Meta(description="Identifier that it sends to. By default email for `email`, phone for `sms`, else user_id."),
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
    from_email: Annotated[str | None, Meta(description="smtp: sender; the brand's `from_email` when left out.")] = None
    from_name: Annotated[str | None, Meta(description="smtp: sender's name; the brand's when left out.")] = None
    reply_to: Annotated[str | None, Meta(description="smtp: where answers go.", examples=["desk@example.com"])] = None
    url: Annotated[str | None, Meta(description="webhook: where to post.", examples=["https://sms.example.com/"])] = (
        None
    )
    secret: Annotated[
        Secret | None, Meta(description="webhook: Standard Webhooks secret (`whsec_…`), as a `${ENV}` reference.")
    ] = None
    receipt_secret: Annotated[
        Secret | None,
        Meta(description="Secret that receipts are checked with. webhook: `secret` when left out; smtp: bearer token."),
    ] = None
    timeout: Annotated[str | None, Meta(description="How long a step of a call may take.", examples=["10 seconds"])] = (
        None
    )


class ChannelsFile(msgspec.Struct, forbid_unknown_fields=True):
    """All channels of the workspace, by name."""

    channels: Annotated[dict[str, ChannelFile], Meta(min_length=1, description="Name of the channel and how it works.")]


class TemplateFile(msgspec.Struct, forbid_unknown_fields=True):
    """One message text in Liquid. It may use `profile`, `brand`, `event`, `unsubscribe_url` and its own variables."""

    template: Annotated[
        str, Meta(pattern="^[a-z][a-z0-9_-]{0,62}$", description="Name that journeys use.", examples=["win-back"])
    ]
    channel: Annotated[str, Meta(min_length=1, description="Channel that it is written for.", examples=["email"])]
    text: Annotated[str, Meta(min_length=1, description="The plain text, in Liquid.")]
    subject: Annotated[str | None, Meta(description="Subject line, in Liquid; e-mail needs one.")] = None
    html: Annotated[str | None, Meta(description="The same message as HTML, in Liquid; values are escaped.")] = None
    description: Annotated[str | None, Meta(description="What it is for.")] = None
    incentive: Annotated[
        str | None,
        Meta(
            description="What the message gives away; a change of it, or of such a message, waits for an approval.",
            examples=["20 % off the next month"],
        ),
    ] = None
    variables: Annotated[
        dict[str, Any],
        Meta(description="Variables that a journey's step may set, with defaults; `null` means that it must set them."),
    ] = {}
