"""Compiles sequences: how many events others followed in time, or did not. Pure.

Each event of the first kind that qualifies counts during one stretch of time: from when it enters the window (one that
should have been followed: from when its span has passed) until it leaves. So the truth at any moment is a count of
stretches, and its change the first of their ends at which the truth differs. A list that is full knows nothing up to
some instant: while an event of that time could be in the window the count is only known to be at least so much, and
where that does not decide the condition is not computable.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence

import msgspec

from fieldfare.ground.instants import DAY, Day, Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.compile_during import Spell, spell_at
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, NotComputable, Truth, holds_of
from fieldfare.know.audiences.measures import moments_key
from fieldfare.know.audiences.model import Bound, EventSequence
from fieldfare.know.audiences.ports import Phases, Run, State
from fieldfare.know.audiences.windows import starts_in
from fieldfare.know.profiles.model import Document, ValueState
from fieldfare.know.profiles.moments import unknown_through

Moment = tuple[Instant, Day]
_NOTHING = ValueState()
ALWAYS: Instant = -(1 << 62)
NEVER: Instant = 1 << 62
_UPPER = {"at_most": 0, "exactly": 0, "below": -1}
"""Operator -> by how much the greatest amount that it allows differs from its value."""


Decide = Callable[[int, bool], Truth]


class Stretches(msgspec.Struct, frozen=True):
    """When events count: each from an instant on, and before a later one. Both are sorted by themselves."""

    enters: list[Instant]
    leaves: list[Instant]
    open_until: Instant
    """Before this, events that are not listed any more may count too."""

    @classmethod
    def of(cls, counted: Iterable[tuple[Instant, Instant]], open_until: Instant) -> "Stretches":
        """Return the stretches of events, of each when it enters and when it leaves."""
        pairs = list(counted)
        return cls(sorted(enter for enter, _ in pairs), sorted(leave for _, leave in pairs), open_until)

    def at(self, moment: Instant) -> tuple[int, bool]:
        """Return how many count at the moment, and whether there may be more."""
        return bisect_right(self.enters, moment) - bisect_right(self.leaves, moment), moment < self.open_until


def compile_sequence(node: EventSequence, zone: str, phases: Phases) -> Run:
    """Return the sequence as a closure."""
    keys, decide = _keys_of(node), _decision(node.bounds)
    nothing = holds_of(node.bounds)(0), None

    def run(document: Document, now: Instant, _today: Day) -> State:
        if keys[0] not in document.values:
            return nothing
        spell, until = spell_at(node.during, phases, document, now) if node.during is not None else (None, None)
        truth, change = _turn(_stretches(node, keys, document, zone, spell), decide, now)
        ahead = [at for at in (change, until) if at is not None]
        return truth, min(ahead, default=None)

    return run


def amount_of_sequence(
    node: EventSequence, document: Document, now: Instant, zone: str, phases: Phases
) -> int | NotComputable:
    """Return how many events count at ``now``."""
    spell = spell_at(node.during, phases, document, now)[0] if node.during is not None else None
    count, is_open = stretches_of(node, document, zone, spell).at(now)
    return NOT_COMPUTABLE if is_open else count


def stretches_of(node: EventSequence, document: Document, zone: str, spell: Spell | None) -> Stretches:
    """Return when each event of the first kind counts, by what the document lists."""
    return _stretches(node, _keys_of(node), document, zone, spell)


def _keys_of(node: EventSequence) -> tuple[str, ...]:
    """Return under which keys a document lists the events, in their order."""
    kinds = [(node.event, node.where), *((each.event, each.where) for each in node.then)]
    return tuple(moments_key(event, where) for event, where in kinds)


def _stretches(
    node: EventSequence, keys: tuple[str, ...], document: Document, zone: str, spell: Spell | None
) -> Stretches:
    states = [document.values.get(key, _NOTHING) for key in keys]
    lists = [list(zip(state.instants, state.items, strict=True)) for state in states]
    known = [at for at in map(unknown_through, states) if at is not None]
    unknown = max(known, default=None)
    later = lists[-1]
    for following, earlier in zip(reversed(node.then[1:]), reversed(lists[1:-1]), strict=True):
        later = [moment for moment, is_followed in followed(earlier, later, following.within) if is_followed]
    counted = []
    starts = starts_in(zone)
    for moment, is_followed in followed(lists[0], later, node.then[0].within):
        at, day = moment
        if is_followed is node.is_absent or (node.is_absent and unknown is not None and at <= unknown):
            continue
        enter, leave = _inside(node, moment, zone, spell)
        if node.is_absent:
            within = node.then[0].within
            assert within is not None, "what is absent is so after a span"
            enter = max(enter, at + within.us if within.days is None else starts[day + within.days + 1])
        if enter < leave:
            counted.append((enter, leave))
    open_until = ALWAYS if unknown is None else _inside(node, (unknown, unknown // DAY + 1), zone, spell)[1]
    if node.during is not None and unknown is not None and spell is not None and unknown // DAY + 1 >= spell[0]:
        open_until = NEVER  # the day of what is not listed is only known to within one
    return Stretches.of(counted, open_until)


def followed(earlier: Sequence[Moment], later: Sequence[Moment], within: Duration | None) -> list[tuple[Moment, bool]]:
    """Return each earlier event with whether one of the later ones comes after it, within the span; both are sorted.

    A rolling span ends before its very length; days are calendar days. At the same instant neither comes after.
    """
    instants = [at for at, _ in later]
    least_days: list[Day] = []  # of each event and all after it, from the last on
    if within is not None and within.days is not None:
        for _, day in reversed(later):
            least_days.append(min(day, least_days[-1]) if least_days else day)
        least_days.reverse()
    found = []
    for moment in earlier:
        place = bisect_right(instants, moment[0])
        is_followed = place < len(instants)
        if is_followed and within is not None:
            if within.days is None:
                is_followed = instants[place] < moment[0] + within.us
            else:
                is_followed = least_days[place] <= moment[1] + within.days
        found.append((moment, is_followed))
    return found


def _inside(node: EventSequence, moment: Moment, zone: str, spell: Spell | None) -> tuple[Instant, Instant]:
    """Return from when on and until when an event is in the window."""
    at, day = moment
    if node.during is not None:
        return (ALWAYS, NEVER) if spell is not None and spell[0] <= day <= spell[1] else (NEVER, ALWAYS)
    window = node.window
    if window is None:
        return ALWAYS, NEVER
    near = window.near
    if window.in_days:
        starts = starts_in(zone)
        return (ALWAYS if near is None else starts[day + near]), starts[day + window.far + 1]
    return (ALWAYS if near is None else at + near), at + window.far


def _turn(stretches: Stretches, decide: Decide, now: Instant) -> State:
    """Return the truth at ``now``, and the first later instant at which it differs."""
    truth = decide(*stretches.at(now))
    ends = {*stretches.enters, *stretches.leaves, stretches.open_until}
    for end in sorted(end for end in ends if now < end < NEVER):
        if decide(*stretches.at(end)) is not truth:
            return truth, end
    return truth, None


def _decision(bounds: tuple[Bound, ...]) -> Decide:
    """Return what decides by how many events count, and whether there may be more."""
    holds, has_upper = holds_of(bounds), any(bound.operator in _UPPER for bound in bounds)

    def decide(count: int, is_open: bool) -> Truth:  # noqa: FBT001 - one half of a pair
        if not is_open:
            return holds(count)
        if any(bound.operator in _UPPER and count > bound.value + _UPPER[bound.operator] for bound in bounds):
            return False
        return True if not has_upper and holds(count) else None

    return decide
