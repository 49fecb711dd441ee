"""The measures that conditions need. The same definition in two audiences is one measure, kept for the longest window.

It names measures; :mod:`fieldfare.know.profiles.fold` keeps them.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY
from fieldfare.know.audiences.model import (
    Aggregate,
    Condition,
    Did,
    During,
    EventSequence,
    Following,
    Look,
    MeasureTest,
    NamedMeasure,
    Window,
    encoded,
    walk,
)
from fieldfare.know.profiles.model import Keeps, Measure, PropertyTest
from fieldfare.network.calendars.spells import REACH_DAYS


def measure_key(did: Did) -> str:
    """Return the key of the measure behind a condition: it depends on event, filter, property and what is kept."""
    return _key(did.event, did.where, did.of, keeps_of(did.aggregate))


def moments_key(event: str, where: tuple[PropertyTest, ...]) -> str:
    """Return the key of the measure that lists when such events happened, for sequences."""
    return _key(event, where, None, Keeps.MOMENTS)


def _key(event: str, where: tuple[PropertyTest, ...], of: str | None, keeps: Keeps) -> str:
    tests = sorted(encoded(test) for test in where)
    kept = () if keeps is Keeps.TOTALS else (keeps.value,)
    return digest("measure", event, *tests, encoded(of), *kept).hex()[:12]


def keeps_of(aggregate: Aggregate) -> Keeps:
    """Return what a measure must keep for the aggregate; those that keep the same share a measure."""
    return _KEEPS[aggregate]


_KEEPS = {
    Aggregate.COUNT: Keeps.TOTALS,
    Aggregate.SUM: Keeps.TOTALS,
    Aggregate.MIN: Keeps.EXTREMES,
    Aggregate.MAX: Keeps.EXTREMES,
    Aggregate.FIRST: Keeps.ENDS,
    Aggregate.LAST: Keeps.ENDS,
    Aggregate.DISTINCT: Keeps.VALUES,
    Aggregate.MOST_FREQUENT: Keeps.VALUES,
    Aggregate.FIRST_DAY: Keeps.DAYS,
    Aggregate.LAST_DAY: Keeps.DAYS,
    Aggregate.FIRST_AT: Keeps.TOTALS,
    Aggregate.LAST_AT: Keeps.TOTALS,
}


def measure_of(did: Did) -> Measure:
    """Return the measure that answers this condition and no other."""
    window = did.window
    return Measure(
        key=measure_key(did),
        event=did.event,
        filter=did.where,
        of=did.of,
        horizon_days=_horizon_days(window, did.during),
        horizon_us=window.far if window is not None and not window.in_days else 0,
        keeps=keeps_of(did.aggregate),
    )


def _horizon_days(window: Window | None, during: During | None) -> int:
    if during is not None:
        return REACH_DAYS * (during.back + 3)
    # A window of today alone still needs tiles, and a horizon of 0 says that there are none.
    return max(1, window.far) if window is not None and window.in_days else 0


_ZONES_DAYS = 3
"""Days by which the start of a calendar day somewhere and the age of an instant can lie apart, rounded up."""
_FOR_EVER_US = 100 * 366 * DAY


def _moments_of(event: str, where: tuple[PropertyTest, ...], node: EventSequence) -> Measure:
    """Return the list of one of the sequence's events: all of them come after the first, so its window is theirs."""
    days = _horizon_days(node.window, node.during)
    rolls = _FOR_EVER_US if node.window is None else node.window.far
    length = (days + _ZONES_DAYS) * DAY if days else rolls
    return Measure(moments_key(event, where), event, where, horizon_us=length, keeps=Keeps.MOMENTS)


def total_at(total: Did, look: Look) -> Did:
    """Return a total of a measure where it is looked at."""
    return msgspec.structs.replace(total, window=look.window, during=look.during)


def totals_of(measure: NamedMeasure) -> tuple[Did, ...]:
    """Return what a measure adds up, without a window: one total, or the two of a rate."""
    assert measure.over is not None, f"nobody has looked up the measure {measure.name}"
    return (measure.over,) if measure.under is None else (measure.over, measure.under)


def asked_by(node: Condition) -> Sequence[Measure]:
    """Return the measures that a condition needs itself; not those of the conditions inside it."""
    match node:
        case Did():
            return (measure_of(node),)
        case MeasureTest(measure=measure, look=look, baseline=baseline):
            looks = (look,) if baseline is None else (look, baseline)
            return [measure_of(total_at(total, each)) for each in looks for total in totals_of(measure)]
        case EventSequence(event=event, where=where, then=then):
            events = (Following(event, where), *then)
            return [_moments_of(each.event, each.where, node) for each in events]
        case _:
            return ()


def measures_of(conditions: Iterable[Condition]) -> dict[str, Measure]:
    """Return the measures of all conditions by key, each with the longest window that any of them asks for.

    What computed traits are made of counts as a condition here.
    """
    found: dict[str, Measure] = {}
    for condition in conditions:
        for node in walk(condition):
            for measure in asked_by(node):
                _add(found, measure)
    return found


def _add(found: dict[str, Measure], measure: Measure) -> None:
    present = found.get(measure.key)
    if present is not None:
        measure = msgspec.structs.replace(
            measure,
            horizon_days=max(measure.horizon_days or 0, present.horizon_days or 0),
            horizon_us=max(measure.horizon_us, present.horizon_us),
        )
    found[measure.key] = measure
