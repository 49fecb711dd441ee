"""Conditions on events during a stretch of a season: which days count, whose season, and when that changes."""

from typing import Any

import pytest

from fieldfare.ground.instants import DAY, Instant
from fieldfare.know.audiences.compile_during import amount_during
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.measures import measures_of
from fieldfare.know.audiences.model import Audience, Did
from fieldfare.know.audiences.ports import State
from fieldfare.know.profiles.fold import fold
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.testing.places import ScheduledPhases
from tests.decide.know.audiences.definitions import PHASES
from tests.decide.know.audiences.test_compile_values import folded, parsed
from tests.decide.know.worlds import START_AT, make_event


def day(number: int) -> Instant:
    return START_AT + number * DAY


def state(node: dict[str, Any], days: list[int], now: Instant, home: str = "north") -> State:
    condition = parsed({"did": "Order Completed", **node})
    made = [make_event(at=day(each) + 1, location=home, payload={"total": each}) for each in days]
    return Evaluator([], zone="UTC", phases=PHASES).state(condition, folded(condition, made), now)


LAST, NOW_ON, BEFORE = "last peak", "current peak", {"phase": "spring.peak", "before_last": 1}


@pytest.mark.parametrize(
    ("node", "days", "at", "truth", "change"),
    [
        ({"during": LAST}, [10], 15, False, day(20)),  # it is not over yet
        ({"during": LAST}, [10], 20, True, day(34)),
        ({"during": LAST}, [9], 20, False, None),
        ({"during": LAST}, [], 15, False, None),  # without an event no stretch changes anything
        ({"during": LAST, "count": {"exactly": 0}}, [], 15, True, None),
        ({"during": LAST}, [19], 20, True, day(34)),
        ({"during": LAST}, [20], 20, False, None),
        ({"during": NOW_ON}, [12], 15, True, day(20)),
        ({"during": NOW_ON}, [12], 20, False, None),
        ({"during": NOW_ON}, [12, 31], 31, True, day(34)),
        ({"during": BEFORE}, [12], 33, False, day(34)),
        ({"during": BEFORE}, [12], 34, True, None),
        ({"during": LAST, "count": {"at_least": 2}}, [10, 19], 21, True, day(34)),
        ({"during": LAST, "count": {"exactly": 0}}, [9, 20], 21, True, None),
        ({"during": LAST, "sum": {"of": "total", "above": 28}}, [10, 19, 25], 21, True, day(34)),
        ({"during": LAST, "max": {"of": "total", "below": 19}}, [10, 19], 21, False, None),
        ({"during": LAST, "distinct": {"of": "total", "at_least": 2}}, [10, 19], 21, True, day(34)),
        ({"during": LAST, "first": {"of": "total", "is": 10}}, [4, 10, 19], 21, True, day(34)),
    ],
)
def test_truths_and_changes(node: dict[str, Any], days: list[int], at: int, truth: bool, change: int | None) -> None:
    assert state(node, days, day(at)) == (truth, change)


def test_the_season_is_that_of_the_home_location() -> None:
    assert state({"during": LAST}, [12], day(26), "north")[0] is True
    assert state({"during": LAST}, [12], day(26), "south")[0] is False
    assert state({"during": LAST}, [17], day(26), "south")[0] is True
    assert state({"during": LAST}, [12], day(26), "east") == (False, None)  # it has no peak


def test_time_alone_turns_nothing_once_every_stretch_ahead_begins_after_the_last_event() -> None:
    spells: dict[str | None, list[tuple[Instant, frozenset[str]]]] = {}
    spells[None] = [(day(10 * each), frozenset({"peak" if each % 2 else "off"})) for each in range(40)]
    condition = parsed({"did": "Order Completed", "count": {"at_least": 2}, "during": LAST})
    evaluator = Evaluator([], zone="UTC", phases=ScheduledPhases(spells))
    made = [make_event(at=day(each) + 1) for each in (11, 12, 33)]
    document = folded(condition, made)
    assert evaluator.state(condition, document, day(15)) == (False, day(20))
    assert evaluator.state(condition, document, day(20)) == (True, day(40))
    assert evaluator.state(condition, document, day(40)) == (False, None)


def test_who_moves_is_evaluated_anew() -> None:
    condition = parsed({"did": "Order Completed", "during": LAST})
    evaluator = Evaluator([Audience("regulars", condition, "r")], zone="UTC", phases=PHASES)
    plan = FoldPlan(measures_of([condition]).values(), {})
    document = Document()
    evaluator.evaluate(document, day(26), fold(document, None, make_event(at=day(12), location="north"), plan))
    assert "regulars" in document.memberships
    moved = fold(document, None, make_event("Other", at=day(25), location="south"), plan)
    assert [edge.joined for edge in evaluator.evaluate(document, day(26), moved)] == [False]


def test_amounts() -> None:
    condition = parsed({"did": "Order Completed", "sum": {"of": "total", "above": 1}, "during": LAST})
    made = [make_event(at=day(each), location="north", payload={"total": 1.5}) for each in (9, 10, 11)]
    assert isinstance(condition, Did)
    assert amount_during(condition, folded(condition, made), day(21), PHASES) == 3
    assert amount_during(condition, folded(condition, made), day(15), PHASES) == 0
