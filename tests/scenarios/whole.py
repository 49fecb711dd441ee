"""The whole product over a workspace, driven by hand: what a punctual live worker does, one instant after the other.

Every part is the true one (stores in a folder, log, pipeline, gate, capture channel, relay, lake loader); only the
clock is simulated. ``send`` is the door, ``tick`` is the worker. Whoever compares two of them opens the second with the
keys of the first, because hashes depend on them.
"""

import itertools
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Table, select

from fieldfare.act.delivery.store import attempt, captured_message
from fieldfare.assembly.files import open_workspace
from fieldfare.assembly.installation import Installation, open_rebuild, open_replay, open_simulation
from fieldfare.assembly.served import folder_files
from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.collect.model import Envelope, Mode
from fieldfare.collect.split import Parts, split
from fieldfare.collect.wire import consent_names, is_urgent
from fieldfare.decide.gate.store import decision
from fieldfare.decide.journeys.store import enrollment, load_enrollments, next_proposal_at, proposal
from fieldfare.flow.intake import seal_envelope
from fieldfare.flow.replay import Report, Selection
from fieldfare.flow.simulate import STRETCH_CALLS, Call, Reacts
from fieldfare.flow.take_turns import drain_urgent
from fieldfare.flow.work import decode_document, open_personal
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import Instant, local_day
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import NORMAL, URGENT
from fieldfare.know.audiences import store as audience_store
from fieldfare.know.audiences.store import membership_change
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.merge import compact
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.replay import CallStart, Replay, replay
from tests.scenarios.example_engine import FITNESS

ENVIRON = {"FIELDFARE_WRITE_KEY": "key-of-app"}
DELIVERIES = 256
ROUNDS = 10_000
"""So many rounds at one instant are an endless loop."""

Rows = list[dict[str, Any]]


@lru_cache(maxsize=16)
def _defined(files: frozenset[tuple[str, bytes]], environ: frozenset[tuple[str, str]]) -> Workspace:
    """Read definitions once for all tests of a process: most have the same, and reading them is what costs time."""
    return open_workspace(dict(files), dict(environ))


