"""What places say without lots, as lines of text, course and plots. Pure; never one number, and no claim of lift."""

from collections.abc import Iterator, Sequence

import msgspec

from fieldfare.ground.instants import Instant, date_of, to_datetime
from fieldfare.ground.money import major
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.findings.plots import Moment, gap_over_time
from fieldfare.learn.experiments.registered.model import Places, Registration
from fieldfare.learn.experiments.registered.places import Weaker

RARE = 0.1
"""A placebo share up to this is worth a word."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """One period of a place."""

    on: str
    """Its first day."""
    value: float
    """The place less its synthetic control; money in minor units."""
    low: float
    high: float


class PlaceCourse(msgspec.Struct, frozen=True, kw_only=True):
    """The gap of a place to its synthetic control over time, with the band of the placebos, which is no interval."""

    place: str
    is_money: bool
    started: int
    """Before this period of ``periods`` it was not begun; there the gap tells how well the mix fits."""
    periods: tuple[Period, ...]


def place_courses(places: Places, metric: Metric, found: Weaker | NotComputable) -> tuple[PlaceCourse, ...]:
    """Return the course of each place that has a synthetic control."""
    if isinstance(found, NotComputable):
        return ()
    return tuple(
        PlaceCourse(
            place=gap.place,
            is_money=metric.is_money,
            started=gap.start,
            periods=tuple(
                Period(
                    on=date_of(places.since + turn * places.period_days).isoformat(), value=value, low=low, high=high
                )
                for turn, (value, low, high) in enumerate(zip(gap.gaps, gap.low, gap.high, strict=True))
            ),
        )
        for gap in found.gaps
    )


def place_plots(
    plan: Registration, metric: Metric, courses: Sequence[PlaceCourse], currency: str
) -> list[tuple[str, str]]:
    """Return captions with their SVG."""
    assert plan.places is not None, "only experiments of places are told so"
    unit = _unit(metric, currency)
    found = []
    for each in courses:
        bounds = [(period.value, period.low, period.high) for period in each.periods]
        if metric.is_money:
            bounds = [
                (major(value, currency), major(low, currency), major(high, currency)) for value, low, high in bounds
            ]
        shown = [Moment(turn, *told) for turn, told in enumerate(bounds)]
        caption = (
            f"{metric.name} at {each.place} less its synthetic control, by periods of {plan.places.period_days} days; "
            "the upright line is the start. The band is where nine tenths of the places without it lie, treated in the "
            "same way; it is no interval. Weaker evidence."
        )
        found.append((caption, gap_over_time(shown, each.started, unit)))
    return found


def _unit(metric: Metric, currency: str) -> str:
    return "people" if metric.shape is Shape.SHARE else currency if metric.is_money else metric.name


def place_lines(
    plan: Registration, metric: Metric, found: Weaker | NotComputable, as_of: Instant, currency: str
) -> list[str]:
    """Return the report as lines of text."""
    places = plan.places
    assert places is not None, "only experiments of places are told so"
    unit = _unit(metric, currency)
    head = [
        f"Experiment {plan.name} ({plan.subject}), as of {to_datetime(as_of):%Y-%m-%d %H:%M} UTC",
        "NOT RANDOMISED: weaker evidence. No lift is claimed; the places may differ in more than this.",
        _starts(places),
    ]
    if isinstance(found, NotComputable):
        return [*head, f"{metric.name}: not computable ({found.reason}). {found.detail}"]
    treated = f"{found.treated} {'place' if found.treated == 1 else 'places'} with it"
    sizes = f"{treated}, {found.others} without, {found.periods} periods"
    return [
        *head,
        f"{metric.name}, {unit} for each place and period of {places.period_days} days; {sizes}",
        *_estimators(found, 100 if metric.is_money else 1),
        *_placebo(found),
        "",
        f"{verdict_of(found)[0].upper()}: {verdict_of(found)[1]}",
    ]


def verdict_of(found: Weaker | NotComputable) -> tuple[str, str]:
    """Return the verdict and why: at most that a randomised test is worth its while."""
    if isinstance(found, NotComputable):
        return "wait", found.detail
    share = None if found.placebo_rank is None else found.placebo_rank / found.placebo_of
    if not found.agree:
        return "inconclusive", "The estimators do not even agree on the direction."
    if share is None or share > RARE:
        return "inconclusive", "Places without it move as much; nothing is shown."
    return "weaker_evidence", "The estimators agree and few places without it moved as much. Randomise to be sure."


def _starts(places: Places) -> str:
    told = ", ".join(f"{name} {date_of(day)}" for name, day in sorted(places.starts.items(), key=lambda each: each[1]))
    return f"Starts: {told}; looked at since {date_of(places.since)}"


def _estimators(found: Weaker, scale: int) -> Iterator[str]:
    for each in found.estimators:
        span = each.interval
        told = "" if span is None else f", interval {span.low / scale:+,.4g} to {span.high / scale:+,.4g}"
        yield f"  {each.name}: {each.value / scale:+,.4g}{told}"


def _placebo(found: Weaker) -> Iterator[str]:
    if found.placebo_rank is None:
        yield "  placebo: not computable, for fewer than two places are without it"
    else:
        share = found.placebo_rank / found.placebo_of
        of_several = " (the median of the places)" if found.treated > 1 else ""
        rank = f"rank {found.placebo_rank} of {found.placebo_of}{of_several}"
        yield f"  placebo: {rank}; the share of places that moved at least as much is {share:.0%}"
    if found.before:
        told = ", ".join(f"{age:+d}: {moved:+,.3g}" for age, moved in list(found.before.items())[-6:])
        yield f"  before the start, where nothing should have moved: {told}"
