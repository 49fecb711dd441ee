"""A journey as nodes and edges, for whoever draws it: what follows each step, and by which way. Pure.

A node's id is the path of its step (``3.then.0``); the end of the journey has the id ``end``.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import assert_never

import msgspec

from fieldfare.decide.journeys.definition import (
    Branch,
    Emit,
    GoTo,
    Journey,
    Leave,
    Release,
    Reserve,
    Send,
    SetTraits,
    Split,
    Step,
    Vary,
    Wait,
    WaitDate,
    WaitFor,
    WaitUntil,
)
from fieldfare.decide.journeys.say import says

START, END = "start", "end"


class Node(msgspec.Struct, frozen=True):
    """One step: its kind and what it does."""

    id: str
    kind: str
    does: str


class Edge(msgspec.Struct, frozen=True):
    """Which step follows which, by which way (``then``, ``else``, a split's name); empty: the only way."""

    source: str
    target: str
    way: str = ""


class Graph(msgspec.Struct, frozen=True):
    """A journey's steps and what follows each."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


def graph_of(journey: Journey) -> Graph:
    """Return the journey's graph; it begins at ``start``."""
    nodes = [Node(START, "entry", journey.description), *(_node(path, step) for path, step in journey.steps.items())]
    edges = [Edge(START, journey.first or END)]
    for path, step in journey.steps.items():
        edges += [Edge(path, target or END, way) for target, way in _next(step, journey.after.get(path, ""))]
    return Graph((*nodes, Node(END, "end", "ends")), tuple(edges))


def taken(before: Sequence[str], after: Sequence[str], *, is_through: bool) -> list[tuple[str, str]]:
    """Return the edges that a walk has taken since, by its trail (the paths of its steps) before and after.

    ``is_through``: it has come to its end since. A walk that was moved to another version may take what is no edge.
    """
    trail = [START, *after, *([END] if is_through else [])]
    return list(pairwise(trail[len(before) :]))


def _node(path: str, step: Step) -> Node:
    return Node(path, str(step.__struct_config__.tag), says(step))


def _next(step: Step, after: str) -> list[tuple[str, str]]:
    match step:
        case Branch(then=then, otherwise=otherwise):
            return [(then, "then"), (otherwise, "else")]
        case Split(ways=ways) | Vary(ways=ways):
            return [(way.first, way.name) for way in ways]
        case WaitFor(late=late):
            return [(after, "")] if late is None else [(after, "in time"), (late, "too late")]
        case Reserve(otherwise=otherwise):
            return [(after, ""), (otherwise, "none free")]
        case Leave():
            return []
        case Wait() | WaitUntil() | WaitDate() | Send() | SetTraits() | Emit() | Release() | GoTo():
            return [(after, "")]
        case _:
            assert_never(step)
