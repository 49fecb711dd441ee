"""Calls of made-up members of ``examples/fitness``, as one writes them in a story: who, what, when."""

from typing import Any

from fieldfare.flow.generate.calls import CONSENT_EVENT, consent, identify, page, track
from fieldfare.flow.simulate import Call
from fieldfare.ground.instants import DAY, HOUR, SECOND, Instant, parse_iso

NOON = parse_iso("2025-03-03T11:00:00+00:00")
"""Noon in Berlin, outside the season's peak and outside quiet hours."""
LAPSES_AT = parse_iso("2025-04-02T22:00:00+00:00")
"""When somebody who trained at ``NOON`` for the last time joins the audience `lapsed`: a local midnight."""
MORNING_AFTER = LAPSES_AT + 8 * HOUR
"""When quiet hours end after that."""
CLUB = "hamburg-altona"


def joins(user: str, at: Instant, **more: Any) -> list[Call]:
    """Return the calls by which a member becomes known, consents to e-mail and trains once, within four seconds."""
    traits = {
        "email": f"{user}@example.com",
        "email_verified": True,
        "first_name": "Kim",
        "membership_status": "active",
        "membership_tier": "plus",
        "consent_email": True,
        **more,
    }
    return [
        (at, identify(user, f"{user}-identify-{at}", at, traits)),
        (at + SECOND, granted(user, at + SECOND)),
        (at + 2 * SECOND, trains(user, at + 2 * SECOND)),
    ]


def cancels(user: str, at: Instant) -> list[Call]:
    """Return the calls of a basic member who never trained and cancels a class: a case for the desk."""
    traits = {"email": f"{user}@example.com", "membership_status": "active", "membership_tier": "basic"}
    return [
        (at, identify(user, f"{user}-identify-{at}", at, traits)),
        (at, track("booking_cancelled", user, f"{user}-cancelled-{at}", at, {"location_id": CLUB})),
    ]


def granted(user: str, at: Instant) -> dict[str, Any]:
    """Return a grant of e-mail marketing."""
    return track(CONSENT_EVENT, user, f"{user}-grant-{at}", at, consent("email", "grant", "form"))


def withdrawn(user: str, at: Instant) -> dict[str, Any]:
    """Return a withdrawal of e-mail marketing."""
    return track(CONSENT_EVENT, user, f"{user}-withdraw-{at}", at, consent("email", "withdraw", "preference page"))


def trains(user: str, at: Instant, spend: float = 0) -> dict[str, Any]:
    """Return a check-in."""
    values = {"location_id": CLUB, "spend": spend, "currency": "EUR"}
    return track("check_in", user, f"{user}-check-in-{at}", at, values)


def fails_to_pay(user: str, at: Instant) -> dict[str, Any]:
    """Return a first failed payment."""
    values = {"amount": 29.9, "currency": "EUR", "attempt": 1, "location_id": CLUB}
    return track("payment_failed", user, f"{user}-failed-{at}", at, values)


def visits(anonymous: str, at: Instant) -> dict[str, Any]:
    """Return a page view of somebody unknown."""
    return page(anonymous, f"{anonymous}-page-{at}", at, "home")


def signs_in(user: str, anonymous: str, at: Instant, **traits: Any) -> dict[str, Any]:
    """Return the identify that joins a visitor to a member."""
    return identify(user, f"{user}-{anonymous}-sign-in-{at}", at, traits, anonymous)


def far_ahead(at: Instant) -> Instant:
    """Return an instant by which every walk has ended."""
    return at + 300 * DAY
