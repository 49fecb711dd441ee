"""Editing while people walk: they finish, move to where their step went, or leave; late steps only if asked for."""

from typing import Any

import pytest

from fieldfare.decide.journeys.definition import Journey
from fieldfare.decide.journeys.model import Command, Enrollment, Propose, Status, TimerFired
from fieldfare.decide.journeys.step import step
from fieldfare.decide.journeys.versions import Versions, bring, late_steps, moved_to
from fieldfare.ground.instants import DAY
from tests.decide.decide.journeys.walks import NOON, begin, facts, nothing_but_membership, send, simple

KNOWN = facts(nothing_but_membership)
OLD = simple(send("a"), {"wait": "5 days"}, send("b"))


def newer(*steps: dict[str, Any], running: Any = "finish") -> Journey:
    return simple(*steps, running=running)


def brought(new: Journey, *, knows_old: bool = True) -> tuple[Enrollment, list[Command]]:
    walk, _ = begin(OLD)
    pinned = {(OLD.name, OLD.version): OLD} if knows_old else {}
    return bring(Versions({new.name: new}, pinned), walk, KNOWN, NOON + DAY)


def test_who_is_inside_finishes_the_version_that_they_began_with() -> None:
    new = newer(send("x"), {"wait": "1 day"}, send("y"))
    walk, commands = brought(new)
    assert (walk.version, commands) == (OLD.version, [])
    versions = Versions({new.name: new}, {(OLD.name, OLD.version): OLD})
    assert versions.of(walk) is OLD
    assert not versions.is_superseded(walk)
    assert Versions({}, {}).of(walk) is None


def test_who_is_inside_leaves_if_the_new_version_says_so() -> None:
    new = newer(send("x"), {"wait": "1 day"}, running="exit")
    walk, commands = brought(new)
    assert (walk.status, walk.end_reason, walk.stopped_at, commands) == (Status.EXITED, "superseded", NOON + DAY, [])
    assert Versions({new.name: new}).is_superseded(begin(OLD)[0])


@pytest.mark.parametrize(
    ("steps", "running", "goes_to"),
    [
        ([send("new"), send("a"), {"wait": "5 days"}, send("b")], {}, "2"),
        ([send("a"), {"wait": "3 days"}, send("b")], {}, "1"),
        ([send("a"), send("b"), {"wait": "9 days"}], {"steps": {"1": "2"}}, "2"),
        ([send("a"), send("b")], {}, None),
        ([send("a"), send("b")], {"steps": {"1": "7"}}, None),
    ],
)
def test_who_is_inside_moves_to_where_the_step_went(
    steps: list[dict[str, Any]], running: dict[str, Any], goes_to: str | None
) -> None:
    new = newer(*steps, running=running)
    walk, commands = brought(new)
    assert commands == []
    if goes_to is None:
        assert (walk.status, walk.end_reason) == (Status.EXITED, "changed")
        return
    assert (walk.status, walk.step, walk.version) == (Status.WAITING, goes_to, new.version)
    assert walk.due_at == NOON + 5 * DAY, "the timer stays as it is"


def test_a_comparison_is_found_again_wherever_it_stands_as_a_split_is() -> None:
    ways = [{"variant": name, "steps": [send(name)]} for name in ("a", "b")]
    compared = {"experiment": {"name": "words", "variants": ways}}
    split = {"split": [{"way": name, "weight": 1, "steps": [send(name)]} for name in ("a", "b")]}
    for step_of in (compared, split):
        old, new = simple(step_of), newer(send("late"), step_of, running={})
        assert moved_to(old, new)["0"] == "1"


def test_steps_that_came_late_reach_those_who_are_past_them_only_if_asked() -> None:
    steps = [send("a"), send("late"), {"wait": "5 days"}, send("b")]
    _, commands = brought(newer(*steps, running={}))
    assert commands == []
    walk, commands = brought(newer(*steps, running={"late_steps": True}))
    assert [each.proposal.template for each in commands if isinstance(each, Propose)] == ["late"]
    assert (walk.step, walk.due_at) == ("2", NOON + 5 * DAY)
    over, commands = step(newer(*steps, running={}), walk, TimerFired(NOON + 5 * DAY), KNOWN, NOON + 5 * DAY)
    assert [each.proposal.template for each in commands if isinstance(each, Propose)] == ["b"]
    assert over.status is Status.COMPLETED


def test_a_walk_whose_old_version_is_forgotten_goes_on_with_the_newest() -> None:
    new = newer(send("x"), {"wait": "1 day"}, send("y"))
    walk, _ = brought(new, knows_old=False)
    assert (walk.version, walk.step, walk.status) == (new.version, "1", Status.WAITING)


def test_steps_are_found_again_by_what_they_say() -> None:
    when = {"trait": "plan", "is": "gold"}
    old = simple({"branch": {"when": when, "then": [{"wait": "1 day"}]}}, {"wait": "5 days"})
    new = simple(send("n"), {"branch": {"when": when, "then": [{"wait": "1 day"}]}}, {"wait": "5 days"})
    assert moved_to(old, new) == {"0": "1", "0.then.0": "1.then.0", "1": "2"}
    assert late_steps(old, new, "2") == ["0"]
