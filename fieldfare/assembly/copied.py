"""A copy of an installation's people for a rehearsal: state and keys, beside the data, thrown away afterwards.

What is copied: people, histories, consents, walks and what waits, with the keys that open them. The log and the lake
begin empty. Nobody waits for a copy. It is taken once for a job, and all runs of the job live on copies of it, so that
they begin at one moment; of the past in the lake, only what had been applied by then counts
(:attr:`Source.through`).

It lies in a folder that only the owner may read and that is locked as long as its process lives. :func:`sweep` removes
what killed processes left, before the next rehearsal and at the start of a server, so that nobody who was erased lives
on in one.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from sqlalchemy import MetaData, delete, insert, select

from fieldfare.assembly.files import ROOT_KEY
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.flow import store as flow_store
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.store import State, metadata, open_state
from fieldfare.ground.store.migrate import migrate
from fieldfare.trust.keys.ring import FILE, open_ring_file, ring

PREFIX = "rehearsal-"
GENERATED = "rehearsals"
"""Folder inside the data folder in which generated people live for a while."""
_ROWS = 1_000


class Source(msgspec.Struct, frozen=True):
    """Where people are copied from: an installation, or the one copy of it for a job."""

    stores: Stores
    lake: Lake
    as_of: Callable[[], Instant]
    """Returns as of when the people in the stores are as they are."""
    sync: Callable[[], object]
    """Lets the lake have all that the stores have."""
    through: Mapping[int, int] = {}
    """Of a copy: partition -> offset; what lies after it in the lake came after the copy."""


@contextmanager
def copied(source: Source, beside: Path) -> Iterator[Source]:
    """Give one copy of the people for a whole job, as of the moment at which it was taken."""
    with scratch(beside) as held:
        folder = held / "people"
        copy_people(source.stores, folder)
        now = source.as_of()
        source.sync()
        stores = open_copy(folder)
        try:
            with stores.state.read() as connection:
                through = {each: flow_store.watermark_of(connection, each) for each in PARTITIONS}
            yield Source(stores, source.lake, lambda: now, lambda: None, through)
        finally:
            stores.close()


def open_copy(folder: Path) -> Stores:
    """Open a copy of people, with the key of the environment where there is one."""
    root = os.environ.get(ROOT_KEY)
    return open_stores(folder, {} if root is None else {ROOT_KEY: root}, durable=False)


@contextmanager
def scratch(beside: Path) -> Iterator[Path]:
    """Give a folder for one rehearsal, and remove it with all that is in it."""
    held, lock = _made(beside)
    try:
        yield held
    finally:
        shutil.rmtree(held, ignore_errors=True)
        os.close(lock)


def _made(beside: Path) -> tuple[Path, int]:
    """Make a folder and lock it; one that was swept between the two is made again."""
    while True:
        with suppress(FileNotFoundError):
            beside.mkdir(parents=True, exist_ok=True)
            held = Path(tempfile.mkdtemp(prefix=PREFIX, dir=beside))
            lock = os.open(held, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if held.is_dir():
                return held, lock
            os.close(lock)


def sweep(folder: Path) -> int:
    """Remove what killed rehearsals left in a data folder; those that run stay. Return how many were removed."""
    generated = folder / GENERATED
    found = sum(_sweep(each) for beside in (folder, generated) for each in sorted(beside.glob(f"{PREFIX}*")))
    with suppress(OSError):  # it is not there, or somebody rehearses
        generated.rmdir()
    return found


def _sweep(left: Path) -> bool:
    try:
        lock = os.open(left, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        shutil.rmtree(left, ignore_errors=True)
        return True
    finally:
        os.close(lock)


def copy_people(source: Stores, target: Path) -> None:
    """Copy people and their keys into a folder that does not exist yet, to be opened as SQLite stores."""
    target.mkdir(mode=0o700)
    shutil.copytree(source.folder / "keys", target / "keys")
    (target / "keys").chmod(0o700)
    path = target / "state.sqlite"
    if source.state.is_sqlite:
        connection = source.state.engine.raw_connection()
        try:
            connection.cursor().execute("VACUUM INTO ?", (str(path),))
        finally:
            connection.close()
        source.ring.copy_to(target / FILE)
        return
    copied = open_state(f"sqlite:///{path}", durable=False)
    migrate(copied)
    _copy_rows(source.state, copied, metadata)
    copied.close()
    open_ring_file(target, create=True, durable=False).close()
    keys = open_state(f"sqlite:///{target / FILE}", durable=False)
    _copy_rows(source.state, keys, ring)
    keys.close()


def begin_anew(state: State) -> None:
    """Let a copy begin with an empty log and an empty lake."""
    with state.write() as connection:
        for partition in PARTITIONS:
            flow_store.set_watermark(connection, partition, 0)
            flow_store.trim_applied(connection, partition, 1 << 62)


def _copy_rows(source: State, target: State, tables: MetaData) -> None:
    with source.read() as there, target.write() as here:
        for table in tables.sorted_tables:
            here.execute(delete(table))
            found = there.execution_options(yield_per=_ROWS).execute(select(table))
            for rows in found.mappings().partitions(_ROWS):
                here.execute(insert(table), [dict(row) for row in rows])
