"""A power failure, made from a trace: of what the processes wrote, only what was synced is sure to stay.

:func:`unsynced` reads from the trace which bytes of which file had no sync after them; :func:`lose` then takes away a
part of them, as a disk does: it cuts them off, or keeps some sectors and garbles others. What was synced is not
touched. Changes of names and sizes are taken as kept. A kill alone shows none of this, for the kernel keeps everything.
"""

import random
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tests.crash.tracing import SYNCS, calls_of

SECTOR = 512
_FILE = re.compile(r"^\d+<([^>]*)>")
_PLACED = re.compile(r", (\d+), (\d+)\)")


class Loose(msgspec.Struct):
    """What a file holds that is not synced."""

    placed: list[tuple[int, int]] = []
    """Ranges (start, end) that were written at a place."""
    appended: int = 0
    """So many bytes at the end."""


def unsynced(lines: Iterable[str]) -> dict[str, Loose]:
    """Return what was written and not synced, by path. A sync covers what was written before it began."""
    loose: dict[str, Loose] = {}
    covered: dict[tuple[str, str], Loose] = {}
    for call in calls_of(lines):
        found = _FILE.match(call.arguments)
        path = found.group(1) if found is not None else ""
        if call.name in SYNCS and call.result is None:
            covered[call.thread, path] = msgspec.structs.replace(loose.pop(path, Loose()))
        elif call.name in SYNCS:
            before, after = covered.pop((call.thread, path), Loose()), loose.get(path, Loose())
            if call.result != "0":  # interrupted, or failed: nothing is sure
                loose[path] = Loose(before.placed + after.placed, before.appended + after.appended)
        elif call.result is not None and call.result.isdigit():
            _note(loose.setdefault(path, Loose()), call.name, call.arguments, int(call.result))
    for (_, path), before in covered.items():  # syncs that never ended
        after = loose.get(path, Loose())
        loose[path] = Loose(before.placed + after.placed, before.appended + after.appended)
    return {path: each for path, each in loose.items() if each.placed or each.appended}


def _note(loose: Loose, name: str, arguments: str, count: int) -> None:
    if name == "write":
        loose.appended += count
    elif name == "pwrite64" and (place := _PLACED.search(arguments.rpartition('"')[2])) is not None:
        start = int(place.group(2))
        loose.placed.append((start, start + count))


def lose(path: Path, loose: Loose, draw: random.Random) -> int:
    """Take away a part of what is loose in a file; return how many bytes."""
    if not path.exists():
        return 0
    size = path.stat().st_size
    ranges = [(start, min(end, size)) for start, end in loose.placed if start < size]
    if loose.appended:
        ranges.append((max(0, size - loose.appended), size))
    if not ranges:
        return 0
    first = min(start for start, _ in ranges)
    is_tail = sum(end - start for start, end in ranges) >= size - first
    with path.open("r+b") as file:
        if is_tail and draw.random() < 0.5:
            cut = draw.randrange(first, size)
            file.truncate(cut)
            return size - cut
        lost = 0
        for start, end in ranges:
            for at in range(start, end, SECTOR):
                if draw.random() < 0.5:
                    file.seek(at)
                    lost += file.write(draw.randbytes(min(SECTOR, end - at)))
        return lost
