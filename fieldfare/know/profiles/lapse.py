"""Consent that ends by time alone, at its own instant. Pure; the document is changed in place.

What is granted for a time sets a wake-up beside those of audiences, under a name that no audience can have. Nothing but
the end of the grant is due then, so the document alone says what holds after it.
"""

from collections.abc import Mapping

from fieldfare.ground.instants import Instant
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import CONSENT, NOTHING, Touched
from fieldfare.trust.consent.model import InForce

WAKE = "consent:"
"""Begins the name of the wake-up of a grant's end."""


def note_ends(document: Document, ends: Mapping[str, Instant]) -> None:
    """Set the wake-ups of grants anew: key of purpose and channel -> when the grant ends."""
    for name in [name for name in document.wakes if name.startswith(WAKE)]:
        if name.removeprefix(WAKE) not in ends:
            del document.wakes[name]
    for key, at in ends.items():
        document.wakes[WAKE + key] = at


def lapse(document: Document, now: Instant) -> Touched:
    """End the grants whose time is over; return what changed."""
    due = [name for name, at in document.wakes.items() if at <= now and name.startswith(WAKE)]
    if not due:
        return NOTHING
    document.consent = dict(document.consent)
    for name in due:
        del document.wakes[name]
        document.consent[name.removeprefix(WAKE)] = InForce.EXPIRED.value
    return CONSENT
