"""The lift of an experiment in short, at any moment: one interval a variant, that holds however often one looks. Pure.

What is said follows the always-valid interval alone, whatever looks were registered: *more* or *less* only when it
would be so at every look. Several variants share the error (Bonferroni). Matched places are read by their pairs, and
few of them say little. A broken split is told, and no effect beside it; a share with too few hits or misses in an arm
for that interval is too early. The registered verdict, guardrails and money stand in the report (:mod:`.evaluate`).
"""

import msgspec

from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.model import Interval, NotComputable
from fieldfare.learn.experiments.registered.compare import FEW_HITS, Known, compare_known
from fieldfare.learn.experiments.registered.findings.model import Claim
from fieldfare.learn.experiments.statistics.mismatch import Mismatch, mismatch
from fieldfare.learn.experiments.statistics.model import BASE, VALUE, Sums
from fieldfare.learn.experiments.statistics.sequences import AlwaysValid, always_valid

_CLAIMS = {1: Claim.MORE, -1: Claim.LESS, 0: Claim.NOTHING_SHOWN}


class VariantLift(msgspec.Struct, frozen=True, kw_only=True):
    """A variant against the control, by the primary metric."""

    variant: str
    claim: Claim
    is_good: bool | None = None
    """Whether the claim goes the good way; ``None`` where nothing is claimed."""
    value: float | None = None
    """The difference: in the metric's own unit, of a share in [-1, 1]."""
    low: float | None = None
    high: float | None = None
    relative: Interval | None = None
    """The lift over the control, where there is one."""
    why: str = ""
    """Why there is no number."""


def lifts(metric: Metric, known: Known, level: float) -> list[VariantLift]:
    """Return the lift of every variant."""
    split = mismatch(known.sizes, known.weights)
    if isinstance(split, Mismatch) and not split.passed:
        why = "The split is broken: something besides the coin decided who is in which arm."
        return [VariantLift(variant=each, claim=Claim.SPLIT_BROKEN, why=why) for each in known.variants]
    shared = 1 - (1 - level) / max(1, len(known.variants))
    return [_lift(metric, known, each, shared) for each in known.variants]


def _lift(metric: Metric, known: Known, variant: str, level: float) -> VariantLift:
    effect, _ = compare_known(known, metric, variant, level)
    if isinstance(effect, NotComputable):
        return VariantLift(variant=variant, claim=Claim.NOT_COMPUTABLE, why=effect.detail)
    early = _too_few(metric, known, (variant, known.control))
    if early is not None:
        return VariantLift(variant=variant, claim=Claim.TOO_EARLY, why=early)
    found: AlwaysValid = always_valid(effect, known.units_of(metric.name, variant))
    claim = _CLAIMS[found.sign]
    return VariantLift(
        variant=variant,
        claim=claim,
        is_good=None if claim is Claim.NOTHING_SHOWN else (found.sign > 0) is not metric.lower_is_better,
        value=effect.value,
        low=found.interval.low,
        high=found.interval.high,
        relative=found.relative if isinstance(found.relative, Interval) else None,
    )


def _too_few(metric: Metric, known: Known, names: tuple[str, str]) -> str | None:
    """Return why a share of single people has no interval yet."""
    for name in names:
        sums = known.sums.get(metric.name, {}).get(name, Sums())
        if metric.shape is not Shape.SHARE or BASE in sums.sums or metric.name in known.matched:
            return None
        hits = int(sums.total(VALUE))
        if min(hits, sums.size - hits) < FEW_HITS:
            return f"The arm `{name}` has {hits:,} of {sums.size:,}; {FEW_HITS} that did and that did not are needed."
    return None
