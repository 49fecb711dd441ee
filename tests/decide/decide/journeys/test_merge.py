"""Two walks of one journey brought together by a merge: the later exits."""

import msgspec

from fieldfare.decide.journeys.merge import merge_walks
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
