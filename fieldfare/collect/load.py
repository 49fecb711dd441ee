"""Bring a file into the log: rows become events, packed into envelopes, in backfill mode unless declared live.

The flow: the file's bytes are hashed, which with the mapping names the *load*; an earlier run of the same load may have
noted how far it came. Rows become calls (:mod:`fieldfare.collect.read_calls`), always the same ones in the same order;
those noted as appended are passed over, the others go up to 500 at a time into envelopes, sealed like requests. A round
of some envelopes is appended, then noted. Log and notes are two databases: a crash between the two appends one round
again, and what it repeats is dropped as seen, because message ids depend on the rows alone. For the same reason a file
loaded twice, renamed or packed counts once. Asked to stop, it ends behind a whole round.

A file loaded as live is an export of a living system: events that happened within the maximum age of the time of
loading are live envelopes, older ones backfill, so no old row starts a journey. Rows that cannot be read become dead
letters with their number; rows that the mapping leaves out are counted by label. Nothing personal is logged; the
report holds counts and row numbers only.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import duckdb
import msgspec

from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.parse import FORBIDDEN
from fieldfare.collect.read_calls import Call, LoadReport, RowItem, bad_row_json, read_calls, read_items
from fieldfare.collect.rows import Progress
from fieldfare.collect.split import BATCH, Parts, split
from fieldfare.collect.strip import FieldPolicy, strip
from fieldfare.collect.wire import consent_names, is_urgent
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry

__all__ = ["Call", "LoadOptions", "LoadReport", "load", "read_calls"]

ENVELOPE_EVENTS = 500
ENVELOPE_BYTES = 1 << 20
ROUND_EVENTS = 20 * ENVELOPE_EVENTS
ROUND_BYTES = 4 << 20
_REFUSED = f'{{"type":"{FORBIDDEN}"'
"""How what stands for a refused event begins: it is a dead letter as it is."""
_FORM = 1
"""Raise it when the same file and mapping would give other calls, or in another order, than before."""

Append = Callable[[int, Sequence[Entry]], list[int]]
Seal = Callable[[Envelope], Entry]


class LoadNote(msgspec.Struct, frozen=True, kw_only=True):
    """How far a load has come: its first ``appended`` events and dead letters are in the log."""

    id: str
    file: str
    """Name of the file, for people; a renamed file is the same load."""
    mapping: str
    source: str
    appended: int
    started_at: Instant
    changed_at: Instant
    finished_at: Instant | None = None


class LoadNotes(Protocol):
    """Where loads are noted, so that they can be resumed."""

    def find(self, load_id: str) -> LoadNote | None:
        """Return the note of a load, ``None`` when it was never begun."""
        ...

    def keep(self, note: LoadNote) -> None:
        """Keep the note durably, in place of an earlier one of the same load."""
        ...


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever loads has chosen."""

    live_max_age: int | None = None
    """Microseconds: events that are not older are live. ``None``: all are backfill."""
    policy: FieldPolicy = FieldPolicy()
    consent_version: str | None = None
    """Consent notices in force, stamped on every event."""
    is_vouched: bool = False
    """The rows are acts of consent, and whoever loads them answers for what people confirmed."""
    again: bool = False
    """Load a finished file once more, from its start."""
    stop: Callable[[], bool] = lambda: False
    """Asked between two rounds."""
    progress: Progress = lambda _done, _total: None


def load(
    path: Path,
    mapping: FileMapping,
    append: Append,
    seal: Seal,
    clock: Clock,
    notes: LoadNotes,
    options: LoadOptions | None = None,
) -> LoadReport:
    """Append the events of the file to the log; return what became of its rows.

    Raises :class:`CallerError` (see :mod:`fieldfare.collect.rows`; ``file_changed``), and what ``append`` raises. The
    load can be resumed after each of them.
    """
    chosen = options or LoadOptions()
    before = _stamp(path)
    note = _begin(path, mapping, clock, notes, again=chosen.again)
    report = LoadReport()
    if note.finished_at is not None:
        report.finished_at = note.finished_at
        return report
    loading = _Loading(mapping, append, seal, clock, chosen, report)
    report.already, at = note.appended, 0
    for some in _rounds(read_items(path, mapping, report, chosen.progress)):
        new = some[max(0, note.appended - at) :]
        at += len(some)
        if new:
            loading.append(new)
            note = msgspec.structs.replace(note, appended=at, changed_at=clock.now())
            notes.keep(note)
        if chosen.stop():
            report.is_stopped = True
            return report
    if _stamp(path) != before:
        message = f"{path.name} changed while it was read. Load it again once it is whole; nothing counts twice."
        raise CallerError("file_changed", message)
    notes.keep(msgspec.structs.replace(note, finished_at=clock.now(), changed_at=clock.now()))
    return report


