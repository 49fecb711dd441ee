"""What is told beside the metrics of an experiment: time to event, small lists dealt anew, cohorts. Pure.

None of it decides; it is told where the registered plan allows to look at the primary metric, and only then.
"""

from collections.abc import Mapping

from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.model import NotComputable
from fieldfare.learn.experiments.registered.compare import Known, compare_arms, pairs_of
from fieldfare.learn.experiments.registered.findings.model import Cohort, Matched, Small, Survival
from fieldfare.learn.experiments.statistics.compare import difference
from fieldfare.learn.experiments.statistics.small import permutation
from fieldfare.learn.experiments.statistics.survival import LifeTable, hazards, mean_time


def survivals(known: Known, level: float) -> tuple[Survival, ...]:
    """Return the primary metric as time to event, nothing where no life table was read."""
    control = known.lives.get(known.control)
    if control is None:
        return ()
    found = []
    for variant in known.variants:
        treated = known.lives.get(variant)
        if treated is not None:
            horizon = min(_watched(treated), _watched(control))
            days = difference(mean_time(treated, horizon), mean_time(control, horizon), level)
            told = hazards(treated, control, level)
            found.append(Survival(variant=variant, horizon=horizon, hazards=told, days=days))
    return tuple(found)


def _watched(table: LifeTable) -> int:
    """Return the last day on which somebody was still watched."""
    return max((*table.events, *table.censored), default=0)


def dealt_anew(known: Known) -> tuple[Small, ...]:
    """Return permutation tests of the primary metric, nothing where its values were not read."""
    control = known.values.get(known.control)
    if control is None:
        return ()
    pairs = ((variant, known.values.get(variant)) for variant in known.variants)
    return tuple(
        Small(variant=name, dealt=permutation(values, control)) for name, values in pairs if values is not None
    )


def matched(known: Known, primary: str, level: float) -> tuple[Matched, ...]:
    """Return what blocks of matched places say of the primary metric, nothing where none are registered."""
    if primary not in known.matched:
        return ()
    found = ((variant, pairs_of(known, primary, variant, level)) for variant in known.variants)
    return tuple(
        Matched(variant=variant, pairs=pairs if isinstance(pairs, NotComputable) else pairs[0])
        for variant, pairs in found
    )


def cohorts(known: Known, metrics: Mapping[str, Metric], level: float) -> tuple[Cohort, ...]:
    """Return by arm who was still there after each number of days."""
    return tuple(
        Cohort(
            metric=name,
            day=day,
            variant=variant,
            effect=compare_arms(metrics[name], arms, variant, level, known.control)[0],
        )
        for day, (name, arms) in sorted(known.cohorts.items())
        for variant in known.variants
    )
