"""One file from its bytes to a compiled noun, or to problems with lines."""

import msgspec
import pytest

from fieldfare.ground.workspace.compile import compile_file
from fieldfare.ground.workspace.model import Kind, Problem, Severity


class Pair(msgspec.Struct, forbid_unknown_fields=True):
    """Two numbers."""

    low: int
    high: int


def parse_pair(file: Pair) -> tuple[tuple[int, int] | None, list[Problem]]:
    if file.low > file.high:
        return None, [Problem(("high",), "`high` is below `low`", "", "Swap them")]
    return (file.low, file.high), []


KIND = Kind("pair", "pairs/*.yaml", Pair, parse_pair)


def test_a_good_file() -> None:
    loaded, problems = compile_file(KIND, "pairs/a.yaml", b"low: 1\nhigh: 2\n")
    assert problems == []
    assert loaded is not None
    assert loaded.noun == (1, 2)
    late = loaded.problem(Problem(("high",), "later", "", ""), Severity.WARNING)
    assert (late.file, late.line, late.key, late.is_error) == ("pairs/a.yaml", 2, "high", False)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"low: 2\nhigh: 1\n", ["pairs/a.yaml:2 high: `high` is below `low`. Swap them."]),
        (b"low: 2\nhigh: 1\nlow: 3\n", ["pairs/a.yaml:3 low: ", "pairs/a.yaml:2 high: "]),
        (b"low: x\n", ["pairs/a.yaml:1: `high` is missing.", "pairs/a.yaml:1 low: `low: x` is text."]),
    ],
)
def test_a_file_with_problems_keeps_its_values(raw: bytes, said: list[str]) -> None:
    loaded, problems = compile_file(KIND, "pairs/a.yaml", raw)
    assert loaded is not None
    assert loaded.noun is None
    assert "low" in loaded.value
    assert len(problems) == len(said)
    assert all(any(str(problem).startswith(start) for problem in problems) for start in said), problems


@pytest.mark.parametrize("raw", [b"\xff", b"", b"a: 'x", PermissionError(13, "Permission denied")])
def test_a_file_that_is_no_yaml_has_no_values(raw: bytes | OSError) -> None:
    loaded, problems = compile_file(KIND, "pairs/a.yaml", raw)
    assert loaded is None
    assert len(problems) == 1


def test_values_may_be_prepared() -> None:
    loaded, _ = compile_file(KIND, "a.yaml", b"low: 1\nhigh: 2\n", lambda _, value: {**value, "high": 9})
    assert loaded is not None
    assert loaded.noun == (1, 9)


def test_planted_fault_a_parser_that_says_nothing_is_a_defect() -> None:
    silent = Kind("pair", "pairs/*.yaml", Pair, lambda _: (None, []))
    with pytest.raises(AssertionError, match="neither yes nor no"):
        compile_file(silent, "a.yaml", b"low: 1\nhigh: 2\n")
