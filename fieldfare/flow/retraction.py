"""The event by which another one is taken back, as the pipeline reads it. Nothing is written here."""

from typing import Any

from fieldfare.collect.model import Event
from fieldfare.flow.intake import told

EVENT_RETRACTED = "Event Retracted"
CONTEXT = "fieldfare"


def retraction_of(event: Event) -> dict[str, Any] | None:
    """Return the row of a retraction that one of Fieldfare's own events tells of, else ``None``."""
    if event.name != EVENT_RETRACTED:
        return None
    subject = told(event)
    if subject is None:
        return None
    return {
        "event_id": event.payload["message_id"],
        "profile_id": subject["profile_id"] or None,
        "at": event.received_at,
        "actor": event.payload["actor"],
        "reason": event.payload["reason"],
    }
