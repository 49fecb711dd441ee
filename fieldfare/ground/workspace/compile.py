"""Take the bytes of one file through reading, checking and compiling. Pure: finding and opening files is ``load``'s."""

from collections.abc import Callable
from typing import Any

import msgspec

from fieldfare.ground.workspace.check import check
from fieldfare.ground.workspace.locate import locate
from fieldfare.ground.workspace.model import Kind, LocatedProblem, Path, Problem, Severity
from fieldfare.ground.workspace.read import Read, read_yaml


class Loaded(msgspec.Struct, frozen=True):
    """One file that could be read: its plain values and, when all its own checks passed, the compiled noun."""

    kind: Kind
    file: str
    """Path relative to the workspace, with ``/``."""
    value: Any
    noun: Any
    """``None`` when the file has problems; its values may still name what others refer to."""
    lines: dict[Path, int]

    def problem(self, found: Problem, severity: Severity = Severity.ERROR) -> LocatedProblem:
        """Return a problem found later, with its place in this file."""
        return locate(self.file, self.lines, found, severity)


Prepare = Callable[[Kind, Any], Any]
"""Rewrites the plain values of a file before they are checked."""


def compile_file(
    kind: Kind, file: str, raw: bytes | OSError, prepare: Prepare | None = None
) -> tuple[Loaded | None, list[LocatedProblem]]:
    """Return the file with all its problems; ``None`` in its place when it is not readable."""
    if isinstance(raw, OSError):
        what = f"the file cannot be read ({raw.strerror or type(raw).__name__})"
        return None, [LocatedProblem(file, 1, "", what, "", "Correct its permissions or its link")]
    read: Read = (kind.read or read_yaml)(file, raw)
    if read.problems and not read.lines:
        return None, read.problems
    value = read.value if prepare is None else prepare(kind, read.value)
    document, found = check(kind, value)
    noun: Any = None
    if document is not None:
        noun, found = kind.parse(document)
        assert noun is not None or found, f"the parser of {kind.name} said neither yes nor no"
    problems = [*read.problems, *(locate(file, read.lines, problem) for problem in found)]
    return Loaded(kind, file, value, None if problems else noun, read.lines), problems
