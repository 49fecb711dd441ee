"""What an effect is worth: return, payback, what must be true for it to pay, and what later attrition does to it. Pure.

ROI is *net over cost*: (revenue - cost) / cost. Amounts are in one unit throughout (minor units, or thousands). The
interval carries the uncertainty of the effect only; values and costs are taken as given, and the table of what must be
true turns that around: it asks for the value or the effect at which nothing is lost.
"""

from collections.abc import Sequence

import msgspec

from fieldfare.learn.experiments.model import Interval, NotComputable, Why


class Year(msgspec.Struct, frozen=True, kw_only=True):
    """One year of a worksheet."""

    cost: float
    benefit: float
    net: float
    cumulative_cost: float
    cumulative_net: float
    cumulative_roi: float | NotComputable
    """Cumulative net over cumulative cost: the one definition of a return over several years."""


class Worksheet(msgspec.Struct, frozen=True, kw_only=True):
    """Costs and benefits year by year."""

    years: tuple[Year, ...]
    payback_months: float | NotComputable
    """When the cumulative net reaches zero, benefits of a year taken to come evenly."""


class Attrition(msgspec.Struct, frozen=True, kw_only=True):
    """What is left when only a share of the additional people stay for the later periods."""

    share: float
    revenue: float
    net: float
    roi: float | NotComputable


class MustBeTrue(msgspec.Struct, frozen=True, kw_only=True):
    """What must hold for the money to come back, everything else as it is."""

    people: float | NotComputable
    """Additional people."""
    effect: float | NotComputable
    """Difference of shares."""
    value: float | NotComputable
    """What one additional person brings."""
    share_kept: float | NotComputable
    """Share of the additional people who must stay for the later periods; 0 when the first period pays already."""
    holds: bool
    """Whether even the low end of the interval pays."""


_FREE = NotComputable(Why.ZERO_BASE, "The cost is zero, so a return on it has no meaning.")


def roi(revenue: float, cost: float) -> float | NotComputable:
    """Return net over cost."""
    return (revenue - cost) / cost if cost else _FREE


def worksheet(costs: Sequence[float], benefits: Sequence[float]) -> Worksheet:
    """Return the worksheet of years with these costs and benefits."""
    years, spent, net = [], 0.0, 0.0
    for cost, benefit in zip(costs, benefits, strict=True):
        spent, net = spent + cost, net + benefit - cost
        share = net / spent if spent else _FREE
        years.append(
            Year(
                cost=cost,
                benefit=benefit,
                net=benefit - cost,
                cumulative_cost=spent,
                cumulative_net=net,
                cumulative_roi=share,
            )
        )
    return Worksheet(years=tuple(years), payback_months=_payback(years))


def _payback(years: Sequence[Year]) -> float | NotComputable:
    before = 0.0
    for index, year in enumerate(years):
        if year.cumulative_net >= 0:
            return 12 * index + (12 * -before / year.net if year.net > 0 else 0.0)
        before = year.cumulative_net
    return NotComputable(Why.NOT_BOUNDED, f"The money does not come back within {len(years)} years.")


def payback(revenue: float, cost: float, periods: int) -> float | NotComputable:
    """Return after how many periods the cost has come back, where each of ``periods`` brings ``revenue``."""
    if cost <= 0:
        return 0.0
    if revenue <= 0 or cost > revenue * periods:
        within = "the one period" if periods == 1 else f"the {periods} periods"
        return NotComputable(Why.NOT_BOUNDED, f"The money does not come back within {within} that are looked at.")
    return cost / revenue


def attrition(
    people: float, value: float, cost: float, shares: Sequence[float], later_periods: int = 1
) -> tuple[Attrition, ...]:
    """Return the table of later attrition: everybody additional pays once, a share of them ``later_periods`` more."""
    found = []
    for share in shares:
        revenue = people * value * (1 + share * later_periods)
        found.append(Attrition(share=share, revenue=revenue, net=revenue - cost, roi=roi(revenue, cost)))
    return tuple(found)


def must_be_true(effect: Interval, value: float, members: int, cost: float, later_periods: int = 1) -> MustBeTrue:
    """Return what must hold for treating ``members`` to pay, beside the interval of the effect (a share)."""
    middle = (effect.low + effect.high) / 2
    worthless = NotComputable(Why.ZERO_BASE, "A person brings nothing, so no number of them pays the cost.")
    nobody = NotComputable(Why.ZERO_BASE, "No additional person is estimated, so none can pay the cost.")
    people = cost / value if value > 0 else worthless
    first = middle * members * value
    kept: float | NotComputable = nobody
    if first > 0:
        kept = max(0.0, (cost / first - 1) / later_periods) if later_periods else float(first < cost)
    return MustBeTrue(
        people=people,
        effect=people if isinstance(people, NotComputable) else people / members,
        value=cost / (middle * members) if middle > 0 else nobody,
        share_kept=kept,
        holds=effect.low * members * value >= cost,
    )


def per_person(cost: float, people: float) -> float | NotComputable:
    """Return what one additional (or retained) person cost."""
    if people > 0:
        return cost / people
    return NotComputable(Why.ZERO_BASE, "No additional person is estimated, so a cost for each has no meaning.")


def margin_of_discount(revenue: float, discounts: float, margin: float) -> float:
    """Return what revenue leaves after discounts: ``margin`` is the share of undiscounted revenue that is kept."""
    return (revenue + discounts) * margin - discounts
