"""The event by which one of our own people corrects a trait, and what it says of who did it and why. Pure.

Value, name and reason travel in the context, which the log and the lake keep sealed; in clear stands which trait, and
nothing else. The event hangs on one identifier of the person, the one that was named, else the one that stands for the
person: it is theirs who have that when it is applied and, after a split, theirs who keep it.
A correction outranks every other word until it is lifted: taken back like any event, so that folding anew, replays and
rebuilds heed it.
"""

from typing import Any

import msgspec

from fieldfare.collect.model import Event
from fieldfare.flow.retraction import CONTEXT, EVENT_RETRACTED
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.know.profiles.facts import TRAIT_CORRECTED, is_correction
from fieldfare.know.profiles.model import TraitType


class ByWhom(msgspec.Struct, frozen=True):
    """Who did it, and why."""

    actor: str
    reason: str


_TEXTS = frozenset({TraitType.TEXT, TraitType.DATE, TraitType.INSTANT})


def as_meant(told: Any, kind: TraitType | None, present: Any) -> Any:
    """Return what a text of a form means: JSON, where the trait is declared, or else known, to be no text."""
    is_text = kind in _TEXTS if kind is not None else present is None or isinstance(present, str)
    if is_text or not isinstance(told, str):
        return told
    try:
        return msgspec.json.decode(told)
    except msgspec.DecodeError:
        return told


def is_encodable(said: Any) -> bool:
    """Return whether it can be written as JSON at all: its texts are made of characters, and it is not bottomless."""
    try:
        msgspec.json.encode(said)
    except (ValueError, OverflowError, RecursionError):
        return False
    return True


def correction_event(
    message_id: str, profile_id: int, lead: bytes, fact: tuple[str, Any], by: ByWhom, now: Instant
) -> dict[str, Any]:
    """Return the event of a correction; ``fact``: the trait's name and its value, ``None`` unsets it.

    ``lead``: hash of the identifier that it hangs on.
    """
    name, value = fact
    return {
        "type": "track",
        "event": TRAIT_CORRECTED,
        "messageId": message_id,
        "timestamp": to_iso(now),
        "properties": {"trait": name},
        "context": {
            CONTEXT: {"profile_id": profile_id, "address_hash": lead.hex(), "by": msgspec.to_builtins(by)},
            "traits": {name: value},
        },
    }


def lift_event(correction: str, profile_id: int, by: ByWhom, now: Instant) -> dict[str, Any]:
    """Return the event that takes a correction back."""
    return {
        "type": "track",
        "event": EVENT_RETRACTED,
        "messageId": derived_id("retract", correction),
        "timestamp": to_iso(now),
        "properties": {"message_id": correction, "actor": by.actor, "reason": by.reason},
        "context": {CONTEXT: {"profile_id": profile_id}},
    }


def corrected_by(event: Event) -> ByWhom | None:
    """Return who corrected a trait by the event, ``None`` of any other event, and where nothing of it can be opened."""
    said = event.context.get(CONTEXT) if is_correction(event) else None
    return msgspec.convert(said["by"], ByWhom) if said is not None else None


def trait_of(event: Event) -> str:
    """Return which trait a correction is of."""
    return str(event.payload["trait"])
