"""Replay: read accepted events again under the definitions of now, replace their lake rows, refold whose they are.

Flow. First the rows: page by page of the selected rows, in the order of their places, events are read from the log
where it still has them, else from their rows (:mod:`fieldfare.flow.reread`); rows that come out differently are
replaced by place, in one lake transaction with the place of the replay and with the profiles they belong to, which are
put on a list. Then the profiles of the list: page by page, under the pipeline's turn and with everything applied in the
lake, they are folded from empty (:mod:`fieldfare.flow.refold`). Nothing is appended to the log, no message id is looked
at, no verdict changes, nothing is sent to anybody, whatever the age of the events.

A crash leaves the rows of finished pages replaced and their profiles on the list: until they are folded, documents are
older than the lake, and the same command goes on where it was. Every step done twice gives the same. The fact
``replay`` tells which replay is unfinished; another one begins anew, and folds what is left on the list too.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pyarrow as pa

from fieldfare.collect.contracts import Contracts
from fieldfare.flow import store as flow_store
from fieldfare.flow.event_rows import arrow_rows
from fieldfare.flow.lake_events import LakeEvents, Row
from fieldfare.flow.lake_tables import EVENT_ROWS
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.refold import PAGE, Joined, Refold
from fieldfare.flow.reread import Counts, Found, Reread
from fieldfare.flow.spans import Span
from fieldfare.ground.clock import Clock
from fieldfare.ground.ids import derived_id
from fieldfare.ground.lake.ports import Lake, LakeTable, Write
from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.store import State, held
from fieldfare.know.identity import store as identity_store

ROWS_PER_PAGE = 5_000
"""More than one record holds, so a page always ends between two records."""
ROWS_PER_LOOK = 50_000
"""Rows are looked for in the lake so many at once: in a sorted run those of neighbouring places lie far apart."""
CAUSE = "replay"
FACT = "replay"
"""Fact: the replay that is not finished, as JSON."""
TO_FOLD = LakeTable(
    "replay_profiles",
    "Profiles whose events an unfinished replay has read again, and that are to be folded.",
    (("profile_id", "BIGINT", "profile under which the events were applied"),),
)
_FOLD = "replay-fold"


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """Which accepted events are read again; what is ``None`` does not narrow."""

    span: Span = Span()
    by: str = "received"
    """Whether the span is of the instants of acceptance (``received``) or of the events' own (``occurred``)."""
    source: str | None = None
    event: str | None = None
    profile_ids: frozenset[int] | None = None
    """A person: the profile that stands and those merged into it."""


class Report(msgspec.Struct, kw_only=True):
    """What a replay read and changed, or would change; a continued one counts what it did itself."""

    dry_run: bool
    continued: bool = False
    events: int = 0
    from_log: int = 0
    unreadable: int = 0
    """Events whose key is destroyed; they were left alone."""
    changed_rows: int = 0
    changes: dict[str, int] = {}
    refused_now: dict[str, int] = {}
    """Reason -> events that would be dead letters if they came now; they stay."""
    profiles: int = 0
    joined: dict[str, int] = {}
    left: dict[str, int] = {}


class _Unfinished(msgspec.Struct, frozen=True):
    id: str
    through: dict[str, int]
    """Partition -> last offset that belongs to it."""


