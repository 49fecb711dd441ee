"""A problem gets the line of its path, else that of its nearest parent in the file."""

import pytest

from fieldfare.ground.workspace.locate import line_of, locate
from fieldfare.ground.workspace.model import Path, Problem

LINES: dict[Path, int] = {
    (): 1,
    ("where",): 3,
    ("where", "all"): 4,
    ("where", "all", 0): 5,
    ("where", "all", 0, "within"): 12,
}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("where", "all", 0, "within"), 12),
        (("where", "all", 0, "missing"), 5),
        (("where", "any", 0), 3),
        (("nothing",), 1),
        ((), 1),
    ],
)
def test_line_of(path: Path, line: int) -> None:
    assert line_of(LINES, path) == line


def test_line_of_an_empty_file() -> None:
    assert line_of({}, ("a",)) == 1


def test_a_located_problem_reads_as_one_line() -> None:
    problem = Problem(("where", "all", 0, "within"), "`within: 30` has no unit", "", "write `30 days`")
    text = str(locate("audiences/lapsed.yaml", LINES, problem))
    assert text == "audiences/lapsed.yaml:12 where.all[0].within: `within: 30` has no unit. Write `30 days`."
