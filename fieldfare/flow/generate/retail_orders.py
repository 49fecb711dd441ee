"""The real orders of a file as calls in time order, for the demo and simulations: what ``fieldfare load`` would append.

A shell around the loader. Flow: the mapping file is read and checked, the data file is read once, and its calls are
yielded in time order; nothing is written, so a crash leaves nothing. Rows that cannot be read are counted and yield
no call.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from fieldfare.collect.load import LoadReport, read_calls
from fieldfare.collect.mapping import FileMapping
from fieldfare.flow.generate.calls import Timed
from fieldfare.flow.workspace import KINDS
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.compile import compile_file


class OrderCounts(msgspec.Struct):
    """What became of the file's rows; complete when all calls were taken."""

    report: LoadReport = msgspec.field(default_factory=LoadReport)

    def lines(self) -> list[str]:
        """Return the counts as lines of text."""
        report = self.report
        skipped = [f"{count:,} left out: {label}" for label, count in report.skipped.items()]
        return [f"{report.rows:,} rows read", *skipped, f"{report.bad:,} unreadable", f"{report.events:,} events made"]


def orders_of(path: Path, mapping_file: Path, counts: OrderCounts) -> Iterator[Timed]:
    """Yield (instant, call) in time order; fills ``counts``.

    Raises ``ConfigError`` ``mapping_invalid`` with every problem of the mapping, and what the loader raises.
    """
    for found in read_calls(path, _mapping(mapping_file), counts.report):
        if found.occurred_at is not None:
            yield found.occurred_at, found.call


def _mapping(path: Path) -> FileMapping:
    try:
        raw: bytes | OSError = path.read_bytes()
    except OSError as error:
        raw = error
    loaded, problems = compile_file(KINDS["mapping"], path.name, raw)
    if loaded is None or loaded.noun is None:
        raise ConfigError("mapping_invalid", "\n".join(str(problem) for problem in problems))
    mapping: FileMapping = loaded.noun
    return mapping
