"""A journey as nodes and edges: every step is there, every edge leads somewhere, and walks are counted along them."""

import pytest

from fieldfare.decide.journeys.definition import (
    Branch,
    Dated,
    Emit,
    Entry,
    GoTo,
    Journey,
    Leave,
    Release,
    Reserve,
    Send,
    SetTraits,
    Split,
    Step,
    Trigger,
    Wait,
    WaitDate,
    WaitFor,
    WaitUntil,
    Way,
)
from fieldfare.decide.journeys.graph import END, START, graph_of, taken
from fieldfare.ground.instants import DAY
from fieldfare.know.audiences.model import InStage


def journey(first: str, steps: dict[str, Step], after: dict[str, str]) -> Journey:
    return Journey(
        name="j",
        version="v",
        entry=Entry(by_call=True, max_age_us=DAY),
        first=first,
        steps=steps,
        after=after,
        heard=frozenset(),
        left=frozenset(),
        echo_us=0,
    )


def ways(step: Step) -> list[tuple[str, str]]:
    """Return where a step leads, when `1` follows it."""
    found = graph_of(journey("0", {"0": step, "1": Wait(1), "2": Wait(1)}, {"0": "1", "1": "", "2": ""}))
    return [(edge.target, edge.way) for edge in found.edges if edge.source == "0"]


SEND = Send("email", "t", "marketing", 50, DAY)


@pytest.mark.parametrize(
    ("step", "leads"),
    [
        (Wait(1), [("1", "")]),
        (WaitUntil(60), [("1", "")]),
        (WaitDate(Dated(trait="birthday")), [("1", "")]),
        (WaitFor(Trigger("x"), DAY), [("1", "")]),
        (WaitFor(Trigger("x"), DAY, "2"), [("1", "in time"), ("2", "too late")]),
        (Branch(InStage(("new",)), "1", ""), [("1", "then"), (END, "else")]),
        (Split((Way("a", "1", 50), Way("b", "2", 50))), [("1", "a"), ("2", "b")]),
        (SEND, [("1", "")]),
        (SetTraits({"a": 1}), [("1", "")]),
        (Emit("x"), [("1", "")]),
        (Reserve("seat", False, 3, DAY, "2"), [("1", ""), ("2", "none free")]),
        (Release("seat"), [("1", "")]),
        (GoTo("other"), [("1", "")]),
        (Leave("done"), []),
    ],
)
def test_where_each_kind_of_step_leads(step: Step, leads: list[tuple[str, str]]) -> None:
    assert ways(step) == leads


def test_a_graph_begins_at_the_first_step_and_knows_all() -> None:
    found = graph_of(journey("0", {"0": SEND, "1": Leave("done")}, {"0": "1", "1": ""}))
    assert [node.id for node in found.nodes] == [START, "0", "1", END]
    assert (found.edges[0].source, found.edges[0].target) == (START, "0")
    ids = {node.id for node in found.nodes}
    assert all({edge.source, edge.target} <= ids for edge in found.edges)


def test_a_journey_without_steps_ends_at_once() -> None:
    found = graph_of(journey("", {}, {}))
    assert [(edge.source, edge.target) for edge in found.edges] == [(START, END)]


@pytest.mark.parametrize(
    ("before", "after", "is_through", "edges"),
    [
        ([], [], False, []),
        ([], [], True, [(START, END)]),
        ([], ["0"], False, [(START, "0")]),
        ([], ["0", "1"], True, [(START, "0"), ("0", "1"), ("1", END)]),
        (["0"], ["0"], False, []),
        (["0"], ["0", "1", "0"], False, [("0", "1"), ("1", "0")]),
        (["0", "1"], ["0", "1"], True, [("1", END)]),
    ],
)
def test_a_walk_takes_the_edges_between_its_steps_since(
    before: list[str], after: list[str], is_through: bool, edges: list[tuple[str, str]]
) -> None:
    assert taken(before, after, is_through=is_through) == edges
