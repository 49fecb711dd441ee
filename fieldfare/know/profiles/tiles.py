"""The state of one measure: adding to it, joining two, folding away what no window asks for. Integers only.

Totals are base plus tiles; stamps repeat the youngest events for windows of hours and never count towards totals.
"""

from bisect import bisect_left

from fieldfare.ground.instants import Day, Instant
from fieldfare.know.profiles.model import MeasureState

TILE = 3
"""Numbers per tile: day, count, sum."""
STAMP = 2
"""Numbers per stamp: instant, sum."""
_LIMIT = (1 << 63) - 1


def add_tile(tiles: list[int], day: Day, count: int, amount: int) -> None:
    """Add to the day's tile, keeping the flat list sorted by day. Most events fall on the last day."""
    at = len(tiles) - TILE
    while at >= 0 and tiles[at] > day:
        at -= TILE
    if at >= 0 and tiles[at] == day:
        tiles[at + 1] += count
        if amount:
            tiles[at + 2] = bounded(tiles[at + 2] + amount)
    else:
        tiles[at + TILE : at + TILE] = (day, count, amount)


def add_stamp(stamps: list[int], at: Instant, amount: int) -> None:
    """Add one event, keeping the flat list sorted by instant and, within one, by sum."""
    place = len(stamps) - STAMP
    while place >= 0 and (stamps[place] > at or (stamps[place] == at and stamps[place + 1] > amount)):
        place -= STAMP
    stamps[place + STAMP : place + STAMP] = (at, amount)


def bounded(amount: int) -> int:
    """Return the sum held within 64 bits, so that a document can always be written."""
    return amount if -_LIMIT <= amount <= _LIMIT else max(-_LIMIT, min(_LIMIT, amount))


def join(into: MeasureState, other: MeasureState) -> None:
    """Add the other state to ``into``: the state of both histories together."""
    into.base_count += other.base_count
    into.base_sum = bounded(into.base_sum + other.base_sum)
    into.first_at = _least(into.first_at, other.first_at)
    into.last_at = _greatest(into.last_at, other.last_at)
    for at in range(0, len(other.tiles), TILE):
        add_tile(into.tiles, *other.tiles[at : at + TILE])
    for at in range(0, len(other.stamps), STAMP):
        add_stamp(into.stamps, *other.stamps[at : at + STAMP])


def fold_away(state: MeasureState, first_day: Day | None, first_at: Instant) -> None:
    """Move tiles of days before ``first_day`` into the base (``None``: all tiles); drop stamps before ``first_at``."""
    tiles = state.tiles
    if tiles and (first_day is None or tiles[0] < first_day):
        end = len(tiles) if first_day is None else TILE * _count_before(tiles, TILE, first_day)
        state.base_count += sum(tiles[1:end:TILE])
        state.base_sum = bounded(state.base_sum + sum(tiles[2:end:TILE]))
        del tiles[:end]
    stamps = state.stamps
    if stamps and stamps[0] < first_at:
        del stamps[: STAMP * _count_before(stamps, STAMP, first_at)]


def _count_before(flat: list[int], step: int, bound: int) -> int:
    return bisect_left(flat[::step], bound)


def _least(one: Instant | None, two: Instant | None) -> Instant | None:
    if one is None or two is None:
        return two if one is None else one
    return min(one, two)


def _greatest(one: Instant | None, two: Instant | None) -> Instant | None:
    if one is None or two is None:
        return two if one is None else one
    return max(one, two)