class Replay:
    """Replays over one installation."""

    def __init__(
        self,
        state: State,
        lake: Lake,
        loader: LakeLoader,
        pipeline: Pipeline,
        refold: Refold,
        reread: Reread,
        events: LakeEvents,
        contracts: Contracts,
    ) -> None:
        """Read again with the definitions inside the parts."""
        self._state, self._lake, self._loader, self._pipeline = state, lake, loader, pipeline
        self._refold, self._reread, self._events, self._contracts = refold, reread, events, contracts
        self._most, self._look = ROWS_PER_PAGE, ROWS_PER_LOOK

    def run(
        self,
        selection: Selection,
        definitions: str,
        clock: Clock,
        *,
        grace: int = 0,
        dry_run: bool = False,
        progress: Callable[[Report], None] = lambda _report: None,
    ) -> Report:
        """Replay; return what changed. ``definitions`` names those of now; timers have come to ``grace`` before now.

        ``progress`` is told after every page, and may end the run by raising.
        """
        self._lake.ensure([TO_FOLD], [])
        self._loader.catch_up()
        report = Report(dry_run=dry_run)
        run = _Run(selection, self._names(selection), {p: self._lake.loaded(f"log-{p}") for p in PARTITIONS})
        if dry_run:
            self._preview(run, clock, report, progress)
            return report
        run, report.continued = self._begin(run, definitions)
        for partition in PARTITIONS:
            self._replace(run, partition, report, progress)
        self._fold(clock, grace, report, progress)
        self._loader.catch_up()
        self._end()
        return report

    def _names(self, selection: Selection) -> list[str] | None:
        """Return the names under which the lake may hold the event: its own, and all that are the same event now."""
        if selection.event is None:
            return None
        canonical = self._contracts.canonical(selection.event)
        same = {name for name, event in self._contracts.synonyms.items() if event == canonical}
        return sorted({selection.event, canonical} | same)

    def _begin(self, run: "_Run", definitions: str) -> "tuple[_Run, bool]":
        """Return the run with its bounds, and whether it was begun before."""
        selection = msgspec.json.encode(run.selection, order="deterministic")
        name = derived_id("replay", definitions, selection)
        with self._state.read() as connection:
            fact = flow_store.fact(connection, FACT)
        if fact:
            unfinished = msgspec.json.decode(fact, type=_Unfinished)
            if unfinished.id == name:
                bounds = {int(partition): offset for partition, offset in unfinished.through.items()}
                return msgspec.structs.replace(run, through=bounds), True
        for stream in (*(f"replay-{partition}" for partition in PARTITIONS), _FOLD):
            self._lake.load(stream, 0, [])
        begun = _Unfinished(name, {str(partition): offset for partition, offset in run.through.items()})
        self._note(msgspec.json.encode(begun).decode())
        return run, False

    def _replace(self, run: "_Run", partition: int, report: Report, progress: Callable[[Report], None]) -> None:
        stream = f"replay-{partition}"
        for rows, through in self._pages(run, partition, self._lake.loaded(stream)):
            counts = Counts()
            found = self._reread.read(rows, counts)
            changed = [each.new for each in found if each.changed]
            writes = [Write(EVENT_ROWS.name, arrow_rows(EVENT_ROWS, changed), key=("partition", "offset", "index"))]
            writes.append(Write(TO_FOLD.name, _profiles(found), key=("profile_id",)))
            self._lake.load(stream, through, writes)
            _add(report, counts)
            progress(report)

    def _pages(self, run: "_Run", partition: int, after: int) -> Iterator[tuple[list[Row], int]]:
        """Yield the selected rows in whole records, each time with the offset through which they were read."""
        for found, through in self._looks(run, partition, after):
            first = 0
            offsets = found.column("offset").to_pylist()
            while len(offsets) - first > self._most:
                following = offsets[first + self._most]
                end = bisect_left(offsets, following, first)
                yield found.slice(first, end - first).to_pylist(), following - 1
                first = end
            yield found.slice(first).to_pylist(), through

    def _looks(self, run: "_Run", partition: int, after: int) -> Iterator[tuple[pa.Table, int]]:
        conditions, parameters = run.conditions()
        here = f't.partition = ? AND t."offset" > ? AND t."offset" <= ? {conditions}'
        bound = f"""SELECT max("offset") FROM (SELECT t."offset" FROM event_rows t WHERE {here}
            ORDER BY t."offset" LIMIT {self._look})"""  # noqa: S608 - constants and parameters
        rows = f'SELECT t.* FROM event_rows t WHERE {here} ORDER BY t."offset", t.index'  # noqa: S608 - the same
        last = run.through[partition]
        while after < last:
            (through,) = self._lake.arrow(bound, [partition, after, last, *parameters]).column(0).to_pylist()
            through = last if through is None else through
            yield self._lake.arrow(rows, [partition, after, through, *parameters]), through
            after = through

    def _fold(self, clock: Clock, grace: int, report: Report, progress: Callable[[Report], None]) -> None:
        edges: Joined = Counter()
        while True:
            listed = self._listed(self._lake.loaded(_FOLD))
            if not listed:
                break
            with self._pipeline.turns:
                now = self._pipeline.settle(clock.now() - grace)
                with held(self._state):
                    self._loader.catch_up()
                    people = self._people(listed)
                    edges += self._refold.page(people, now, CAUSE)
            self._lake.load(_FOLD, listed[-1], [])
            report.profiles += len(people)
            _tell_edges(report, edges)
            progress(report)

    def _listed(self, after: int) -> list[int]:
        query = f"SELECT profile_id FROM {TO_FOLD.name} WHERE profile_id > ? ORDER BY profile_id LIMIT {PAGE}"  # noqa: S608
        found: list[int] = self._lake.arrow(query, [after]).column(0).to_pylist()
        return found

    def _people(self, profile_ids: list[int]) -> list[int]:
        with self._state.read() as connection:
            return sorted(set(identity_store.standing_ids(connection, profile_ids).values()))

    def _end(self) -> None:
        empty = pa.table({"profile_id": pa.array([], pa.int64())})
        self._lake.load(_FOLD, 0, [Write(TO_FOLD.name, empty, whole=True)])
        self._note("")

    def _note(self, value: str) -> None:
        with self._state.write() as connection:
            flow_store.set_fact(connection, FACT, value)

    def _preview(self, run: "_Run", clock: Clock, report: Report, progress: Callable[[Report], None]) -> None:
        people: set[int] = set()
        for partition in PARTITIONS:
            for rows, _ in self._pages(run, partition, 0):
                counts = Counts()
                found = self._reread.read(rows, counts)
                people.update(each.row["profile_id"] for each in found if each.row["profile_id"] is not None)
                _add(report, counts)
                progress(report)
        edges: Joined = Counter()
        standing = self._people(sorted(people))
        for start in range(0, len(standing), PAGE):
            page = standing[start : start + PAGE]
            with self._pipeline.turns:
                self._loader.catch_up()
                edges += self._refold.preview(page, clock.now(), lambda rows: self._as_replayed(run, rows))
            report.profiles += len(page)
            _tell_edges(report, edges)
            progress(report)

    def _as_replayed(self, run: "_Run", rows: list[Row]) -> list[tuple[Row, Any]]:
        """Return the events that the rows would be, those that are not selected as they are."""
        chosen = {id(row) for row in rows if run.selects(row)}
        again = {id(found.row): found.event for found in self._reread.read([row for row in rows if id(row) in chosen])}
        sealers = self._events.sealers(rows)
        opened = ((row, again.get(id(row)) or self._events.event(row, sealers)) for row in rows)
        return [(row, event) for row, event in opened if event is not None]


