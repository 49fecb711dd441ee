"""Nouns of contracts: what an event name promises, and what the door does with what no contract names. No I/O.

A workspace's own contract replaces the shipped one of the same event, whole. Several versions of an own contract may be
in force at once; an event says which it keeps, and one of them holds for events that say none.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from fieldfare.collect.files import ContractFile

INTERNAL_PURPOSES = frozenset({"operations", "service", "billing", "security", "legal"})
"""Purposes that need nobody's consent: the business cannot be run without them. Others stand in ``consent.yaml``."""


class Field(msgspec.Struct, frozen=True):
    """Policy of one field."""

    sensitivity: str = "none"
    purposes: tuple[str, ...] = ()
    retention_days: int | None = None
    unit: str | None = None


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """One event name with its compiled schema."""

    event: str
    version: int = 1
    description: str = ""
    synonyms: tuple[str, ...] = ()
    fields: dict[str, Field] = {}
    schema: dict[str, Any] = {}
    validator: Any = None
    """Compiled JSON Schema (``is_valid``, ``iter_errors``); ``None`` when the schema asks for nothing."""
    known: frozenset[str] = frozenset()
    """Top-level fields that the schema or the policy names."""
    personal: frozenset[str] = frozenset()
    """Top-level fields that are sealed."""
    plain: frozenset[str] = frozenset()
    """Top-level fields declared ``none``."""
    forbidden_fields: Literal["strip", "refuse"] | None = None
    """What becomes of an event with a field that is not allowed; ``None``: what the settings say."""
    shipped: bool = False
    """Whether Fieldfare brings it. The versions that events state are not looked at then: they are others' numbers."""
    file: ContractFile = msgspec.field(default_factory=lambda: ContractFile(event=""))
    """As it is written, for the recorded history."""


class CollectSettings(msgspec.Struct, frozen=True):
    """What ``collect.yaml`` says."""

    unknown_events: Literal["keep", "strip", "quarantine"] = "keep"
    unknown_fields: Literal["keep", "strip", "quarantine"] = "keep"
    allowed_sensitivities: frozenset[str] = frozenset({"none", "personal", "contact"})
    forbidden_fields: Literal["strip", "refuse"] = "strip"
    purposes_required: Literal["sensitive", "all", "none"] = "sensitive"
    unversioned_events: Literal["newest", "oldest"] = "newest"
    shipped_contracts: bool = True
    trust_timestamp: bool = False
    assemble_profiles: bool = True
    keep_raw_days: int = 14
    remember_days: int = 30


class Contracts(msgspec.Struct, frozen=True):
    """All contracts of a workspace, ready to check with."""

    by_event: dict[str, Contract]
    """Event -> the contract that holds for events that state no version."""
    synonyms: dict[str, str]
    settings: CollectSettings
    versions: dict[str, dict[int, Contract]] = {}
    """Event with contracts of the workspace's own -> version -> contract."""

    def canonical(self, name: str) -> str:
        """Return the canonical event name of a name or synonym; an unknown name is its own."""
        return self.synonyms.get(name, name)

    def versions_of(self, event: str) -> dict[int, Contract]:
        """Return every version in force of an event's contract, the oldest first."""
        found = self.versions.get(event)
        if found is None:
            only = self.by_event.get(event)
            return {only.version: only} if only is not None else {}
        return dict(sorted(found.items()))

    def in_force(self) -> Iterator[Contract]:
        """Yield every contract in every version, sorted."""
        for event in sorted(self.by_event):
            yield from self.versions_of(event).values()


def join_contracts(
    own: Iterable[Contract], shipped: Iterable[Contract] = (), settings: CollectSettings | None = None
) -> Contracts:
    """Return the contracts of a workspace: its own, and the shipped ones it does not replace.

    A synonym never hides an event that has a contract; of two claims to a synonym the workspace's own counts, then the
    alphabetically first event.
    """
    chosen = settings or CollectSettings()
    by_event: dict[str, Contract] = {}
    synonyms: dict[str, str] = {}
    versions: dict[str, dict[int, Contract]] = {}
    without_version = max if chosen.unversioned_events == "newest" else min
    for layer in (own, shipped if chosen.shipped_contracts else ()):
        added = [c for c in layer if c.event not in by_event and c.event not in synonyms]
        added.sort(key=lambda contract: (contract.event, contract.version))
        groups: dict[str, dict[int, Contract]] = {}
        for contract in added:
            groups.setdefault(contract.event, {}).setdefault(contract.version, contract)
            for name in contract.synonyms:
                synonyms.setdefault(name, contract.event)
        by_event.update((event, group[without_version(group)]) for event, group in groups.items())
        versions.update((event, group) for event, group in groups.items() if not group[min(group)].shipped)
    synonyms = {name: event for name, event in synonyms.items() if name not in by_event}
    return Contracts(by_event, synonyms, chosen, versions)


def conflicts(own: Iterable[Contract]) -> list[tuple[str, str]]:
    """Return (event, name) for every name that two contracts of a workspace claim, by the second one."""
    taken: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for contract in sorted(own, key=lambda item: item.event):
        for name in (contract.event, *contract.synonyms):
            if taken.setdefault(name, contract.event) != contract.event:
                found.append((contract.event, name))  # noqa: PERF401 - the test changes what it asks
    return found


def forbidden_fields(
    contracts: Contracts, trait_sensitivities: Mapping[str, str]
) -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    """Return the traits, and per event the fields, whose sensitivity the workspace does not allow.

    A field that any version of a contract calls so is forbidden in the event, whatever version it states.
    """
    allowed = contracts.settings.allowed_sensitivities
    traits = frozenset(name for name, sensitivity in trait_sensitivities.items() if sensitivity not in allowed)
    events: dict[str, frozenset[str]] = {}
    for contract in contracts.in_force():
        names = frozenset(name for name, field in contract.fields.items() if field.sensitivity not in allowed)
        if names:
            events[contract.event] = events.get(contract.event, frozenset()) | names
    return traits, events


def refusing_events(contracts: Contracts) -> frozenset[str]:
    """Return the events that are refused, not stripped, when they hold a forbidden field."""
    default = contracts.settings.forbidden_fields
    return frozenset(c.event for c in contracts.in_force() if (c.forbidden_fields or default) == "refuse")


def declared_fields(contracts: Contracts) -> dict[str, frozenset[str]]:
    """Return per event the fields that some version of its contract declares with a purpose."""
    declared: dict[str, frozenset[str]] = {}
    for contract in contracts.in_force():
        names = frozenset(name for name, field in contract.fields.items() if field.purposes)
        declared[contract.event] = declared.get(contract.event, frozenset()) | names
    return declared
