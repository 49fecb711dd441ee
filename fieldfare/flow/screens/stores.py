"""The stores as a screen shows them: what each holds, how large it is, how far it is behind, when it was backed up.

Sizes come from files and the database's own books, counts from books too, so no large table is read but that of the
data keys, once in ten minutes; a count that is an estimate says so. Fieldfare copies the data keys alone by itself; of
other backups it knows nothing, and says that.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.flow import store as flow_store
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import MINUTE, SECOND, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import NORMAL, PARTITIONS, URGENT, EventLog
from fieldfare.ground.store import State

_KEYS_COPIED = "keys_copied_at"
"""Fact of the state: when the data keys were last copied by ``fieldfare keys backup``."""
MOST_HELD = 8
RECOUNT_US = 10 * MINUTE
_STREAM = {URGENT: "urgent", NORMAL: "normal"}
_LAKE = """SELECT table_name AS name, estimated_size AS rows FROM duckdb_tables() WHERE NOT internal
    ORDER BY estimated_size DESC, table_name"""
_POSTGRES = """SELECT relname, greatest(n_live_tup, 0) FROM pg_stat_user_tables ORDER BY n_live_tup DESC, relname"""


def note_keys_copied(state: State, now: Instant) -> None:
    """Remember that the data keys were copied."""
    with state.write() as connection:
        flow_store.set_fact(connection, _KEYS_COPIED, str(now))


class Recount:
    """A count that takes long: counted once in ten minutes, and in between told as it was, as an estimate."""

    def __init__(self, count: Callable[[], int], clock: Clock) -> None:
        """Count by this."""
        self._count, self._clock = count, clock
        self._lock = threading.Lock()
        self._known: tuple[int, Instant] | None = None

    def look(self) -> tuple[int, bool]:
        """Return the number, and whether it was counted a while ago."""
        with self._lock:
            now = self._clock.now()
            if self._known is None or now - self._known[1] >= RECOUNT_US:
                self._known = self._count(), now
            return self._known[0], self._known[1] < now


class StoreAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers about one installation's stores; ``files``: store -> its files, where it has files."""

    state: State
    log: EventLog
    lake: Lake
    clock: Clock
    kinds: Mapping[str, str]
    files: Mapping[str, tuple[Path, ...]]
    data_keys: Callable[[], tuple[int, bool]]
    """How many there are, and whether that is an estimate."""

    def all(self) -> list[dict[str, Any]]:
        """Return state, log, lake and keys."""
        now = self.clock.now()
        with self.state.read() as connection:
            marks = flow_store.watermarks(connection)
            copied = flow_store.fact(connection, _KEYS_COPIED)
            last_profile = int(flow_store.fact(connection, "next_profile_id") or 0)
            held = _held(connection, is_sqlite=self.state.is_sqlite)
            size = None if self.state.is_sqlite else _postgres_size(connection)
        streams = [self._stream(each, marks[each], now) for each in PARTITIONS]
        in_lake = self.lake.query(_LAKE, MOST_HELD).rows
        loaded = [{"stream": _STREAM[each], "behind": self._behind(each, marks[each])} for each in PARTITIONS]
        count, is_old = self.data_keys()
        data_keys = {"holds": "data_keys", "count": count, "is_estimate": is_old}
        made = {"holds": "profiles_ever", "count": last_profile, "is_estimate": False}
        return [
            self._told("state", [made, *held], size=size),
            self._told("log", [_counted(each["stream"], each["head"]) for each in streams], lag=streams),
            self._told("lake", [_estimated(name, rows) for name, rows in in_lake], lag=loaded),
            self._told("keys", [data_keys], copied=copied),
        ]

    def _told(
        self,
        store: str,
        held: list[dict[str, Any]],
        *,
        size: int | None = None,
        lag: list[dict[str, Any]] | None = None,
        copied: str | None = None,
    ) -> dict[str, Any]:
        files = [each for each in self.files.get(store, ()) if each.exists()]
        found = sum(each.stat().st_size for each in files) if files else None
        return {
            "store": store,
            "kind": self.kinds.get(store, ""),
            "bytes": size if size is not None else found,
            "holds": held,
            "lag": [{"behind_s": None, "head": None} | each for each in lag or []],
            "backed_up_at": None if copied is None else to_iso(int(copied)),
            "copies_itself": store == "keys",
        }

    def _stream(self, partition: int, mark: int, now: Instant) -> dict[str, Any]:
        head, waiting = self.log.head(partition), self.log.read(partition, mark, 1)
        late = (now - waiting[0].received_at) / SECOND if waiting else 0.0
        behind_s = round(max(late, 0.0), 1)
        return {"stream": _STREAM[partition], "head": head, "behind": head - mark, "behind_s": behind_s}

    def _behind(self, partition: int, mark: int) -> int:
        return max(mark - self.lake.loaded(f"log-{partition}"), 0)


def _counted(name: str, count: int) -> dict[str, Any]:
    return {"holds": name, "count": count, "is_estimate": False}


def _estimated(name: str, count: int) -> dict[str, Any]:
    return {"holds": name, "count": count, "is_estimate": True}


def _held(connection: Connection, *, is_sqlite: bool) -> list[dict[str, Any]]:
    """Return the largest tables by the database's own books; SQLite keeps none."""
    if is_sqlite:
        return []
    rows = connection.exec_driver_sql(_POSTGRES).fetchmany(MOST_HELD)
    return [_estimated(name, count) for name, count in rows]


def _postgres_size(connection: Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
