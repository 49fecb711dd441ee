"""Simulations and rehearsals as they are asked for by HTTP: one at a time, in a thread beside the server's loops.

Whoever asked looks at :meth:`RehearsalJob.told`. Nothing of it outlives the server: a run that a stop or a kill ends is
asked for again, and its copy of people is removed. The thread shares the machine with the loops.
"""

import threading
from collections.abc import Callable
from typing import Any

import structlog

from fieldfare.ground.errors import ConflictError, FieldfareError, TransientError

_log = structlog.get_logger()
Progress = Callable[[str, float], None]
"""What is being run, and which share of it is over."""
Work = Callable[[Progress], dict[str, Any]]


class RehearsalJob:
    """Runs one rehearsal at a time."""

    def __init__(self) -> None:
        """Run nothing yet."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._told: dict[str, dict[str, Any]] = {}

    def start(self, kind: str, work: Work) -> dict[str, Any]:
        """Begin. Raises ``ConflictError`` ``rehearsal_running``."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                text = "A simulation or rehearsal is running. Look at it, and begin when it is done."
                raise ConflictError("rehearsal_running", text)
            self._told[kind] = {"state": "running", "running": "", "share": 0.0}
            name = f"fieldfare-{kind}"
            self._thread = threading.Thread(target=self._run, args=(kind, work), name=name, daemon=True)
            self._thread.start()
        return self._told[kind]

    def told(self, kind: str) -> dict[str, Any]:
        """Return the state of the last one of the kind (``none``, ``running``, ``done``, ``failed``) and its result."""
        return self._told.get(kind, {"state": "none"})

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

        try:
            self._told[kind] = {"state": "done", "result": work(progress)}
        except FieldfareError as error:
            self._told[kind] = {"state": "failed", "code": error.code, "message": error.message}
        except Exception as error:  # noqa: BLE001 - told to whoever asks; the loops beside it go on
            _log.exception("rehearsal_failed")
            message = f"This is a defect: {type(error).__name__}. The server's log has more."
            self._told[kind] = {"state": "failed", "code": "defect", "message": message}
