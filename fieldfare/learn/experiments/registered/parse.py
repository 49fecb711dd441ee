"""Reads ``experiments/*.yaml`` and ``programme.yaml`` as data and reports every problem with its place. Pure.

Whether a journey, a metric or a trait exists is checked where all files are known.
"""

from datetime import date

from fieldfare.ground.instants import DAY, Day, day_of
from fieldfare.ground.workspace.model import Path, Problem, parse_duration, parse_share
from fieldfare.learn.experiments.model import Era, UnitKind
from fieldfare.learn.experiments.registered.files import (
    ExperimentFile,
    GuardrailEntry,
    LooksEntry,
    PayoffEntry,
    ProgrammeFile,
)
from fieldfare.learn.experiments.registered.model import (
    Guardrail,
    Looks,
    Margin,
    Payoff,
    Places,
    Programme,
    Registration,
)

_OF_CONTROL = " of control"
_MINOR = 100
_ALL = 1.0


def parse_experiment(file: ExperimentFile) -> tuple[Registration | None, list[Problem]]:
    """Return the registration, or ``None`` and every problem."""
    problems: list[Problem] = []
    effect, margin = _effect(file.smallest_effect, problems)
    looks, look_at = _looks(file.looks, problems)
    start, stop = _day(file.start, ("start",), problems), _day(file.stop, ("stop",), problems)
    if start is not None and stop is not None and stop <= start:
        what, fix = f"`stop: {file.stop}` is not after `start: {file.start}`", "Write a later day"
        problems.append(Problem(("stop",), what, "nothing happens in no time", fix))
    if looks not in {Looks.FIXED, Looks.ALWAYS} and file.units is None:
        what, why = "planned looks stand without `units`", "a look is at a share of the planned units"
        problems.append(Problem(("looks",), what, why, "Write `units:`; `fieldfare experiments design` tells how many"))
    guardrails = tuple(
        _guardrail(entry, ("guardrails", index), problems) for index, entry in enumerate(file.guardrails)
    )
    _told_once(file, problems)
    _subject(file, problems)
    _blocks(file, problems)
    _strata(file, problems)
    found = Registration(
        name=file.experiment,
        journey=file.journey or "",
        broadcast=file.broadcast or "",
        edition=file.edition or "",
        step=file.step or "",
        places=_places(file, problems),
        primary=file.metric,
        smallest_effect=effect,
        effect_is_lift=margin is Margin.OF_CONTROL,
        effect_in_points=margin is Margin.POINTS,
        hypothesis=file.hypothesis,
        owner=file.owner,
        unit=UnitKind(file.unit),
        blocks=tuple(tuple(block) for block in file.blocks),
        strata=tuple(file.strata),
        north_star=file.north_star,
        supporting=tuple(file.supporting),
        guardrails=guardrails,
        segments=tuple(file.segments),
        looks=looks,
        look_at=look_at,
        level=_chance(file.level, "level", problems),
        power=_chance(file.power, "power", problems),
        units=file.units,
        payoff=_payoff(file.payoff),
        start=start,
        stop=stop,
    )
    return (None if problems else found), problems


def parse_programme(file: ProgrammeFile) -> tuple[Programme | None, list[Problem]]:
    """Return the programme, or ``None`` and every problem."""
    problems: list[Problem] = []
    eras: list[Era] = []
    for index, entry in enumerate(file.global_holdout):
        path: Path = ("global_holdout", index)
        day = _day(entry.since, (*path, "since"), problems)
        share = _share(entry.share, (*path, "share"), problems)
        if day is not None and eras and day <= eras[-1].since_day:
            what, why = f"`since: {entry.since}` is not after the entry before", "the history runs forward"
            problems.append(Problem((*path, "since"), what, why, "Put the entries in order, the oldest first"))
        if day is not None:
            eras.append(Era(day, share, entry.draw))
    groups: dict[str, dict[str, float]] = {}
    owners: dict[str, str] = {}
    for name, shares in file.groups.items():
        groups[name] = {each: _share(text, ("groups", name, each), problems) for each, text in shares.items()}
        if sum(groups[name].values()) > _ALL + 1e-9:
            what, why = f"the shares of the group `{name}` are more than everybody", "each profile takes part in one"
            problems.append(Problem(("groups", name), what, why, "Lower them to 100 % together"))
        for each in shares:
            if each in owners:
                what = f"the journey `{each}` stands in the groups `{owners[each]}` and `{name}`"
                problems.append(Problem(("groups", name, each), what, "one group decides", "Remove it from one"))
            owners[each] = name
    return (None if problems else Programme(eras=tuple(eras), groups=groups)), problems


