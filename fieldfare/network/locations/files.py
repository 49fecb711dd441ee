"""The shape of ``locations.yaml``, as msgspec structs: JSON Schemas come from here. Meaning is checked in ``parse``."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

PLACE_NAME = r"^[a-z0-9][a-z0-9_.-]{0,63}$"

PlaceName = Annotated[
    str,
    Meta(pattern=PLACE_NAME, description="Lowercase letters, digits, `-`, `_` and `.`; at most 64 characters."),
]


class LocationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One place."""

    location: Annotated[PlaceName, Meta(description="Name of the place, as events carry it in `location_id`.")]
    region: Annotated[PlaceName | None, Meta(description="Region that the place belongs to.")] = None
    time_zone: Annotated[
        str | None, Meta(description="IANA time zone, such as `Europe/Berlin`; the workspace's zone when left out.")
    ] = None
    name: Annotated[str | None, Meta(description="What people call the place.")] = None
    country: Annotated[
        str | None,
        Meta(
            description="ISO 3166 code of its country: telephone numbers without a country code are numbers of it.",
            examples=["DE"],
        ),
    ] = None
    fields: Annotated[
        dict[str, str],
        Meta(description="What this place says in messages: values for `location_fields` that templates leave open."),
    ] = {}
    hemisphere: Annotated[
        Literal["north", "south"] | None,
        Meta(description="When its summer is, for seasons with `mirrored`; by its country when left out, else north."),
    ] = None


class LocationsFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tree network > region > location."""

    locations: Annotated[list[LocationEntry], Meta(description="All places of the brand.")]
