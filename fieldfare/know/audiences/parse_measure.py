"""Reads ``measures.yaml``, and conditions on measures: against numbers, and against their own baselines. Pure.

A condition names a measure; where all files are known the definition is put in place of the name (see
:mod:`fieldfare.flow.workspace_references`), so that a condition means the same wherever it stands. A name without a
definition is read as such: nothing can be compiled with it, and the check of names reports it with a suggestion.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import msgspec
from msgspec import UNSET

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.measure_files import MeasuresFile
from fieldfare.know.audiences.model import Aggregate, Condition, Did, Limit, Look, MeasureTest, NamedMeasure, Window
from fieldfare.know.audiences.parse_did import AGGREGATES, parse_window
from fieldfare.know.audiences.parse_during import parse_during
from fieldfare.know.audiences.parse_span import parse_span
from fieldfare.know.audiences.parse_tests import ORDERS, parse_where
from fieldfare.know.profiles.compare import SUM_LIMIT, number

LOOK_KEYS = ("over", "between", "during", "per")
CHANGES = ("down_by", "up_by")
MEASURE_KEYS = frozenset({*LOOK_KEYS, *ORDERS, *CHANGES, "compared_to"})
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_PERCENT = re.compile(r"^\s*(\d{1,5}(?:\.\d{1,2})?)\s*%\s*$")
_TOTAL_KEYS = ("event", "where", "sum")
_MOST_PARTS = 10**6
"""Numbers are compared to six decimals."""
_WHOLE = Fraction(1)


def parse_measures(file: MeasuresFile) -> tuple[dict[str, NamedMeasure] | None, list[Problem]]:
    """Return the measures by name, or ``None`` and every problem. Paths start at the file's root."""
    problems: list[Problem] = []
    found: dict[str, NamedMeasure] = {}
    for name, entry in file.measures.items():
        path: Path = ("measures", name)
        if not _NAME.match(name) or name in AGGREGATES:
            why = "a name has 1 to 63 small letters, digits and `_`, starts with a letter and is not `count`, `sum` …"
            problems.append(Problem(path, f"`{name}` cannot name a measure", why, "Write for example `spend`"))
        given = {key: value for key, value in msgspec.to_builtins(entry).items() if value is not UNSET}
        measure = parse_definition(name, given, path, problems)
        if measure is not None:
            found[name] = measure
    return (None if problems else found), problems


def parse_definition(name: str, given: Mapping[Any, Any], path: Path, problems: list[Problem]) -> NamedMeasure | None:
    """Return what a measure adds up, from its entry."""
    before = len(problems)
    if "rate" not in given:
        over = _total(given, path, problems)
        return NamedMeasure(name, over) if len(problems) == before else None
    stray = [key for key in _TOTAL_KEYS if key in given]
    if stray:
        what = f"`{stray[0]}` stands beside `rate`"
        problems.append(Problem((*path, stray[0]), what, "a rate is made of its two totals", f"Remove `{stray[0]}`"))
    sides = given["rate"]
    if not isinstance(sides, list) or len(sides) != 2:  # noqa: PLR2004
        fix = "Write `rate: [Email Opened, Email Sent]`"
        problems.append(Problem((*path, "rate"), "`rate` is not of two", "it takes two totals", fix))
        return None
    totals = [_side(side, (*path, "rate", place), problems) for place, side in enumerate(sides)]
    return NamedMeasure(name, totals[0], totals[1]) if len(problems) == before else None


def _side(side: object, path: Path, problems: list[Problem]) -> Did:
    if isinstance(side, Mapping):
        for key in side:
            if key not in _TOTAL_KEYS:
                why = "a side of a rate has " + ", ".join(f"`{each}`" for each in _TOTAL_KEYS)
                problems.append(Problem((*path, str(key)), f"`{key}` is none of its keys", why, f"Remove `{key}`"))
        return _total(side, path, problems)
    return _total({"event": side}, path, problems)


