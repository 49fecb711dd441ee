"""What places say without lots, as plain lines of text. Pure; never one number, and no claim of lift."""

from collections.abc import Iterator

from fieldfare.ground.instants import Instant, date_of, to_datetime
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.model import Places, Registration
from fieldfare.learn.experiments.registered.places import Weaker

RARE = 0.1
"""A placebo share up to this is worth a word."""


def place_lines(
    plan: Registration, metric: Metric, found: Weaker | NotComputable, as_of: Instant, currency: str
) -> list[str]:
    """Return the report as lines of text."""
    places = plan.places
    assert places is not None, "only experiments of places are told so"
    unit = "people" if metric.shape is Shape.SHARE else currency if metric.is_money else metric.name
    head = [
        f"Experiment {plan.name} ({plan.subject}), as of {to_datetime(as_of):%Y-%m-%d %H:%M} UTC",
        "NOT RANDOMISED: weaker evidence. No lift is claimed; the places may differ in more than this.",
        _starts(places),
    ]
    if isinstance(found, NotComputable):
        return [*head, f"{metric.name}: not computable ({found.reason}). {found.detail}"]
    sizes = f"{found.treated} places with it, {found.others} without, {found.periods} periods"
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
