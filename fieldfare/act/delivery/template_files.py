"""The file structs of templates and blocks: what the keys mean. ``parse_templates`` and ``blocks`` check the rest."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

_NAME = "^[a-z][a-z0-9_-]{0,62}$"
Liquid = str


class FallbackFile(msgspec.Struct, forbid_unknown_fields=True):
    """What is sent when a value of the message proper is missing: a message that needs none of them."""

    text: Annotated[Liquid | None, Meta(description="The plain text; made from the HTML when left out.")] = None
    subject: Annotated[Liquid | None, Meta(description="Subject line; that of the message when left out.")] = None
    html: Annotated[Liquid | None, Meta(description="The same as HTML.")] = None
    mjml: Annotated[Liquid | None, Meta(description="The same as MJML.")] = None


class WordingFile(msgspec.Struct, forbid_unknown_fields=True):
    """The message in another language: the same parts, in other words."""

    text: Annotated[Liquid | None, Meta(description="The plain text; made from the HTML when left out.")] = None
    subject: Annotated[Liquid | None, Meta(description="Subject line.")] = None
    html: Annotated[Liquid | None, Meta(description="The message as HTML.")] = None
    mjml: Annotated[Liquid | None, Meta(description="The message as MJML.")] = None
    fallback: Annotated[FallbackFile | None, Meta(description="Sent when a value is missing.")] = None


class LocationFieldFile(msgspec.Struct, forbid_unknown_fields=True):
    """A value that every place has and may set for itself, inside what the brand allows: `location.NAME`."""

    default: Annotated[str, Meta(description="What stands where a place says nothing else.")]
    locked: Annotated[bool, Meta(description="`true`: no place may set it.")] = False
    max_length: Annotated[
        Annotated[int, Meta(ge=1, le=2000)], Meta(description="Most characters of a place's own value.")
    ] = 200


class TemplateFile(msgspec.Struct, forbid_unknown_fields=True):
    """One message in Liquid. It may use `profile`, `brand`, `event`, `location`, links to own pages, its variables."""

    template: Annotated[str, Meta(pattern=_NAME, description="Name that journeys use.", examples=["win-back"])]
    channel: Annotated[str, Meta(min_length=1, description="Channel that it is written for.", examples=["email"])]
    incentive: Annotated[
        str | None,
        Meta(
            description="What the message gives away; a change of it, or of such a message, waits for an approval.",
            examples=["20 % off the next month"],
        ),
    ] = None
    text: Annotated[
        Annotated[Liquid, Meta(min_length=1)] | None,
        Meta(description="The plain text, in Liquid; made from the HTML when left out."),
    ] = None
    subject: Annotated[str | None, Meta(description="Subject line, in Liquid; e-mail needs one.")] = None
    html: Annotated[str | None, Meta(description="The same message as HTML, in Liquid; values are escaped.")] = None
    mjml: Annotated[
        str | None, Meta(description="The same as MJML, in place of `html`; it becomes HTML that mail programs show.")
    ] = None
    description: Annotated[str | None, Meta(description="What it is for.")] = None
    purpose: Annotated[
        str | None, Meta(description="Purpose that it is written for; sends for another one are refused by `validate`.")
    ] = None
    variables: Annotated[
        dict[str, Any],
        Meta(
            description="Variables that a journey's step may set, with defaults; `null` means that it must set them. "
            "In long form `{default, max_length, one_of}`: a value beyond the limit (500 characters when left out) is "
            "refused."
        ),
    ] = {}
    locales: Annotated[
        dict[str, WordingFile],
        Meta(
            description="The message in other languages (`de`, `de-at`). A profile's `language` or `locale` chooses: "
            "language and region, else language, else the template's own words."
        ),
    ] = {}
    fallback: Annotated[
        FallbackFile | None, Meta(description="Sent when a value is missing; without it nothing is.")
    ] = None
    location_fields: Annotated[
        dict[str, LocationFieldFile],
        Meta(description="Values that `locations.yaml` may set for a place under `fields`, with the brand's bounds."),
    ] = {}
    last_useful: Annotated[
        str | None,
        Meta(
            description="How long after it was proposed the message is worth reading; later it is not sent.",
            examples=["4 hours"],
        ),
    ] = None
    reason: Annotated[
        str | None,
        Meta(description="Why the reader gets it, in Liquid; stands at the end of the message.", examples=["…"]),
    ] = None
    human: Annotated[
        str | None, Meta(description="How the reader reaches a person, in Liquid; stands at the end of the message.")
    ] = None
    tags: Annotated[
        list[Annotated[str, Meta(pattern=_NAME)]],
        Meta(description="What caps and other rules of `policies.yaml` may ask for.", examples=[["newsletter"]]),
    ] = []
    track: Annotated[bool, Meta(description="`false`: its links stay as they are, whatever `links` says.")] = True


class BlockFile(msgspec.Struct, forbid_unknown_fields=True):
    """A part of messages that several templates share. `{% block NAME %}` in a template stands for it."""

    block: Annotated[str, Meta(pattern=_NAME, description="Name that templates use.", examples=["footer"])]
    module: Annotated[
        Literal["header", "hero", "body", "cta", "footer"] | None, Meta(description="Which part of a message it is.")
    ] = None
    description: Annotated[str | None, Meta(description="What it is for.")] = None
    text: Annotated[str | None, Meta(description="What stands in plain texts and subjects.")] = None
    html: Annotated[str | None, Meta(description="What stands in HTML.")] = None
    mjml: Annotated[str | None, Meta(description="What stands in MJML.")] = None
