"""School breaks from the bytes of an iCalendar file (RFC 5545), with the line of every event. Pure; never raises.

Each event is a break: its summary, first and last day. Repeating events are refused, because school breaks never
repeat by a rule; times of day are cut off.
"""

from datetime import date, datetime, timedelta
from typing import Any

from icalendar import Calendar

from fieldfare.ground.workspace.model import LocatedProblem, Path
from fieldfare.ground.workspace.read import MAX_BYTES, Read

_BEGIN = "BEGIN:VEVENT"


def read_ical(file: str, raw: bytes) -> Read:
    """Return the values and lines of an iCalendar file; without lines when it could not be read."""
    if len(raw) > MAX_BYTES:
        return _unreadable(file, f"the file is larger than {MAX_BYTES // 1024} kB", "Keep the years that you need")
    try:
        text = raw.decode("utf-8-sig")
        events: list[Any] = list(Calendar.from_ical(text).walk("VEVENT"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        what = f"the file is no iCalendar ({type(error).__name__})"
        return _unreadable(file, what, "Download it again, as `.ics`")
    begins = [line for line, said in enumerate(text.splitlines(), 1) if said.strip().upper() == _BEGIN]
    lines: dict[Path, int] = {(): 1, ("calendar",): 1, ("breaks",): 1}
    problems: list[LocatedProblem] = []
    breaks = []
    for index, event in enumerate(events):
        line = begins[index] if index < len(begins) else 1
        lines[("breaks", index)] = line
        told = _break(event)
        if isinstance(told, dict):
            breaks.append(told)
        else:
            problems.append(LocatedProblem(file, line, "", *told))
    if not events:
        problems.append(LocatedProblem(file, 1, "", "the calendar has no event", "", "Download one with school breaks"))
    name = file.rpartition("/")[2].removesuffix(".ics")
    return Read(file, {"calendar": name, "breaks": breaks}, lines, problems)


def _unreadable(file: str, what: str, fix: str) -> Read:
    return Read(file, None, {}, [LocatedProblem(file, 1, "", what, "", fix)])


def _break(event: Any) -> dict[str, str] | tuple[str, str, str]:
    """Return the values of one event, or what is wrong with it, why, and what to do."""
    name = str(event.get("SUMMARY", "")).strip() or "break"
    if "RRULE" in event:
        return "an event repeats by a rule", "school breaks have dates of their own", "Write one event per break"
    begins, ends = _day(event, "DTSTART"), _day(event, "DTEND")
    if begins is None:
        return "an event has no `DTSTART`", "a break begins on a day", "Remove the event or give it one"
    last = begins if ends is None else max(begins, ends)
    return {"name": name, "from": begins.isoformat(), "to": last.isoformat()}


def _day(event: Any, key: str) -> date | None:
    value = event.get(key)
    when = getattr(value, "dt", None)
    if isinstance(when, datetime):
        last_moment = key == "DTEND" and (when.hour, when.minute, when.second) == (0, 0, 0)
        return when.date() - timedelta(days=1) if last_moment else when.date()
    if isinstance(when, date):
        return when - timedelta(days=1) if key == "DTEND" else when  # an end that is a date is not in any more
    return None