def _margin(told: str | float) -> tuple[float | str, Margin]:
    """Return a difference, or what is wrong with it, and in what it is written."""
    if not isinstance(told, str):
        return told, Margin.UNIT
    margin = Margin.OF_CONTROL if told.endswith(_OF_CONTROL) else Margin.POINTS
    return parse_share(told.removesuffix(_OF_CONTROL)), margin


def _effect(told: str | float, problems: list[Problem]) -> tuple[float, Margin]:
    number, margin = _margin(told)
    if isinstance(number, str) or number <= 0:
        what, why = f"`smallest_effect: {told}` is no effect", "it is the smallest difference that matters, above zero"
        fix = "Write points (`2 %`), the metric's unit (`1.5`), or a lift (`10 % of control`)"
        problems.append(Problem(("smallest_effect",), what, why, fix))
        return 1.0, margin
    return number, margin


def _looks(told: str | LooksEntry, problems: list[Problem]) -> tuple[Looks, tuple[float, ...]]:
    if isinstance(told, str):
        return Looks(told), (1.0,)
    shares = [_share(text, ("looks", "at", index), problems) for index, text in enumerate(told.at)]
    if shares != sorted(set(shares)) or shares[-1] != _ALL or shares[0] <= 0:
        what, why = f"`at: {', '.join(told.at)}` is no plan of looks", "the shares rise from above 0 % to 100 %"
        problems.append(Problem(("looks", "at"), what, why, "Write for example `[25 %, 50 %, 75 %, 100 %]`"))
    return Looks(told.spending), tuple(shares)


def _guardrail(entry: GuardrailEntry, path: Path, problems: list[Problem]) -> Guardrail:
    if (entry.at_most is None) == (entry.worse_by is None):
        what = "both `at_most` and `worse_by` stand" if entry.at_most is not None else "no bound stands"
        problems.append(Problem(path, what, "a guardrail has one bound", "Write `at_most: 0.5 %` or `worse_by: 1 %`"))
    worse, margin = (None, Margin.UNIT) if entry.worse_by is None else _margin(entry.worse_by)
    if isinstance(worse, str) or (worse is not None and worse < 0):
        what, why = f"`worse_by: {entry.worse_by}` is no margin", "it is how much worse is too much, zero or more"
        fix = "Write points (`1 %`), the metric's unit (`1.5`), or a part of the control's number (`5 % of control`)"
        problems.append(Problem((*path, "worse_by"), what, why, fix))
        worse = None
    most = _share(entry.at_most, (*path, "at_most"), problems) if entry.at_most is not None else None
    if most is not None and isinstance(parse_share(entry.at_most or ""), float) and not 0 < most < _ALL:
        what, why = f"`at_most: {entry.at_most}` bounds nothing", "it lies above 0 % and below 100 %"
        problems.append(Problem((*path, "at_most"), what, why, "Write for example `0.5 %`"))
    return Guardrail(metric=entry.metric, at_most=most, worse_by=worse, margin=margin, pauses=entry.pauses)


def _subject(file: ExperimentFile, problems: list[Problem]) -> None:
    """Tell a file that measures nothing, or two things."""
    given = [key for key in ("journey", "broadcast", "places") if getattr(file, key) is not None]
    if len(given) != 1:
        what = f"`{'` and `'.join(given)}` stand" if given else "none of `journey`, `broadcast` and `places` stands"
        problems.append(Problem((), what, "an experiment measures one of them", "Write one of them"))
    for key, needed in (("step", "journey"), ("edition", "broadcast")):
        if getattr(file, key) is not None and getattr(file, needed) is None:
            what, why = f"`{key}` stands without `{needed}`", f"it is a part of a {needed}"
            problems.append(Problem((key,), what, why, f"Write `{needed}:`, or remove `{key}`"))
    if file.broadcast is not None and file.unit != "profile":
        what, why = f"`unit: {file.unit}` stands with `broadcast`", "the recipients of a list are assigned one by one"
        problems.append(Problem(("unit",), what, why, "Remove it"))


