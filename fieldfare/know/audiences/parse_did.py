"""Reads conditions about events: did, did_not, what they come to, and windows. Pure."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.model import Aggregate, Bound, Condition, Did, Window
from fieldfare.know.audiences.parse_during import parse_during
from fieldfare.know.audiences.parse_span import parse_span
from fieldfare.know.audiences.parse_tests import OPERATORS, ORDERS, parse_test, parse_where
from fieldfare.know.profiles.compare import SUM_LIMIT, number, scaled
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.values import MOST_VALUES

AGGREGATES = tuple(Aggregate)[:8]
"""Those that a condition can ask for; the others are for computed traits."""
DID_KEYS = frozenset({"where", *AGGREGATES, "within", "between", "during"})
COUNT_KEYS = (*ORDERS, "exactly")
MOST_COUNT = 1_000_000_000

_BETWEEN = re.compile(r"^\s*(\d+)\s*([a-z]*)\s+and\s+(\d+\s*[a-z]+)\s+ago\s*$")


def parse_did(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition on events."""
    before = len(problems)
    kind = "did" if "did" in node else "did_not"
    event = node[kind]
    if not isinstance(event, str) or not event.strip():
        problems.append(
            Problem(
                (*path, kind), f"`{kind}` does not hold an event", "it takes a name", f"Write `{kind}: Order Completed`"
            )
        )
    where = parse_where(node["where"], (*path, "where"), problems) if "where" in node else ()
    window, during = parse_window(node, path, problems), parse_during(node, path, problems)
    asked = [key for key in AGGREGATES if key in node]
    bounds: tuple[Bound, ...] = (Bound("at_least", 1) if kind == "did" else Bound("exactly", 0),)
    aggregate, of = Aggregate.COUNT, None
    tests: tuple[PropertyTest, ...] = ()
    if len(asked) > 1:
        what = "the condition says " + " and ".join(f"`{key}`" for key in asked) + " at once"
        problems.append(Problem(path, what, "a condition asks one thing", "Write two conditions under `all:`"))
    elif asked and kind == "did":
        aggregate = asked[0]
        of, bounds, tests = _asked(aggregate, node[aggregate], (*path, aggregate), problems)
    if len(problems) > before:
        return None
    return Did(str(event), where, aggregate, of, bounds, window, tests, during)


def _asked(
    aggregate: Aggregate, value: object, path: Path, problems: list[Problem]
) -> tuple[str | None, tuple[Bound, ...], tuple[PropertyTest, ...]]:
    """Return the property, the bounds and the tests of an aggregate."""
    match aggregate:
        case Aggregate.COUNT:
            return None, parse_counts(value, COUNT_KEYS, path, problems), ()
        case Aggregate.SUM | Aggregate.MIN | Aggregate.MAX:
            of, compared = _of(aggregate, value, "revenue, above: 100", path, problems)
            return of, _amounts(aggregate, compared, path, problems), ()
        case Aggregate.DISTINCT:
            of, compared = _of(aggregate, value, "location, at_least: 2", path, problems)
            return of, parse_counts(compared, COUNT_KEYS, path, problems, MOST_VALUES) if compared else (), ()
        case Aggregate.FIRST | Aggregate.LAST | Aggregate.MOST_FREQUENT:
            of, compared = _of(aggregate, value, "channel, is: app", path, problems)
            return of, (), _tests(of, compared, path, problems)
        case _:
            message = f"no condition asks for {aggregate}"
            raise AssertionError(message)


def parse_counts(
    value: object, keys: tuple[str, ...], path: Path, problems: list[Problem], most: int = MOST_COUNT
) -> tuple[Bound, ...]:
    """Return comparisons with a count; ``keys`` are those that may be written."""
    if not isinstance(value, Mapping) or not value:
        bare = isinstance(value, int) and not isinstance(value, bool)
        problems.append(
            Problem(
                path,
                f"`count: {value}` does not say how to compare" if bare else "`count` holds no comparison",
                "it takes " + ", ".join(f"`{key}`" for key in COUNT_KEYS),
                f"Write `count: {{at_least: {value if bare else 3}}}`",
            )
        )
        return ()
    bounds = []
    for key, operand in value.items():
        if not _known(key, keys, path, problems):
            continue
        if isinstance(operand, int) and not isinstance(operand, bool) and 0 <= operand <= most:
            bounds.append(Bound(str(key), operand))
        else:
            why = f"counts are whole numbers from 0 to {most}"
            problems.append(Problem((*path, str(key)), f"`{key}` does not hold a count", why, f"Write `{key}: 3`"))
    return tuple(bounds)


