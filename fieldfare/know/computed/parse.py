"""Reads the computed traits of ``traits.yaml`` as data and reports every problem with its place. It opens no file."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from fieldfare.ground.workspace.model import Path, Problem
from fieldfare.know.audiences.model import Aggregate, Did
from fieldfare.know.audiences.parse_did import AGGREGATES, parse_window
from fieldfare.know.audiences.parse_measure import parse_measure
from fieldfare.know.audiences.parse_tests import parse_where
from fieldfare.know.computed.model import (
    Arithmetic,
    Bands,
    Coalesce,
    Computed,
    DaysSinceEvent,
    DaysSinceTrait,
    Joined,
    Measured,
    MomentOf,
    Node,
    Quintile,
    names_in,
)
from fieldfare.know.profiles.compare import number
from fieldfare.know.profiles.files import ComputedEntry, TraitsFile
from fieldfare.know.profiles.model import Traits, TraitSpec, TraitType
from fieldfare.know.profiles.parse import parse_traits
from fieldfare.know.profiles.personal import is_personal

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_OF_EVENTS = frozenset({"event", "where"})
_KEYS: dict[str, frozenset[str]] = {
    "measure": _OF_EVENTS | {"of", "within", "between"},
    "days_since": _OF_EVENTS | {"trait"},
    "moment_of": _OF_EVENTS,
    "bands": frozenset({"steps"}),
    "ratio": frozenset(),
    "difference": frozenset(),
    "coalesce": frozenset(),
    "quintile": frozenset({"best"}),
    "join": frozenset(),
}
_NUMBERS = {Aggregate.COUNT, Aggregate.SUM, Aggregate.MIN, Aggregate.MAX, Aggregate.DISTINCT}


class TraitsDeclared(msgspec.Struct, frozen=True):
    """What ``traits.yaml`` declares: traits that are told, and traits that are computed."""

    registry: Traits = Traits()
    computed: dict[str, Computed] = {}


def parse_traits_file(file: TraitsFile) -> tuple[TraitsDeclared | None, list[Problem]]:
    """Return both kinds of declarations, or ``None`` and every problem. Paths start at the file's root."""
    registry, problems = parse_traits(file)
    computed: dict[str, Computed] = {}
    for name, entry in file.computed.items():
        path: Path = ("computed", name)
        problems += _name_problems(name, path, file)
        node = _node(entry, path, problems)
        if node is not None:
            computed[name] = Computed(name, node, _kind(node), entry.description)
    if registry is not None and not problems:
        for name, trait in computed.items():
            problems += _named(name, trait, registry.by_name, computed)
        cycle = None if problems else find_computed_cycle(computed)
        if cycle is not None:
            what = "the computed traits ask for each other: " + " -> ".join(f"`{name}`" for name in cycle)
            why = "A value cannot follow from itself"
            problems.append(Problem(("computed", cycle[0]), what, why, "Break the circle"))
    if registry is None or problems:
        return None, problems
    return TraitsDeclared(registry, computed), []


def _name_problems(name: str, path: Path, file: TraitsFile) -> list[Problem]:
    if not _NAME.match(name):
        why = "a name has 1 to 63 small letters, digits and `_`, and starts with a letter"
        return [Problem(path, f"`{name}` cannot name a computed trait", why, "Write for example `recency_days`")]
    if name in file.traits:
        why = "A name stands for one thing, and a value that is told would hide the computed one"
        return [Problem(path, f"the trait `{name}` is declared under `traits` too", why, "Rename one of them")]
    return []


def _node(entry: ComputedEntry, path: Path, problems: list[Problem]) -> Node | None:
    given = {key: value for key, value in msgspec.to_builtins(entry).items() if value is not UNSET}
    given.pop("description", None)
    kinds = [key for key in _KEYS if key in given]
    if len(kinds) != 1:
        what = "it says " + (" and ".join(f"`{key}`" for key in kinds) if kinds else "nothing that can be computed")
        why = "it needs one of " + ", ".join(f"`{key}`" for key in _KEYS)
        problems.append(Problem(path, what, why, "Write for example `{measure: count, event: check_in}`"))
        return None
    kind = kinds[0]
    for key in given:
        if key != kind and key not in _KEYS[kind]:
            allowed = ", ".join(f"`{name}`" for name in sorted(_KEYS[kind])) or "nothing"
            why = f"beside `{kind}` stands {allowed}"
            problems.append(Problem((*path, key), f"`{key}` does not go with `{kind}`", why, f"Remove `{key}`"))
            return None
    before = len(problems)
    node = _READ[kind](given, path, problems)
    return node if len(problems) == before else None


