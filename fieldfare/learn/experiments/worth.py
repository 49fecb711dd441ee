"""What a difference is worth in people and money. Pure arithmetic on a difference and its interval.

ROI is *net over cost*: (revenue - cost) / cost. The interval carries the uncertainty of the difference only; the value
of one converted person and the cost are taken as given.
"""

from fieldfare.learn.experiments.model import Difference, Interval, NotComputable, Why, Worth


def worth(difference: Difference, members: int, value: int, cost: int) -> Worth:
    """Return the worth of a difference of shares for ``members`` treated people.

    ``value`` is what one converted person brings and ``cost`` what treating all of them costs, both in minor units.
    """
    span = difference.interval

    def over(scale: float, shift: float = 0.0) -> Interval:
        return Interval(span.low * scale - shift, span.high * scale - shift, span.method)

    people = difference.value * members
    net = people * value - cost
    free = NotComputable(Why.ZERO_BASE, "The cost is zero, so a return on it has no meaning.")
    nobody = NotComputable(Why.ZERO_BASE, "No additional person is estimated, so a cost for each has no meaning.")
    worthless = NotComputable(Why.ZERO_BASE, "A converted person brings nothing, so no number of them pays the cost.")
    return Worth(
        people=people,
        people_interval=over(members),
        revenue=people * value,
        revenue_interval=over(members * value),
        net=net,
        net_interval=over(members * value, cost),
        roi=net / cost if cost else free,
        roi_interval=over(members * value / cost, 1) if cost else free,
        cost_per_person=cost / people if people > 0 else nobody,
        break_even_people=cost / value if value else worthless,
    )
