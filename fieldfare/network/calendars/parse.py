"""From ``seasons.yaml`` to seasons, with every problem at once. Pure; other files check whether locations exist."""

from fieldfare.ground.workspace.model import Path, Problem, parse_duration
from fieldfare.network.calendars.files import SeasonEntry, SeasonsFile
from fieldfare.network.calendars.model import Phase, Season
from fieldfare.network.calendars.stretches import peak_of

_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORTEST_YEAR = 365
_LEAP_YEAR = 2024


def _days(text: str | None, path: Path, problems: list[Problem]) -> int:
    if text is None:
        return 0
    duration = parse_duration(text)
    if isinstance(duration, str):
        problems.append(Problem(path, f"`{text}` is no duration", "a phase lasts whole days", duration))
        return 0
    if duration.days is None:
        problems.append(
            Problem(
                path,
                f"`{text}` is shorter than a day",
                "a phase lasts whole days",
                "Write days or weeks, for example `28 days`.",
            )
        )
        return 0
    return duration.days


def _valid(month_day: str) -> bool:
    month, day = int(month_day[:2]), int(month_day[3:])
    return 1 <= month <= len(_MONTH_LENGTHS) and 1 <= day <= _MONTH_LENGTHS[month - 1]


def _season(entry: SeasonEntry, path: Path, problems: list[Problem]) -> Season | None:
    before = len(problems)
    for key, text in (("from", entry.peak.first), ("to", entry.peak.last)):
        if not _valid(text):
            problems.append(
                Problem(
                    (*path, "peak", key),
                    f"`{text}` is no day of the year",
                    "the peak needs real days",
                    "Write `MM-DD`, for example `01-02`.",
                )
            )
    prepare = _days(entry.prepare, (*path, "prepare"), problems)
    cool_down = _days(entry.cool_down, (*path, "cool_down"), problems)
    if entry.season in set(Phase):
        problems.append(
            Problem(
                (*path, "season"),
                f"`{entry.season}` is the name of a phase",
                "`in_phase` could mean either",
                "Choose another name.",
            )
        )
    if len(problems) > before:
        return None
    season = Season(entry.season, entry.peak.first, entry.peak.last, prepare, cool_down, tuple(entry.locations))
    first, last = peak_of(season, _LEAP_YEAR)
    length = last - first + 1 + prepare + cool_down
    if length > _SHORTEST_YEAR:
        why = f"preparation, peak and cool-down take {length} days together, and a year may have {_SHORTEST_YEAR}"
        problems.append(Problem((*path, "peak"), f"`{entry.season}` overlaps itself", why, "Shorten one of them."))
        return None
    return season


def parse_seasons(file: SeasonsFile) -> tuple[tuple[Season, ...] | None, list[Problem]]:
    """Return the seasons, or ``None`` and the problems: impossible days, unknown durations, doubled names, overlaps."""
    problems: list[Problem] = []
    seasons: dict[str, Season] = {}
    names: set[str] = set()
    for index, entry in enumerate(file.seasons):
        path: Path = ("seasons", index)
        if entry.season in names:
            problems.append(
                Problem(
                    (*path, "season"),
                    f"`{entry.season}` is declared twice",
                    "conditions name one season",
                    "Rename one of them.",
                )
            )
        names.add(entry.season)
        season = _season(entry, path, problems)
        if season is not None:
            seasons[season.name] = season
    return (None, problems) if problems else (tuple(seasons.values()), [])