def _did(given: Mapping[str, Any], aggregate: Aggregate, path: Path, problems: list[Problem]) -> Did:
    event = given.get("event")
    if not isinstance(event, str) or not event.strip():
        problems.append(
            Problem(
                (*path, "event"), "no event is named", "it is computed from events", "Write `event: Order Completed`"
            )
        )
    where = parse_where(given["where"], (*path, "where"), problems) if "where" in given else ()
    return Did(str(event), where, aggregate, None, (), parse_window(given, path, problems))


def _measure(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
    asked, of = given["measure"], given.get("of")
    if isinstance(asked, Mapping) or (asked not in AGGREGATES and "event" not in given):
        return _named_measure(given, path, problems)
    if asked not in AGGREGATES:
        why = "the measures are " + ", ".join(f"`{name}`" for name in AGGREGATES)
        problems.append(Problem((*path, "measure"), f"`{asked}` is not a measure", why, "Write `measure: count`"))
        return Measured(Did(""))
    aggregate = Aggregate(asked)
    needs = aggregate is not Aggregate.COUNT
    if needs != (isinstance(of, str) and bool(of)):
        what = f"`{asked}` does not say of which property" if needs else "`of` does not go with `count`"
        fix = "Write `of: revenue`" if needs else "Remove `of`"
        problems.append(Problem((*path, "of"), what, "`of` names a property of the event", fix))
    return Measured(msgspec.structs.replace(_did(given, aggregate, path, problems), of=of))


def _named_measure(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
    """Return the total that ``measures.yaml`` declares, in the window that is written here."""
    for key in sorted({"of", "event", "where"}.intersection(given)):
        why = "the measure says what is added up"
        problems.append(Problem((*path, key), f"`{key}` stands beside a named measure", why, f"Remove `{key}`"))
    measure = parse_measure(given["measure"], (*path, "measure"), problems)
    if measure is None or measure.over is None:  # the check of names tells of one that nobody declared
        return Measured(Did(""))
    if measure.under is not None:
        why = "a trait holds one total"
        fix = "Compute both totals, and a trait with `ratio` of the two"
        problems.append(Problem((*path, "measure"), f"the measure `{measure.name}` is a rate", why, fix))
    return Measured(msgspec.structs.replace(measure.over, window=parse_window(given, path, problems)))


def _end(given: Mapping[str, Any], kind: str, path: Path, problems: list[Problem]) -> bool:
    """Return whether the first event is asked for; else the last one is."""
    if given[kind] not in {"first", "last"}:
        what = f"`{kind}: {given[kind]}` is neither `first` nor `last`"
        problems.append(Problem((*path, kind), what, "it asks for one event of all", f"Write `{kind}: last`"))
    return bool(given[kind] == "first")


def _days_since(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
    if given["days_since"] == "trait":
        trait = given.get("trait")
        if not isinstance(trait, str) or set(given) != {"days_since", "trait"}:
            fix = "Write `{days_since: trait, trait: member_since}`"
            problems.append(Problem(path, "`days_since: trait` does not name a trait alone", "it needs one", fix))
        return DaysSinceTrait(str(trait))
    if "trait" in given:
        fix = "Write `days_since: trait`, or remove `trait`"
        problems.append(Problem((*path, "trait"), "a trait stands beside an event", "one of them is asked", fix))
    is_first = _end(given, "days_since", path, problems)
    return DaysSinceEvent(_did(given, Aggregate.FIRST_DAY if is_first else Aggregate.LAST_DAY, path, problems))


def _moment_of(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
    is_first = _end(given, "moment_of", path, problems)
    return MomentOf(_did(given, Aggregate.FIRST_AT if is_first else Aggregate.LAST_AT, path, problems))


def _bands(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
    steps = given.get("steps")
    read: list[tuple[float, str]] = []
    for label, least in steps.items() if isinstance(steps, Mapping) else ():
        amount = number(least)
        if amount is None or not isinstance(label, str):
            read = []
            break
        read.append((amount, label))
    if not read or len({amount for amount, _ in read}) < len(read):
        why = "a step is a label and the least number that reaches it, each number once"
        fix = "Write `steps: {low: 0, medium: 2, high: 4}`"
        problems.append(Problem((*path, "steps"), "there are no steps that tell numbers apart", why, fix))
    return Bands(_one_name(given["bands"], "bands", path, problems), tuple(sorted(read)))


def _one_name(value: object, key: str, path: Path, problems: list[Problem]) -> str:
    if not isinstance(value, str) or not value:
        fix = f"Write `{key}: weekly_activity_count`"
        problems.append(Problem((*path, key), f"`{key}` does not name a trait", "it takes one name", fix))
    return str(value)


def _arithmetic(operator: str) -> Callable[[Mapping[str, Any], Path, list[Problem]], Node]:
    def read(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
        sides = given[operator]
        if not isinstance(sides, list) or len(sides) != 2 or not all(_is_side(side) for side in sides):  # noqa: PLR2004
            fix = f"Write `{operator}: [spend_365d, tx_count_365d]`"
            why = "it takes two, each the name of a trait or a number"
            problems.append(Problem((*path, operator), f"`{operator}` is not of two", why, fix))
            return Arithmetic(operator, 0.0, 1.0)
        left, right = (side if isinstance(side, str) else float(side) for side in sides)
        return Arithmetic(operator, left, right)

    return read


def _is_side(side: object) -> bool:
    return (isinstance(side, str) and bool(side)) or number(side) is not None


def _names(kind: str, make: Callable[[tuple[str, ...]], Node]) -> Callable[..., Node]:
    def read(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
        names = given[kind]
        if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
            fix = f"Write `{kind}: [ltv, spend_total]`"
            problems.append(Problem((*path, kind), f"`{kind}` does not list traits", "it takes their names", fix))
            return make(())
        return make(tuple(names))

    return read


def _quintile(given: Mapping[str, Any], path: Path, problems: list[Problem]) -> Node:
    best = given.get("best", "high")
    if best not in {"high", "low"}:
        why = "it says which end is the best fifth"
        problems.append(
            Problem((*path, "best"), f"`best: {best}` is neither `high` nor `low`", why, "Write `best: low`")
        )
    return Quintile(_one_name(given["quintile"], "quintile", path, problems), best == "low")


_READ: dict[str, Callable[[Mapping[str, Any], Path, list[Problem]], Node]] = {
    "measure": _measure,
    "days_since": _days_since,
    "moment_of": _moment_of,
    "bands": _bands,
    "ratio": _arithmetic("ratio"),
    "difference": _arithmetic("difference"),
    "coalesce": _names("coalesce", Coalesce),
    "quintile": _quintile,
    "join": _names("join", Joined),
}


def _kind(node: Node) -> TraitType | None:
    match node:
        case Measured(did=did):
            return TraitType.NUMBER if did.aggregate in _NUMBERS else None
        case DaysSinceEvent() | DaysSinceTrait() | Arithmetic() | Quintile():
            return TraitType.NUMBER
        case MomentOf():
            return TraitType.INSTANT
        case Bands() | Joined():
            return TraitType.TEXT
        case _:
            return None


def _named(
    name: str, trait: Computed, declared: Mapping[str, TraitSpec], computed: Mapping[str, Computed]
) -> list[Problem]:
    found = []
    for asked in names_in(trait.node):
        path: Path = ("computed", name)
        spec = declared.get(asked)
        if asked not in computed and (spec is None or is_personal(asked, None, declared)):
            what = f"`{asked}` is " + ("no trait of this file" if spec is None else "personal")
            why = "a trait is computed from others that are declared and not personal"
            found.append(Problem(path, what, why, "Name another trait, or declare it under `traits`"))
        elif isinstance(trait.node, DaysSinceTrait) and (spec is None or spec.type is not TraitType.DATE):
            why = "days are counted from a date; days since an event are asked for with `event`"
            found.append(Problem((*path, "trait"), f"`{asked}` is no date", why, "Name a trait of `type: date`"))
        elif isinstance(trait.node, Quintile) and asked not in computed:
            why = "cuts are published for computed traits"
            fix = f"Compute it: `{asked}_now: {{coalesce: [{asked}]}}`"
            found.append(Problem((*path, "quintile"), f"`{asked}` is not computed", why, fix))
    return found


def find_computed_cycle(computed: Mapping[str, Computed]) -> list[str] | None:
    """Return the names along a circle (the first again at the end), or ``None``."""
    done: set[str] = set()

    def visit(name: str, trail: list[str]) -> list[str] | None:
        if name in trail:
            return [*trail[trail.index(name) :], name]
        if name in done or name not in computed:
            return None
        for each in names_in(computed[name].node):
            found = visit(each, [*trail, name])
            if found is not None:
                return found
        done.add(name)
        return None

    return next((found for name in sorted(computed) if (found := visit(name, [])) is not None), None)
