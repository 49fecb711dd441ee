"""What is known of a registered experiment, and one variant beside the control by the shape of a metric. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.learn.experiments.intervals import Share, newcombe
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import Arm, NotComputable, Why
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.cuped import adjust
from fieldfare.learn.experiments.statistics.estimate import mean_of, ratio_of, share_of
from fieldfare.learn.experiments.statistics.medians import median_of
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Effect, Estimate, Sums
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
    segments: Mapping[tuple[str, str], ArmSums] = {}
    """Of the primary metric, by trait and value."""

    @property
    def variants(self) -> list[str]:
        """Return the arms that are compared with the control."""
        return [arm for arm in self.weights if arm != self.control]

    def extra_messages(self, variant: str, size: int) -> float:
        """Return how many messages more ``size`` units of a variant got than as many of the control."""
        members, others = (max(self.sizes.get(arm, 0), 1) for arm in (variant, self.control))
        return size * (self.messages.get(variant, 0) / members - self.messages.get(self.control, 0) / others)


def compare_arms(
    metric: Metric, arms: ArmSums, variant: str, level: float, control_arm: str = HOLDOUT
) -> tuple[Effect | NotComputable, float]:
    """Return a variant against the control, and by what share CUPED lowered the variance."""
    treated, control = arms.get(variant, Sums()), arms.get(control_arm, Sums())
    for name, sums in ((variant, treated), (control_arm, control)):
        if sums.size < MINIMUM_UNITS:
            why = Why.TOO_SMALL if sums.size else Why.EMPTY_ARM
            text = (
                f"The arm `{name}` has {sums.size} units whose window is over; at least {MINIMUM_UNITS} are needed. "
                "Wait for more, or raise its share."
            )
            return NotComputable(why, text), 0.0
    if metric.uses_cuped and BASE not in treated.sums:
        adjusted = adjust({variant: treated, control_arm: control})
        if not isinstance(adjusted, NotComputable):
            return difference(adjusted.arms[variant], adjusted.arms[control_arm], level), adjusted.reduction
    effect = difference(estimate_of(metric, treated), estimate_of(metric, control), level)
    return _scored(metric, effect, treated, control), 0.0


def estimate_of(metric: Metric, sums: Sums) -> Estimate | NotComputable:
    """Return an arm's estimate by the shape of its metric; people assigned together make it a ratio."""
    if metric.shape is Shape.RATIO or BASE in sums.sums:
        return ratio_of(sums)
    return share_of(sums) if metric.shape is Shape.SHARE else mean_of(sums)


def _scored(metric: Metric, effect: Effect | NotComputable, treated: Sums, control: Sums) -> Effect | NotComputable:
    """Put Newcombe's interval in place of Wald's where hits or misses are few."""
    if isinstance(effect, NotComputable) or metric.shape is not Shape.SHARE or BASE in treated.sums:
        return effect
    shares = [Share(int(sums.total(VALUE)), sums.size) for sums in (treated, control)]
    few = min(min(share.hits, share.size - share.hits) for share in shares) < FEW_HITS
    return msgspec.structs.replace(effect, interval=newcombe(shares[0], shares[1], effect.level)) if few else effect


def compare_medians(known: Known, metric: str, variant: str, level: float) -> Effect | NotComputable:
    """Return the difference of the medians of a variant and the control; a few long waits do not move it."""
    counted = known.spreads[metric]
    treated, control = (median_of(counted.get(arm, {})) for arm in (variant, known.control))
    return difference(treated, control, level)
