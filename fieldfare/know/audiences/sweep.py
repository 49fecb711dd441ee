"""Several windows over the totals of one profile, moved through time together, from one change to the next. Pure.

Positions are days, or instants: of one kind for all windows that move together. A position enters a window at
``position + near`` and leaves it at ``position + far``. What lies in the windows, or will, is looked at once, the
youngest first, so looking far ahead costs no more than that.
"""

from collections.abc import Mapping, Sequence

import msgspec

from fieldfare.know.audiences.measures import measure_key
from fieldfare.know.audiences.model import Aggregate, Did
from fieldfare.know.profiles.model import MeasureState
from fieldfare.know.profiles.tiles import STAMP, TILE


class Span(msgspec.Struct, frozen=True):
    """What a total adds up, worked out once per definition."""

    key: str
    """Of the measure."""
    summed: bool
    far: int | None
    """``None``: everything ever."""
    near: int | None
    """``None``: open towards now and what lies a little ahead."""
    in_days: bool

    @classmethod
    def of(cls, total: Did) -> "Span":
        """Return the span of a total in a window, or over everything; not of one during a season."""
        assert total.during is None, "a stretch of a season is no window"
        window, summed = total.window, total.aggregate is Aggregate.SUM
        if window is None:
            return cls(measure_key(total), summed, None, None, in_days=True)
        # A day that is `oldest` days ago is still in, so it leaves one day later.
        far = window.far + 1 if window.in_days else window.far
        return cls(measure_key(total), summed, far, window.near, window.in_days)


Change = tuple[int, list[int]]
"""A position, and what is added there to each total."""


def course(
    spans: Sequence[Span], measures: Mapping[str, MeasureState], position: int
) -> tuple[list[int], list[Change]]:
    """Return the total of each span at ``position``, and all their changes after it in order."""
    totals, changes = [], dict[int, list[int]]()
    for place, span in enumerate(spans):
        state = measures.get(span.key)
        totals.append(0 if state is None else _total(span, state, position, changes, place, len(spans)))
    return totals, sorted(changes.items())


def _total(
    span: Span, state: MeasureState, position: int, changes: dict[int, list[int]], place: int, count: int
) -> int:
    """Return one total at ``position``, and note its changes: of what left the window before nothing is read."""
    flat, step = (state.tiles, TILE) if span.in_days else (state.stamps, STAMP)
    weight = (2 if span.summed else 1) if span.in_days else 1
    is_counted = not span.summed and not span.in_days  # instants are one event each
    far, near = span.far, span.near
    if far is None:
        return (state.base_sum if span.summed else state.base_count) + sum(flat[weight::step])
    edge, total, at = position - far, 0, len(flat) - step
    while at >= 0 and (each := flat[at]) > edge:
        amount = 1 if is_counted else flat[at + weight]
        if near is None or each + near <= position:
            total += amount
        else:
            _added(changes, each + near, count)[place] += amount
        _added(changes, each + far, count)[place] -= amount
        at -= step
    return total


def _added(changes: dict[int, list[int]], position: int, count: int) -> list[int]:
    found = changes.get(position)
    if found is None:
        found = changes[position] = [0] * count
    return found
