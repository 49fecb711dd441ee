"""What Twilio's error codes mean for us. Pure: one table, from the provider's public list.

A code that is not here is judged by its HTTP status when it answers a call, and is a plain failure in a receipt.
"""

import msgspec

from fieldfare.act.delivery.model import OutcomeKind


class Meaning(msgspec.Struct, frozen=True):
    """What a code means when it answers a call, and when it comes later in a receipt."""

    outcome: OutcomeKind
    word: str
    """Stable and short; goes into details and events."""
    suppress: bool = False
    """The number must not be written to again."""
    opted_out: bool = False
    """The person opted out at the provider."""
    soft: bool = True
    """In a receipt: the number may work another time."""


_NO, _LATER = OutcomeKind.REJECTED, OutcomeKind.FAILED
MEANINGS: dict[int, Meaning] = {
    20003: Meaning(_LATER, "login_refused"),
    20429: Meaning(_LATER, "too_many_requests"),
    14107: Meaning(_LATER, "rate_exceeded"),
    21211: Meaning(_NO, "number_invalid", suppress=True, soft=False),
    21217: Meaning(_NO, "number_invalid", suppress=True, soft=False),
    21408: Meaning(_NO, "region_not_enabled"),
    21606: Meaning(_NO, "sender_not_able"),
    21610: Meaning(_NO, "opted_out", suppress=True, opted_out=True, soft=False),
    21611: Meaning(_LATER, "sender_queue_full"),
    21612: Meaning(_NO, "route_not_available"),
    21614: Meaning(_NO, "not_a_mobile_number", suppress=True, soft=False),
    21617: Meaning(_NO, "text_too_long"),
    30001: Meaning(_LATER, "queue_overflow"),
    30002: Meaning(_LATER, "account_suspended"),
    30003: Meaning(_LATER, "handset_unreachable"),
    30004: Meaning(_NO, "message_blocked"),
    30005: Meaning(_NO, "handset_unknown", suppress=True, soft=False),
    30006: Meaning(_NO, "landline_or_unreachable_carrier", suppress=True, soft=False),
    30007: Meaning(_NO, "carrier_filtered"),
    30008: Meaning(_LATER, "unknown_error"),
    30022: Meaning(_LATER, "carrier_rate_exceeded"),
    30023: Meaning(_LATER, "carrier_daily_cap_reached"),
    30034: Meaning(_NO, "sender_not_registered"),
    63016: Meaning(_NO, "outside_the_24_hour_window"),
}
"""By code. ``suppress`` is set only where the number itself can never get a text message, or its owner opted out."""


def meaning_of(code: int | None, status: int) -> Meaning:
    """Return what an answer with this code and HTTP status means."""
    known = MEANINGS.get(code or 0)
    if known is not None:
        return known
    if status in {401, 403, 408, 425, 429, 503}:
        return Meaning(_LATER, f"http_{status}")
    if status >= 500:  # noqa: PLR2004 - HTTP's own numbers
        return Meaning(OutcomeKind.UNKNOWN, f"http_{status}")
    return Meaning(_NO, f"http_{status}")