class Whole:
    """One installation and its clock."""

    def __init__(
        self,
        stores: Stores,
        at: Instant,
        workspace: Path = FITNESS,
        environ: Mapping[str, str] = ENVIRON,
        *,
        capture_all: bool = True,
    ) -> None:
        self.stores, self._environ, self._capture_all = stores, environ, capture_all
        self.clock = SimulatedClock(at)
        self.lake = stores.open_lake(threads=1)
        self.use(workspace)

    def use(self, workspace: Path) -> None:
        """Open the same data with the definitions of a folder."""
        self.workspace = _defined(frozenset(folder_files(workspace).items()), frozenset(self._environ.items()))
        self.installation = Installation(self.workspace, self.stores, self.clock, capture_all=self._capture_all)
        self.installation.loader(self.lake)  # the pipeline reads the past through it

    def send(
        self,
        call: dict[str, Any] | Sequence[dict[str, Any]],
        at: Instant,
        source: str = "app",
        mode: Mode = Mode.LIVE,
        *,
        partition: int | None = None,
    ) -> None:
        """Append one request as the door does; consent goes to the urgent partition (``partition``: planted faults)."""
        calls = [call] if isinstance(call, dict) else list(call)
        body = msgspec.json.encode({"batch": calls})
        parts = split("batch", body)
        assert isinstance(parts, Parts)
        urgent = is_urgent(parts, body, consent_names(self.workspace.contracts.synonyms.items()))
        envelope = Envelope(mode=mode, source=source, kind="batch", received_at=at, body=body)
        entry = seal_envelope(self.stores.keys, envelope)
        self.stores.log.append(partition if partition is not None else URGENT if urgent else NORMAL, [entry])

    def tick(self, at: Instant) -> None:
        """Let the time come to ``at``: everything that is due on the way happens at its own instant."""
        with self.stores.together():
            self._on_the_way(at)
            self.until_quiet(at)

    def play(self, calls: Iterable[Call], until: Instant, source: str = "app", late: Instant = 0) -> None:
        """Send every call at its own instant, and let everything happen between; ``late`` is for planted faults."""
        with self.stores.together():
            for at, group in itertools.groupby(calls, key=lambda each: each[0]):
                if at > until:
                    break
                self._on_the_way(at + late - 1)
                for _, call in group:
                    self.send(call, at, source)
                self.tick(at + late)
            self.tick(until)

    def simulate(
        self,
        calls: Iterable[Call],
        until: Instant,
        source: str = "app",
        *,
        apart: bool = False,
        stretch_calls: int = STRETCH_CALLS,
        react: Reacts | None = None,
    ) -> None:
        """Play the calls as ``fieldfare simulate`` does."""
        opened = (self.installation, self.clock, self.lake)
        simulation = open_simulation(*opened, apart=apart, stretch_calls=stretch_calls)
        simulation.run(calls, source, until, react, lambda _now: None)

    def rebuild(self, cause: str = "rebuild") -> int:
        """Fold every profile anew."""
        made = open_rebuild(self.installation, self.lake)
        return made.run(self.clock.now(), cause, lambda _count: None)

    def replay(self, *, dry_run: bool = False, lake: Lake | None = None, **chosen: Any) -> Report:
        """Replay what is chosen, all when nothing is."""
        made = open_replay(self.installation, lake or self.lake)
        selection = Selection(**chosen)
        return made.run(selection, self.workspace.fingerprint, self.clock, dry_run=dry_run)

    def _on_the_way(self, at: Instant) -> None:
        for _ in range(ROUNDS):
            due_at = self.next_at()
            if due_at is None or due_at > at:
                return
            self.until_quiet(due_at)
        raise AssertionError("something stays due for ever")

    def next_at(self) -> Instant | None:
        """Return the next instant at which time alone does something."""
        with self.stores.state.read() as connection:
            dues = profile_store.next_due_at(connection), next_proposal_at(connection)
        return min((at for at in dues if at is not None), default=None)

    def until_quiet(self, at: Instant) -> None:
        """Do at ``at`` what a worker does until nothing is left to do."""
        self.clock.move_to(max(at, self.clock.now()))
        now, parts = self.clock.now(), self.installation
        for _ in range(ROUNDS):
            done = drain_urgent(parts.pipeline) + parts.pipeline.apply(NORMAL) + parts.pipeline.wake(now)
            if not done and not parts.delivery.run_due(now, DELIVERIES).due and not parts.relay.run(now):
                return
        raise AssertionError("it never becomes quiet")

    def rows(self, table: Table, *without: str) -> Rows:
        """Return a table's rows, in a fixed order, without some columns."""
        with self.stores.state.read() as connection:
            found = [dict(row._mapping) for row in connection.execute(select(table))]
        kept = [{name: value for name, value in row.items() if name not in without} for row in found]
        return sorted(kept, key=repr)

    def messages(self) -> Rows:
        """Return what was handed over to the capture channel."""
        return self.rows(captured_message, "sealed")

    def decisions(self) -> Rows:
        """Return the decision log."""
        return self.rows(decision, "seq")

    def memberships(self) -> Rows:
        """Return every joined and left."""
        return self.rows(membership_change, "seq")

    def proposals(self) -> Rows:
        """Return what was proposed."""
        return self.rows(proposal, "body")

    def attempts(self) -> Rows:
        """Return every attempt to hand over."""
        return self.rows(attempt)

    def enrollments(self) -> Rows:
        """Return every walk."""
        with self.stores.state.read() as connection:
            people = {row.profile_id for row in connection.execute(select(enrollment.c.profile_id))}
            return [msgspec.to_builtins(walk) for walk in load_enrollments(connection, people)]

    def sent(self, template: str) -> list[Instant]:
        """Return when messages of a template were handed over."""
        return [row["at"] for row in self.messages() if row["template"] == template]

    def profile_id(self, told: str) -> int:
        """Return the profile that answers to an id or to kind:value."""
        return int(self.installation.look.profile(told, self.clock.now())["profile_id"])

    def why_not(self, told: str, journey: str) -> dict[str, Any]:
        """Return why a person got or did not get a journey's messages."""
        found: dict[str, Any] = self.installation.look.why_not(told, journey, self.clock.now())["journeys"][journey]
        return found

    def documents(self) -> dict[int, Any]:
        """Return every document by profile id, with personal traits in clear and old tiles folded away as of now."""
        found, now, plan = {}, self.clock.now(), self.installation.definitions.plan
        with self.stores.state.read() as connection:
            for profile_id, body, _ in profile_store.load(
                connection, profile_store.load_after(connection, 0, 1_000_000)
            ):
                document = decode_document(profile_id, body)
                personal = open_personal(self.stores.keys, profile_id, document)
                document.sealed, document.edition = b"", 0  # how many editions there were is not known of the person
                compact(document, plan, local_day(now, self.workspace.time_zone), now)
                found[profile_id] = msgspec.to_builtins({"document": document, "personal": personal})
        return found

    def replayed(self) -> Replay:
        """Let the oracle go through ledger, suppressions and every call that was started."""
        with self.stores.state.read() as connection:
            started = connection.execute(select(attempt).where(attempt.c.call_started_at.is_not(None))).all()
            families = identity_store.families(connection, {row.profile_id for row in started})
            calls = [
                CallStart(
                    proposal_id=row.proposal_id,
                    profile_ids=tuple(sorted(families[row.profile_id])),
                    address_hash=bytes(row.address_hash),
                    purpose=row.purpose,
                    channel=row.channel,
                    at=row.call_started_at,
                )
                for row in started
            ]
            ledger, hushed = consent_store.all_records(connection), suppression_store.all_suppressions(connection)
        return replay(ledger, hushed, calls, self.workspace.consent)

    def close(self) -> None:
        """Close all stores."""
        self.lake.close()
        self.stores.close()


