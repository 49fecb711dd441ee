"""Whatever happens to the files of a workspace: loading gives problems with a file and a line, and never raises."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.flow.workspace import KINDS, load_workspace
from fieldfare.ground.workspace.compile import compile_file
from fieldfare.ground.workspace.model import Kind, LocatedProblem
from fieldfare.ground.workspace.read import read_yaml
from tests.amounts import examples
from tests.decide.flow.starter import STARTER, starter_files, write

EXAMPLES = STARTER.parents[2] / "examples"
FILES = starter_files() | {
    f"mappings/{path.name}": path.read_text("utf-8") for path in sorted(EXAMPLES.glob("retail/mappings/*.yaml"))
}
SCRAPS = st.sampled_from([*"\t-:'\"{}[]\x00\n#~|é0x", "  ", "- ", ": ", "&a ", "*a", "!x "])
NAMES = (
    "all any not in trait did where within 30 peak email lapsed 09:00 until event check_in ${X} 01-02 is above * a.b"
)
WORDS = st.sampled_from([*NAMES.split(), "30 days", "15 %", "{{ profile.x }}", "{% if %}", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**17) | st.floats(-1e9, 1e9) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)


def sound(problems: list[LocatedProblem], files: dict[str, str]) -> list[str]:
    """Return what is not as it must be in the problems: a place, a sentence, something to do."""
    wrong = []
    for problem in problems:
        length = len(files.get(problem.file, "").splitlines()) + 1
        if not 1 <= problem.line <= max(length, 1) or not problem.what.strip() or not problem.fix.strip():
            wrong.append(str(problem))
    return wrong


def kind_of(name: str) -> Kind:
    return next(kind for kind in KINDS.values() if Path(name).match(kind.pattern))


@st.composite
def mangled(draw: st.DrawFn) -> dict[str, str]:
    """Draw the files with some lines or characters of one of them deleted, doubled, moved or inserted."""
    name = draw(st.sampled_from(sorted(FILES)))
    lines = FILES[name].splitlines()
    for _ in range(draw(st.integers(1, 4))):
        if not lines:
            break
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(["delete", "double", "move", "insert", "indent"])):
            case "delete":
                del lines[at]
            case "double":
                lines.insert(at, lines[at])
            case "move":
                lines.append(lines.pop(at))
            case "insert":
                place = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:place] + draw(SCRAPS) + lines[at][place:]
            case _:
                lines[at] = "  " + lines[at]
    return FILES | {name: "\n".join(lines) + "\n"}


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, item in items for deeper in paths(item, (*path, key)))]


def put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {key: put(item, path[1:], new) if key == path[0] else item for key, item in value.items()}
    return [put(item, path[1:], new) if index == path[0] else item for index, item in enumerate(value)]


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a file with some of its values replaced by others, written as JSON, which is YAML."""
    name = draw(st.sampled_from(sorted(FILES)))
    value = read_yaml(name, FILES[name].encode()).value
    for _ in range(draw(st.integers(1, 3))):
        value = put(value, draw(st.sampled_from(paths(value))), draw(VALUES))
    return name, json.dumps(value, indent=1)


def load_all(files: dict[str, str]) -> list[LocatedProblem]:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), files)
        workspace, problems = load_workspace(Path(folder))
    assert (workspace is None) == any(problem.is_error for problem in problems)
    return problems


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(mangled())
def test_mangled_text_gives_problems_and_no_exception(files: dict[str, str]) -> None:
    assert sound(load_all(files), files) == []


@settings(max_examples=examples(300), deadline=None, suppress_health_check=list(HealthCheck))
@given(changed())
def test_changed_values_of_one_file_give_problems_and_no_exception(case: tuple[str, str]) -> None:
    name, text = case
    _, problems = compile_file(kind_of(name), name, text.encode())
    assert sound(problems, {name: text}) == []


@settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))
@given(changed())
def test_changed_values_in_a_workspace_give_problems_and_no_exception(case: tuple[str, str]) -> None:
    name, text = case
    files = FILES | {name: text}
    assert sound(load_all(files), files) == []


def test_planted_fault_a_parser_that_raises_is_caught() -> None:
    """The properties above fail when a kind's parser raises instead of telling."""

    def raises(_: object) -> tuple[None, list[Any]]:
        raise KeyError

    kind = kind_of("traits.yaml")
    broken = Kind(kind.name, kind.pattern, kind.struct, raises)
    with pytest.raises(KeyError):
        compile_file(broken, "traits.yaml", FILES["traits.yaml"].encode())


def test_planted_fault_a_problem_without_a_place_is_caught() -> None:
    nowhere = LocatedProblem("traits.yaml", 10_000, "", "something", "", "do")
    helpless = LocatedProblem("traits.yaml", 1, "", "something", "", "")
    assert len(sound([nowhere, helpless], FILES)) == 2
