"""Whether one may look now, over whom, and which interval one reads, by the registered rule. Pure.

A planned look is over the first so many units that came, when the window of the last of them is over. Its data stand
still: whoever reads between two looks, or after the last, reads the look that was, and however often one reads, each
look is one. After the last look nobody who comes later is counted. The boundaries are those of the spending function of
Lan and DeMets at the units that each look really has. What may be read at any moment counts everybody.

Several variants share the error: each is compared at the joint level.

Supporting metrics and the north star are read at the same looks, by boundaries of their own: at every look the fixed
interval would find too much, and it would too where they were only read once the primary metric had crossed its own
(Hung, Wang, O'Neill, "Statistical considerations for testing multiple endpoints in group sequential or adaptive
clinical trials", Journal of Biopharmaceutical Statistics 2007; Glimm, Maurer, Bretz, "Hierarchical testing of multiple
endpoints in group-sequential trials", Statistics in Medicine 2010; Tamhane, Mehta, Liu, "Testing a primary and a
secondary endpoint in a group sequential design", Biometrics 2010). Each spends the error by the registered function,
and so holds whatever the primary metric says; the list of them is corrected on top. Where a metric's window is longer
than the primary one's, its looks come later, when the windows of the same units are over: till then its numbers would
grow at every reading.
"""

import math
from collections.abc import Sequence

from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.learn.experiments.metrics.model import Metric
from fieldfare.learn.experiments.model import Interval, NotComputable, Relative
from fieldfare.learn.experiments.registered.findings.model import Look
from fieldfare.learn.experiments.registered.model import Looks, Reached, Registration
from fieldfare.learn.experiments.statistics.boundaries import METHOD, Spending, bounds_of, repeated, repeated_p_value
from fieldfare.learn.experiments.statistics.compare import widened_lift
from fieldfare.learn.experiments.statistics.model import Effect
from fieldfare.learn.experiments.statistics.sequences import AlwaysValid

_SPENDING = {
    Looks.OBRIEN_FLEMING: Spending.LAN_DEMETS_OBRIEN_FLEMING,
    Looks.POCOCK: Spending.LAN_DEMETS_POCOCK,
}
_ROUNDING = 1e-9


def planned_looks(registration: Registration) -> tuple[int, ...]:
    """Return at how many units one looks, the last of them all that are planned; nothing where units plan no look."""
    if registration.units is None or registration.looks is Looks.ALWAYS:
        return ()
    shares = (1.0,) if registration.looks is Looks.FIXED else registration.look_at
    return tuple(math.ceil(share * registration.units - _ROUNDING) for share in shares)


def stops_at(registration: Registration) -> Instant | None:
    """Return when nobody who comes is counted any more whatever was reached; ``None``: nothing says so.

    It is the end of the day ``stop`` in UTC, by which that day has begun in every zone.
    """
    if registration.looks is Looks.ALWAYS or registration.stop is None:
        return None
    return (registration.stop + 1) * DAY


def reached_of(
    registration: Registration, came: Sequence[tuple[Instant | None, int | None]], units: int
) -> tuple[Reached, ...]:
    """Return which looks were reached: of ``came``, one for each planned look, when so many had come, and how many.

    ``units`` came before ``stop``. Where they are fewer than planned, the last look is over them, at ``stop``.
    """
    found = [
        Reached(at=at, units=many, is_last=turn + 1 == len(came))
        for turn, (at, many) in enumerate(came)
        if at is not None and many is not None
    ]
    until = stops_at(registration)
    if until is not None and len(found) < len(came):
        found.append(Reached(at=until - 1, units=units, is_last=True))
    return tuple(found)


def counted_until(registration: Registration, reached: Sequence[Reached] = ()) -> Instant | None:
    """Return the instant from which on whoever comes is not counted: after the last look data stand still.

    ``None``: everybody counts.
    """
    if planned_looks(registration):
        return reached[-1].at + 1 if reached and reached[-1].is_last else None
    return stops_at(registration)


def read_until(reached: Sequence[Reached], window_us: int, as_of: Instant) -> Instant | None:
    """Return the instant before which those came whom the look that stands is over; ``None``: no look by units stands.

    ``window_us`` is that of the metric that is read, by :func:`window_of`.
    """
    over = _over(reached, window_us, as_of)
    return over[-1].at + 1 if over else None


def window_of(metric: Metric, primary: Metric) -> int:
    """Return how long after the last unit of a look a metric is read: never before the primary one."""
    return max(metric.window_us, primary.window_us)


