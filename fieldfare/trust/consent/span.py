"""Lengths of calendar months and days: how long a grant lasts. Pure.

Months are those of the calendar in UTC: a month after 31 January is the last day of February, at the same time of day.
"""

import re
from calendar import monthrange

from fieldfare.ground.instants import DAY, Instant, from_datetime, to_datetime
from fieldfare.trust.consent.model import Span

_LENGTH = re.compile(r"^\s*([1-9]\d{0,3})\s*(day|week|month|year)s?\s*$")
_MONTHS_A_YEAR = 12


def parse_span(text: object) -> Span | str:
    """Return the length, or a sentence that says how to write it."""
    match = _LENGTH.match(text) if isinstance(text, str) else None
    if match is None:
        bare = str(text).strip()
        example = f"{bare} months" if bare.isdigit() else "24 months"
        return f"Write a whole number and a unit (days, weeks, months, years), for example `{example}`."
    amount, unit = int(match[1]), match[2]
    if unit in {"month", "year"}:
        return Span(months=amount * (_MONTHS_A_YEAR if unit == "year" else 1))
    return Span(days=amount * (7 if unit == "week" else 1))


def after(at: Instant, span: Span) -> Instant:
    """Return the instant that lies so long after another."""
    if span.months:
        before = to_datetime(at)
        year, month = divmod(before.year * _MONTHS_A_YEAR + before.month - 1 + span.months, _MONTHS_A_YEAR)
        day = min(before.day, monthrange(year, month + 1)[1])
        at = from_datetime(before.replace(year=year, month=month + 1, day=day))
    return at + span.days * DAY
