"""Compiles sequences: how many events others followed in time, or did not. Pure.

Each event of the first kind that qualifies counts during one stretch of time: from when it enters the window (one that
should have been followed: from when its span has passed) until it leaves. So the truth at any moment is a count of
stretches, and its change the first of their ends at which the truth differs. A list that is full knows nothing up to
some instant: while an event of that time could be in the window the count is only known to be at least so much, and
where that does not decide the condition is not computable.

Of events that lie too far back to count now or ever again nothing is worked out, and as soon as there are too few of
them to matter nothing more.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

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
_FEW = 6
"""So many more of the youngest events than are needed are looked at first."""
_AROUND = 2 * DAY
"""Two moments that lie further apart have their local days in the same order, whatever the zones."""
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
    keys, decide, fewest = _keys_of(node), _decision(node.bounds), _fewest(node.bounds)
    nothing = holds_of(node.bounds)(0), None
    youngest = _youngest(node, fewest, zone) if _counts_at_once(node) else None

    def run(document: Document, now: Instant, _today: Day) -> State:
        if keys[0] not in document.values:
            return nothing
        spell, until = spell_at(node.during, phases, document, now) if node.during is not None else (None, None)
        states = [document.values.get(key, _NOTHING) for key in keys]
        past = _past(node, spell, now)
        # Where the lists are complete, no more events can count than there are.
        if len(states[0].instants) - bisect_right(states[0].instants, past) < fewest and not any(
            state.base for state in states
        ):
            return False, until
        found = youngest(states, spell, past, now) if youngest is not None else None
        if found is None:
            stretches = _stretches(node, states, zone, spell, past)
            if len(stretches.enters) < fewest and stretches.open_until == ALWAYS:
                return False, until
            found = _turn(stretches, decide, now)
        truth, change = found
        ahead = [at for at in (change, until) if at is not None]
        return truth, min(ahead, default=None)

    return run


def _counts_at_once(node: EventSequence) -> bool:
    """Return whether an event counts from when it is followed until it leaves, and too many never are."""
    is_open = node.window is None or node.window.near is None
    return is_open and not node.is_absent and not any(bound.operator in _UPPER for bound in node.bounds)


def _youngest(node: EventSequence, fewest: int, zone: str) -> Callable[..., State | None]:
    """Return what looks at the youngest events alone, as long as there are enough among them; else it says ``None``."""
    few = fewest + _FEW

    def run(states: Sequence[ValueState], spell: Spell | None, past: Instant, now: Instant) -> State | None:
        instants = states[0].instants
        if len(instants) <= few or instants[-few - 1] <= past or any(state.base for state in states):
            return None
        before = instants[-few - 1]
        found = _stretches(node, states, zone, spell, before)
        if fewest < 1 or len(found.leaves) < fewest:
            return None
        change = found.leaves[-fewest]
        if change <= now or found.enters[-1] > now:  # some have left since, or are not followed yet
            return None
        # The days of events at the same time differ by zone: older ones may leave later if they are hardly older.
        if change < NEVER and change < _inside(node, (before, before // DAY + 1), zone, spell)[1]:
            return None
        return True, None if change == NEVER else change

    return run


def _fewest(bounds: tuple[Bound, ...]) -> int:
    """Return below which amount the bounds never hold."""
    least = {"at_least": 0, "exactly": 0, "above": 1}
    return max((bound.value + least[bound.operator] for bound in bounds if bound.operator in least), default=0)


def _past(node: EventSequence, spell: Spell | None, now: Instant) -> Instant:
    """Return an instant up to which no event of the first kind counts at ``now`` or later, while ``spell`` is it."""
    if node.during is not None:
        return NEVER if spell is None else spell[0] * DAY - _AROUND
    if node.window is None:
        return ALWAYS
    return now - node.window.far if not node.window.in_days else now - (node.window.far + 1) * DAY - _AROUND


def amount_of_sequence(
    node: EventSequence, document: Document, now: Instant, zone: str, phases: Phases
) -> int | NotComputable:
    """Return how many events count at ``now``."""
    spell = spell_at(node.during, phases, document, now)[0] if node.during is not None else None
    count, is_open = stretches_of(node, document, zone, spell).at(now)
    return NOT_COMPUTABLE if is_open else count


def stretches_of(node: EventSequence, document: Document, zone: str, spell: Spell | None) -> Stretches:
    """Return when each event of the first kind counts, by what the document lists."""
    states = [document.values.get(key, _NOTHING) for key in _keys_of(node)]
    return _stretches(node, states, zone, spell, ALWAYS)


def _keys_of(node: EventSequence) -> tuple[str, ...]:
    """Return under which keys a document lists the events, in their order."""
    kinds = [(node.event, node.where), *((each.event, each.where) for each in node.then)]
    return tuple(moments_key(event, where) for event, where in kinds)


def _stretches(
    node: EventSequence, states: Sequence[ValueState], zone: str, spell: Spell | None, past: Instant
) -> Stretches:
    """Return the stretches of the events after ``past``; only what comes later still can follow one of them."""
    lists = [_after(state, past) for state in states]
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


def _after(state: ValueState, past: Instant) -> list[Moment]:
    first = bisect_right(state.instants, past)
    return list(zip(state.instants[first:], state.items[first:], strict=True))


def followed(earlier: Sequence[Moment], later: Sequence[Moment], within: Duration | None) -> list[tuple[Moment, bool]]:
    """Return each earlier event with whether one of the later ones comes after it, within the span; both are sorted.

    A rolling span ends before its very length; days are calendar days. At the same instant neither comes after.
    """
    instants = [at for at, _ in later]
    least_days: list[Day] = []
    found = []
    for moment in earlier:
        place = bisect_right(instants, moment[0])
        is_followed = place < len(instants)
        if is_followed and within is not None:
            if within.days is None:
                is_followed = instants[place] < moment[0] + within.us
            elif later[place][1] > moment[1] + within.days:  # days differ by zone: one after it may have a lesser one
                least_days = least_days or _least_days(later)
                is_followed = least_days[place] <= moment[1] + within.days
        found.append((moment, is_followed))
    return found


def _least_days(moments: Sequence[Moment]) -> list[Day]:
    """Return the least day of each event and all after it."""
    found = list(accumulate((day for _, day in reversed(moments)), min))
    return found[::-1]


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
