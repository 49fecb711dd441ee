"""Reads who enters a journey: causes, keys, conditions, delays, canaries. Pure."""

from collections.abc import Sequence

from fieldfare.decide.journeys.definition import Dated, Entry, Gate, Reentry, Rhythm
from fieldfare.decide.journeys.files import CanaryEntry, DateEntry, EntryEntry, ScheduleEntry
from fieldfare.decide.journeys.parse_parts import condition_of, one_of, share_of, span_us, stray_where, trigger_of
from fieldfare.ground.instants import DAY
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.know.audiences.model import AtLocation, Bound, MatchConfidence
from fieldfare.network.calendars.by_phase import phase_problems
from fieldfare.network.calendars.wall import parse_clock

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read_entry(entry: EntryEntry, problems: list[Problem]) -> Entry | None:
    """Return who enters, ``None`` where nothing says so."""
    path: Path = ("entry",)
    causes = {"joins": entry.joins, "event": entry.event, "date": entry.date, "schedule": entry.schedule}
    chosen = "api"
    if not entry.api or any(value is not None for value in causes.values()):
        found = one_of(causes, path, problems)
        if found is None:
            return None
        chosen = found
    stray_where(entry.event, entry.where, path, problems)
    _strays(entry, path, problems)
    problems += phase_problems(entry.by_phase, (*path, "by_phase"))
    reentry, after_us = _reentry(entry, chosen, path, problems)
    return Entry(
        audience=entry.joins,
        trigger=trigger_of(entry.event, entry.where, path, problems) if entry.event is not None else None,
        dated=read_date(entry.date, (*path, "date"), problems) if entry.date is not None else None,
        rhythm=_rhythm(entry.schedule, (*path, "schedule"), problems) if entry.schedule is not None else None,
        by_call=entry.api,
        key=entry.key,
        gates=_gates(entry, path, problems),
        reachable=tuple(entry.reachable),
        settle_us=span_us(entry.settle.after, (*path, "settle", "after"), problems) if entry.settle is not None else 0,
        canary_share=_canary(entry.canary, (*path, "canary"), problems),
        max_age_us=span_us(entry.max_age, (*path, "max_age"), problems),
        reentry=reentry,
        reentry_after_us=after_us,
        on_cut=entry.on_cut,
        is_open=entry.open,
        open_by_phase={phase: said.open for phase, said in entry.by_phase.items()},
    )


def _strays(entry: EntryEntry, path: Path, problems: list[Problem]) -> None:
    if entry.on_cut and entry.joins is None:
        why = "Cuts move memberships, and no event comes of it"
        problems.append(Problem((*path, "on_cut"), "`on_cut` stands without `joins`", why, "Remove it"))
    if entry.key is not None and entry.event is None:
        why = "It names a property of the event that lets people enter"
        problems.append(Problem((*path, "key"), "`key` stands without `event`", why, "Remove it, or write `event`"))


def _reentry(entry: EntryEntry, chosen: str, path: Path, problems: list[Problem]) -> tuple[Reentry, int]:
    if entry.reentry is None:
        return (Reentry.ALWAYS if chosen in {"date", "schedule"} else Reentry.NEVER), 0
    if isinstance(entry.reentry, str):
        return Reentry(entry.reentry), 0
    return Reentry.AFTER, span_us(entry.reentry.after, (*path, "reentry", "after"), problems)


def _gates(entry: EntryEntry, path: Path, problems: list[Problem]) -> tuple[Gate, ...]:
    found = []
    condition = condition_of(entry.condition, (*path, "if"), problems)
    if condition is not None:
        found.append(Gate("condition", condition))
    if entry.confidence is not None:
        found.append(Gate("confidence", MatchConfidence((Bound("at_least", entry.confidence),))))
    if entry.canary is not None and entry.canary.locations:
        found.append(Gate("canary", AtLocation(tuple(entry.canary.locations))))
    return tuple(found)


def _canary(entry: CanaryEntry | None, path: Path, problems: list[Problem]) -> float | None:
    if entry is None:
        return None
    one_of({"share": entry.share, "locations": entry.locations or None}, path, problems)
    return None if entry.share is None else share_of(entry.share, (*path, "share"), problems)


def _rhythm(entry: ScheduleEntry, path: Path, problems: list[Problem]) -> Rhythm | None:
    minute = clock_of(entry.at, (*path, "at"), problems)
    if 0 in entry.month_days:
        what, why = "there is no day 0", "days of a month are 1 to 31, and -1 is the last"
        problems.append(Problem((*path, "month_days"), what, why, "Remove it."))
    return Rhythm(
        audience=entry.of,
        minute=minute,
        weekdays=weekdays_of(entry.weekdays),
        month_days=frozenset(entry.month_days),
    )


def weekdays_of(names: Sequence[str]) -> frozenset[int]:
    """Return the numbers of weekdays, 0 for Monday."""
    return frozenset(WEEKDAYS.index(name) for name in names)


def clock_of(text: str, path: Path, problems: list[Problem]) -> int:
    """Return the minute of the day; 0 after reporting a problem."""
    minute = parse_clock(text)
    if isinstance(minute, int):
        return minute
    what, why = f"`{text}` is no time of day", "the walk would not know when to go on"
    problems.append(Problem(path, what, why, minute))
    return 0


def read_date(entry: DateEntry, path: Path, problems: list[Problem]) -> Dated:
    """Return what instant follows from a date on a trait."""
    if entry.before is not None and entry.after is not None:
        what, why = "both `before` and `after` are given", "it is one or the other"
        problems.append(Problem(path, what, why, "Write one of them, or none for the day itself."))
    key, sign = ("before", -1) if entry.before is not None else ("after", 1)
    text = entry.before if entry.before is not None else entry.after
    days = us = 0
    if text is not None:
        length = span_us(text, (*path, key), problems)
        duration = parse_duration(text)
        in_days = not isinstance(duration, str) and duration.days is not None
        days, us = (sign * (length // DAY), 0) if in_days else (0, sign * length)
    minute = None if entry.at is None else clock_of(entry.at, (*path, "at"), problems)
    if us and minute is not None:
        what, why = "`at` stands beside a length in hours", "the length says the time of day already"
        problems.append(Problem((*path, "at"), what, why, "Write days, such as `1 day`, or remove `at`."))
    return Dated(trait=entry.trait, days=days, us=us, minute=minute, yearly=entry.yearly)
