"""The shape of ``consent.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PurposeName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$", description="Name of a purpose.")]
Language = Annotated[str, Meta(pattern=r"^[a-z]{2,3}$", description="Language, such as `de`.")]


class NoticeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people were told when they were asked, word for word."""

    version: Annotated[str, Meta(min_length=1, max_length=64, description="Version of the notice.")]
    text: Annotated[str, Meta(min_length=1, max_length=20_000, description="The text as it is shown.")]
    language: Annotated[Language, Meta(description="Language of the text.")] = "en"


class WordsEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A purpose in another language, for the preference centre."""

    title: Annotated[str, Meta(max_length=120, description="Its short name.")] = ""
    description: Annotated[str, Meta(max_length=2_000, description="What it means.")] = ""


class PurposeEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people are asked for, in one purpose."""

    description: Annotated[str, Meta(description="What it means, in words that a customer understands.")] = ""
    channels: Annotated[
        list[str], Meta(description="Channels it may be granted for; every channel when left out.")
    ] = []
    notice_version: Annotated[str | None, Meta(description="Version of the notice that is shown now.")] = None
    consent: Annotated[
        Literal["required", "not_required"],
        Meta(
            description="`not_required` for messages that people must get, such as receipts; a withdrawal still holds."
        ),
    ] = "required"
    title: Annotated[str, Meta(max_length=120, description="Short name for the preference centre.")] = ""
    words: Annotated[dict[Language, WordsEntry], Meta(description="Title and description in other languages.")] = {}
    legal_basis: Annotated[
        Literal["consent", "contract", "legal_obligation", "legitimate_interests", "vital_interests", "public_task"]
        | None,
        Meta(description="What it rests on; `consent` where consent is required, else `contract`."),
    ] = None
    by_location: Annotated[bool, Meta(description="Whether it may be granted for single locations and regions.")] = (
        False
    )
    notices: Annotated[
        list[NoticeEntry], Meta(description="Texts of the notices, old versions too; kept beside the ledger.")
    ] = []
    expires_after: Annotated[
        str | None, Meta(description="How long a grant lasts, such as `24 months`; without end when left out.")
    ] = None
    double_opt_in: Annotated[
        list[str], Meta(description="Channels on which a grant counts only once its link was followed.")
    ] = []
    in_preference_centre: Annotated[bool, Meta(description="Whether the preference centre shows it.")] = True


class PlatformEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A consent platform, and what its purposes are called here."""

    purposes: Annotated[
        dict[str, list[PurposeName]], Meta(description="The platform's purpose, category or group -> purposes of here.")
    ]
    channels: Annotated[dict[str, str], Meta(description="The platform's channel -> channel of here.")] = {}


class TcfEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a string of the Transparency and Consent Framework speaks of purposes."""

    purposes: Annotated[
        dict[PurposeName, list[Annotated[int, Meta(ge=1, le=24)]]],
        Meta(description="Purpose -> numbers of TCF purposes, all of which must be consented to."),
    ]
    vendor: Annotated[
        Annotated[int, Meta(ge=1, le=65_535)] | None,
        Meta(description="Own number in the Global Vendor List; it must be consented to."),
    ] = None


class ConsentFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The purposes of the brand. A purpose that does not stand here is never permitted."""

    purposes: Annotated[dict[PurposeName, PurposeEntry], Meta(description="Purposes by name.")]
    stop_reach: Annotated[
        Literal["purpose", "channel", "address", "everything"],
        Meta(
            description="How far an answer of STOP reaches: the `purpose` of the last message, the `channel`, every "
            "channel that reaches the `address`, or `everything`."
        ),
    ] = "address"
    gpc: Annotated[
        list[PurposeName], Meta(description="Purposes (sale, sharing) that the browser signal `Sec-GPC: 1` objects to.")
    ] = []
    gpp: Annotated[
        list[PurposeName], Meta(description="Purposes that an opt-out of sale or sharing in a GPP string objects to.")
    ] = []
    tcf: Annotated[TcfEntry | None, Meta(description="How TC strings are read.")] = None
    platforms: Annotated[
        dict[Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,63}$")], PlatformEntry],
        Meta(description="Consent platforms by name."),
    ] = {}
    pages: Annotated[
        dict[Language, dict[str, str]],
        Meta(description="Words of the preference centre in further languages, or in place of the shipped ones."),
    ] = {}
    confirm_within_days: Annotated[
        int, Meta(ge=1, le=365, description="How long the link of a double opt-in works.")
    ] = 30
    mismatch_above: Annotated[
        str,
        Meta(
            description="Share of people about whom a platform may disagree before the purpose is held for everybody."
        ),
    ] = "1 %"
