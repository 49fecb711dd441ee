"""How the past is lived again: by which span it is moved, and the calls that old events become. Pure.

Real people do in a simulation what they did before: in the same weeks of the year before, where the history reaches
back so far, else in the last whole weeks that there are, again and again. Weekdays stay. What they said of themselves,
consent and what Fieldfare itself recorded are not repeated: those stand as they are in the copy.
"""

from typing import Any

import msgspec

from fieldfare.flow.generate.calls import CONSENT_EVENT
from fieldfare.flow.rehearsal.streams import Call
from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import DAY, HOUR, MINUTE, Instant, to_iso

WEEK = 7 * DAY
YEAR = 52 * WEEK
TYPES = ("track", "page", "screen")
NOT_AGAIN = (CONSENT_EVENT,)


class Slice(msgspec.Struct, frozen=True):
    """A stretch [since, until) of the past, and by how much it is moved."""

    since: Instant
    until: Instant
    shift: int


def slices_of(start: Instant, end: Instant, first: Instant, last: Instant) -> list[Slice]:
    """Return which stretches of the history [first, last) fill [start, end), in time order; none without a week of it.

    ``shift`` is added to what happened.
    """
    weeks = (last - first) // WEEK
    if weeks < 1:
        return []
    if start - YEAR >= first and end - YEAR <= last:
        return [Slice(start - YEAR, end - YEAR, YEAR)]
    period = min(weeks * WEEK, YEAR)
    found, at = [], start
    while at < end:
        shift = -(-max(at - last + 1, 0) // period) * period
        since = at - shift
        until = min(last, since + (end - at))
        found.append(Slice(since, until, shift))
        at += until - since
    return found


def call_again(row: dict[str, Any], who: dict[str, str], fields: dict[str, Any], shift: int) -> tuple[Instant, Call]:
    """Return an event of the past as a call of now. ``who``: the identifier that it is sent under."""
    at = row["occurred_at"] + shift
    call: Call = {
        "type": row["type"],
        **who,
        "messageId": f"again-{shift // DAY}-{row['event_id']}",
        "timestamp": to_iso(at),
        "properties": fields,
    }
    call |= {"event": row["name"]} if row["type"] == "track" else {"name": fields.get("name", row["name"])}
    return at, call


def times(at: Instant, call: Call, load: int) -> list[tuple[Instant, Call]]:
    """Return the call so many times: itself, and others within the hour after it under ids of their own."""
    found = [(at, call)]
    for number in range(1, load):
        later = at + int(fraction("load", call["messageId"], number) * (HOUR // MINUTE)) * MINUTE
        found.append(
            (later, {**call, "messageId": f"{call['messageId']}-x{number}", "timestamp": to_iso(later)}),
        )
    return found
