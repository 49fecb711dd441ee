"""Reads comparisons: operators and operands of traits and of event properties, and the spans of dates. Pure."""

from collections.abc import Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any

from fieldfare.ground.instants import from_datetime
from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.model import AllOf, Condition, TraitAge, TraitDate, TraitTest
from fieldfare.know.audiences.parse_dates import DATE_KEYS, parse_date
from fieldfare.know.audiences.parse_span import parse_span
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.model import PropertyTest
from fieldfare.know.profiles.plan import WEEKDAYS
from fieldfare.know.profiles.survive import instant_text

ORDERS = ("above", "below", "at_least", "at_most")
TEXTS = ("contains", "starts_with", "ends_with")
LISTS = ("contains_any", "contains_all")
OPERATORS = ("is", "is_not", "in", "not_in", *ORDERS, *TEXTS, *LISTS, "size", "exists")
AGES = ("older_than", "newer_than")
TRAIT_KEYS = frozenset({*OPERATORS, *AGES, *DATE_KEYS})
SIZES = (*ORDERS, "exactly")
MOST_SIZE = 1_000_000
_WEEKDAY_NAMES = frozenset(WEEKDAYS)


def parse_trait(node: Mapping[Any, Any], path: Path, problems: list[Problem]) -> Condition | None:
    """Return the condition on a trait; a node with several comparisons asks that all hold."""
    name = node["trait"]
    before = len(problems)
    if not isinstance(name, str) or not name:
        problems.append(
            Problem((*path, "trait"), "`trait` does not hold a name", "it takes one text", "Write `trait: plan`")
        )
    asked = [key for key in (*OPERATORS, *AGES, *DATE_KEYS) if key in node]
    if not asked:
        problems.append(
            Problem(
                path,
                f"nothing is asked of the trait `{name}`",
                "a comparison is needed",
                "Add for example `is: gold`, `above: 3`, `exists: true` or `newer_than: 30 days`",
            )
        )
    tests = [
        test for key in asked if key in OPERATORS and (test := parse_test(str(name), key, node[key], path, problems))
    ]
    ages = [
        TraitAge(str(name), key == "newer_than", span)
        for key in asked
        if key in AGES and (span := parse_span(key, node[key], path, problems))
    ]
    dates = [
        TraitDate(str(name), asks)
        for key in asked
        if key in DATE_KEYS and (asks := parse_date(key, node[key], path, problems)) is not None
    ]
    if len(problems) > before:
        return None
    parts: list[Condition] = [TraitTest(str(name), tuple(tests))] if tests else []
    parts += [*ages, *dates]
    return parts[0] if len(parts) == 1 else AllOf(tuple(parts))


def parse_where(node: object, path: Path, problems: list[Problem]) -> tuple[PropertyTest, ...]:
    """Return the tests of an event's properties; journeys use this for the events they wait for too."""
    if not isinstance(node, Mapping) or not node:
        problems.append(
            Problem(
                path,
                "`where` does not hold tests",
                "it takes a mapping from properties to values",
                "Write `where: {category: shoes}` or `where: {total: {above: 100}}`",
            )
        )
        return ()
    tests: list[PropertyTest] = []
    for name, asked in node.items():
        here = (*path, str(name))
        if not isinstance(asked, Mapping):
            tests += _present(parse_test(str(name), "is", asked, here, problems, written=False))
            continue
        if not asked:
            problems.append(Problem(here, f"nothing is asked of `{name}`", "a comparison is needed", "Add `is: …`"))
        for key, operand in asked.items():
            if key in OPERATORS:
                tests += _present(parse_test(str(name), str(key), operand, here, problems))
                continue
            near = get_close_matches(str(key), OPERATORS, n=1)
            why = "the comparisons are " + ", ".join(f"`{operator}`" for operator in OPERATORS)
            fix = f"Did you mean `{near[0]}`?" if near else "Write for example `above: 100`"
            problems.append(Problem((*here, str(key)), f"`{key}` is not a comparison", why, fix))
    for test in tests:
        if test.property == "weekday" and not _WEEKDAY_NAMES.issuperset(_texts(test.operand)):
            why = "weekdays are " + ", ".join(f"`{name}`" for name in WEEKDAYS)
            problems.append(Problem((*path, "weekday"), "that is not a weekday", why, "Write `weekday: sat`"))
    return tuple(tests)


