"""Being the only worker of a state database: a session lock of PostgreSQL, which the holder's end releases by itself.

On SQLite nothing is taken: the lake lies in the same folder, and its file lock keeps a second worker out. On PostgreSQL
two data folders may lead to one database, so the lock is taken there, on a connection of its own. A killed holder's
session ends with its socket; a holder whose machine is gone is noticed by keep-alives within a minute. A server that
restarts forgets the lock: :meth:`Alone.check` takes it again, and tells when another worker was quicker. Until then
both may believe that they are alone, and the watermark stops one of them. This guards a process, not a transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text

from fieldfare.ground.errors import ConflictError, TransientError
from fieldfare.ground.store.state import State, is_passing

WAIT_S = 5
"""So long a new holder waits: the session of one that was killed a moment ago may not have ended yet."""
_KEY = 7_160_212
_WRITES = _KEY + 1
_NOT_AVAILABLE = "55P03"
_SETTINGS = ("idle_session_timeout = 0", "tcp_keepalives_idle = 30", "tcp_keepalives_interval = 10")


class Alone:
    """The lock of one state database, held or not."""

    def __init__(self, state: State, *, wait_s: float = WAIT_S) -> None:
        """Take nothing yet."""
        self._state, self._wait_s = state, wait_s
        self._connection: Connection | None = None

    def take(self) -> None:
        """Take the lock. Raises ``ConflictError`` ``worker_twice`` when another process keeps it."""
        if self._state.is_sqlite:
            return
        connection = self._state.connect()
        try:
            _lock(connection, _KEY, f"lock_timeout = '{int(self._wait_s * 1000)}ms'")
        except Exception as error:
            connection.close()
            if _state_of(error) == _NOT_AVAILABLE:
                message = "Another worker applies events to this database. Run one worker: stop it, or this one."
                raise ConflictError("worker_twice", message) from error
            if is_passing(error):
                raise _gone() from error
            raise
        self._connection = connection

    def check(self) -> int:
        """See that the lock is still held; take it again when its connection was lost. Returns 0: there is no more."""
        if self._state.is_sqlite:
            return 0
        if self._connection is None:
            self.take()
            return 0
        try:
            self._connection.execute(text("SELECT 1"))
            self._connection.commit()
        except Exception as error:
            self.release()
            if is_passing(error):
                raise _gone() from error
            raise
        return 0

    def release(self) -> None:
        """Give the lock back. Calling it twice is harmless."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def one_at_a_time(connection: Connection) -> None:
    """Wait until no other transaction that asks for this is open. On SQLite there is one writer anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_WRITES})"))


@contextmanager
def held(state: State) -> Iterator[None]:
    """Hold back every transaction that asks :func:`one_at_a_time`, over transactions of one's own that do not ask.

    Waits for the one that is open. On SQLite nothing is taken: whoever has the lake is the only one who applies.
    """
    if state.is_sqlite:
        yield
        return
    connection = state.connect()
    try:
        _lock(connection, _WRITES)
        yield
    finally:
        connection.close()


def _lock(connection: Connection, key: int, *more: str) -> None:
    connection.detach()  # it lives as long as the lock, not as long as a visit to the pool
    for setting in (*_SETTINGS, *more):
        connection.execute(text(f"SET {setting}"))
    connection.execute(text(f"SELECT pg_advisory_lock({key})"))
    connection.commit()


def _state_of(error: BaseException) -> str:
    told: Any = getattr(getattr(error, "orig", error), "args", ())
    return str(told[0].get("C", "")) if told and isinstance(told[0], dict) else ""


def _gone() -> TransientError:
    message = "The connection that shows that this is the only worker was lost. It is made again."
    return TransientError("state_unavailable", message, retry_after_s=1)
