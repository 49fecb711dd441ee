"""Command lines that documents show are commands that exist, with options that they have."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from fieldfare.cli.main import build_app
from tests.house.sources import texts

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`(fieldfare(?: [^`\n]+)?)`")
_GENERATED = "docs/reference/commands.md"


def command_lines(text: str) -> Iterator[str]:
    """Yield the command lines of a document: in shell blocks, indented blocks and code spans."""
    for language, block in _FENCE.findall(text):
        if language in {"sh", ""}:
            yield from _joined(block)
    rest = _FENCE.sub("", text)
    yield from _joined("\n".join(line[4:] for line in rest.splitlines() if line.startswith("    ")))
    yield from _SPAN.findall(rest)


def _joined(block: str) -> Iterator[str]:
    lines: list[str] = []
    for line in block.splitlines():
        if line.startswith("fieldfare "):
            lines.append(line)
        elif line.startswith("  ") and lines:
            lines[-1] += " " + line.strip()  # a quoted query over several lines
    yield from lines


def problem(line: str, root: Any) -> str | None:
    """Return what is wrong with a command line, ``None`` when it could be run."""
    words = shlex.split(line, comments=True)[1:]
    command, depth = root, 0
    while depth < len(words) and words[depth] in getattr(command, "commands", {}):
        command, depth = command.commands[words[depth]], depth + 1
    if depth == 0 and words and not words[0].startswith("-"):
        return f"`{line}`: there is no command `{words[0]}`"
    known = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    unknown = [word for word in words[depth:] if word.startswith("--") and word.split("=")[0] not in known]
    return f"`{line}`: {', '.join(unknown)} unknown" if unknown else None


@pytest.fixture(scope="module")
def root() -> Any:
    """Give the whole command line."""
    return typer.main.get_command(build_app())


def test_command_lines_in_documents_exist(root: Any) -> None:
    found = [
        f"{path}: {wrong}"
        for path, text in texts(".md")
        if path != _GENERATED
        for line in command_lines(text)
        if (wrong := problem(line, root)) is not None
    ]
    assert found == []


def test_planted_faults_are_reported(root: Any) -> None:
    text = "Run `fieldfare servee` or\n\n    fieldfare load x.csv --mapping m\n\n```sh\nfieldfare plann\n```\n"
    assert [problem(line, root) is None for line in command_lines(text)] == [False, False, False]
    good = '`fieldfare`, `fieldfare status --json`\n\n    fieldfare sql "SELECT 1\n      FROM x" --rows 3   # all\n'
    lines = list(command_lines(good))
    assert len(lines) == 3
    assert [problem(line, root) for line in lines] == [None, None, None]
