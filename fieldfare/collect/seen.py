"""Which message ids were applied before: exact, in one table a day, so that forgetting is a drop and not a scan.

An id is kept in the table of the UTC day on which its record was accepted, and is asked for in the tables of the whole
window; ids of loaded files stand in a table that is never dropped. Before each table stands a Bloom filter in memory,
so an id that is new, as nearly all are, is looked up nowhere. After a start the filters are filled from the tables,
some rows a batch; until a table has its filter, the table itself is asked. When all filters together outgrow
:data:`MOST_FILTER_BYTES`, the oldest days do without.

Digests are random, and SQLite's write-ahead log holds whole pages: put into a large table as they come, each would
write a page. So there the ids of a batch are kept as one row first (`unsorted_ids`), and every batch brings one window
of the key space, a 32nd of it, from these rows into their tables, where it touches a 32nd of the pages. The number of a
row tells which window its turn brings, so after 32 turns all of a row stands in its table, and the row is removed. A
table may hold what a row still holds; nothing is ever in neither. A batch that is large beside what its table holds
goes there at once: it touches every page in any case.

Used by the pipeline's transaction alone, by one thread. What is added to a filter and then rolled back does no harm: a
filter only says *perhaps*. A table that was made and rolled back would; so whoever rolls back calls :meth:`reset`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from sqlalchemy import Column, Connection, LargeBinary, MetaData, Select, Table, bindparam, delete, inspect, select
from sqlalchemy.schema import CreateTable, DropTable

from fieldfare.collect.bloom import Bloom, FirstProbes, halves
from fieldfare.collect.store import seen_file, unsorted_ids
from fieldfare.ground.instants import Day
from fieldfare.ground.store import insert_ignore, rows_in

MOST_FILTER_BYTES = 96 << 20
DROP_WITHIN_MS = 500
"""How long a table that is to be dropped is waited for; who reads it meanwhile waits too."""
FILL_ROWS = 50_000
"""Rows read into a filter in one batch."""
WINDOWS = 32
"""Parts of the key space; so many turns bring all ids of a batch into their table."""
FEW = 100
"""So few ids of a batch are put into their table at once."""
DENSE = 32
"""Where a table holds no more than so many times what a batch brings, that is put there at once."""
_SIZE = 16
"""Bytes of a digest."""
_ALL = "SELECT day, digests FROM unsorted_ids"
_LAST = "SELECT max(number) FROM unsorted_ids"
_KEEP = "INSERT INTO unsorted_ids (number, day, digests) VALUES (?, ?, ?)"
_REMOVE = "DELETE FROM unsorted_ids WHERE number <= ?"
_PREFIX = "seen_"
FILES: Day = -1
"""Stands for the table of files among the days."""


class SeenIds:
    """Remembers digests of message ids for a number of days."""

    def __init__(self, window_days: int, most_filter_bytes: int = MOST_FILTER_BYTES, dense: int = DENSE) -> None:
        """Let an id expire when its day is more than ``window_days`` before the day of what is applied.

        ``dense``: how many times what a batch brings its table may hold for that to go there at once.
        """
        self._window, self._most_bytes, self._dense = window_days, most_filter_bytes, dense
        self._days: list[Day] | None = None
        self._filters: dict[Day, Bloom] = {}
        self._filling: dict[Day, tuple[Bloom, bytes]] = {}
        """Filters that hold the table's digests up to one, and all that came since."""
        self._bare: set[Day] = set()
        """Days that do without a filter."""
        self._new: set[bytes] = set()
        """Digests that were asked for and not found, and that nobody has remembered since."""

    @property
    def filter_bytes(self) -> int:
        """Return the memory that the filters take together."""
        return sum(each.size for each in self._filters.values())

    def reset(self) -> None:
        """Learn anew which tables there are: a transaction was rolled back, or another process has worked."""
        self._days, self._filters, self._filling, self._bare, self._new = None, {}, {}, set(), set()

    def among(self, connection: Connection, digests: Iterable[bytes]) -> set[bytes]:
        """Return those of the digests that were remembered."""
        asked = list(set(digests) - self._new)
        if not asked:
            return set()
        numbers = halves(asked)
        first = FirstProbes(numbers)
        found: set[bytes] = set()
        self._fill(connection)
        likely_of: dict[Day, list[bytes]] = {}
        for day in (FILES, *self._known(connection)):
            bloom = self._filters.get(day)
            likely = asked if bloom is None else [asked[at] for at in bloom.may_hold(numbers, first).nonzero()[0]]
            if likely:
                likely_of[day] = likely
                found.update(row[0] for row in rows_in(connection, _wanted(day), likely))
        if likely_of:
            for of_day, some in _unsorted(connection):
                found.update(_common(some, likely_of.get(of_day, ())))
        self._new |= set(asked) - found
        return found

    def remember(self, connection: Connection, day: Day, digests: list[bytes]) -> None:
        """Keep digests in the table of their day (:data:`FILES`: for ever)."""
        if day != FILES and day not in self._known(connection):
            connection.execute(CreateTable(_table(day), if_not_exists=True))
            assert self._days is not None, "asked a moment ago"
            self._days.append(day)
            self._filters[day] = Bloom()
            self._let_go()
        self._new.difference_update(digests)
        if self._fit_at_once(connection, day, len(digests)):
            _sort_in(connection, day, digests)
        else:
            _keep_unsorted(connection, day, digests)
        filling = self._filling.get(day)
        bloom = self._filters.get(day) or (filling[0] if filling is not None else None)
        if bloom is not None:
            before = bloom.size
            bloom.add(halves(digests))
            if bloom.size > before:
                self._let_go()

    def _fit_at_once(self, connection: Connection, day: Day, count: int) -> bool:
        """Return whether so many digests may go into the table of the day without being kept as a row first."""
        if count <= FEW or connection.dialect.name != "sqlite":
            return True
        bloom = self._filters.get(day)
        return bloom is not None and bloom.count <= self._dense * count

    def _let_go(self) -> None:
        """Let the oldest days do without a filter, as many as the memory asks for."""
        while self._filters and self.filter_bytes > self._most_bytes:
            oldest = min(self._filters)
            del self._filters[oldest]
            self._bare.add(oldest)

    def expired(self, connection: Connection, today: Day, near: int) -> list[Day]:
        """Return the days before the window; none when ``today`` follows no day of the last ``near`` ones."""
        known = self._known(connection)
        if not any(today - near <= day < today for day in known):
            return []
        return [day for day in known if day < today - self._window]

    def drop(self, connection: Connection, days: list[Day]) -> None:
        """Drop the tables of days.

        Raises what the database does when somebody reads one of them, on PostgreSQL after :data:`DROP_WITHIN_MS`; what
        this object knows has not changed then.
        """
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {DROP_WITHIN_MS}")
        for day in days:
            connection.execute(DropTable(_table(day), if_exists=True))
        connection.execute(delete(unsorted_ids).where(unsorted_ids.c.day.in_(days)))
        self._days = [day for day in self._known(connection) if day not in days]
        for day in days:
            self._filters.pop(day, None)
            self._filling.pop(day, None)
            self._bare.discard(day)

    def _known(self, connection: Connection) -> list[Day]:
        if self._days is None:
            names = inspect(connection).get_table_names()
            self._days = sorted(int(name[len(_PREFIX) :]) for name in names if _is_day(name))
        return self._days

    def _fill(self, connection: Connection) -> None:
        """Read some rows more of the latest table that has no filter, unless all take too much memory together."""
        waiting = [
            day for day in (*self._known(connection), FILES) if day not in self._filters and day not in self._bare
        ]
        if not waiting:
            return
        day = waiting[-1]
        if day not in self._filling:
            self._filling[day] = _filter_of_unsorted(connection, day), b""
        bloom, last = self._filling.pop(day)
        column = _table(day).c.id
        rows = connection.execute(select(column).where(column > last).order_by(column).limit(FILL_ROWS)).all()
        if rows:
            bloom.add(halves([bytes(row[0]) for row in rows]))
        if bloom.size + self.filter_bytes > self._most_bytes:
            self._bare.add(day)
        elif len(rows) < FILL_ROWS:
            self._filters[day] = bloom
        else:
            self._filling[day] = bloom, bytes(rows[-1][0])


