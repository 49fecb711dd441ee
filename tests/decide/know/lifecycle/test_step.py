"""The step from stage to stage: a table, and that taking it again changes nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.know.audiences.model import TraitTest
from fieldfare.know.lifecycle.model import Stage
from fieldfare.know.lifecycle.step import moves

ANY = TraitTest("x", ())
BACK = Stage("back", ANY, ANY, ("gone",))
GONE = Stage("gone", ANY)
BEST = Stage("best", ANY)
HERE = Stage("here", ANY)
STAGES = (BACK, GONE, BEST, HERE)
ENTER = {stage.name: stage.enter_rule for stage in STAGES}


@pytest.mark.parametrize(
    ("current", "holding", "path"),
    [
        (None, [], []),
        (None, ["here"], ["here"]),
        (None, ["here", "best"], ["best"]),
        (None, ["back", "here"], ["here"]),
        ("here", ["here", "best"], ["best"]),
        ("best", ["here", "best"], []),
        ("best", ["here"], ["here"]),
        ("best", [], [None]),
        ("gone", ["gone", "back"], ["back"]),
        ("gone", ["back", "here"], ["back"]),
        ("back", [], []),
        ("back", ["gone"], []),
        ("here", ["gone", "back"], ["gone", "back"]),
        ("removed", ["here"], ["here"]),
        ("removed", [], [None]),
    ],
)
def test_the_way(current: str | None, holding: list[str], path: list[str | None]) -> None:
    assert moves(STAGES, current, {ENTER[name] for name in holding}) == path


def test_an_exit_rule_ends_a_stage_and_closes_its_door() -> None:
    left = {BACK.exit_rule, BACK.enter_rule}
    assert moves(STAGES, "back", left) == [None]
    assert moves(STAGES, "back", left | {HERE.enter_rule}) == ["here"]
    assert moves(STAGES, "gone", left | {GONE.enter_rule}) == []


names = st.sampled_from("abcde")


@st.composite
def lifecycles(draw: st.DrawFn) -> tuple[Stage, ...]:
    chosen = draw(st.lists(names, unique=True))
    after = st.one_of(st.none(), st.lists(names, max_size=3).map(tuple))
    return tuple(Stage(name, ANY, draw(st.sampled_from([None, ANY])), draw(after)) for name in chosen)


@given(lifecycles(), st.one_of(st.none(), names), st.data())
def test_the_way_ends_and_its_end_stays(stages: tuple[Stage, ...], current: str | None, data: Any) -> None:
    rules = sorted(name for stage in stages for name, _ in stage.rules())
    holding = data.draw(st.sets(st.sampled_from(rules))) if rules else set()
    path = moves(stages, current, holding)
    end = path[-1] if path else current
    if path or end is None or end in {stage.name for stage in stages}:
        assert moves(stages, end, holding) == []
    assert len(set(path)) == len(path)
