"""Reads the parts that entries, goals, exits and steps share: spans, triggers, conditions, one-of choices. Pure."""

from collections.abc import Mapping

from fieldfare.decide.journeys.definition import Trigger
from fieldfare.ground.workspace.model import Path, Problem, parse_duration, parse_share
from fieldfare.know.audiences.files import ConditionNode
from fieldfare.know.audiences.model import Condition
from fieldfare.know.audiences.parse import parse_condition
from fieldfare.know.audiences.parse_tests import parse_where

LONGEST_US = 36_525 * 24 * 3_600_000_000
"""A hundred years: no span of a journey is longer."""


def span_us(text: str, path: Path, problems: list[Problem]) -> int:
    """Return the length in microseconds, a day counted as 24 hours; 1 after reporting a problem."""
    duration = parse_duration(text)
    if isinstance(duration, str):
        problems.append(Problem(path, f"`{text}` is no length of time", "the walk would not know how long", duration))
        return 1
    if not 0 < duration.us <= LONGEST_US:
        why = "it must be longer than nothing and at most a hundred years"
        problems.append(Problem(path, f"`{text}` cannot be used", why, "Write for example `2 days`."))
        return 1
    return duration.us


def trigger_of(event: str, where: object, path: Path, problems: list[Problem]) -> Trigger:
    """Return the trigger of an ``event`` and its ``where``."""
    if not event:
        problems.append(Problem((*path, "event"), "`event` is empty", "it names an event", "Write its name."))
    tests = parse_where(where, (*path, "where"), problems) if where is not None else ()
    return Trigger(event, tests)


def condition_of(node: ConditionNode | None, path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition, ``None`` when there is none or it has problems."""
    if node is None:
        return None
    condition, found = parse_condition(node, path)
    problems.extend(found)
    return condition


def one_of(given: Mapping[str, object], path: Path, problems: list[Problem]) -> str | None:
    """Return the one key that has a value; report none or several."""
    present = [key for key, value in given.items() if value is not None]
    if len(present) == 1:
        return present[0]
    names = ", ".join(f"`{key}`" for key in given)
    what = (
        "both " + " and ".join(f"`{key}`" for key in present) + " are given" if present else f"none of {names} is given"
    )
    problems.append(Problem(path, what, f"exactly one of {names} says what happens", "Write one of them."))
    return None


def stray_where(event: str | None, where: object, path: Path, problems: list[Problem]) -> None:
    """Report a ``where`` beside no ``event``."""
    if where is not None and event is None:
        fix = "Remove it, or write `event`."
        problems.append(
            Problem((*path, "where"), "`where` stands without `event`", "it tests an event's properties", fix)
        )


def share_of(text: str, path: Path, problems: list[Problem]) -> float:
    """Return the fraction of a share such as ``5 %``, neither nothing nor everything; 0.5 after reporting a problem."""
    share = parse_share(text)
    if isinstance(share, str):
        problems.append(Problem(path, f"`{text}` is no share", "nobody could be told apart by it", share))
    elif not 0 < share < 1:
        why = "it must take somebody and leave somebody"
        problems.append(Problem(path, f"`{text}` takes nobody or everybody", why, "Write for example `15 %`."))
    else:
        return share
    return 0.5
