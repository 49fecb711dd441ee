"""What is known of a registered experiment, and one variant beside the control by the shape of a metric. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.learn.experiments.intervals import Share, newcombe
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.model import Arm, NotComputable, Why
from fieldfare.learn.experiments.registered.model import Reached
from fieldfare.learn.experiments.registered.stratified import (
    Sides,
    Strata,
    adjusted_of,
    cells_of,
    means_of,
    ratios_of,
)
from fieldfare.learn.experiments.statistics.compare import difference, quantile
from fieldfare.learn.experiments.statistics.cuped import adjust
from fieldfare.learn.experiments.statistics.estimate import mean_of, ratio_of, share_of
from fieldfare.learn.experiments.statistics.medians import median_of
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Effect, Estimate, Sums
from fieldfare.learn.experiments.statistics.small import Paired, paired
from fieldfare.learn.experiments.statistics.survival import LifeTable

MINIMUM_UNITS = 30
FEW_HITS = 10
"""Below so many hits or misses in an arm the score interval is shown: Wald's is too narrow."""
HOLDOUT = Arm.HOLDOUT.value

ArmSums = Mapping[str, Sums]


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of the lake and of the state."""

    sums: Mapping[str, ArmSums]
    """By metric and arm."""
    sizes: Mapping[str, int]
    weights: Mapping[str, float]
    """Of all arms; those beside the control are the variants that are compared with it."""
    control: str = HOLDOUT
    crossed: int = 0
    of_today: int = 0
    """People whose unit was not kept when they were assigned: they count in that of today."""
    messages: Mapping[str, int] = {}
    """Handed over, by arm."""
    spreads: Mapping[str, Mapping[str, Mapping[int, int]]] = {}
    """Of response times: by metric and arm how often each number of minutes."""
    lives: Mapping[str, LifeTable] = {}
    """Of the primary metric, by arm."""
    values: Mapping[str, Sequence[float]] = {}
    """Of the primary metric, by arm, where there are few."""
    cohorts: Mapping[int, tuple[str, ArmSums]] = {}
    """By days since the start: the metric whose event is looked for, and who had it."""
    matched: Mapping[str, Mapping[str, Sequence[float | None]]] = {}
    """Of blocks of matched places: by metric and arm what a person of each block did; ``None``: nobody counts yet."""
    segments: Mapping[tuple[str, str], ArmSums] = {}
    """Of the primary metric, by trait and value."""
    strata: Mapping[str, Strata] = {}
    """Where people were dealt in strata: by metric, stratum and arm."""
    unread: Mapping[str, NotComputable] = {}
    """Metrics that could not be read, with why; their numbers are none."""
    reached: tuple[Reached, ...] = ()
    """Of the planned looks by units, the first before the next, when so many had come."""
    everybody: "Known | None" = None
    """The numbers of everybody, where the others are of those alone whom the look that stands counts."""

    @property
    def latest(self) -> "Known":
        """Return the numbers of everybody, which may be read at any moment where the interval allows it."""
        return self if self.everybody is None else self.everybody

    @property
    def variants(self) -> list[str]:
        """Return the arms that are compared with the control."""
        return [arm for arm in self.weights if arm != self.control]

    def units_of(self, metric: str, variant: str) -> int:
        """Return how many units a comparison rests on: two places of each block, else the units of both arms."""
        if metric in self.matched:
            return 2 * len(self.both_sides(metric, variant))
        arms = self.sums.get(metric, {})
        return sum(arms.get(arm, Sums()).size for arm in (variant, self.control))

    def both_sides(self, metric: str, variant: str) -> list[tuple[float, float]]:
        """Return the blocks in which somebody counts on both sides."""
        arms = self.matched[metric]
        sides = zip(arms.get(variant, ()), arms.get(self.control, ()), strict=False)
        return [(treated, control) for treated, control in sides if treated is not None and control is not None]

    def extra_messages(self, variant: str, size: int) -> float:
        """Return how many messages more ``size`` units of a variant got than as many of the control."""
        members, others = (max(self.sizes.get(arm, 0), 1) for arm in (variant, self.control))
        return size * (self.messages.get(variant, 0) / members - self.messages.get(self.control, 0) / others)


def compare_arms(
    metric: Metric,
    arms: ArmSums,
    variant: str,
    level: float,
    control_arm: str = HOLDOUT,
    strata: Strata | None = None,
) -> tuple[Effect | NotComputable, float]:
    """Return a variant against the control, inside strata where there are any; by what share CUPED lowered variance."""
    treated, control = arms.get(variant, Sums()), arms.get(control_arm, Sums())
    for name, sums in ((variant, treated), (control_arm, control)):
        if sums.size < MINIMUM_UNITS:
            why = Why.TOO_SMALL if sums.size else Why.EMPTY_ARM
            text = (
                f"The arm `{name}` has {sums.size} units whose window is over; at least {MINIMUM_UNITS} are needed. "
                "Wait for more, or raise its share."
            )
            return NotComputable(why, text), 0.0
    if metric.kind is MetricKind.DELIVERY and not (treated.total(BASE) and control.total(BASE)):
        text = (
            "No message went to one of the arms, so nothing is compared; a guardrail with `at_most` bounds the other."
        )
        return NotComputable(Why.ZERO_BASE, text), 0.0
    few = _has_few_hits(metric, treated, control)
    cells = {} if few else cells_of(strata or {}, (variant, control_arm))
    if cells:
        sides, reduction = _inside(metric, cells, (variant, control_arm))
        effect = difference(*sides, level)
        return (effect if isinstance(effect, NotComputable) else _named(effect)), reduction
    if metric.uses_cuped and BASE not in treated.sums:
        adjusted = adjust({variant: treated, control_arm: control})
        if not isinstance(adjusted, NotComputable):
            return difference(adjusted.arms[variant], adjusted.arms[control_arm], level), adjusted.reduction
    effect = difference(estimate_of(metric, treated), estimate_of(metric, control), level)
    return (_scored(effect, treated, control) if few else effect), 0.0


def _named(effect: Effect) -> Effect:
    told = msgspec.structs.replace(effect.interval, method=f"{effect.interval.method}, inside strata")
    return msgspec.structs.replace(effect, interval=told)


def _inside(metric: Metric, cells: Mapping[str, ArmSums], pair: tuple[str, str]) -> tuple[Sides, float]:
    """Return both sides inside strata, and by what share CUPED lowered the variance there."""
    is_ratio = metric.shape is Shape.RATIO or any(
        BASE in sums.sums for arms in cells.values() for sums in arms.values()
    )
    if metric.uses_cuped and not is_ratio:
        sides, reduction = adjusted_of(cells, pair)
        if not any(isinstance(side, NotComputable) for side in sides):
            return sides, reduction
    return (ratios_of if is_ratio else means_of)(cells, pair), 0.0


def compare_known(known: Known, metric: Metric, variant: str, level: float) -> tuple[Effect | NotComputable, float]:
    """Return a variant against the control as the design has it: by matched places, by medians, or by units.

    The second number is by what share CUPED lowered the variance.
    """
    if metric.name in known.unread:
        return known.unread[metric.name], 0.0
    if metric.name in known.matched:
        found = pairs_of(known, metric.name, variant, level)
        return (found if isinstance(found, NotComputable) else effect_of_pairs(*found, level)), 0.0
    if metric.name in known.spreads:
        return compare_medians(known, metric.name, variant, level), 0.0
    strata = known.strata.get(metric.name, {})
    return compare_arms(metric, known.sums.get(metric.name, {}), variant, level, known.control, strata)


def strata_read(known: Known, metric: Metric, variant: str) -> int:
    """Return over how many strata a comparison is weighed; 0: none."""
    if metric.name in known.unread:
        return 0
    arms = known.sums.get(metric.name, {})
    if metric.name in known.spreads or _has_few_hits(
        metric, *(arms.get(each, Sums()) for each in (variant, known.control))
    ):
        return 0
    return len(cells_of(known.strata.get(metric.name, {}), (variant, known.control)))


def pairs_of(known: Known, metric: str, variant: str, level: float) -> tuple[Paired, float, float] | NotComputable:
    """Return the pairs of a variant and the control by block, and the mean of each side."""
    both = known.both_sides(metric, variant)
    found = paired([treated for treated, _ in both], [control for _, control in both], level)
    if isinstance(found, NotComputable):
        return found
    means = (sum(side) / len(both) for side in zip(*both, strict=True))
    return (found, next(means), next(means))


def effect_of_pairs(found: Paired, treated: float, control: float, level: float) -> Effect:
    """Return the effect that pairs show: the mean difference inside them, by the paired t."""
    half = (found.interval.high - found.interval.low) / 2
    error = half / quantile(level, found.pairs - 1)
    few = NotComputable(Why.TOO_SMALL, "Matched places are few; their lift has no interval of its own.")
    return Effect(
        treated=treated,
        control=control,
        value=found.value,
        standard_error=error,
        interval=found.interval,
        level=level,
        statistic=found.value / error,
        p_value=found.t_p_value,
        relative=few,
    )


def estimate_of(metric: Metric, sums: Sums) -> Estimate | NotComputable:
    """Return an arm's estimate by the shape of its metric; people assigned together make it a ratio."""
    if metric.shape is Shape.RATIO or BASE in sums.sums:
        return ratio_of(sums)
    return share_of(sums) if metric.shape is Shape.SHARE else mean_of(sums)


