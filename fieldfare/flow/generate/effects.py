"""The truth of the generated fitness world: what each message really changes, stated before anything is measured.

A member who has drifted away comes back by themselves with the same small chance every day, and leaves for good with
another, so the share that is back within thirty days is one number for everybody who is still away (no memory). A
message brings back, by a coin of its own, the share of the others that makes the stated difference.
"""

import msgspec

RETURN_HAZARD = 0.0042
"""Daily chance that a member who is away comes back by themselves."""
CANCEL_HAZARD = 0.0020
"""Daily chance that a member who is away cancels."""
WINDOW_DAYS = 30

SPENDS = (6.0, 8.0, 10.0, 12.0)
"""What a visit after a message brings at the counter, each as likely, in EUR."""
RETURN_VISITS = 4
"""Visits that a message brings within the window, from those whom it brings back."""


def natural_return(days: int = WINDOW_DAYS) -> float:
    """Return the share of members who are away that is back within ``days`` without any message."""
    stay = (1 - CANCEL_HAZARD) * (1 - RETURN_HAZARD)
    comes = (1 - CANCEL_HAZARD) * RETURN_HAZARD
    return comes * (1 - stay**days) / (1 - stay)


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What one template truly changes for those to whom it is handed over."""

    uplift: float
    """Difference of the share that returns within thirty days: 0.08 is eight points."""
    unsubscribe: float = 0.0
    """Share of the messages that is answered by a withdrawal of consent."""

    @property
    def response(self) -> float:
        """Return the chance of the message's own coin: it also falls on some who return anyway."""
        return self.uplift / (1 - natural_return())

    @property
    def revenue(self) -> float:
        """Return the expected extra counter spend of one handed-over message within the window, in EUR."""
        return self.response * RETURN_VISITS * sum(SPENDS) / len(SPENDS)


TRUE_EFFECTS: dict[str, Effect] = {
    "win_back": Effect(uplift=0.08, unsubscribe=0.005),
    "win_back_reminder": Effect(uplift=0.0, unsubscribe=0.005),
    "welcome": Effect(uplift=0.0, unsubscribe=0.002),
    "first_week": Effect(uplift=0.0, unsubscribe=0.002),
    "second_visit": Effect(uplift=0.0, unsubscribe=0.002),
    "renewal": Effect(uplift=0.0, unsubscribe=0.002),
    "first_week_text": Effect(uplift=0.0, unsubscribe=0.002),
    "two_weeks_offer": Effect(uplift=0.0, unsubscribe=0.002),
    "win_back_text": Effect(uplift=0.0, unsubscribe=0.005),
    "quiet_letter": Effect(uplift=0.0, unsubscribe=0.002),
    "first_class_after": Effect(uplift=0.0, unsubscribe=0.002),
    "rebook_text": Effect(uplift=0.0, unsubscribe=0.002),
    "rebook_mail": Effect(uplift=0.0, unsubscribe=0.002),
    "first_class_booked": Effect(uplift=0.0),
    "place_free_text": Effect(uplift=0.0),
    "place_free": Effect(uplift=0.0),
    "rebook_review": Effect(uplift=0.0),
    "waitlist_question": Effect(uplift=0.0),
    "follow_up_sales": Effect(uplift=0.0),
    "vip_outreach": Effect(uplift=0.0),
    "payment_failed": Effect(uplift=0.0),
    "payment_last_call": Effect(uplift=0.0),
}
"""By template. A template that is not here changes nothing."""