def _over(reached: Sequence[Reached], window_us: int, as_of: Instant) -> list[Reached]:
    return [each for each in reached if each.at + window_us <= as_of]


def look_of(
    registration: Registration,
    mature: int,
    level: float,
    as_of: Instant,
    window_us: int = 0,
    reached: Sequence[Reached] = (),
) -> Look:
    """Return where the experiment stands; ``mature`` counts units of all arms whose window is over.

    ``level`` is that of each comparison. ``reached`` tells of the planned looks, the first before the next, when so
    many units had come. Where no units are planned, one look is due when the last window is over of whoever came before
    ``stop``. Where nothing says when the one look is, every reading may be it: it is read as at any moment. Matched
    places, of which that would say nothing, are read as they stand.
    """
    rule, units = registration.looks, registration.units
    planned = planned_looks(registration)
    if planned:
        assert units is not None
        return _planned(rule, units, planned, mature, level, reached, _over(reached, window_us, as_of), window_us)
    progress = mature / units if units is not None else None
    until = counted_until(registration)
    if until is not None:
        ends_at = until + window_us
        may_say = as_of >= ends_at
        return Look(progress=None, rule=rule, may_say=may_say, next_on=None if may_say else -(-ends_at // DAY))
    if rule is Looks.FIXED and not registration.blocks:
        return Look(progress=progress, rule=Looks.ALWAYS, may_say=True)
    return Look(progress=progress, rule=rule, may_say=True)


def _planned(
    rule: Looks,
    units: int,
    planned: tuple[int, ...],
    mature: int,
    level: float,
    reached: Sequence[Reached],
    over: list[Reached],
    window_us: int,
) -> Look:
    """Return where looks by units stand."""
    is_over = bool(over) and over[-1].is_last
    ahead = None if is_over else planned[len(over)]
    coming = reached[len(over)] if len(over) < len(reached) else None
    is_coming = coming is not None and ahead is not None and coming.units >= ahead
    at_stop = reached[-1] if reached and reached[-1].is_last and reached[-1].units < units and not is_over else None
    shares = list[float]()
    if over and over[-1].units and rule is not Looks.FIXED:
        # Who came at once is of several looks. Where fewer came than planned, the last look spends what is left.
        whole = over[-1].units if is_over else units
        shares = sorted({min(each.units / whole, 1.0) for each in over})
    return Look(
        progress=1.0 if is_over else min(mature / units, 1.0),
        rule=rule,
        may_say=bool(over),
        bound=bounds_of(_SPENDING[rule], shares, level)[-1] if shares else None,
        shares=tuple(shares),
        taken=len(over),
        of=len(planned),
        units=over[-1].units if over else None,
        next_at=ahead,
        next_on=_day_after(coming, window_us) if is_coming else None,
        ends_on=_day_after(at_stop, window_us),
    )


def _day_after(reached: Reached | None, window_us: int) -> Day | None:
    """Return the day on which the window of the last of a look is over."""
    return None if reached is None else -(-(reached.at + window_us) // DAY)


def is_last(look: Look) -> bool:
    """Return whether no other look is to come."""
    return look.next_at is None and look.next_on is None and (look.progress is None or look.progress >= 1)


def shown_interval(effect: Effect, always: AlwaysValid, look: Look) -> Interval | None:
    """Return the interval that may be read now, ``None`` when it is too early."""
    if not look.may_say:
        return None
    if look.rule is Looks.ALWAYS:
        return always.interval
    return effect.interval if look.bound is None else repeated(effect, look.bound)


def shown_lift(effect: Effect, always: AlwaysValid, look: Look) -> Relative | NotComputable:
    """Return the lift with an interval by the same rule as the difference's; before its look, as at any moment."""
    lift = effect.relative
    if isinstance(lift, NotComputable):
        return lift
    if not look.may_say or look.rule is Looks.ALWAYS:
        span = always.relative
    else:
        span = lift.interval if look.bound is None else widened_lift(effect, look.bound, METHOD)
    return span if isinstance(span, NotComputable) else Relative(lift.value, span)


def shown_p_value(effect: Effect, always: AlwaysValid, look: Look) -> float | None:
    """Return the p-value that goes with the interval that may be read now, before any correction."""
    if look.rule is Looks.ALWAYS:
        return always.p_value
    if not look.shares:
        return effect.p_value
    return repeated_p_value(_SPENDING[look.rule], look.shares, effect.value / effect.standard_error)