class _Run(msgspec.Struct, frozen=True):
    """A selection with its bounds: the same rows, asked of the lake or of one row."""

    selection: Selection
    names: list[str] | None
    through: dict[int, int]

    def conditions(self) -> tuple[str, list[Any]]:
        """Return the selection as SQL and its parameters."""
        wanted, at = self.selection, self._at
        parts: list[tuple[str, Any]] = [
            (f"t.{at} >= ?", wanted.span.from_at),
            (f"t.{at} < ?", wanted.span.to_at),
            ("t.source_system = ?", wanted.source),
            ("t.name IN (SELECT unnest(?))", self.names),
            ("t.profile_id IN (SELECT unnest(?))", wanted.profile_ids and sorted(wanted.profile_ids)),
        ]
        named = [(text, value) for text, value in parts if value is not None]
        return "".join(f" AND {text}" for text, _ in named), [value for _, value in named]

    def selects(self, row: Row) -> bool:
        """Return whether the row is selected."""
        wanted, at = self.selection, row[self._at]
        return (
            row["offset"] <= self.through[row["partition"]]
            and (wanted.span.from_at is None or at >= wanted.span.from_at)
            and (wanted.span.to_at is None or at < wanted.span.to_at)
            and wanted.source in {None, row["source_system"]}
            and (self.names is None or row["name"] in self.names)
            and (wanted.profile_ids is None or row["profile_id"] in wanted.profile_ids)
        )

    @property
    def _at(self) -> str:
        return "occurred_at" if self.selection.by == "occurred" else "received_at"


def _profiles(found: list[Found]) -> pa.Table:
    people = {each.row["profile_id"] for each in found} - {None}
    return pa.table({"profile_id": pa.array(sorted(people), pa.int64())})


def _add(report: Report, counts: Counts) -> None:
    report.events += counts.events
    report.from_log += counts.from_log
    report.unreadable += counts.unreadable
    report.changed_rows += counts.changed
    report.changes = _sum(report.changes, counts.changes)
    report.refused_now = _sum(report.refused_now, counts.refused)


def _sum(before: dict[str, int], more: "Counter[str]") -> dict[str, int]:
    return dict(sorted((Counter(before) + more).items()))


def _tell_edges(report: Report, edges: Joined) -> None:
    report.joined = {audience: count for (audience, joined), count in sorted(edges.items()) if joined}
    report.left = {audience: count for (audience, joined), count in sorted(edges.items()) if not joined}
