"""Walk through every branch of a template with constructed values, and tell those that nothing reaches. Pure.

A mark is put behind each tag that opens a branch; what is rendered shows which marks were passed. Values are made from
what the tags themselves compare with: each literal, its neighbours, true, false, a list, and nothing at all. Other
values are taken as they are given. So a branch that is told as unreached has a condition that no such value meets: it
is dead, or it compares what cannot be compared.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from liquid import BoundTemplate
from liquid.exceptions import LiquidError, UndefinedError

_TAG = re.compile(r"\{%-?\s*(if|elsif|else|unless|when|for|case)\b(.*?)-?%\}", re.DOTALL)
_RAW = re.compile(r"\{%-?\s*(raw|comment)\s*-?%\}.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)
_NAME = re.compile(r"\b(?:(profile|event|location|brand)\.([A-Za-z_]\w*)|([A-Za-z_]\w*))")
_LITERAL = re.compile(r"\"([^\"]*)\"|'([^']*)'|(?<![\w.])(-?\d+(?:\.\d+)?)")
_WORDS = frozenset({"and", "or", "not", "in", "contains", "true", "false", "nil", "null", "empty", "blank", "limit",
                    "offset", "reversed", "else", "forloop"})  # fmt: skip
_MOST_RENDERS = 2_000
MISSING: Any = object()
"""Stands for a value that is not there."""


class Branch(msgspec.Struct, frozen=True):
    """One way through a part of a template."""

    line: int
    tag: str
    is_reached: bool


class Walk(msgspec.Struct, frozen=True):
    """What walking through a part found; ``failures`` say what went wrong on the way, each once."""

    branches: tuple[Branch, ...]
    failures: tuple[str, ...]
    is_whole: bool
    """Whether every combination was tried; otherwise an unreached branch may have one that was not."""


def walk(part: BoundTemplate, values: Mapping[str, Any]) -> Walk:
    """Return which branches of a part are reached. ``values`` are those of a render with everything there."""
    source = source_of(part)
    tags = list(_tags(source))
    if not tags:
        return Walk((), (), is_whole=True)
    marked = part.env.from_string(_with_marks(source, tags))
    names = _candidates(tags)
    reached: set[int] = set()
    failures: dict[str, None] = {}
    combinations = itertools.product(*names.values())
    count = 0
    for chosen in itertools.islice(combinations, _MOST_RENDERS):
        count += 1
        try:
            shown = marked.render(**_with(values, dict(zip(names, chosen, strict=True))))
        except UndefinedError:
            continue  # a missing value is told by the renders of real people
        except LiquidError as error:
            failures[f"{type(error).__name__}: {error.message}"[:160]] = None
            continue
        except Exception as error:  # noqa: BLE001 - a filter may trip over any value
            failures[type(error).__name__] = None
            continue
        reached |= {int(number) for number in re.findall("\ue000(\\d+)\ue001", shown)}
        if len(reached) == len(tags):
            break
    branches = tuple(
        Branch(source[: tag.start()].count("\n") + 1, " ".join(tag[0].split()), number in reached)
        for number, tag in enumerate(tags)
    )
    total = 1
    for values_of in names.values():
        total *= len(values_of)
    return Walk(branches, tuple(failures), is_whole=count == total or len(reached) == len(tags))


def source_of(part: BoundTemplate) -> str:
    """Return what a compiled part was made from."""
    return part.nodes[0].token.source if part.nodes else ""


def _tags(source: str) -> Iterator[re.Match[str]]:
    silent = [match.span() for match in _RAW.finditer(source)]
    for match in _TAG.finditer(source):
        if match[1] != "case" and not any(start <= match.start() < end for start, end in silent):
            yield match


def _with_marks(source: str, tags: list[re.Match[str]]) -> str:
    pieces, at = [], 0
    for number, tag in enumerate(tags):
        pieces += [source[at : tag.end()], f"\ue000{number}\ue001"]
        at = tag.end()
    return "".join([*pieces, source[at:]])


def _candidates(tags: list[re.Match[str]]) -> dict[tuple[str, ...], list[Any]]:
    """Return by path the values to try for everything that a tag asks."""
    found: dict[tuple[str, ...], list[Any]] = {}
    subject = ""
    for tag in tags:
        kind, expression = tag[1], tag[2]
        before = tag.string[: tag.start()]
        if kind == "when":
            cases = list(re.finditer(r"\{%-?\s*case\b(.*?)-?%\}", before, re.DOTALL))
            subject = cases[-1][1] if cases else ""
            expression = f"{subject} {expression}"
        literals = [_literal(match) for match in _LITERAL.finditer(expression)]
        bare = _LITERAL.sub(" ", expression)
        if kind == "for":
            bare = bare.partition(" in ")[2]
        for match in _NAME.finditer(bare):
            path = (match[1], match[2]) if match[1] else (match[3],)
            if path[0] in _WORDS or (path[0] in {"profile", "event", "location", "brand"} and len(path) == 1):
                continue
            values = found.setdefault(path, [MISSING])
            made = [["a", "b"], []] if kind == "for" else [*_near(literals), True, False]
            values += [
                value for value in made if not any(value == each and type(value) is type(each) for each in values)
            ]
    return found


def _literal(match: re.Match[str]) -> Any:
    if match[3] is None:
        return match[1] if match[1] is not None else match[2]
    return float(match[3]) if "." in match[3] else int(match[3])


def _near(literals: list[Any]) -> list[Any]:
    """Return the literals, and for a number those beside it."""
    found: list[Any] = []
    for literal in literals:
        found += [literal - 1, literal, literal + 1] if isinstance(literal, int | float) else [literal]
    return found


def _with(values: Mapping[str, Any], chosen: Mapping[tuple[str, ...], Any]) -> dict[str, Any]:
    made = dict(values)
    for path, value in chosen.items():
        if len(path) == 1:
            made[path[0]] = value
            if value is MISSING:
                del made[path[0]]
            continue
        inner = dict(made.get(path[0]) or {})
        inner[path[1]] = value
        if value is MISSING:
            del inner[path[1]]
        made[path[0]] = inner
    return made
