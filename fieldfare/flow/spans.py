"""A span of time as people write it: two ends, each a date or a date-time in the workspace's zone. Pure.

A date as the first end begins with its local midnight; as the last end it counts whole. A date-time as the last end is
the first instant that does not count. A date-time without offset is a wall time of the zone.
"""

from datetime import date, datetime

import msgspec

from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import Instant, day_of, day_start, from_datetime, zone_info

_DATE_LETTERS = len("2026-01-31")


class Span(msgspec.Struct, frozen=True):
    """From ``from_at`` on, before ``to_at``; ``None`` is open."""

    from_at: Instant | None = None
    to_at: Instant | None = None


def read_span(first: str | None, last: str | None, zone: str) -> Span:
    """Return the span between two ends. Raises ``CallerError`` ``span_invalid``."""
    span = Span(_end(first, zone, "from", 0), _end(last, zone, "to", 1))
    if span.from_at is not None and span.to_at is not None and span.from_at >= span.to_at:
        text = "The span is empty: `from` does not lie before `to`. Exchange them, or take a longer span."
        raise CallerError("span_invalid", text, field="to")
    return span


def _end(text: str | None, zone: str, which: str, days: int) -> Instant | None:
    if text is None:
        return None
    try:
        if len(text) == _DATE_LETTERS:
            return day_start(day_of(date.fromisoformat(text)) + days, zone)
        at = datetime.fromisoformat(text)
        return from_datetime(at if at.tzinfo is not None else at.replace(tzinfo=zone_info(zone)))
    except (ValueError, OverflowError) as error:
        told = f"`{which}` is no date or date-time. Write 2026-01-31, or 2026-01-31T18:00:00+01:00."
        raise CallerError("span_invalid", told, field=which) from error