def people_of(metric: Metric, sums: Sums) -> int:
    """Return how many people an arm's effect is of: its units, or those in them where people are assigned together."""
    is_together = BASE in sums.sums and metric.shape is not Shape.RATIO
    return int(sums.total(BASE)) if is_together else sums.size


def _has_few_hits(metric: Metric, treated: Sums, control: Sums) -> bool:
    """Return whether a share of single people has so few hits or misses that Wald's interval is too narrow."""
    if metric.shape is not Shape.SHARE or BASE in treated.sums:
        return False
    hits = ((int(sums.total(VALUE)), sums.size) for sums in (treated, control))
    return min(min(hit, size - hit) for hit, size in hits) < FEW_HITS


def _scored(effect: Effect | NotComputable, treated: Sums, control: Sums) -> Effect | NotComputable:
    """Put Newcombe's interval in place of Wald's."""
    if isinstance(effect, NotComputable):
        return effect
    one, other = (Share(int(sums.total(VALUE)), sums.size) for sums in (treated, control))
    return msgspec.structs.replace(effect, interval=newcombe(one, other, effect.level))


def compare_medians(known: Known, metric: str, variant: str, level: float) -> Effect | NotComputable:
    """Return the difference of the medians of a variant and the control; a few long waits do not move it."""
    counted = known.spreads[metric]
    treated, control = (median_of(counted.get(arm, {})) for arm in (variant, known.control))
    return difference(treated, control, level)
