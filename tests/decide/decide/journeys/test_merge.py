"""Two walks of one journey brought together by a merge: the later exits."""

import msgspec

from fieldfare.decide.journeys.merge import merge_walks, without_journey
from fieldfare.decide.journeys.model import Status
from tests.decide.decide.journeys.walks import DAY, NOON, begin, send, simple


def test_the_later_of_two_live_walks_exits() -> None:
    journey = simple({"wait": "9 days"}, send())
    first, _ = begin(journey)
    second = msgspec.structs.replace(begin(journey, NOON + DAY)[0], id="later")
    (changed,) = merge_walks([second, first], NOON + 2 * DAY)
    assert (changed.id, changed.status, changed.end_reason) == ("later", Status.EXITED, "merged")
    assert (changed.ended_at, changed.stopped_at, changed.due_at) == (NOON + 2 * DAY, NOON + 2 * DAY, None)
    assert second.status is Status.WAITING


def test_ended_walks_and_other_journeys_stay() -> None:
    journey, other = simple({"wait": "9 days"}, send()), simple({"wait": "9 days"}, journey="other")
    done = msgspec.structs.replace(begin(journey)[0], id="done", status=Status.COMPLETED)
    assert merge_walks([done, begin(journey, NOON + DAY)[0], begin(other)[0]], NOON + 2 * DAY) == []


def test_a_walk_whose_journey_is_gone_ends_once() -> None:
    live, _ = begin(simple({"wait": "9 days"}, send()))
    ended = without_journey(live, NOON + DAY)
    assert (ended.status, ended.end_reason, ended.due_at) == (Status.EXITED, "removed", None)
    assert ended.ended_at == ended.stopped_at == NOON + DAY
    assert without_journey(ended, NOON + 2 * DAY) is ended
