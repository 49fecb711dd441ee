"""Several windows over the totals of one profile, moved through time together, from one change to the next. Pure.

Positions are days, or instants: of one kind for all windows that move together. A position enters a window at
``position + near`` and leaves it at ``position + far``. What lies in the windows, or will, is looked at once, the
youngest first, so looking far ahead costs no more than that. Where a window is empty for ever is known beforehand.
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


Change = tuple[int, int, int]
"""A position, which total changes there, and by how much."""
NEVER = 1 << 62


def course(
    spans: Sequence[Span], measures: Mapping[str, MeasureState], position: int, until: int = NEVER
) -> tuple[list[int], list[Change]]:
    """Return the total of each span at ``position``, and all their changes after it, up to ``until``, in order."""
    totals, changes = [], list[Change]()
    for place, span in enumerate(spans):
        state = measures.get(span.key)
        totals.append(0 if state is None else _total(span, state, position, until, changes, place))
    changes.sort()
    return totals, changes


def _total(span: Span, state: MeasureState, position: int, until: int, changes: list[Change], place: int) -> int:
    """Return one total at ``position``, and note its changes: of what left the window before nothing is read."""
    flat, step = (state.tiles, TILE) if span.in_days else (state.stamps, STAMP)
    weight = (2 if span.summed else 1) if span.in_days else 1
    is_counted = not span.summed and not span.in_days  # instants are one event each
    far, near = span.far, span.near
    if far is None:
        return (state.base_sum if span.summed else state.base_count) + sum(flat[weight::step])
    edge, last, total, at = position - far, until - far, 0, len(flat) - step
    while at >= 0 and (each := flat[at]) > edge:
        amount = 1 if is_counted else flat[at + weight]
        if near is None or each + near <= position:
            total += amount
        elif each + near <= until:
            changes.append((each + near, place, amount))
        if each <= last:
            changes.append((each + far, place, -amount))
        at -= step
    return total


def empty_from(span: Span, measures: Mapping[str, MeasureState]) -> int:
    """Return a position from which on nothing lies in the window, whatever it adds up; ``NEVER`` where none is known.

    By what the profile has now; a profile without anything has its windows empty always.
    """
    if span.far is None:
        return NEVER
    state = measures.get(span.key)
    if state is None:
        return -NEVER
    flat, step = (state.tiles, TILE) if span.in_days else (state.stamps, STAMP)
    return flat[-step] + span.far if flat else -NEVER
