"""SQL that reads the rows which count from a table's files. Pure; both engines read by it, each with its own quotes.

The files are known to the engine as ``<table>__lying`` (all rows count), ``<table>__leaving`` (rows beyond what has
moved into a sorted run count) and ``<table>__gone`` (numbers of rows that do not count).
"""

from collections.abc import Sequence

from fieldfare.ground.lake.manifest import ROW, TableState


def live(table: str, state: TableState, columns: Sequence[str], key: str | None, quote: str) -> str:
    """Return a SELECT of the columns; ``key`` is what the table is sorted by. There must be a file."""

    def named(name: str) -> str:
        return f"{quote}{name}{quote}"

    wanted = ", ".join(f"f.{named(name)}" for name in columns)
    stays = ["TRUE"]
    if state.gone:
        gone = named(f"{table}__gone")
        stays.append(f"NOT EXISTS (SELECT 1 FROM {gone} g WHERE g.{named(ROW)} = f.{named(ROW)})")  # noqa: S608 - our own names
    parts = []
    if state.lying:
        parts.append(f"SELECT {wanted} FROM {named(f'{table}__lying')} f WHERE {' AND '.join(stays)}")  # noqa: S608 - our own names
    if state.leaving:
        assert state.moving is not None, "files leave in a move"
        assert key is not None, "only a sorted table moves"
        if state.moving.through is not None:
            stays.append(f"f.{named(key)} > {state.moving.through}")
        parts.append(f"SELECT {wanted} FROM {named(f'{table}__leaving')} f WHERE {' AND '.join(stays)}")  # noqa: S608 - our own names
    return " UNION ALL ".join(parts)
