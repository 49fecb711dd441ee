"""A process that appends to a log and prints the offsets it was given: ``KIND WHERE COUNT NAME [SIZE]``.

Each of ``COUNT`` appends holds ``SIZE`` entries (1 when left out). Kind ``tells-early`` is broken on purpose: it tells
an offset before it appends, and dawdles at the last one.
"""

import sys
import threading

from fieldfare.ground.log.ports import NORMAL, Entry, EventLog
from fieldfare.ground.log.postgres import PostgresLog
from fieldfare.ground.log.sqlite import SqliteLog


def main(kind: str, where: str, count: int, name: str, size: int = 1) -> None:
    """Append ``count`` times."""
    log: EventLog = PostgresLog(where) if kind == "postgres" else SqliteLog(where)
    for number in range(count):
        if kind == "tells-early":
            print(log.head(NORMAL) + 1, flush=True)
            threading.Event().wait(60 if number == count - 1 else 0)
        offsets = log.append(NORMAL, [Entry(1, f"{name}-{number}".encode())] * size)
        if kind != "tells-early":
            print(*offsets, flush=True)
    log.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int((*sys.argv[5:], "1")[0]))
