"""Two walks of one journey brought together by a merge: the later exits."""

import msgspec

from fieldfare.decide.journeys.merge import merge_walks, met_first, without_journey
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


def test_the_variant_that_was_met_first_counts_whoever_entered_first() -> None:
    early, _ = begin(simple({"wait": "9 days"}, send()))
    late = msgspec.structs.replace(begin(simple({"wait": "9 days"}, send()), NOON + DAY)[0], id="late")
    early = msgspec.structs.replace(early, variants={"x": "long"}, met_at={"x": NOON + 3 * DAY})
    late = msgspec.structs.replace(late, variants={"x": "short", "y": "a"}, met_at={"x": NOON + 2 * DAY, "y": NOON})
    assert early.entered_at < late.entered_at
    assert met_first([early, late], "x") == met_first([late, early], "x") == "short"
    assert (met_first([early, late], "y"), met_first([early], "y")) == ("a", None)


def test_a_walk_that_does_not_know_when_it_met_a_variant_keeps_it() -> None:
    """It was stored before the instant was kept: its beginning stands in, and the variant does not change mid-way."""
    stored, _ = begin(simple({"wait": "9 days"}, send()))
    stored = msgspec.structs.replace(stored, variants={"x": "long"}, met_at={})
    later = msgspec.structs.replace(stored, id="later", variants={"x": "short"}, met_at={"x": stored.entered_at + DAY})
    assert met_first([stored], "x") == met_first([later, stored], "x") == "long"
