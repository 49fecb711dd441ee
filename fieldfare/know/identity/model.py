"""Nouns of identity: kinds of identifier, the policy over them, claims, links, holds, acts. No decisions.

A profile is a part of a connected component of live *same* links; which part, :mod:`fieldfare.know.identity.partition`
says. Links are primary and never rebuilt; everything else here is either policy or follows from them.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from fieldfare.ground.instants import Instant


class LinkKind(StrEnum):
    """What a link asserts about two identifiers."""

    SAME = "same"
    NEVER = "never"
    HOUSEHOLD = "household"
    """Two people who live together: a relation, never a merge."""


class Joins(StrEnum):
    """What an identifier of a kind may do to people."""

    ALWAYS = "always"
    """A link between it and another joining identifier makes one person of two."""
    VERIFIED = "verified"
    """As ``always``, where the sender has verified the value; else it is a trait and no identifier."""
    ATTACH = "attach"
    """A verified value finds the one profile it belongs to, and merges nobody: it changes hands."""
    NEVER = "never"
    """It is kept with whoever used it, finds nobody and joins nobody."""


class Form(StrEnum):
    """Normal form of the values of a kind: two values are the same identifier when their normal forms are equal."""

    TEXT = "text"
    """Without blank ends; case counts."""
    FOLDED = "folded"
    """As text; case does not count."""
    OPAQUE = "opaque"
    """Made by a machine: no blanks, at least eight characters, possibly long."""
    EMAIL = "email"
    PHONE = "phone"
    """E.164."""


class IdentifierState(IntEnum):
    """Whether an identifier takes part in joining people."""

    LIVE = 0
    SHARED = 1
    """Used by too many people (the tablet at the desk, the family's e-mail): it joins nobody."""
    QUARANTINED = 2
    """Set aside by a person: it joins nobody."""
    CLEARED = 3
    """A person said that it is one person's, however many seem to use it."""

    @property
    def takes_part(self) -> bool:
        """Return whether it may join people."""
        return self is IdentifierState.LIVE or self is IdentifierState.CLEARED


class IdentifierKind(msgspec.Struct, frozen=True, kw_only=True):
    """How one kind of identifier is treated."""

    name: str
    priority: int
    """Lower leads: the leading claim of an event decides whose event it is."""
    joins: Joins = Joins.ALWAYS
    most_per_profile: int | None = None
    """More than this many in one profile is a contradiction, never a merge; ``None``: no limit."""
    within_days: int | None = None
    """The limit counts identifiers first met within so many days of each other; ``None``: ever."""
    shared_after: int | None = None
    """Linked with more than so many people (identifiers of kinds that a profile has one of), it is shared."""
    form: Form = Form.TEXT
    blocked: frozenset[str] = frozenset()
    """Further values that identify nobody, in their normal form and case folded; ``*`` stands for anything."""
    sensitivity: str | None = None
    """``financial`` or ``health``: two people who both have one are joined by a person only."""
    places: tuple[str, ...] = ()
    """Where in an event its values stand, beside the event's own ``userId``, ``anonymousId`` and ``previousId``."""
    not_blocked: frozenset[str] = frozenset()
    """Values that do identify somebody, although they are on a list of blocked ones; case folded."""
    joins_although: str | None = None
    """Why it joins people although such values change hands."""

    @property
    def needs_proof(self) -> bool:
        """Return whether a value counts only when its sender has verified it."""
        attaching_address = self.joins is Joins.ATTACH and self.form in {Form.EMAIL, Form.PHONE}
        return self.joins is Joins.VERIFIED or attaching_address


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What ``identity.yaml`` says, over what is shipped."""

    kinds: Mapping[str, IdentifierKind]
    blocked: frozenset[str] = frozenset()
    """Values of any kind that identify nobody, beside those shipped; case folded, ``*`` stands for anything."""
    cluster_alarm: int = 50
    """Identifiers in one profile from which a person is asked to look."""
    cluster_most: int = 500
    """More identifiers than this make no profile: what would bring them together is set aside."""
    household_groups: frozenset[str] = frozenset({"family", "household"})
    """Types of ``group`` calls whose members live together."""
    phone_region: str | None = None
    """ISO 3166 code of the country that numbers without a country code belong to, where no location says otherwise."""
    not_blocked: frozenset[str] = frozenset()
    """Values that do identify somebody, although they are on a list of blocked ones; case folded."""
    block_examples: bool = False
    """Whether addresses and numbers that are set aside for examples are blocked too."""

    def trait_names(self) -> frozenset[str]:
        """Return the names of traits that hold identifiers: the kinds' own, and where else in traits values stand."""
        return frozenset(self.kinds) | {name for kind in self.kinds.values() for name in held_by(kind.places)}


class Claim(msgspec.Struct, frozen=True, gc=False):
    """One identifier that an event carries. ``value`` is normalised and lives in memory only."""

    kind: IdentifierKind
    value: str
    hash: bytes


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A stored assertion about two identifiers (keyed hashes, the smaller first). Retracting sets the last three."""

    id: bytes
    a: bytes
    b: bytes
    kind: LinkKind
    rule: str
    """The kinds that met in an event (``anonymous_id+user_id``), or ``person`` for a human act."""
    confidence: int
    """Percent."""
    occurred_at: Instant
    """When the pair was first met, by event time; of two assertions the earlier counts."""
    message_id: str
    source: str
    who: str | None = None
    """Who said so, when a person did."""
    retracted_at: Instant | None = None
    retracted_by: str | None = None
    retracted_because: str | None = None


class Node(msgspec.Struct, frozen=True, gc=False):
    """An identifier as the partition sees it."""

    kind: IdentifierKind
    state: IdentifierState = IdentifierState.LIVE


class HoldReason(StrEnum):
    """Why a question waits for a person."""

    LIMIT = "limit"
    """Joining would give one person more identifiers of a kind than one has: two user ids on one device."""
    SENSITIVE = "sensitive"
    """Both have billing or health data."""
    CLUSTER = "cluster"
    """So many identifiers would come together that something is wrong."""
    AMBIGUOUS = "ambiguous"
    """An attaching identifier (a phone) belongs to several people."""
    SUGGESTED = "suggested"
    """A model finds two profiles alike."""


class HoldStatus(StrEnum):
    """What became of a question."""

    OPEN = "open"
    SAME = "same"
    NEVER = "never"
    HOUSEHOLD = "household"
    DISMISSED = "dismissed"


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A question about two identifiers that waits for a person; the same one is asked once."""

    id: bytes
    reason: HoldReason
    a: bytes
    b: bytes
    confidence: int
    """Percent."""
    explanation: str = ""
    """JSON, for people: what matched. It holds no personal value."""
    message_id: str
    """The event that raised it."""
    at: Instant
    status: HoldStatus = HoldStatus.OPEN
    decided_at: Instant | None = None
    decided_by: str | None = None
    decided_because: str | None = None


USER_ID = "user_id"
EMAIL = "email"
PHONE = "phone"
ANONYMOUS_ID = "anonymous_id"
HOUSEHOLD_ID = "household_id"
PAYMENT_ID = "payment_id"
PERSON = "person"
"""Rule of links that a person made."""
EXTERNAL = "context.externalIds"
"""Place of the list in which SDKs carry further identifiers; ``context.externalIds.TYPE``: entries of that type."""


def places_of(*names: str) -> tuple[str, ...]:
    """Return the usual places of a kind: external identifiers, and traits and properties in snake and camel case."""
    spelled = dict.fromkeys(each for name in names for each in (name, _camel(name)))
    return (EXTERNAL, *(f"{area}.{name}" for area in ("traits", "properties") for name in spelled))


def held_by(places: Iterable[str]) -> set[str]:
    """Return the traits in which some of the places lie."""
    return {place.split(".")[1] for place in places if place.startswith("traits.")}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


SHIPPED = {
    kind.name: kind
    for kind in (
        IdentifierKind(name=USER_ID, priority=10, most_per_profile=1, places=(EXTERNAL,)),
        IdentifierKind(
            name="membership_id", priority=20, most_per_profile=5, shared_after=1, places=places_of("membership_id")
        ),
        IdentifierKind(
            name="loyalty_id", priority=30, most_per_profile=5, shared_after=1, places=places_of("loyalty_id")
        ),
        IdentifierKind(
            name=EMAIL,
            priority=40,
            joins=Joins.VERIFIED,
            most_per_profile=3,
            shared_after=1,
            form=Form.EMAIL,
            places=places_of("email", "primary_email"),
        ),
        IdentifierKind(
            name=PHONE,
            priority=50,
            joins=Joins.ATTACH,
            most_per_profile=3,
            form=Form.PHONE,
            places=places_of("phone", "primary_phone"),
        ),
        IdentifierKind(
            name=ANONYMOUS_ID, priority=60, most_per_profile=100, within_days=30, shared_after=2, places=(EXTERNAL,)
        ),
        IdentifierKind(
            name="device_token",
            priority=70,
            joins=Joins.ATTACH,
            most_per_profile=50,
            within_days=90,
            form=Form.OPAQUE,
            places=(EXTERNAL, f"{EXTERNAL}.ios.push_token", f"{EXTERNAL}.android.push_token", "context.device.token"),
        ),
        IdentifierKind(
            name="device_id",
            priority=75,
            joins=Joins.NEVER,
            most_per_profile=50,
            within_days=90,
            form=Form.FOLDED,
            places=(EXTERNAL, f"{EXTERNAL}.ios.id", f"{EXTERNAL}.android.id", "context.device.id"),
        ),
        IdentifierKind(
            name="advertising_id",
            priority=77,
            joins=Joins.NEVER,
            most_per_profile=50,
            within_days=90,
            form=Form.FOLDED,
            places=(EXTERNAL, f"{EXTERNAL}.ios.idfa", f"{EXTERNAL}.android.idfa", "context.device.advertisingId"),
        ),
        IdentifierKind(
            name=HOUSEHOLD_ID, priority=80, joins=Joins.NEVER, most_per_profile=3, places=places_of(HOUSEHOLD_ID)
        ),
        IdentifierKind(
            name=PAYMENT_ID,
            priority=90,
            joins=Joins.NEVER,
            sensitivity="financial",
            places=places_of(PAYMENT_ID),
        ),
    )
}
"""The kinds that every workspace has; ``identity.yaml`` changes them and adds its own."""

DEFAULT = Policy(kinds=SHIPPED)
"""The policy of a workspace without ``identity.yaml``."""


class IdentifierRow(NamedTuple):
    """A stored identifier."""

    hash: bytes
    kind: str
    profile_id: int
    home_id: int
    state: int
    sealed: bytes
    first_seen_at: Instant


class Moved(msgspec.Struct, frozen=True, array_like=True):
    """One person after a tear: rows of these events' leading identifiers, made under ``was``, are theirs now."""

    profile_id: int
    leads: list[bytes]
    was: list[int]
