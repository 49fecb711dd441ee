"""From the aggregates of two arms to a difference with its interval, or to the reason why there is none. Pure.

Which interval is shown: for shares the unpooled Wald interval when each arm has at least ten conversions and ten
non-conversions, else Newcombe's, because Wald is too narrow for small counts; for money per member Welch's t. A p-value
stands beside it for readers who ask for one; what is *said* follows the interval alone (see ``report``).

Nothing here compares anything but randomized arms, corrects for looking often, or repairs a broken split.
"""

import math

import scipy

from fieldfare.ground.instants import Instant
from fieldfare.learn.experiments import intervals
from fieldfare.learn.experiments.intervals import Mean, Share
from fieldfare.learn.experiments.model import (
    Arm,
    ArmTotals,
    Difference,
    Experiment,
    NotComputable,
    Population,
    RatioCheck,
    Readout,
    Relative,
    Totals,
    Why,
)

MINIMUM_MEMBERS = 30
"""Fewer in an arm: no number is given."""

WALD_NEEDS = 10
"""Conversions and non-conversions that each arm must have for the Wald interval to be shown."""

RATIO_ALARM = 0.001
"""A split as uneven as this is less likely than one in a thousand: something but the coin decided."""


def _too_small(totals: Totals) -> NotComputable | None:
    for arm, sums in ((Arm.TREATED, totals.treated), (Arm.HOLDOUT, totals.holdout)):
        if sums.members == 0:
            return NotComputable(Why.EMPTY_ARM, f"Nobody is in the arm `{arm}` yet, so there is nothing to compare.")
        if sums.members < MINIMUM_MEMBERS:
            return NotComputable(
                Why.TOO_SMALL,
                f"The arm `{arm}` has {sums.members} members; at least {MINIMUM_MEMBERS} are needed. "
                "Wait for more, or raise the holdout share.",
            )
    return None


def _relative(treated: Share | Mean, holdout: Share | Mean) -> Relative | NotComputable:
    if holdout.value <= 0 or treated.value <= 0:
        return NotComputable(Why.ZERO_BASE, "One arm stands at zero or below, so a ratio has no meaning.")
    return Relative(treated.value / holdout.value - 1, intervals.ratio(treated, holdout))


def conversion(totals: Totals) -> Difference | NotComputable:
    """Return the difference of the shares that converted, treated minus held out."""
    missing = _too_small(totals)
    if missing:
        return missing
    treated = Share(totals.treated.conversions, totals.treated.members)
    holdout = Share(totals.holdout.conversions, totals.holdout.members)
    smallest = min(treated.hits, treated.size - treated.hits, holdout.hits, holdout.size - holdout.hits)
    tested = intervals.pooled_z(treated, holdout)
    return Difference(
        treated=treated.value,
        holdout=holdout.value,
        value=treated.value - holdout.value,
        standard_error=math.sqrt(treated.variance + holdout.variance),
        interval=(intervals.wald if smallest >= WALD_NEEDS else intervals.newcombe)(treated, holdout),
        statistic=tested[0] if tested else None,
        p_value=tested[1] if tested else None,
        relative=_relative(treated, holdout),
    )


def _mean(sums: ArmTotals) -> Mean:
    return intervals.mean_of(sums.members, sums.revenue_sum, sums.revenue_squares)


def revenue(totals: Totals) -> Difference | NotComputable:
    """Return the difference of revenue per member in minor units, treated minus held out."""
    missing = _too_small(totals)
    if missing:
        return missing
    treated, holdout = _mean(totals.treated), _mean(totals.holdout)
    if treated.variance + holdout.variance <= 0:
        return NotComputable(
            Why.NO_VARIATION, "Every member has the same revenue in each arm, so nothing can be tested."
        )
    interval, statistic, p_value = intervals.welch(treated, holdout)
    return Difference(
        treated=treated.value,
        holdout=holdout.value,
        value=treated.value - holdout.value,
        standard_error=math.sqrt(treated.variance + holdout.variance),
        interval=interval,
        statistic=statistic,
        p_value=p_value,
        relative=_relative(treated, holdout),
    )


def ratio_check(totals: Totals, share: float) -> RatioCheck | NotComputable:
    """Compare the sizes of the arms with the declared share of holdout (chi-squared, one degree of freedom)."""
    treated, holdout = totals.treated.members, totals.holdout.members
    members = treated + holdout
    if members == 0 or not 0 < share < 1:
        return NotComputable(Why.EMPTY_ARM, "One arm is empty by design or by chance, so the split cannot be checked.")
    expected = members * share
    square = (holdout - expected) ** 2 / expected + (holdout - expected) ** 2 / (members - expected)
    p_value = float(scipy.stats.chi2.sf(square, 1))
    return RatioCheck(
        expected_holdout=share,
        observed_holdout=holdout / members,
        p_value=p_value,
        passed=p_value >= RATIO_ALARM,
    )


def analyse(experiment: Experiment, totals: Totals, population: Population, as_of: Instant) -> Readout:
    """Return the readout of an experiment from its aggregates at ``as_of`` (microseconds UTC)."""
    money: Difference | NotComputable = NotComputable(
        Why.NO_REVENUE_DECLARED, "The goal names no revenue property, so no money is compared."
    )
    return Readout(
        experiment=experiment,
        population=population,
        as_of=as_of,
        totals=totals,
        ratio=ratio_check(totals, experiment.holdout),
        conversion=conversion(totals),
        revenue=revenue(totals) if experiment.revenue_property else money,
    )
