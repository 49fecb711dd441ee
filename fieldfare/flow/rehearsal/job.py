"""Simulations and rehearsals beside a server's loops, one at a time: in a thread as HTTP asks, or as the schedule says.

Whoever asked looks at :meth:`RehearsalJob.told`. Nothing of it outlives the server: a run that a stop or a kill ends is
asked for again, and its copy of people is removed. The thread shares the machine with the loops.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import structlog

from fieldfare.ground.errors import ConflictError, FieldfareError, TransientError, broken_by
from fieldfare.ground.instants import Instant, to_iso

_log = structlog.get_logger()
Progress = Callable[[str, float], None]
"""What is being run, and which share of it is over."""
Work = Callable[[Progress], dict[str, Any]]


class Turn(Protocol):
    """What one holds at a time; :class:`threading.Lock` is one."""

    def acquire(self, *, blocking: bool) -> bool:
        """Take it, and return whether it was free."""

    def release(self) -> None:
        """Give it back; from any thread."""


class RehearsalJob:
    """Runs one rehearsal at a time."""

    def __init__(self, turn: Turn | None = None) -> None:
        """Run nothing yet; ``turn`` is held as long as one runs."""
        self._one: Turn = threading.Lock() if turn is None else turn
        self._lock = threading.Lock()
        """Held while what is told and whether one runs change together: nobody is told another's result as theirs."""
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._told: dict[str, dict[str, Any]] = {}
        self._asked: dict[str, dict[str, Any]] = {}

    def start(self, kind: str, work: Work, by: str, at: Instant) -> dict[str, Any]:
        """Begin what somebody asked for. Raises ``ConflictError`` ``rehearsal_running``."""
        with self._lock:
            self._begin()
            self._asked[kind] = {"by": by, "at": to_iso(at)}
            self._told[kind] = {"state": "running", "running": "", "share": 0.0}
        self._thread = threading.Thread(target=self._run, args=(kind, work), name=f"fieldfare-{kind}", daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._one.release()
            raise
        return self.told(kind)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let the caller run one in its own thread; nobody is told of it. Raises as :meth:`start`."""
        self._begin()
        try:
            yield
        finally:
            self._one.release()

    def _begin(self) -> None:
        if not self._one.acquire(blocking=False):
            text = "A simulation or rehearsal is running, asked for or scheduled. Begin when it is done."
            raise ConflictError("rehearsal_running", text)

    def told(self, kind: str) -> dict[str, Any]:
        """Return the last one of the kind: who asked (``by``), when (``at``), its ``state``, and its ``result``.

        The states are ``none``, ``running``, ``done``, ``failed``; nobody asked for one that is ``none``.
        """
        with self._lock:
            return {**self._asked.get(kind, {}), **self._told.get(kind, {"state": "none"})}

    def stop(self, timeout_s: float = 20) -> None:
        """End what runs at its next step and wait for that."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, kind: str, work: Work) -> None:
        def progress(running: str, share: float) -> None:
            if self._stopping.is_set():
                text = "The rehearsal was ended because the server stops. Ask for it again."
                raise TransientError("rehearsal_stopped", text)
            self._told[kind] = {"state": "running", "running": running, "share": round(share, 3)}

        told: dict[str, Any]
        try:
            told = {"state": "done", "result": work(progress)}
        except FieldfareError as error:
            told = {"state": "failed", "code": error.code, "message": error.message}
        except Exception as error:  # noqa: BLE001 - told to whoever asks; the loops beside it go on
            _log.exception("rehearsal_failed")
            code, message = broken_by(error)
            told = {"state": "failed", "code": code, "message": message}
        with self._lock:
            self._told[kind] = told
            self._one.release()