def load_id(path: Path, mapping: FileMapping) -> str:
    """Return the name of a load: the digest of the file's bytes, the mapping, and what turns the one into calls.

    All bytes are read: a wrong resume would lose rows. A new version of the engine may order groups otherwise, so it
    begins anew; what is appended again is dropped as seen.
    """
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "blake2b").digest()
    definition = msgspec.json.encode(mapping, order="deterministic")
    return digest(_FORM, duckdb.__version__, definition, content).hex()


def _begin(path: Path, mapping: FileMapping, clock: Clock, notes: LoadNotes, *, again: bool) -> LoadNote:
    try:
        identity = load_id(path, mapping)
    except OSError as error:
        message = f"{path.name} cannot be read ({error.strerror}). Check that it is there, is a file, and may be read."
        raise CallerError("file_unreadable", message) from error
    found = notes.find(identity)
    if found is not None and not (again and found.finished_at is not None):
        return found
    now = clock.now()
    return LoadNote(
        id=identity,
        file=path.name,
        mapping=mapping.name,
        source=mapping.source,
        appended=0,
        started_at=now,
        changed_at=now,
    )


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        known = path.stat()
    except OSError:
        return None
    return known.st_size, known.st_mtime_ns


def _rounds(items: Iterator[RowItem]) -> Iterator[list[RowItem]]:
    """Yield what is appended and noted at once: some items, and not too many bytes of them."""
    some: list[RowItem] = []
    size = 0
    for item in items:
        some.append(item)
        size += len(item.call or "")
        if len(some) == ROUND_EVENTS or size >= ROUND_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


class _Loading:
    """Turns rounds of items into envelopes and appends them."""

    def __init__(
        self, mapping: FileMapping, append: Append, seal: Seal, clock: Clock, options: LoadOptions, report: LoadReport
    ) -> None:
        self._source, self._options, self._report = mapping.source, options, report
        self._append, self._seal, self._clock = append, seal, clock
        self._names = consent_names(options.policy.synonyms.items())

    def append(self, items: list[RowItem]) -> None:
        """Append a round: live envelopes and backfill envelopes, each in the order of the items."""
        now = self._clock.now()
        age = self._options.live_max_age
        oldest = None if age is None else now - age
        modes: dict[Mode, list[RowItem]] = {Mode.BACKFILL: [], Mode.LIVE: []}
        for item in items:
            at = now if item.occurred_at is None else item.occurred_at
            is_live = oldest is not None and item.problem is None and at >= oldest
            modes[Mode.LIVE if is_live else Mode.BACKFILL].append(item)
        self._report.live += len(modes[Mode.LIVE])
        waiting: dict[int, list[Entry]] = {URGENT: [], NORMAL: []}
        for mode, chosen in modes.items():
            for body, removed in self._bodies(chosen):
                envelope = Envelope(
                    mode,
                    self._source,
                    BATCH,
                    now,
                    body,
                    removed=removed or None,
                    consent_version=self._options.consent_version,
                    from_file=True,
                    is_vouched=self._options.is_vouched,
                )
                partition = URGENT if is_urgent(_parts(body), body, self._names) else NORMAL
                waiting[partition].append(self._seal(envelope))
        for partition, entries in waiting.items():
            if entries:
                self._report.records += len(self._append(partition, entries))

    def _bodies(self, items: list[RowItem]) -> Iterator[tuple[bytes, dict[str, int]]]:
        """Yield batch bodies without forbidden fields, and how many values of each were removed."""
        for some in _envelopes(items):
            removed: dict[str, int] = {}
            texts = [item.call if item.problem is None else self._bad(item, removed) for item in some]
            body, also_removed = strip(
                BATCH, f'{{"batch":[{",".join(map(str, texts))}]}}'.encode(), self._options.policy, ours=True
            )
            for field, count in also_removed.items():
                removed[field] = removed.get(field, 0) + count
            for field, count in removed.items():
                self._report.removed_fields[field] = self._report.removed_fields.get(field, 0) + count
            yield body, removed

    def _bad(self, item: RowItem, removed: dict[str, int]) -> str:
        """Return a bad row's item, its call cleaned first: the policy knows calls, not what wraps them."""
        if item.call is None:
            return bad_row_json(item, self._source)
        body, gone = strip(BATCH, f'{{"batch":[{item.call}]}}'.encode(), self._options.policy)
        for field, count in gone.items():
            removed[field] = removed.get(field, 0) + count
        cleaned = bytes(_parts(body).items[0]).decode()
        if cleaned.startswith(_REFUSED):
            return cleaned
        return bad_row_json(msgspec.structs.replace(item, call=cleaned), self._source)


def _envelopes(items: list[RowItem]) -> Iterator[list[RowItem]]:
    some: list[RowItem] = []
    size = 0
    for item in items:
        some.append(item)
        size += len(item.call or "")
        if len(some) == ENVELOPE_EVENTS or size >= ENVELOPE_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _parts(body: bytes) -> Parts:
    parts = split(BATCH, body)
    assert isinstance(parts, Parts), "a body of our own making"
    return parts
