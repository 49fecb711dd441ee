"""Reads sequences: ``did`` with ``then`` (others follow it) or ``without`` (one should have followed). Pure."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.model import Bound, Condition, EventSequence, Following
from fieldfare.know.audiences.parse_did import AGGREGATES, COUNT_KEYS, parse_counts, parse_window
from fieldfare.know.audiences.parse_during import parse_during
from fieldfare.know.audiences.parse_span import parse_span
from fieldfare.know.audiences.parse_tests import parse_where

SEQUENCE_KEYS = frozenset({"then", "without"})
MOST_THEN = 5
"""So many events may follow one another."""
_STEP_KEYS = ("did", "where", "within", "then")


def parse_sequence(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition; the node has ``then`` or ``without``."""
    before = len(problems)
    event = _event(node, path, problems)
    where = parse_where(node["where"], (*path, "where"), problems) if "where" in node else ()
    is_absent = "without" in node
    for aggregate in AGGREGATES[1:]:
        if aggregate in node:
            what = f"`{aggregate}` does not go with `{'without' if is_absent else 'then'}`"
            problems.append(Problem((*path, aggregate), what, "a sequence is counted", f"Remove `{aggregate}`"))
    if is_absent and "then" in node:
        what = "the condition says `then` and `without` at once"
        problems.append(Problem(path, what, "a condition asks one thing", "Write two conditions under `all:`"))
        return None
    key = "without" if is_absent else "then"
    steps = _steps(node[key], key, (*path, key), problems, MOST_THEN)
    bounds: tuple[Bound, ...] = (Bound("at_least", 1),)
    if "count" in node:
        bounds = parse_counts(node["count"], COUNT_KEYS, (*path, "count"), problems)
    window, during = parse_window(node, path, problems), parse_during(node, path, problems)
    if len(problems) > before:
        return None
    return EventSequence(event, where, steps, bounds, window, during, is_absent)


def _steps(value: object, key: str, path: Path, problems: list[Problem], left: int) -> tuple[Following, ...]:
    if not isinstance(value, Mapping):
        fix = f"Write `{key}: {{did: Order Completed, within: 7 days}}`"
        problems.append(Problem(path, f"`{key}` does not hold an event", "it takes a mapping with `did`", fix))
        return ()
    if left == 0:
        fix = "Ask for fewer, or for parts of it as audiences"
        problems.append(Problem(path, "the sequence is too long", f"at most {MOST_THEN} events may follow", fix))
        return ()
    known = _STEP_KEYS if key == "then" else _STEP_KEYS[:-1]
    for each in value:
        if each not in known:
            near = get_close_matches(str(each), known, n=1)
            why = f"in `{key}` stands " + ", ".join(f"`{name}`" for name in known)
            fix = f"Did you mean `{near[0]}`?" if near else f"Remove `{each}`"
            problems.append(Problem((*path, str(each)), f"`{each}` does not go into `{key}`", why, fix))
    event = _event(value, path, problems)
    where = parse_where(value["where"], (*path, "where"), problems) if "where" in value else ()
    within = parse_span("within", value["within"], path, problems) if "within" in value else None
    if within is not None and within.us == 0 and within.days is None:
        what = f"`within: {value['within']}` is empty"
        problems.append(Problem((*path, "within"), what, "no instant lies in it", "Write a longer span"))
    if key == "without" and "within" not in value:
        why = "only when its span has passed is an event known to be absent"
        problems.append(Problem(path, "`without` has no `within`", why, "Write for example `within: 30 minutes`"))
    rest: tuple[Following, ...] = ()
    if key == "then" and "then" in value:
        rest = _steps(value["then"], "then", (*path, "then"), problems, left - 1)
    return (Following(event, where, within), *rest)


def _event(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> str:
    event = node.get("did")
    if isinstance(event, str) and event.strip():
        return event
    problems.append(
        Problem((*path, "did"), "`did` does not hold an event", "it takes a name", "Write `did: Order Completed`")
    )
    return ""