def _sort_in(connection: Connection, day: Day, digests: Iterable[bytes]) -> None:
    insert_ignore(connection, _table(day), [{"id": each} for each in sorted(digests)])


def _keep_unsorted(connection: Connection, day: Day, digests: Sequence[bytes]) -> None:
    """Keep a batch's digests as one row, and bring the turn's window of all such rows into their tables."""
    last = connection.exec_driver_sql(_LAST).scalar()
    turn = (last or 0) + 1
    connection.exec_driver_sql(_KEEP, (turn, day, b"".join(digests)))
    due: dict[Day, list[bytes]] = {}
    for of_day, some in _unsorted(connection):
        due.setdefault(of_day, []).extend(_in_window(some, turn % WINDOWS))
    for of_day, several in due.items():
        _sort_in(connection, of_day, several)
    connection.exec_driver_sql(_REMOVE, (turn - WINDOWS,))


def _unsorted(connection: Connection) -> list[tuple[Day, bytes]]:
    """Return day and joined digests of the batches that are not sorted in yet."""
    return [(row[0], bytes(row[1])) for row in connection.exec_driver_sql(_ALL)]


def _in_window(digests: bytes, window: int) -> list[bytes]:
    """Return those of joined digests that lie in a window of the key space."""
    first = np.frombuffer(digests, dtype=np.uint8)[::_SIZE]
    inside: list[bytes] = _apart(digests)[first // (256 // WINDOWS) == window].tolist()
    return inside


def _common(digests: bytes, asked: Sequence[bytes]) -> list[bytes]:
    """Return those of joined digests that are asked for."""
    if not asked:
        return []
    likely = np.isin(halves([digests])[:, 0], halves(list(asked))[:, 0])
    return list({*asked}.intersection(_apart(digests)[likely].tolist()))


def _apart(digests: bytes) -> npt.NDArray[np.void]:
    return np.frombuffer(digests, dtype=f"V{_SIZE}")


def _filter_of_unsorted(connection: Connection, day: Day) -> Bloom:
    bloom = Bloom()
    for of_day, digests in _unsorted(connection):
        if of_day == day:
            bloom.add(halves([digests]))
    return bloom


def _is_day(name: str) -> bool:
    return name.startswith(_PREFIX) and name[len(_PREFIX) :].isdigit()


@lru_cache(maxsize=512)
def _table(day: Day) -> Table:
    if day == FILES:
        return seen_file
    columns = Column("id", LargeBinary, primary_key=True)
    return Table(f"{_PREFIX}{day}", MetaData(), columns, sqlite_with_rowid=False)


@lru_cache(maxsize=512)
def _wanted(day: Day) -> Select[tuple[bytes]]:
    id_column = _table(day).c.id
    return select(id_column).where(id_column.in_(bindparam("many", expanding=True)))
