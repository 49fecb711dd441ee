"""The lake loader: log + applied -> lake, idempotent by place.

Flow, per partition: read what the pipeline has applied after the place the lake has; read the same records from the
log; write events and the stream's new place in one lake transaction. A crash anywhere leaves the
lake at its old or new place, never between, and the next run goes on from there; applied rows are forgotten only after
the lake committed. Numbered tables (membership changes, decisions) are followed by their sequence, attempts by when
they were granted; small tables are copied whole when one number of all their rows is another. Profiles and identifiers
are followed by what is noted of their changes (:mod:`fieldfare.flow.load_profiles`).
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import pyarrow as pa
from sqlalchemy import BigInteger, ColumnElement, Connection, Table, bindparam, func, literal, select

from fieldfare.act.delivery.model import HANDING_OVER, OutcomeKind
from fieldfare.collect.model import Event
from fieldfare.decide.gate import store as gate_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.event_rows import EventRows, arrow_rows
from fieldfare.flow.intake import Intake, applied_among
from fieldfare.flow.lake_memberships import TABLES_OF_AUDIENCES
from fieldfare.flow.lake_tables import (
    ASSIGNMENTS,
    CUTS,
    DECISION_ROWS,
    EVENT_ROWS,
    EXPOSURES,
    MESSAGE_ROWS,
    PROFILE_HEALTH,
    REDIRECTS,
    RETRACTIONS,
    STAGE_CHANGES,
    TABLES,
)
from fieldfare.flow.load_profiles import ProfileChanges
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import MINUTE, Instant
from fieldfare.ground.lake.ports import Lake, LakeTable, Update, Write
from fieldfare.ground.log.ports import PARTITIONS, EventLog
from fieldfare.ground.store import State, rows_in
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles.plan import FoldPlan

RECORDS_PER_READ = 64
RECORDS_PER_LOAD = 4_096
EVENTS_PER_LOAD = 20_000
ROWS_PER_LOAD = 10_000
SUMMARIES_PER_LOAD = 10_000
ATTEMPTS_LATE_US = 5 * MINUTE
"""Within so much, attempts may be committed in another order than that in which they were granted."""
_RECENT = "SELECT id, outcome FROM message_rows WHERE granted_at >= ? OR outcome IN (?, ?)"
_OUTCOME = [name for name, _, _ in MESSAGE_ROWS.columns].index("outcome")
_PRIME, _WEIGHT, _LARGEST = 1_000_003, 7_919, 2**62
_SETTLED = "settled_for_lake"
"""Fact that is written, durably, before each load; what was committed before it is durable then."""
_TEARS = "identity_regroup"
_SUMMARIES = "decision_summaries"
_verdicts = msgspec.msgpack.Decoder(list[int]).decode


class LakeLoader:
    """Keeps the lake current with the log and the state."""

    def __init__(
        self,
        state: State,
        log: EventLog,
        lake: Lake,
        intake: Intake,
        rows: EventRows,
        followed: Mapping[str, Table],
        plan: FoldPlan,
    ) -> None:
        """Keep what every load needs; ``followed`` maps the other lake tables to the state tables they follow.

        A table that it does not name is not loaded.
        """
        self._state, self._log, self._lake = state, log, lake
        self._lock = threading.RLock()
        """Held over a whole load: the worker and every question of the API come through here."""
        self._intake, self._rows = intake, rows
        numbered = (*TABLES_OF_AUDIENCES, DECISION_ROWS, STAGE_CHANGES, PROFILE_HEALTH, RETRACTIONS, CUTS)
        self._numbered = {table: followed[table.name] for table in numbered if table.name in followed}
        self._profiles = ProfileChanges(state, lambda: self._lake, self._settle, plan)
        copied = (ASSIGNMENTS, EXPOSURES, REDIRECTS)
        self._copied = {table: followed[table.name] for table in copied if table.name in followed}
        self._attempts = followed.get(MESSAGE_ROWS.name)

    def run(self, part: int = 1) -> int:
        """Load the next chunk of every stream, one ``part``-th of it; return how many records and rows were loaded."""
        with self._lock:
            return self._run_streams(part) + self._profiles.load(self._profiles.ends(), part)

    def _run_streams(self, part: int = 1) -> int:
        return (
            sum(self._load_partition(partition, part) for partition in PARTITIONS)
            + sum(self._follow(lake_table, table, part) for lake_table, table in self._numbered.items())
            + self._reattribute()
            + self._summarise()
        )

    def tidy(self) -> int:
        """Lay the rows of large tables well, one step each; return how many rows moved."""
        return sum(self._lake.tidy(table) for table in TABLES if table.sorting is not None)

    def sync(self) -> None:
        """Load everything there is by now, small tables included: what readouts, previews and refolds ask for."""
        with self._lock:
            self.catch_up()
            self.copy_small()

    def bring(self, *tables: LakeTable, profiles: bool = False) -> None:
        """Load what stands by now of these tables that follow the state's, and of the profiles; nothing else.

        For questions about nothing else: however much waits of events, they are answered at once.
        """
        with self._lock:
            stands = self._profiles.ends() if profiles else None
            for lake_table in tables:
                (self._bring if lake_table in self._numbered else self._copy)(lake_table)
            while stands is not None and self._profiles.load(stands):
                continue

    def _bring(self, lake_table: LakeTable) -> None:
        table = self._numbered[lake_table]
        with self._state.read() as connection:
            end = connection.execute(select(func.max(table.c.seq))).scalar_one() or 0
        while (place := self._lake.loaded(lake_table.name)) < end:
            if not self._follow(lake_table, table):
                raise _lacking(lake_table.name, place + 1)

    def catch_up(self) -> None:
        """Load what stands by now, and not what a busy pipeline adds meanwhile: that would never end."""
        with self._lock:
            profiles = self._profiles.ends()
            with self._state.read() as connection:
                ends = {f"log-{each}": flow_store.watermark_of(connection, each) for each in PARTITIONS}
                for lake_table, table in self._numbered.items():
                    last = connection.execute(select(func.max(table.c.seq))).scalar_one()
                    ends[lake_table.name] = last or 0
                if DECISION_ROWS in self._numbered:
                    place = self._lake.loaded(_SUMMARIES)
                    ends[_SUMMARIES] = gate_store.summarised_through(connection, place, ends[DECISION_ROWS.name])
                last = connection.execute(select(func.max(identity_store.regrouped.c.seq))).scalar_one()
                ends[_TEARS] = last or 0
            while any(self._lake.loaded(stream) < end for stream, end in ends.items()):
                if not self._run_streams():
                    stream = next(each for each, end in ends.items() if self._lake.loaded(each) < end)
                    raise _lacking(stream, self._lake.loaded(stream) + 1)
            while self._profiles.load(profiles):
                continue

    def _settle(self) -> None:
        """Make durable what was read for the lake, so that no power failure takes it back from the state alone."""
        with self._state.write() as connection:
            flow_store.set_fact(connection, _SETTLED, str(self._lake.loaded("log-1")))

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be loaded meanwhile, so that several questions are about one moment; applying goes on."""
        with self._lock:
            yield

    def copy_small(self) -> None:
        """Copy the small tables that changed, and bring the attempts that are new or became something else."""
        with self._lock:
            self._copy_small()
            self._follow_attempts()

    def _copy_small(self) -> None:
        for lake_table in self._copied:
            self._copy(lake_table)

    def _copy(self, lake_table: LakeTable) -> None:
        table = self._copied[lake_table]
        with self._state.read() as connection:
            stream = f"copy:{lake_table.name}"
            content = _content(connection, table)
            if content == self._lake.loaded(stream):
                return
            if lake_table is REDIRECTS:  # the views follow one step: give each gone profile the one that stands now
                rows = list(identity_store.redirects(connection).items())
            else:
                wanted = select(*(table.c[name] for name, _, _ in lake_table.columns))
                rows = [tuple(row) for row in connection.execute(wanted)]
        self._settle()
        self._lake.load(stream, content, [Write(lake_table.name, arrow_rows(lake_table, rows), whole=True)])

    def _follow_attempts(self) -> None:
        """Bring attempts that were granted since the last ones, and those whose outcome was not known then.

        Whatever was granted before the last minutes is committed by now, and a known outcome never changes. A state
        that is older than the lake is brought whole.
        """
        if self._attempts is None:
            return
        place, table = self._lake.loaded(MESSAGE_ROWS.name), self._attempts.c
        wanted = select(*(table[name] for name, _, _ in MESSAGE_ROWS.columns))
        with self._state.read() as connection:
            newest = connection.execute(select(func.max(table.granted_at))).scalar_one() or 0
            is_whole = place == 0 or newest < place
            since = 0 if is_whole else place - ATTEMPTS_LATE_US
            known = {} if is_whole else {row["id"]: row["outcome"] for row in self._attempts_since(since)}
            rows = {row.id: row for row in connection.execute(wanted.where(table.granted_at >= since))}
            still_open = wanted.where(table.id.in_(bindparam("many", expanding=True)))
            rows |= {row[0]: row for row in rows_in(connection, still_open, known.keys() - rows.keys())}
        changed = [tuple(row) for row in rows.values() if known.get(row[0]) != row[_OUTCOME]]
        if changed or newest < place:
            self._settle()
            write = Write(MESSAGE_ROWS.name, arrow_rows(MESSAGE_ROWS, changed), ("id",), whole=is_whole)
            self._lake.load(MESSAGE_ROWS.name, newest, [write])

    def _attempts_since(self, at: Instant) -> list[dict[str, Any]]:
        """Return what the lake has of attempts since then, and of older ones whose outcome it does not know."""
        told = [at, HANDING_OVER, OutcomeKind.UNKNOWN.value]
        found: list[dict[str, Any]] = self._lake.arrow(_RECENT, told).to_pylist()
        return found

    def _load_partition(self, partition: int, part: int) -> int:
        stream = f"log-{partition}"
        place = self._lake.loaded(stream)
        with self._state.read() as connection:
            applied = flow_store.applied_after(connection, partition, place, -(-RECORDS_PER_LOAD // part))
            if not applied:
                return 0
            verdicts = _first_events(applied, -(-EVENTS_PER_LOAD // part))
            through = max(verdicts)
            missing = next((each for each in range(place + 1, through) if each not in verdicts), None)
            if missing is not None:
                raise _lacking(stream, missing)
            pairs = self._events(partition, place, through, verdicts)
            writes = [Write(EVENT_ROWS.name, self._rows.build(pairs))]
        self._settle()
        self._lake.load(stream, through, writes)
        with self._state.write() as connection:
            flow_store.trim_applied(connection, partition, through)
        self._intake.handed.loaded(partition, through)
        return len(verdicts)

    def _events(
        self, partition: int, place: int, through: int, verdicts: dict[int, list[int]]
    ) -> list[tuple[Event, int]]:
        found: list[tuple[Event, int]] = []
        while place < through:
            items = self._intake.handed.take(partition, place + 1)
            if items is not None:
                place += 1
                found += applied_among(items, verdicts[place])
                continue
            records = self._log.read(partition, place, min(RECORDS_PER_READ, through - place))
            if not records or records[0].offset != place + 1:
                text = (
                    f"The log lacks record {place + 1} of partition {partition}, which was applied and is not in the "
                    "lake. The log is older than the state: restore both of one moment."
                )
                raise PermanentError("log_short", text)
            for record in records:
                found += self._intake.applied_of(record, verdicts[record.offset])
            place = records[-1].offset
        return found

    def _reattribute(self) -> int:
        """Give the rows of profiles that were torn apart to the people they belong to now.

        A tear waits until all that was applied before it is here, so no row of before comes after.
        """
        place = self._lake.loaded(_TEARS)
        with self._state.read() as connection:
            tears = identity_store.regrouped_after(connection, place, 1_000)
        for seq, moved in tears:
            rows = [(lead, was, each.profile_id) for each in moved for lead in each.leads for was in each.was]
            schema = pa.schema([("lead", pa.binary()), ("was", pa.int64()), ("now", pa.int64())])
            table = pa.Table.from_arrays(
                [pa.array(column, field.type) for column, field in zip(zip(*rows, strict=True), schema, strict=True)],
                schema=schema,
            )
            where = {"external_id_hash": "lead", "profile_id": "was"}
            self._settle()
            self._lake.load(_TEARS, seq, [Update(EVENT_ROWS.name, table, where, {"profile_id": "now"})])
        return len(tears)

    def _summarise(self) -> int:
        """Leave of old decisions in the lake what the state leaves of them: a hash of what was looked at."""
        if DECISION_ROWS not in self._numbered:
            return 0
        place, there = self._lake.loaded(_SUMMARIES), self._lake.loaded(DECISION_ROWS.name)
        with self._state.read() as connection:
            rows, through = gate_store.summaries_after(connection, place, there, SUMMARIES_PER_LOAD)
        if through == place:
            return 0
        schema = pa.schema([("seq", pa.int64()), ("inputs", pa.string()), ("nobody", pa.binary())])
        told = pa.Table.from_pylist([{"seq": seq, "inputs": inputs, "nobody": None} for seq, inputs in rows], schema)
        sets = {"inputs": "inputs", "external_id_hash": "nobody"}
        self._settle()
        self._lake.load(_SUMMARIES, through, [Update(DECISION_ROWS.name, told, {"seq": "seq"}, sets)] if rows else [])
        return max(len(rows), 1)

    def _follow(self, lake_table: LakeTable, table: Table, part: int = 1) -> int:
        place, most = self._lake.loaded(lake_table.name), -(-ROWS_PER_LOAD // part)
        with self._state.read() as connection:
            wanted = select(*(table.c[name] for name, _, _ in lake_table.columns)).where(table.c.seq > place)
            rows = [tuple(row) for row in connection.execute(wanted.order_by(table.c.seq).limit(most))]
        if rows:
            self._settle()
            self._lake.load(lake_table.name, rows[-1][0], [Write(lake_table.name, arrow_rows(lake_table, rows))])
        return len(rows)


def _lacking(stream: str, wanted: int) -> PermanentError:
    text = (
        f"The lake lacks what was applied at {wanted} of {stream}, and nothing is left to load it from: the lake is "
        "older than the state, or another lake has taken it. Restore both of one moment, and run one worker on one "
        "data folder."
    )
    return PermanentError("lake_short", text)


def _first_events(applied: list[tuple[int, bytes]], most: int) -> dict[int, list[int]]:
    """Return the verdicts of the first records, no more once they hold so many events."""
    verdicts: dict[int, list[int]] = {}
    count = 0
    for offset, raw in applied:
        verdicts[offset] = _verdicts(raw)
        count += len(verdicts[offset])
        if count >= most:
            break
    return verdicts


def _content(connection: Connection, table: Table) -> int:
    """Return one number of all rows, 0 of none: other rows, or one that changed, give another.

    A count would not do: a merge that is undone and another one leave as many redirects as there were. The ids and
    instants of each row are weighed and squared, so that two rows do not change places unseen.
    """
    numbers = [column for column in table.columns if isinstance(column.type, BigInteger)]
    row: ColumnElement[int] = literal(0, BigInteger)
    for column in numbers:
        row = (row * _WEIGHT + func.coalesce(column, 0) % _PRIME) % _PRIME
    count, total = connection.execute(select(func.count(), func.sum(row * row % _PRIME)).select_from(table)).one()
    return int(count + int(total or 0) * _PRIME) % _LARGEST
