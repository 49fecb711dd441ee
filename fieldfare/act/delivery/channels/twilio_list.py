"""Find a message of unknown outcome in Twilio's own list of messages to a number. Pure.

Twilio keeps no id of ours, so the message is told by what is known of it: to whom, from which sender of ours, made in
the minutes after the call began, and none of those whose id we know. One that fits is ours; of two nobody can say
which. That none fits proves nothing: Twilio writes some numbers in another way than they were given.
"""

from email.utils import parsedate_to_datetime

import msgspec

from fieldfare.act.delivery.model import ChannelSpec, LostCall, Outcome, OutcomeKind
from fieldfare.ground.instants import MINUTE, Instant, from_datetime

EARLY = MINUTE
"""Clocks differ: so much before the call began a message may seem to have been made."""
LATE = 15 * MINUTE
PAGE_SIZE = 50


class ListedMessage(msgspec.Struct):
    """One message of Twilio's list; other fields are not looked at."""

    sid: str = ""
    direction: str = ""
    date_created: str | None = None
    sender: str | None = msgspec.field(default=None, name="from")
    messaging_service_sid: str | None = None


class MessageList(msgspec.Struct):
    """A page of the list, the newest first."""

    messages: list[ListedMessage] = []
    next_page_uri: str | None = None


def find_lost(page: MessageList, lost: LostCall, spec: ChannelSpec) -> Outcome:
    """Return ``HANDED_OVER`` with Twilio's id when exactly one message can be the lost one, else ``UNKNOWN``."""
    made = [(each, _made_at(each)) for each in page.messages]
    first = lost.started_at - EARLY
    fitting = [
        each.sid
        for each, at in made
        if each.sid
        and each.sid not in lost.known
        and each.direction.startswith("outbound")
        and at is not None
        and first <= at <= lost.started_at + LATE
        and _is_ours(each, spec)
    ]
    if len(fitting) == 1:
        return Outcome(kind=OutcomeKind.HANDED_OVER, provider_id=fitting[0], detail="looked_up")
    is_short = page.next_page_uri is not None and all(at is None or at >= first for _, at in made)
    why = "looked_up_several" if fitting else "looked_up_too_many" if is_short else "looked_up_not_there"
    return Outcome(kind=OutcomeKind.UNKNOWN, detail=why)


def _is_ours(each: ListedMessage, spec: ChannelSpec) -> bool:
    if spec.messaging_service is not None:
        return each.messaging_service_sid == spec.messaging_service
    return each.sender == spec.from_number


def _made_at(each: ListedMessage) -> Instant | None:
    try:
        return from_datetime(parsedate_to_datetime(each.date_created or ""))
    except (TypeError, ValueError, OverflowError):
        return None
