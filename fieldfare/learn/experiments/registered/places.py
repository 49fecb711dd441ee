"""Places that began something and places that did not, where nobody drew lots: weaker evidence, told as such. Pure.

Never one number: several estimators stand beside each other, because they differ more than any interval says, and a
placebo tells how often places *without* it move as much. One place: difference in differences, synthetic control and
both together, with the placebo rank. Several: the roll-out in steps with its error, the plain difference to those that
never had it, the mean synthetic control, and the movements before the start. The gap to the synthetic control is told
for every period, beside those of the placebos: their band is what places without it do, and no interval.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from fieldfare.ground.instants import Day
from fieldfare.learn.experiments.model import Interval, NotComputable, Why
from fieldfare.learn.experiments.registered.model import Places
from fieldfare.learn.experiments.statistics.rollout import Panel, Starts, rollout
from fieldfare.learn.experiments.statistics.synthetic import LABEL, Synthetic, differences, synthetic

FEWEST_PERIODS = 3
_OUTSIDE = 0.1
"""Share of the placebos that lies outside of their band."""


class Estimator(msgspec.Struct, frozen=True, kw_only=True):
    """One way to tell the effect, for each place and period, in the metric's own unit."""

    name: str
    value: float
    interval: Interval | None = None


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """A place less its synthetic control in every period, and the same of the places that never had it."""

    place: str
    start: int
    """First period with it; before it the gaps tell how well the mix fits."""
    gaps: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    """Between these lie nine tenths of the placebos' gaps of each period, or all of fewer than twenty. No interval."""


class Weaker(msgspec.Struct, frozen=True, kw_only=True):
    """What places say without lots."""

    estimators: tuple[Estimator, ...]
    placebo_rank: int | None
    """Among all places, by how much the gap to the synthetic control grew; 1 grew most. Of several: the median."""
    placebo_of: int
    before: dict[int, float]
    """Of several places: mean movement by periods before the start, which should be near zero."""
    treated: int
    others: int
    periods: int
    gaps: tuple[Gap, ...] = ()
    """Of each treated place that has a synthetic control, period after period."""
    label: str = LABEL

    @property
    def agree(self) -> bool:
        """Return whether all estimators lie on one side of zero."""
        return len({each.value > 0 for each in self.estimators}) == 1


def panel_of(
    rows: Sequence[tuple[str, int, float]], places: Places, known: Sequence[str], until: Day
) -> tuple[Panel, Starts]:
    """Return each place's number in every whole period, and the first period with treatment of each.

    ``known``: places that are looked at; one without events has zeros. A period in which a place starts counts as
    treated.
    """
    periods = (until - places.since) // places.period_days
    panel = {name: [0.0] * periods for name in sorted({*known, *places.starts})}
    for name, period, number in rows:
        if name in panel and 0 <= period < periods:
            panel[name][period] = float(number)
    starts = {
        name: (places.starts[name] - places.since) // places.period_days if name in places.starts else None
        for name in panel
    }
    return panel, {name: None if at is None or at >= periods else at for name, at in starts.items()}


def weaker(panel: Panel, starts: Starts, level: float) -> Weaker | NotComputable:
    """Return what several estimators and the placebo say."""
    treated = [name for name, at in starts.items() if at is not None]
    never = [name for name, at in starts.items() if at is None]
    periods = len(next(iter(panel.values()), ()))
    if not treated or periods < FEWEST_PERIODS:
        return NotComputable(Why.NO_DATA, "No place has started yet, or fewer than three whole periods are over.")
    alone = {
        name: synthetic(name, {each: panel[each] for each in (name, *never)}, starts[name] or 0) for name in treated
    }
    mixed = [each for each in alone.values() if isinstance(each, Synthetic)]
    gaps = [_gap(name, starts[name] or 0, each) for name, each in alone.items() if isinstance(each, Synthetic)]
    if len(treated) == 1:
        (only,) = alone.values()
        if isinstance(only, NotComputable):
            return only
        found, before = _of_one(only), dict[int, float]()
    else:
        steps = rollout(panel, starts, level)
        if isinstance(steps, NotComputable):
            return steps
        found = [Estimator(name="roll-out in steps", value=steps.value, interval=steps.interval)]
        before = {age: moved for age, moved in steps.by_age.items() if age < 0}
        found += _of_several(panel, starts, treated, never, mixed)
    ranks = [each.rank for each in mixed]
    return Weaker(
        estimators=tuple(found),
        placebo_rank=round(float(np.median(ranks))) if ranks else None,
        placebo_of=len(never) + 1,
        before=before,
        treated=len(treated),
        others=len(never),
        periods=periods,
        gaps=tuple(gaps),
    )


def _gap(place: str, start: int, told: Synthetic) -> Gap:
    """Return the gaps of a place, and between what those of the placebos lie."""
    others = np.array([each.gaps for each in told.placebos.values()])
    low = np.quantile(others, _OUTSIDE / 2, axis=0, method="lower")
    high = np.quantile(others, 1 - _OUTSIDE / 2, axis=0, method="higher")
    return Gap(place=place, start=start, gaps=tuple(told.mix.gaps), low=tuple(low.tolist()), high=tuple(high.tolist()))


def _of_one(told: Synthetic) -> list[Estimator]:
    return [
        Estimator(name="difference in differences", value=told.difference_in_differences),
        Estimator(name="synthetic control, mean gap", value=told.synthetic_control),
        Estimator(name="synthetic difference in differences", value=told.synthetic_difference_in_differences),
        Estimator(name="synthetic control, last period", value=told.last_gap),
    ]


def _of_several(
    panel: Panel, starts: Starts, treated: Sequence[str], never: Sequence[str], mixed: Sequence[Synthetic]
) -> list[Estimator]:
    found = []
    if never:
        others: Mapping[str, np.ndarray] = {name: np.asarray(panel[name], float) for name in never}
        moved = [differences(np.asarray(panel[name], float), others, starts[name] or 0) for name in treated]
        found.append(Estimator(name="difference to those that never had it", value=float(np.mean(moved))))
    if mixed:
        gaps = float(np.mean([each.synthetic_control for each in mixed]))
        found.append(Estimator(name="synthetic control, mean gap of the places", value=gaps))
    return found
