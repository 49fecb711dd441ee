"""What is doubtful in seasons although each file is in order: holidays that look wrong, breaks that run out. Pure."""

from collections.abc import Iterator, Sequence

from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.network.calendars.holiday_table import doubts, version
from fieldfare.network.calendars.model import Anchor, Breaks, HolidayDay, SchoolCalendar, Season, Variant


def season_warnings(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell holidays whose table is not plausible, and school breaks of which a calendar has none."""
    calendars = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, SchoolCalendar)}
    for one in loaded:
        if one.kind.name != "seasons" or one.noun is None:
            continue
        seasons: tuple[Season, ...] = one.noun
        for index, season in enumerate(seasons):
            path: Path = ("seasons", index)
            parts: list[tuple[Path, Season | Variant]] = [(path, season)]
            parts += [((*path, "at", at), each) for at, each in enumerate(season.at)]
            for place, part in parts:
                for key, anchor in (("from", part.starts), ("to", part.ends)):
                    for problem in _holiday((*place, "peak", key), anchor):
                        yield one.problem(problem, Severity.WARNING)
                for problem in _breaks((*place, "peak"), part.breaks, calendars):
                    yield one.problem(problem, Severity.WARNING)


def _holiday(path: Path, anchor: Anchor) -> Iterator[Problem]:
    if isinstance(anchor, HolidayDay):
        for doubt in doubts(anchor.holiday, anchor.days):
            why = f"The tables (version {version()}) may be incomplete or wrong"
            yield Problem(path, doubt, why, "Compare with an official list, and correct it under `holidays`")


def _breaks(path: Path, breaks: Breaks | None, calendars: dict[str, SchoolCalendar]) -> Iterator[Problem]:
    calendar = None if breaks is None else calendars.get(breaks.calendar)
    if breaks is None or calendar is None or breaks.named is None:
        return
    asked = breaks.named.casefold()
    if not any(asked in each.name.casefold() for each in calendar.breaks):
        names = ", ".join(sorted({f"`{each.name}`" for each in calendar.breaks})[:5])
        what, why = f"no break of `{calendar.name}` is called `{breaks.named}`", f"It has {names}"
        yield Problem((*path, "named"), what, why, "Name one of them, or the season never comes")
