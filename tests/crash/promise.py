"""What a run of kills leaves, and the check: what was answered 200 is in the lake exactly once, nobody told twice."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from fieldfare.assembly.stores import open_stores
from fieldfare.ground.clock import SystemClock
from fieldfare.know.profiles.model import Keeps
from tests.crash.killing import Pair
from tests.crash.running import ENVIRON, Load, Receiver
from tests.scenarios.whole import Whole

IN_LAKE = "SELECT event_id FROM event_rows WHERE source_system = 'app'"


class Left(msgspec.Struct):
    """What a run leaves behind."""

    sent: dict[str, str]
    answered: set[str]
    in_lake: Counter[str]
    handed_over: Counter[str]
    started: Counter[str]
    """Provider calls that were started, by proposal."""
    known: set[str]
    """Proposals whose message is on record as handed over."""


def left_of(
    sent: Mapping[str, str],
    answered: Iterable[str],
    in_lake: Iterable[str],
    handed_over: Counter[str],
    attempts: list[dict[str, Any]],
) -> Left:
    """Return what is left, from what the load and the receiver counted and what the stores hold."""
    return Left(
        sent=dict(sent),
        answered=set(answered),
        in_lake=Counter(in_lake),
        handed_over=handed_over,
        started=Counter(row["proposal_id"] for row in attempts if row["call_started_at"] is not None),
        known={row["proposal_id"] for row in attempts if row["outcome"] == "handed_over"},
    )


def exactly_once(left: Left) -> None:
    """The check of the promise."""
    assert left.answered, "nothing was accepted"
    missing = left.answered - set(left.in_lake)
    assert not missing, f"{len(missing)} events were answered 200 and lost"
    twice = [name for name, count in left.in_lake.items() if count > 1]
    assert not twice, f"{len(twice)} events are in the lake twice"
    assert set(left.in_lake) <= set(left.sent), "events that nobody sent"
    again = [
        name
        for name, count in (left.handed_over + left.started).items()
        if max(left.handed_over[name], left.started[name]) > 1
    ]
    assert not again, f"{len(again)} messages were handed over twice"
    assert left.known <= set(left.handed_over), "messages on record that the provider never saw"


def check_ins_of(whole: Whole) -> int:
    """Return how many check-ins all documents count."""
    (key,) = (
        measure.key
        for measure in whole.workspace.measures.values()
        if measure.event == "check_in" and not measure.filter and measure.of is None and measure.keeps is Keeps.TOTALS
    )
    states = [each["document"][2].get(key) for each in whole.documents().values()]
    return sum(state[0] + sum(state[4][1::3]) for state in states if state is not None)


def left_by(pair: Pair, loads: list[Load], receiver: Receiver) -> Left:
    """Return what is in the stores; check on the way that each check-in was counted once."""
    whole = Whole(open_stores(pair.data, pair.stores_environ), SystemClock().now(), pair.workspace, ENVIRON)
    try:
        sent = {name: told for load in loads for name, told in load.sent.items()}
        answered = [name for load in loads for name in load.answered]
        in_lake = [row[0] for row in whole.lake.query(IN_LAKE, 10_000_000).rows]
        left = left_of(sent, answered, in_lake, receiver.taken, whole.attempts())
        counted, told = check_ins_of(whole), sum(1 for name in left.in_lake if sent.get(name) == "check_in")
        assert counted == told, f"the documents count {counted} check-ins, the lake holds {told}"
    finally:
        whole.close()
    return left