def _total(given: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Did:
    event, of = given.get("event"), given.get("sum")
    if not isinstance(event, str) or not event.strip():
        why = "a measure counts or sums events"
        problems.append(Problem((*path, "event"), "no event is named", why, "Write `event: Order Completed`"))
    if "sum" in given and not (isinstance(of, str) and of):
        problems.append(
            Problem((*path, "sum"), "`sum` does not name a property", "it takes one name", "Write `sum: revenue`")
        )
    where = parse_where(given["where"], (*path, "where"), problems) if "where" in given else ()
    return Did(str(event), where, Aggregate.COUNT if of is None else Aggregate.SUM, of, ())


def parse_measure_test(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition."""
    before = len(problems)
    measure = parse_measure(node["measure"], (*path, "measure"), problems)
    look = _look(node, measure, path, problems)
    baseline = None
    if "compared_to" in node:
        baseline = _baseline(node["compared_to"], measure, (*path, "compared_to"), problems)
    limits = _limits(node, measure, path, problems)
    if measure is None or look is None or len(problems) > before:
        return None
    return MeasureTest(measure, look, limits, baseline)


def parse_measure(value: object, path: Path, problems: list[Problem]) -> NamedMeasure | None:
    """Return the measure that is named, or that is defined in place of a name."""
    if isinstance(value, str) and value:
        return NamedMeasure(value)
    if isinstance(value, Mapping):
        given = {key: each for key, each in value.items() if key not in {"name", "description", "owner"}}
        return parse_definition(str(value.get("name", "of its own")), given, path, problems)
    fix = "Write `measure: spend`, and declare `spend` in `measures.yaml`"
    problems.append(Problem(path, "`measure` does not name a measure", "it takes one name", fix))
    return None


def _look(node: Mapping[Any, Any], measure: NamedMeasure | None, path: Path, problems: list[Problem]) -> Look | None:
    during = parse_during(node, path, problems)
    window = None
    if "over" in node and "between" in node:
        what = "the condition says `over` and `between` at once"
        problems.append(Problem(path, what, "a measure is looked at in one window", "Keep one of them"))
    elif "over" in node:
        span = parse_span("over", node["over"], path, problems)
        window = None if span is None else Window(span)
        if span is not None and span.us == 0 and span.days is None:
            what = f"`over: {node['over']}` is empty"
            problems.append(Problem((*path, "over"), what, "no instant lies in it", "Write a longer window"))
    elif "between" in node:
        window = parse_window({"between": node["between"]}, path, problems)
    look = Look(window, during)
    if "per" not in node:
        return look
    per = parse_span("per", node["per"], path, problems)
    if per is None:
        return None
    wrong = _wrong_average(look, per.days is not None, per.us, measure)
    if wrong is not None:
        why, fix = wrong
        problems.append(Problem((*path, "per"), f"`per: {node['per']}` gives no average here", why, fix))
    return msgspec.structs.replace(look, per=per)


def _wrong_average(look: Look, in_days: bool, length: int, measure: NamedMeasure | None) -> tuple[str, str] | None:  # noqa: FBT001
    if length == 0:
        return "the span is empty", "Write for example `per: 7 days`"
    if measure is not None and measure.under is not None:
        return "a rate is the same for any span", "Remove `per`"
    if look.during is not None and look.during.back == 0:
        return "how long the stretch lasts is only known when it is over", "Ask for the `last` one, or remove `per`"
    if look.window is None and look.during is None:
        return "all time has no length", "Add a window, for example `over: 90 days`"
    if in_days is not (look.window is None or look.window.in_days):
        return "days follow the calendar, hours the clock", "Use the same kind of unit as the window"
    return None


def _baseline(value: object, measure: NamedMeasure | None, path: Path, problems: list[Problem]) -> Look | None:
    if not isinstance(value, Mapping) or not value:
        why = "it says where else the measure is looked at"
        fix = "Write `compared_to: {between: 60 and 31 days ago}` or `compared_to: {over: 90 days, per: 7 days}`"
        problems.append(Problem(path, "`compared_to` holds no window", why, fix))
        return None
    for key in value:
        if key not in LOOK_KEYS:
            near = get_close_matches(str(key), LOOK_KEYS, n=1)
            fix = f"Did you mean `{near[0]}`?" if near else "Write the comparison beside `compared_to`, not inside"
            why = "in it stands " + ", ".join(f"`{name}`" for name in LOOK_KEYS)
            problems.append(Problem((*path, str(key)), f"`{key}` does not go into `compared_to`", why, fix))
    return _look(value, measure, path, problems)


def _limits(
    node: Mapping[Any, Any], measure: NamedMeasure | None, path: Path, problems: list[Problem]
) -> tuple[Limit, ...]:
    is_compared = "compared_to" in node
    found = []
    for key in (*ORDERS, *CHANGES):
        if key not in node:
            continue
        if key in CHANGES and not is_compared:
            fix = "Add for example `compared_to: {between: 60 and 31 days ago}`"
            problems.append(Problem((*path, key), f"`{key}` stands without `compared_to`", "down or up from what", fix))
            continue
        share = _percent(node[key])
        if share is None and not is_compared:
            share = _plain(node[key])
        limit = None if share is None else _limit(key, share)
        if limit is None:
            problems.append(_no_limit(key, node[key], (*path, key), is_compared=is_compared))
        else:
            found.append(limit)
    if not found and not any(key in node for key in (*ORDERS, *CHANGES)):
        fix = "Add `down_by: 50 %`" if is_compared else "Add for example `above: 100`"
        name = "it" if measure is None else f"`{measure.name}`"
        problems.append(Problem(path, f"nothing is asked of the measure {name}", "a comparison is needed", fix))
    return tuple(found)


def _limit(key: str, share: Fraction) -> Limit | None:
    if key in CHANGES:
        if share <= 0 or (key == "down_by" and share > 1):
            return None
        operator, share = ("at_most", _WHOLE - share) if key == "down_by" else ("at_least", _WHOLE + share)
        return Limit(operator, share.numerator, share.denominator)
    return Limit(key, share.numerator, share.denominator)


def _percent(value: object) -> Fraction | None:
    match = _PERCENT.match(value) if isinstance(value, str) else None
    return None if match is None else Fraction(match[1]) / 100


def _plain(value: object) -> Fraction | None:
    amount = number(value)
    if amount is None or not -SUM_LIMIT <= amount <= SUM_LIMIT:
        return None
    exact = Fraction(str(value))
    return exact if exact.denominator <= _MOST_PARTS else None


def _no_limit(key: str, value: object, path: Path, *, is_compared: bool) -> Problem:
    if is_compared:
        why = "a baseline is compared by a share of it, with at most two decimals"
        if key == "down_by":
            why = "a measure goes down by more than 0 and by at most 100 percent"
        shown = f"{round(value * 100)} %" if isinstance(value, float) and 0 < value <= 1 else "50 %"
        fix = f"Write a percentage, for example `{key}: {shown}`"
        return Problem(path, f"`{key}: {value}` is not a share", why, fix)
    why = f"numbers have at most six decimals and lie within {int(SUM_LIMIT):,}; a rate may be written as a percentage"
    return Problem(path, f"`{key}: {value}` is not a number", why, f"Write for example `{key}: 100`")
