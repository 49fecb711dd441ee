"""When so many units of an experiment had come, as one Ibis expression over lake tables. Builds; runs nothing itself.

Units are counted as they were assigned, in the order of their first row, whatever was merged since: rows of assignments
are facts, so what was once counted stays so. Where the primary metric counts the exposed, they are counted by their
first exposure, as the one person that they are now.
"""

from collections.abc import Sequence
from typing import Any

import ibis
from ibis import _

from fieldfare.ground.instants import Instant
from fieldfare.learn.experiments.metrics.in_lake import Tables, as_now, united


def reached_query(
    tables: Tables, experiment: str, counts: Sequence[int], until: Instant | None = None, *, exposed: bool
) -> Any:
    """Return one row with ``at_0``, ``units_0`` and so on: when each count was reached, and how many had come by then.

    Null where it was not reached. ``units`` came in all. Who came at ``until`` or later is not counted.
    """
    first = (_exposed if exposed else _assigned)(tables, experiment)
    first = first if until is None else first.filter(_["first"] < until)
    here = first.group_by("first").aggregate(n=_.count())
    came = here.mutate(came=_.n.sum().over(ibis.cumulative_window(order_by="first")))
    wanted: dict[str, Any] = {"units": came.n.sum()}
    for index, count in enumerate(counts):
        there = came.came >= count
        wanted[f"at_{index}"] = came["first"].min(where=there)
        wanted[f"units_{index}"] = came.came.min(where=there)
    return came.aggregate(**wanted)


def _assigned(tables: Tables, experiment: str) -> Any:
    rows = tables.assignments.filter(_.experiment == experiment).select("profile_id", "arm", "unit", begun=_["at"])
    return united(rows, tables).group_by("unit", "arm").aggregate(first=_.begun.min())


def _exposed(tables: Tables, experiment: str) -> Any:
    met = tables.exposures.filter(_.experiment == experiment).select("profile_id", begun=_["at"])
    known = tables.assignments.filter(_.experiment == experiment).select("profile_id", "arm", "unit", begun=_["at"])
    rows = united(as_now(known, tables.redirects), tables)
    people = rows.group_by("profile_id").aggregate(unit=_.unit.argmin(_.begun), arm=_.arm.argmin(_.begun))
    seen = as_now(met, tables.redirects).inner_join(people, "profile_id").select("begun", "arm", "unit")
    return seen.group_by("unit", "arm").aggregate(first=_.begun.min())
