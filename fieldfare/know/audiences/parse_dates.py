"""Reads what is asked of a date: before, after, on, within_next, ahead, anniversary. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches

from fieldfare.ground.instants import day_of
from fieldfare.ground.workspace.model import Duration, Path, Problem
from fieldfare.know.audiences.dates import MOST_ANNIVERSARY_DAYS
from fieldfare.know.audiences.model import Ahead, Anniversary, OnDay
from fieldfare.know.audiences.parse_span import parse_span

DAYS = ("before", "after", "on")
DATE_KEYS = (*DAYS, "within_next", "ahead", "anniversary")
_DATE_LETTERS = len("2026-01-31")


def parse_date(key: str, value: object, path: Path, problems: list[Problem]) -> OnDay | Ahead | Anniversary | None:
    """Return what the key asks of a date, ``None`` after reporting a problem."""
    if key in DAYS:
        return _on_day(key, value, path, problems)
    if key == "within_next":
        span = parse_span(key, value, path, problems)
        return None if span is None else Ahead(most=span)
    return _ahead(value, (*path, key), problems) if key == "ahead" else _anniversary(value, (*path, key), problems)


def _on_day(key: str, value: object, path: Path, problems: list[Problem]) -> OnDay | None:
    try:
        if isinstance(value, str) and len(value) == _DATE_LETTERS:
            return OnDay(key, day_of(date.fromisoformat(value)))
        if isinstance(value, date) and not isinstance(value, datetime):
            return OnDay(key, day_of(value))
    except ValueError:
        pass
    problems.append(
        Problem(
            (*path, key),
            f"`{key}: {value}` is not a date",
            "it compares days of the workspace's calendar",
            f"Write year, month and day, for example `{key}: 2026-01-31`",
        )
    )
    return None


def _ahead(value: object, path: Path, problems: list[Problem]) -> Ahead | None:
    keys = ("at_least", "at_most")
    if not isinstance(value, Mapping) or not value or not set(value) <= set(keys):
        strange = next((str(key) for key in value if key not in keys), "") if isinstance(value, Mapping) else ""
        near = get_close_matches(strange, keys, n=1)
        problems.append(
            Problem(
                (*path, strange) if strange else path,
                f"`{strange}` is not a distance" if strange else "`ahead` holds no distance",
                "it takes `at_least` and `at_most`",
                f"Did you mean `{near[0]}`?" if near else "Write `ahead: {at_least: 10 days, at_most: 30 days}`",
            )
        )
        return None
    spans: dict[str, Duration] = {}
    for key, text in value.items():
        span = parse_span(str(key), text, path, problems)
        if span is None:
            return None
        spans[str(key)] = span
    least, most = spans.get("at_least"), spans.get("at_most")
    if least is not None and most is not None:
        if (least.days is None) != (most.days is None):
            why = "days follow the calendar, hours the clock"
            problems.append(Problem(path, "`ahead` mixes days and hours", why, "Use the same kind of unit"))
            return None
        if least.us > most.us:
            what = f"no date is at least {value['at_least']} and at most {value['at_most']} ahead"
            problems.append(Problem(path, what, "the distances exclude each other", "Exchange them"))
            return None
    return Ahead(most, least)


def _anniversary(value: object, path: Path, problems: list[Problem]) -> Anniversary | None:
    if value == "today":
        return Anniversary()
    if isinstance(value, Mapping) and set(value) == {"within_next"}:
        before = len(problems)
        span = parse_span("within_next", value["within_next"], path, problems)
        if span is not None and span.days is not None and span.days <= MOST_ANNIVERSARY_DAYS:
            return Anniversary(span.days)
        if len(problems) == before:
            why = f"an anniversary is a day, and stretches have at most {MOST_ANNIVERSARY_DAYS} days"
            what = f"`within_next: {value['within_next']}` cannot be asked of an anniversary"
            problems.append(Problem((*path, "within_next"), what, why, "Write for example `within_next: 7 days`"))
        return None
    problems.append(
        Problem(
            path,
            "`anniversary` says neither `today` nor how far ahead",
            "it takes `today`, or `within_next` with days",
            "Write `anniversary: today` or `anniversary: {within_next: 7 days}`",
        )
    )
    return None
