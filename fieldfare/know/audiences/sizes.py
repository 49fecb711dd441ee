"""How many members an audience has, by what changes: what each change adds, and what a count says is wrong. Pure.

The number is kept in the transaction of the changes, so it is exact at every moment and costs nothing to read. A merge
says once more of the survivor that it is in; that adds nobody.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from fieldfare.know.audiences.causes import Cause

NO_STEPS: Mapping[str, int] = MappingProxyType({})


class Change(NamedTuple):
    """A joined or left of somebody."""

    audience: str
    joined: bool
    cause: str


def steps_of(rows: Sequence[Mapping[str, Any]], again: Mapping[str, int] = NO_STEPS) -> Counter[str]:
    """Return, by audience, how many members more these changes make; ``again`` of them add nobody."""
    steps = Counter(row["audience"] for row in rows if row["joined"])
    steps.subtract(Counter(row["audience"] for row in rows if not row["joined"]))
    steps.subtract(again)
    return steps


def corrections(kept: Mapping[str, int], counted: Mapping[str, int], since: Sequence[Change]) -> dict[str, int]:
    """Return by how much the kept numbers are to change, by audience: those were counted, and ``since`` came after.

    Where a merge has said a ``joined`` since then, it cannot be told whether that added somebody: it is left alone.
    """
    open_ones = {each.audience for each in since if each.joined and each.cause == Cause.MERGE}
    right = Counter(counted)
    for each in since:
        right[each.audience] += 1 if each.joined else -1
    names = kept.keys() | right.keys()
    steps = {name: right[name] - kept.get(name, 0) for name in sorted(names - open_ones)}
    return {name: step for name, step in steps.items() if step}
