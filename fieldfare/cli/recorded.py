"""Recorded calls through the true pipeline on a simulated clock, into a data folder that stays to be looked at."""

import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import msgspec
from rich.console import Console

from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_answers, open_simulation
from fieldfare.assembly.served import folder_files
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.serve import require_empty
from fieldfare.cli.signing import whoami
from fieldfare.cli.summary import tell_what_happened
from fieldfare.flow.simulate import Call
from fieldfare.flow.versions.record import take_first
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, parse_iso, to_iso

_OPEN: dict[str, Callable[..., IO[Any]]] = {".gz": gzip.open, ".xz": lzma.open}
_console = Console()


def play_calls(calls: Path, source: str, workspace: Path, folder: Path, until: str | None) -> None:
    """Play recorded calls on a simulated clock into an empty data folder and say what would have happened."""
    found = read_calls(calls)
    end = _until(until) if until is not None else found[-1][0] + DAY
    stores = open_stores(folder, durable=False)
    try:
        require_empty(stores)
        clock = SimulatedClock(found[0][0])
        installation = Installation(open_workspace(workspace), stores, clock, capture_all=True)
        if source not in installation.workspace.sources:
            names = ", ".join(sorted(installation.workspace.sources))
            raise CallerError("source_unknown", f"There is no source `{source}`. Sources: {names}.", field="source")
        lake = stores.open_lake()
        try:
            with _console.status("simulating") as shown:
                simulation = open_simulation(installation, clock, lake)
                simulation.run(found, source, end, None, lambda now: shown.update(f"simulating {to_iso(now)[:10]}"))
            take_first(stores.state, folder_files(workspace), whoami(), clock.now())
            tell_what_happened(_console, open_answers(installation, lake))
        finally:
            lake.close()
    finally:
        stores.close()


def read_calls(path: Path) -> list[Call]:
    """Return the calls of a file in time order. Raises ``CallerError`` that names the line."""
    if not path.is_file():
        raise CallerError("file_missing", f"There is no file {path}. Name a file of JSON lines.", field="calls")
    found: list[Call] = []
    with _OPEN.get(path.suffix, open)(path, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                found.append(_call(line, number))
    if not found:
        raise CallerError("file_empty", f"{path.name} holds no call. Write one JSON object a line.", field="calls")
    return sorted(found, key=lambda call: call[0])


def _call(line: bytes, number: int) -> Call:
    try:
        call = msgspec.json.decode(line, type=dict[str, Any])
        at = parse_iso(str(call["timestamp"]))
    except (msgspec.DecodeError, KeyError, ValueError) as error:
        text = f"Line {number} is no call with a `timestamp` in ISO 8601. Correct or remove it."
        raise CallerError("call_invalid", text, field=f"line {number}") from error
    return at, call


def _until(text: str) -> int:
    try:
        return parse_iso(text)
    except ValueError as error:
        raise CallerError(
            "until_invalid", f"`{text}` is no ISO 8601 time. Write 2025-12-31T00:00:00Z.", field="until"
        ) from error
