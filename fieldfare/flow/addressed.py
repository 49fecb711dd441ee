"""Reads what Fieldfare's own events tell of an address: whose consent it is, what must not be written to. Pure."""

from fieldfare.act.surveys.answer import SURVEY_ANSWERED
from fieldfare.collect.model import Event
from fieldfare.flow.intake import told
from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.profiles.facts import TRAIT_CORRECTED
from fieldfare.trust.consent.model import Suppression

_PERSONAL = frozenset({SURVEY_ANSWERED, TRAIT_CORRECTED})


def is_own_personal(event: Event) -> bool:
    """Return whether it is one of our own events that hold something personal. Nothing in them is an identifier."""
    return event.source == OWN_SOURCE and event.name in _PERSONAL


def hangs_on(event: Event) -> bytes | None:
    """Return the hash of the identifier that a personal event of our own hangs on, ``None`` for any other event.

    It leads the event: what is personal is sealed under its key, and goes where it goes.
    """
    subject = told(event) if is_own_personal(event) else None
    return bytes.fromhex(subject["address_hash"]) if subject is not None else None


def addressed(event: Event) -> dict[str, bytes]:
    """Return the address, by channel, that one of Fieldfare's own events speaks for; empty for any other event."""
    subject = told(event)
    if subject is None or "channel" not in event.payload or "address_hash" not in subject:
        return {}
    return {str(event.payload["channel"]): bytes.fromhex(subject["address_hash"])}


def suppression_of(event: Event) -> Suppression | None:
    """Return the suppression that one of Fieldfare's own events tells of (complaint, hard bounce), else ``None``."""
    subject = told(event)
    if subject is None or event.payload.get("suppress") is not True:
        return None
    address = bytes.fromhex(subject["address_hash"])
    return Suppression(address_hash=address, reason=event.name, since_at=event.received_at, source=event.source)


def lift_of(event: Event) -> tuple[bytes, Instant, str] | None:
    """Return whose STOP one of Fieldfare's own events takes back, when and by which source, else ``None``."""
    subject = told(event)
    if subject is None or event.payload.get("lift") is not True or "address_hash" not in subject:
        return None
    return bytes.fromhex(subject["address_hash"]), event.received_at, event.source