def _blocks(file: ExperimentFile, problems: list[Problem]) -> None:
    """Tell blocks of what is not assigned by location, of one place, and places that stand twice."""
    if file.blocks and file.unit != "location":
        what, why = f"`blocks` stand with `unit: {file.unit}`", "places are matched where each is assigned as one"
        problems.append(Problem(("blocks",), what, why, "Write `unit: location`, or remove `blocks`"))
    if file.blocks and file.looks != "fixed":
        what, why = "`looks` stand with `blocks`", "matched places are few, and what they say is read once"
        problems.append(Problem(("looks",), what, why, "Remove `looks`"))
    seen: set[str] = set()
    for index, block in enumerate(file.blocks):
        if len(block) < 2:  # noqa: PLR2004 - one place has nobody to be compared with
            what = f"the block `{', '.join(block)}` has no second place"
            problems.append(Problem(("blocks", index), what, "a block is split among its places", "Name another one"))
        for place in (name for name in block if name in seen or block.count(name) > 1):
            what, why = f"`{place}` stands twice in `blocks`", "a place is in one block"
            problems.append(Problem(("blocks", index), what, why, "Remove it from one"))
        seen.update(block)


def _strata(file: ExperimentFile, problems: list[Problem]) -> None:
    """Tell strata of what is not dealt one after another, and traits that stand twice."""
    if file.strata and file.journey is None:
        what, why = "`strata` stand without `journey`", "they are for people who arrive one after another"
        fix = "Write them in the broadcast, whose list is known" if file.broadcast is not None else "Remove them"
        problems.append(Problem(("strata",), what, why, fix))
    if file.strata and file.unit == "location":
        what, why = "`strata` stand with `unit: location`", "places are few and known: they are matched"
        fix = "Write `blocks`; `fieldfare experiments match` tells which"
        problems.append(Problem(("strata",), what, why, fix))
    for index, name in enumerate(file.strata):
        if name in file.strata[:index]:
            problems.append(Problem(("strata", index), f"`{name}` stands twice", "once makes the strata", "Remove one"))


def _places(file: ExperimentFile, problems: list[Problem]) -> Places | None:
    if file.places is None:
        return None
    since = _day(file.places.since, ("places", "since"), problems)
    starts = {name: _day(day, ("places", "starts", name), problems) for name, day in file.places.starts.items()}
    length = parse_duration(file.places.period)
    if isinstance(length, str) or length.us % DAY or not length.us:
        fix = length if isinstance(length, str) else "Write for example `7 days`"
        what, why = f"`period: {file.places.period}` is no period", "it is so many whole days"
        problems.append(Problem(("places", "period"), what, why, fix))
        return None
    for name, day in starts.items():
        if since is not None and day is not None and day < since + 2 * length.us // DAY:
            what, why = f"`{name}` starts less than two periods after `since`", "a level of before is needed"
            problems.append(Problem(("places", "starts", name), what, why, "Write an earlier `since`"))
    if since is None or None in starts.values():
        return None
    known = {name: day for name, day in starts.items() if day is not None}
    return Places(starts=known, since=since, period_days=length.us // DAY)


def _told_once(file: ExperimentFile, problems: list[Problem]) -> None:
    """Tell metrics that stand where they would be counted twice: each question is corrected for once."""
    seen = {file.metric: "metric"}
    for index, name in enumerate(file.supporting):
        if name in seen:
            what, why = f"`{name}` stands as `{seen[name]}` already", "each question is asked once"
            problems.append(Problem(("supporting", index), what, why, "Remove it here"))
        seen[name] = "supporting"


def _payoff(entry: PayoffEntry | None) -> Payoff | None:
    if entry is None:
        return None
    return Payoff(
        value=entry.value * _MINOR,
        cost=entry.cost * _MINOR,
        message_cost=entry.message_cost * _MINOR,
        minimum_return=entry.minimum_return,
        later_periods=entry.later_periods,
    )


def _chance(text: str, key: str, problems: list[Problem]) -> float:
    share = _share(text, (key,), problems)
    if not 0.5 <= share < 1:  # noqa: PLR2004 - a level below a coin's is none
        what, why = f"`{key}: {text}` cannot be used", "it lies from 50 % up to below 100 %"
        problems.append(Problem((key,), what, why, "Write for example `95 %`"))
        return 0.95
    return share


def _share(text: str, path: Path, problems: list[Problem]) -> float:
    share = parse_share(text)
    if isinstance(share, str):
        problems.append(Problem(path, f"`{text}` is no share", "a percentage is needed", share))
        return 0.0
    return share


def _day(text: str | None, path: Path, problems: list[Problem]) -> Day | None:
    if text is None:
        return None
    try:
        return day_of(date.fromisoformat(text))
    except ValueError:
        problems.append(Problem(path, f"`{text}` is no day", "a day is written YYYY-MM-DD", "Write `2026-03-01`"))
        return None
