"""The measures that conditions need. The same definition in two audiences is one measure, kept for the longer window.

It names measures; :mod:`fieldfare.know.profiles.fold` keeps them.
"""

from collections.abc import Iterable

import msgspec

from fieldfare.ground.ids import digest
from fieldfare.know.audiences.model import Aggregate, Condition, Did, encoded, walk
from fieldfare.know.profiles.model import Keeps, Measure


def measure_key(did: Did) -> str:
    """Return the key of the measure behind a condition: it depends on event, filter, property and what is kept."""
    tests = sorted(encoded(test) for test in did.where)
    keeps = keeps_of(did.aggregate)
    kept = () if keeps is Keeps.TOTALS else (keeps.value,)
    return digest("measure", did.event, *tests, encoded(did.of), *kept).hex()[:12]


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
        # A window of today alone still needs tiles, and a horizon of 0 says that there are none.
        horizon_days=max(1, window.far) if window is not None and window.in_days else 0,
        horizon_us=window.far if window is not None and not window.in_days else 0,
        keeps=keeps_of(did.aggregate),
    )


def measures_of(conditions: Iterable[Condition]) -> dict[str, Measure]:
    """Return the measures of all conditions by key, each with the longest window that any of them asks for.

    What computed traits are made of counts as a condition here.
    """
    found: dict[str, Measure] = {}
    for condition in conditions:
        for node in walk(condition):
            if isinstance(node, Did):
                _add(found, measure_of(node))
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