def _of(
    aggregate: Aggregate, value: object, example: str, path: Path, problems: list[Problem]
) -> tuple[str | None, Mapping[Any, Any]]:
    """Return the property that is looked at, and the comparisons beside it."""
    fix = f"Write `{aggregate}: {{of: {example}}}`"
    if not isinstance(value, Mapping):
        problems.append(Problem(path, f"`{aggregate}` holds no comparison", "it takes `of` and a comparison", fix))
        return None, {}
    of, compared = value.get("of"), {key: operand for key, operand in value.items() if key != "of"}
    if not isinstance(of, str) or not of:
        problems.append(Problem(path, f"`{aggregate}` does not say of which property", "`of` names it", fix))
        of = None
    if not compared:
        problems.append(Problem(path, f"`{aggregate}` holds no comparison", "it needs one", fix))
    return of, compared


def _amounts(aggregate: Aggregate, value: Mapping[Any, Any], path: Path, problems: list[Problem]) -> tuple[Bound, ...]:
    bounds = []
    for key, operand in value.items():
        if not _known(key, ORDERS, path, problems):
            continue
        amount = number(operand)
        if amount is not None and abs(amount) <= SUM_LIMIT:
            bounds.append(Bound(str(key), scaled(operand)))
        else:
            why = f"`{aggregate}` is compared with numbers up to 100 thousand million"
            problems.append(Problem((*path, str(key)), f"`{key}` does not hold a number", why, f"Write `{key}: 100`"))
    return tuple(bounds)


def _tests(of: str | None, value: Mapping[Any, Any], path: Path, problems: list[Problem]) -> tuple[PropertyTest, ...]:
    found = [
        parse_test(str(of), str(key), operand, path, problems)
        for key, operand in value.items()
        if _known(key, OPERATORS, path, problems)
    ]
    return tuple(test for test in found if test is not None)


def _known(key: object, keys: tuple[str, ...], path: Path, problems: list[Problem]) -> bool:
    if key in keys:
        return True
    near = get_close_matches(str(key), keys, n=1)
    problems.append(
        Problem(
            (*path, str(key)),
            f"`{key}` is not a comparison",
            "the comparisons are " + ", ".join(f"`{name}`" for name in keys),
            f"Did you mean `{near[0]}`?" if near else f"Write `{keys[0]}: 3`",
        )
    )
    return False


def parse_window(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Window | None:
    """Return the window that `within` or `between` writes, ``None`` for ever."""
    if "within" in node and "between" in node:
        what = "the condition says `within` and `between` at once"
        problems.append(Problem(path, what, "a condition has one window", "Keep one of them"))
        return None
    if "within" in node:
        span = parse_span("within", node["within"], path, problems)
        if span is not None and span.days is None and span.amount == 0:
            problems.append(_empty((*path, "within"), f"within: {node['within']}"))
        return None if span is None else Window(span)
    if "between" in node:
        return _between(node["between"], path, problems)
    return None


def _between(value: object, path: Path, problems: list[Problem]) -> Window | None:
    here = (*path, "between")
    match = _BETWEEN.match(value) if isinstance(value, str) else None
    if match is None:
        problems.append(
            Problem(
                here,
                f"`between: {value}` is not a stretch of the past",
                "it says how long ago the stretch begins and ends",
                "Write `between: 120 and 30 days ago`",
            )
        )
        return None
    unit = match[2] or re.sub(r"[\d\s]", "", match[3])
    first = parse_span("between", f"{match[1]} {unit}", path, problems)
    second = parse_span("between", match[3], path, problems)
    if first is None or second is None:
        return None
    if (first.days is None) != (second.days is None):
        why = "days follow the calendar, hours the clock"
        problems.append(Problem(here, f"`between: {value}` mixes days and hours", why, "Use the same kind of unit"))
        return None
    oldest, newest = (first, second) if first.us >= second.us else (second, first)
    if oldest.days is None and oldest.us == newest.us:
        problems.append(_empty(here, f"between: {value}"))
        return None
    return Window(oldest, newest)


def _empty(path: Path, text: str) -> Problem:
    return Problem(path, f"`{text}` is empty", "no instant lies in it", "Write a longer window")