@contextmanager
def opened(
    folder: Path,
    at: Instant,
    workspace: Path = FITNESS,
    *,
    keys_of: Path | None = None,
    url: str | None = None,
    environ: Mapping[str, str] = ENVIRON,
    capture_all: bool = True,
) -> Iterator[Whole]:
    """Open an empty installation in a folder; ``keys_of``: the folder whose keys it shares; ``url``: PostgreSQL.

    ``capture_all``: whether every channel captures; else each has the driver that its file says.
    """
    if keys_of is not None:
        shutil.copytree(keys_of / "keys", folder / "keys")
    where = {"FIELDFARE_STATE_URL": url} if url is not None else {}
    whole = Whole(open_stores(folder, where, durable=False), at, workspace, environ, capture_all=capture_all)
    try:
        yield whole
        sizes_are_kept(whole)
    finally:
        whole.close()


def sizes_are_kept(whole: Whole) -> None:
    """The check: the numbers of members that are kept are those that the recorded changes come to."""
    table = membership_change.c
    with whole.stores.state.read() as connection:
        rows = connection.execute(select(table.audience, table.profile_id, table.joined).order_by(table.seq)).all()
        kept = audience_store.sizes(connection)
    inside = {(row[0], row[1]): row[2] for row in rows}
    counted = Counter(audience for (audience, _), joined in inside.items() if joined)
    assert {name: size for name, size in kept.items() if size} == counted


_WAKES = 4


def known_of(whole: Whole) -> dict[int, Any]:
    """Return what the documents know. When they look again is left out: a later look may see that it need not."""
    found = whole.documents()
    for each in found.values():
        each["document"][_WAKES] = None
    return found


def a_rebuild_changes_nothing(whole: Whole) -> None:
    """The check: documents folded from empty are those that live folding left, and nobody joins or leaves by it."""
    before, changes = known_of(whole), whole.memberships()
    whole.rebuild()
    assert known_of(whole) == before
    assert whole.memberships() == changes