def parse_test(
    name: str, operator: str, operand: object, path: Path, problems: list[Problem], *, written: bool = True
) -> PropertyTest | None:
    """Return one comparison. ``written`` says whether the operator is a key of the file, for the problem's path."""
    here = (*path, operator) if written else path
    if operator in {"in", "not_in"}:
        if isinstance(operand, list) and operand:
            values = [_value(item, operator, (*here, index), problems) for index, item in enumerate(operand)]
            return None if any(value is None for value in values) else PropertyTest(name, operator, tuple(values))
        problems.append(
            Problem(here, f"`{operator}` does not hold a list", "it takes values", f"Write `{operator}: [a, b]`")
        )
        return None
    if operator == "exists":
        if isinstance(operand, bool):
            return PropertyTest(name, operator, operand)
        problems.append(
            Problem(here, "`exists` holds neither true nor false", "it takes a truth value", "Write `exists: true`")
        )
        return None
    if operator in ORDERS:
        if number(operand) is not None:
            return PropertyTest(name, operator, operand)
        problems.append(
            Problem(
                here,
                f"`{operator}` does not hold a number",
                "it compares numbers; dates are compared with `older_than` and `newer_than`",
                f"Write a number, for example `{operator}: 100`",
            )
        )
        return None
    if operator in TEXTS and not (isinstance(operand, str) and operand):
        fix = f"Write for example `{operator}: yoga`"
        problems.append(Problem(here, f"`{operator}` does not hold a text", "it looks for a text", fix))
        return None
    if operator in LISTS:
        if isinstance(operand, list) and operand and all(isinstance(item, str) and item for item in operand):
            return PropertyTest(name, operator, tuple(operand))
        fix = f"Write for example `{operator}: [yoga, spin]`"
        problems.append(Problem(here, f"`{operator}` does not hold a list of texts", "it looks for texts", fix))
        return None
    if operator == "size":
        return _size(name, operand, here, problems)
    value = _value(operand, operator, here, problems)
    return None if value is None else PropertyTest(name, operator, value)


def _size(name: str, operand: object, path: Path, problems: list[Problem]) -> PropertyTest | None:
    asked = operand if isinstance(operand, Mapping) else {"exactly": operand}
    bounds = []
    for key, value in asked.items():
        is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_SIZE
        if key in SIZES and is_count:
            bounds.append((str(key), value))
            continue
        near = get_close_matches(str(key), SIZES, n=1) if key not in SIZES else []
        why = f"it counts the items of a list, from 0 to {MOST_SIZE}: " + ", ".join(f"`{each}`" for each in SIZES)
        fix = f"Did you mean `{near[0]}`?" if near else "Write for example `size: {at_least: 2}`"
        where = (*path, str(key)) if isinstance(operand, Mapping) else path
        problems.append(Problem(where, "`size` does not say how many", why, fix))
    if not asked:
        problems.append(Problem(path, "`size` does not say how many", "", "Write for example `size: {at_least: 2}`"))
    return PropertyTest(name, "size", tuple(bounds)) if bounds and len(bounds) == len(asked) else None


def _value(value: object, operator: str, path: Path, problems: list[Problem]) -> Any:
    if isinstance(value, datetime):
        return instant_text(from_datetime(value))
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str | bool) or number(value) is not None:
        return value
    problems.append(
        Problem(
            path,
            f"`{operator}` holds nothing"
            if value is None
            else f"`{operator}` holds neither text, number nor truth value",
            "it compares with one value",
            "Write `exists: false` to ask that there is none"
            if value is None
            else "Write one value; a list goes under `in:`",
        )
    )
    return None


def _present(test: PropertyTest | None) -> list[PropertyTest]:
    return [] if test is None else [test]


def _texts(operand: Any) -> tuple[Any, ...]:
    return operand if isinstance(operand, tuple) else () if isinstance(operand, bool) else (operand,)
