"""From ``schedule.yaml`` to the schedule. It opens no file; whether the seasons exist is checked between files."""

from fieldfare.flow.schedule.files import DutyEntry, ScheduleFile
from fieldfare.flow.schedule.model import Duty, Schedule, Work
from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.network.calendars.by_phase import phase_problems
from fieldfare.network.calendars.wall import parse_clock

_DAYS = {"day": 1, "week": 7}


def parse_schedule(file: ScheduleFile) -> tuple[Schedule | None, list[Problem]]:
    """Return the schedule, or ``None`` and every problem."""
    problems: list[Problem] = []
    at = parse_clock(file.at)
    if isinstance(at, str):
        problems.append(Problem(("at",), f"`{file.at}` is no time of day", "work needs its hour", at))
    duties = []
    met: set[tuple[str, str]] = set()
    for place, entry in enumerate(file.work):
        path: Path = ("work", place)
        named = dict.fromkeys(entry.phases)
        for position, phase in enumerate(entry.phases):
            wrong = phase_problems([phase], (*path, "phases"))
            problems += [Problem((*path, "phases", position), each.what, each.why, each.fix) for each in wrong]
        problems += [_twice(entry, phase, path) for phase in named if (entry.work, phase) in met]
        met |= {(entry.work, phase) for phase in named}
        duties.append(
            Duty(
                work=Work(entry.work),
                phases=tuple(named),
                every_days=_days(entry.every, (*path, "every"), problems),
                people=entry.people,
                inactive_days=_days(entry.inactive, (*path, "inactive"), problems),
            )
        )
    if problems or isinstance(at, str):
        return None, problems
    return Schedule(at=at, duties=tuple(duties)), []


def _twice(entry: DutyEntry, phase: str, path: Path) -> Problem:
    what = f"`{entry.work}` stands twice for `{phase}`"
    return Problem((*path, "phases"), what, "one of them would never be done", "Leave one of them.")


def _days(said: str, path: Path, problems: list[Problem]) -> int:
    found = parse_duration(said)
    days = found.amount * _DAYS.get(found.unit, 0) if not isinstance(found, str) else 0
    if days < 1:
        fix = found if isinstance(found, str) else "Write days or weeks, for example `7 days`."
        problems.append(Problem(path, f"`{said}` is no number of days", "work is done once a day at most", fix))
    return max(days, 1)
