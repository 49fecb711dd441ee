"""A replay as it is asked for, by HTTP or from the command line: read the request, run it once at a time, tell of it.

A server runs it beside its loops, in a thread of its own that ends between two pages when the server stops; whoever
asked looks at :meth:`ReplayJob.told`. Its progress lives in the stores, so a server that is killed loses only the
counts: the same request goes on where it was.
"""

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from fieldfare.collect.repair import LetterFilter
from fieldfare.flow.dead_letters import DeadLetters, Wish
from fieldfare.flow.replay import Replay, Report, Selection
from fieldfare.flow.spans import read_span
from fieldfare.flow.worker import WAKE_GRACE
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError, FieldfareError, TransientError

_log = structlog.get_logger()
_BY = ("received", "occurred")


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which accepted events are to be read again."""

    first: str | None = None
    last: str | None = None
    by: str = "received"
    source: str | None = None
    event: str | None = None
    profile: str | None = None
    dry_run: bool = False


class ReplayParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay needs of an installation."""

    replay: Replay
    letters: DeadLetters
    family: Callable[[str], frozenset[int]]
    """From a profile as people write it to the ids of that person."""
    zone: str
    definitions: str
    """Changes when any definition does."""
    clock: Clock


def select(asked: ReplayRequest, parts: ReplayParts) -> Selection:
    """Return what is asked for. Raises ``CallerError``: ``span_invalid``, ``by_unknown``, ``profile_unknown``."""
    if asked.by not in _BY:
        text = f"`{asked.by[:40]}` is no time of an event that a span can be of. Write {' or '.join(_BY)}."
        raise CallerError("by_unknown", text, field="by")
    return Selection(
        span=read_span(asked.first, asked.last, parts.zone),
        by=asked.by,
        source=asked.source,
        event=asked.event,
        profile_ids=parts.family(asked.profile) if asked.profile is not None else None,
    )


def asked_of(asked: ReplayRequest) -> dict[str, Any]:
    """Return what a replay was asked for, as whoever looks may read it: that it is of one person, but not of whom."""
    found = {"from": asked.first, "to": asked.last, "by": asked.by, "source": asked.source, "event": asked.event}
    return {**found, "is_of_one": asked.profile is not None}


def run(
    asked: ReplayRequest, parts: ReplayParts, progress: Callable[[Report], None], *, grace: int = 0
) -> dict[str, Any]:
    """Run the replay here and now; return its report, and how many dead letters of that time would pass now."""
    selection = select(asked, parts)
    report = parts.replay.run(
        selection, parts.definitions, parts.clock, grace=grace, dry_run=asked.dry_run, progress=progress
    )
    told: dict[str, Any] = msgspec.to_builtins(report)
    return told | {"dead_letters": _letters(selection, parts.letters)}


def _letters(selection: Selection, letters: DeadLetters) -> dict[str, int]:
    """Try the dead letters of the same time, source and event: a replay leaves them dead, a repair need not."""
    span = selection.span if selection.by == "received" else None
    wanted = LetterFilter(
        source=selection.source,
        event=selection.event,
        from_at=span.from_at if span is not None else None,
        to_at=span.to_at if span is not None else None,
    )
    if selection.profile_ids is not None:  # nobody knows whose they are
        return {"open": 0, "would_pass": 0}
    found = letters.repair(Wish(wanted=wanted, examples=0))
    return {"open": found["matched"], "would_pass": found["passing"]}


class ReplayJob:
    """One replay at a time, in a thread beside the server's loops."""

    def __init__(self, parts: ReplayParts) -> None:
        """Run nothing yet."""
        self._parts = parts
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._told: dict[str, Any] = {"state": "none"}

    def start(self, asked: ReplayRequest) -> dict[str, Any]:
        """Begin. Raises ``CallerError`` as :func:`select`, ``ConflictError`` ``replay_running``."""
        select(asked, self._parts)
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                text = "A replay is running. Look at it with `fieldfare replay --status`, and begin when it is done."
                raise ConflictError("replay_running", text)
            begun = {"state": "running", "report": msgspec.to_builtins(Report(dry_run=asked.dry_run))}
            self._told = begun | {"asked": asked_of(asked)}
            self._thread = threading.Thread(target=self._run, args=(asked,), name="fieldfare-replay", daemon=True)
            self._thread.start()
        return self._told

    def told(self) -> dict[str, Any]:
        """Return the state of the last replay (``none``, ``running``, ``done``, ``failed``) and what it did so far."""
        return self._told

    def stop(self, timeout_s: float = 20) -> None:
        """End the replay between two pages and wait for that."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self, asked: ReplayRequest) -> None:
        try:
            report = run(asked, self._parts, self._progress, grace=WAKE_GRACE)
            self._told = {**self._told, "state": "done", "report": report}
        except FieldfareError as error:
            self._fail(error.code, error.message)
        except Exception as error:  # noqa: BLE001 - told to whoever asks; the loops beside it go on
            _log.exception("replay_failed")
            self._fail("defect", f"This is a defect: {type(error).__name__}. The server's log has more.")

    def _fail(self, code: str, message: str) -> None:
        self._told = {**self._told, "state": "failed", "code": code, "message": message}

    def _progress(self, report: Report) -> None:
        if self._stopping.is_set():
            text = "The replay was stopped between two pages. Give the same command again; it goes on where it was."
            raise TransientError("replay_stopped", text)
        self._told = {**self._told, "report": msgspec.to_builtins(report)}
