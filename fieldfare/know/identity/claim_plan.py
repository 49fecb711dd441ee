"""The policy of identifiers as claims are taken by: per kind its rule, per key of an event what may stand there.

Pure but for the hash passed in. Made once. Nearly every event carries a user id, an anonymous id and no key that
anything here looks at, and the sets of keys tell so at once; and nearly every value was met a moment ago, so each rule
remembers the claims it made last. What is taken from an event stands in ``claims``.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from fieldfare.ground.workspace.model import Source
from fieldfare.know.identity.blocked import blocked_of
from fieldfare.know.identity.model import (
    ANONYMOUS_ID,
    EXTERNAL,
    HOUSEHOLD_ID,
    USER_ID,
    Claim,
    Form,
    IdentifierKind,
    Joins,
    Policy,
)
from fieldfare.know.identity.normal import NORMAL, Regions

TRAITS, PROPERTIES, CONTEXT = "traits", "properties", "context"
AREAS = (TRAITS, PROPERTIES, CONTEXT)
"""Where a place begins: traits of the person (of an identify, or in the context), properties, the whole context."""
REMEMBERED = 8_192
"""Claims of a kind."""

Hash = Callable[[str, str], bytes]


class Rule(msgspec.Struct, frozen=True, eq=False):
    """How values of one kind are taken."""

    kind: IdentifierKind
    rank: tuple[bool, int, str]
    """Claims are in this order: those that find nobody come last, whatever their priority."""
    claim: Callable[..., Claim | None]
    """From a text, and the country of its place where that matters, to its claim; ``None``: it identifies nobody."""
    claim_other: Callable[..., Claim | None]
    """The same, of what is no text."""
    is_local: bool
    """Whether the country matters."""
    verifying: frozenset[str] | None
    """Sources that have verified it, where only verified values count; ``None``: every value counts."""


class Spot(msgspec.Struct, frozen=True, eq=False):
    """What may stand under a key of traits, properties or context, there or further in."""

    inner: tuple[str, ...]
    """Keys from there inwards."""
    rule: Rule
    flags: tuple[str, ...]
    """Keys beside the value that may say ``true``: it was verified."""
    needs: str | None = None
    """Key beside the value that must say ``true`` for it to be used at all."""


Spots = Mapping[str, tuple[Spot, ...]]


class ClaimPlan:
    """A policy, compiled. Immutable after construction."""

    __slots__ = (
        "_hash_of",
        "anonymous",
        "areas",
        "context_keys",
        "external",
        "household",
        "household_groups",
        "is_usual",
        "payload_keys",
        "policy",
        "regions",
        "rules",
        "user",
        "user_leads",
    )

    def __init__(
        self, policy: Policy, hash_of: Hash, sources: Iterable[Source] = (), regions: Regions | None = None
    ) -> None:
        """Take the policy, the keyed hash, what sources have verified, and the countries of telephone numbers."""
        known = tuple(sources)
        self.policy, self._hash_of = policy, hash_of
        self.regions = regions if regions is not None else Regions()
        self.rules = {name: _rule(kind, policy, hash_of, known) for name, kind in policy.kinds.items()}
        self.user, self.anonymous = self.rules[USER_ID], self.rules[ANONYMOUS_ID]
        self.household = self.rules[HOUSEHOLD_ID]
        self.is_usual = self.user.rank < self.anonymous.rank and self.anonymous.kind.joins is not Joins.NEVER
        """Whether an event's two ids are its claims, in this order, when it carries nothing else."""
        self.user_leads = self.is_usual and self.user.rank == min(rule.rank for rule in self.rules.values())
        self.household_groups = frozenset(each.casefold() for each in policy.household_groups)
        self.external: dict[str, tuple[Rule, ...]] = {}
        self.areas: dict[str, dict[str, tuple[Spot, ...]]] = {area: {} for area in AREAS}
        for rule in self.rules.values():
            for place in rule.kind.places:
                self._put(place, rule)
        self.payload_keys = frozenset(self.areas[TRAITS]) | frozenset(self.areas[PROPERTIES])
        self.context_keys = frozenset({*self.areas[CONTEXT], TRAITS, EXTERNAL_KEY})

    @property
    def hashing(self) -> Hash:
        """Return the keyed hash."""
        return self._hash_of

    def hash_of(self, kind: str, value: str) -> bytes | None:
        """Return the hash of a value that somebody asks for, blocked or not; ``None`` when it has no normal form.

        A kind that the policy no longer has was text.
        """
        known = self.policy.kinds.get(kind)
        normal = NORMAL[known.form if known is not None else Form.TEXT](value, self.regions.default)
        return self._hash_of(kind, normal) if normal is not None else None

    def _put(self, place: str, rule: Rule) -> None:
        if place == EXTERNAL or place.startswith(f"{EXTERNAL}."):
            named = place[len(EXTERNAL) + 1 :] or rule.kind.name
            self.external[named] = (*self.external.get(named, ()), rule)
            return
        area, key, *inner = place.split(".")
        spots = self.areas[area]
        stems = dict.fromkeys(((inner or [key])[-1], rule.kind.name))
        flags = tuple(f"{stem}{ending}" for stem in stems for ending in ("_verified", "Verified"))
        needs = TRACKING if place == ADVERTISING else None
        spots[key] = (*spots.get(key, ()), Spot(tuple(inner), rule, flags, needs))


EXTERNAL_KEY = EXTERNAL.partition(".")[2]
ADVERTISING, TRACKING = "context.device.advertisingId", "adTrackingEnabled"
"""An advertising id counts only where its device allows tracking."""


def _rule(kind: IdentifierKind, policy: Policy, hash_of: Hash, sources: tuple[Source, ...]) -> Rule:
    verifying = frozenset(source.name for source in sources if kind.name in source.verifies)
    normal, is_blocked, name = NORMAL[kind.form], blocked_of(kind, policy), kind.name

    def claim(value: Any, region: str | None = None) -> Claim | None:
        found = normal(value, region)
        return None if found is None or is_blocked(found) else Claim(kind, found, hash_of(name, found))

    return Rule(
        kind=kind,
        rank=(kind.joins is Joins.NEVER, kind.priority, name),
        claim=lru_cache(maxsize=REMEMBERED)(claim),
        claim_other=claim,
        is_local=kind.form is Form.PHONE,
        verifying=verifying if kind.needs_proof else None,
    )
