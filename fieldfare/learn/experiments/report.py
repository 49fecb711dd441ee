"""A readout as plain lines of text. Pure; the command line makes a table around it.

The wording never says more than the interval does: a difference is stated as one only when the interval lies wholly on
one side of zero; a broken split says nothing at all about the effect.
"""

from fieldfare.ground.instants import DAY, to_datetime
from fieldfare.learn.experiments.model import (
    Arm,
    ArmTotals,
    Difference,
    NotComputable,
    Population,
    RatioCheck,
    Readout,
    Totals,
)

_POPULATION = {
    Population.ASSIGNED: "everybody assigned, whether or not a message could go (intention to treat)",
    Population.EXPOSED: "those for whom the holdout alone decided whether a message went",
}


def points(share: float) -> str:
    """Return a difference of shares as signed percentage points."""
    return f"{share * 100:+.1f} points"


def money(minor: float, currency: str, digits: int = 2) -> str:
    """Return an amount in minor units as signed major units with its currency."""
    return f"{minor / 10**digits:+,.{digits}f} {currency}".strip()


def _ratio_line(check: RatioCheck | NotComputable) -> str:
    if isinstance(check, NotComputable):
        return f"Split: not checked. {check.detail}"
    told = f"{check.observed_holdout:.1%} held out, {check.expected_holdout:.1%} declared (p = {check.p_value:.3g})"
    if check.passed:
        return f"Split: as designed, {told}."
    return (
        f"Split: BROKEN, {told}. Something besides the coin decided who is in which arm. "
        "Do not use the numbers of this experiment; find the cause first."
    )


def _verdict(difference: Difference, more: str, less: str) -> str:
    if difference.sign > 0:
        return more
    if difference.sign < 0:
        return less
    return "No difference is shown: the interval includes zero, so a gain, a loss and no effect all fit these data."


def _relative_line(difference: Difference) -> str:
    if isinstance(difference.relative, NotComputable):
        return f"  relative: not computable. {difference.relative.detail}"
    span = difference.relative.interval
    value = difference.relative.value
    return f"  relative: {value:+.1%}, 95 % interval {span.low:+.1%} to {span.high:+.1%} ({span.method})"


def _p(difference: Difference) -> str:
    return "no test (no variation)" if difference.p_value is None else f"p = {difference.p_value:.3g}"


def conversion_lines(difference: Difference | NotComputable, totals: Totals) -> list[str]:
    """Return the lines about conversion."""
    if isinstance(difference, NotComputable):
        return [f"Conversion: not computable ({difference.reason}). {difference.detail}"]
    span = difference.interval

    between = f"{points(span.low)} to {points(span.high)}"

    def arm(name: Arm, sums: ArmTotals, share: float) -> str:
        return f"  {name}: {sums.conversions:,} of {sums.members:,} = {share:.1%}"

    return [
        "Conversion: "
        + _verdict(difference, "treated members converted more often.", "treated members converted less often."),
        arm(Arm.TREATED, totals.treated, difference.treated),
        arm(Arm.HOLDOUT, totals.holdout, difference.holdout),
        f"  difference: {points(difference.value)}, 95 % interval {between} ({span.method}); {_p(difference)}",
        _relative_line(difference),
    ]


def revenue_lines(difference: Difference | NotComputable, currency: str, digits: int) -> list[str]:
    """Return the lines about revenue per member."""
    if isinstance(difference, NotComputable):
        return [f"Revenue: not computable ({difference.reason}). {difference.detail}"]
    span = difference.interval
    value, low, high, treated, holdout = (
        money(amount, currency, digits)
        for amount in (difference.value, span.low, span.high, difference.treated, difference.holdout)
    )
    return [
        "Revenue per member: " + _verdict(difference, "treated members brought more.", "treated members brought less."),
        f"  {Arm.TREATED}: {treated}, {Arm.HOLDOUT}: {holdout}",
        f"  difference: {value}, 95 % interval {low} to {high} ({span.method}); {_p(difference)}",
        _relative_line(difference),
    ]


def report(readout: Readout, currency: str) -> list[str]:
    """Return the readout as lines of text. ``currency`` is the workspace's ISO code."""
    experiment, totals = readout.experiment, readout.totals
    days = experiment.window_us / DAY
    sizes = f"{totals.treated.members:,} treated, {totals.holdout.members:,} held out"
    lines = [
        f"Experiment {experiment.name}, as of {to_datetime(readout.as_of):%Y-%m-%d %H:%M} UTC",
        f"Goal: {experiment.goal_event} within {days:g} days",
        f"Counted: {_POPULATION[readout.population]}",
        f"Members: {sizes}; {totals.immature:,} left out because their window is not over",
        _ratio_line(readout.ratio),
    ]
    if isinstance(readout.ratio, RatioCheck) and not readout.ratio.passed:
        return lines
    digits = experiment.minor_digits
    return lines + conversion_lines(readout.conversion, totals) + revenue_lines(readout.revenue, currency, digits)
