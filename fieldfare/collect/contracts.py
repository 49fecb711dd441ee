"""Nouns of contracts: what an event name promises, and what the door does with what no contract names. No I/O.

A workspace's own contract replaces the shipped one of the same event, whole.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec

PERSONAL_NAMES = frozenset(
    {
        "email",
        "email_address",
        "emailAddress",
        "phone",
        "phone_number",
        "phoneNumber",
        "mobile",
        "first_name",
        "firstName",
        "last_name",
        "lastName",
        "full_name",
        "fullName",
        "name",
        "address",
        "street",
        "birthday",
        "birth_date",
        "birthDate",
        "date_of_birth",
        "dateOfBirth",
        "ip",
        "ip_address",
        "ipAddress",
    }
)
"""Names of properties and traits that are personal unless a contract declares them ``none``."""


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


class CollectSettings(msgspec.Struct, frozen=True):
    """What ``collect.yaml`` says."""

    unknown_events: Literal["keep", "quarantine"] = "keep"
    unknown_fields: Literal["keep", "strip", "quarantine"] = "keep"
    allowed_sensitivities: frozenset[str] = frozenset({"none", "personal", "contact"})
    shipped_contracts: bool = True
    trust_timestamp: bool = False
    assemble_profiles: bool = True
    keep_raw_days: int = 14
    remember_days: int = 30


class Contracts(msgspec.Struct, frozen=True):
    """All contracts of a workspace, ready to check with."""

    by_event: dict[str, Contract]
    synonyms: dict[str, str]
    settings: CollectSettings

    def canonical(self, name: str) -> str:
        """Return the canonical event name of a name or synonym; an unknown name is its own."""
        return self.synonyms.get(name, name)


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
    layers = (own, shipped if chosen.shipped_contracts else ())
    for layer in layers:
        added = sorted(
            (c for c in layer if c.event not in by_event and c.event not in synonyms),
            key=lambda contract: contract.event,
        )
        by_event.update((contract.event, contract) for contract in reversed(added))
        for contract in added:
            for name in contract.synonyms:
                synonyms.setdefault(name, contract.event)
    return Contracts(by_event, {name: event for name, event in synonyms.items() if name not in by_event}, chosen)


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
    """Return the traits, and per event the fields, whose sensitivity the workspace does not allow."""
    allowed = contracts.settings.allowed_sensitivities
    traits = frozenset(name for name, sensitivity in trait_sensitivities.items() if sensitivity not in allowed)
    events = {
        contract.event: frozenset(name for name, field in contract.fields.items() if field.sensitivity not in allowed)
        for contract in contracts.by_event.values()
    }
    return traits, {event: names for event, names in events.items() if names}
