"""Turn a path inside a file into a line of it. Pure."""

from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.ground.workspace.read import dotted


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Return the line of the path, else of its nearest parent that is in the file, else 1."""
    for length in range(len(path), -1, -1):
        line = lines.get(path[:length])
        if line is not None:
            return line
    return 1


def locate(file: str, lines: dict[Path, int], problem: Problem, severity: Severity = Severity.ERROR) -> LocatedProblem:
    """Return the problem with its file, line and dotted key."""
    return LocatedProblem(
        file=file,
        line=line_of(lines, problem.path),
        key=dotted(problem.path),
        what=problem.what,
        why=problem.why,
        fix=problem.fix,
        severity=severity,
    )
