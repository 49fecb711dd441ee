"""The nightly look at audiences: memberships compared with the lake, sizes, drift, use, age. Changes no membership.

A kept number of members that is wrong is set right.

Flow: compare (:mod:`fieldfare.flow.reconcile_memberships`); count sizes; judge; keep findings and differences in one
transaction. A run that is cut off leaves nothing and begins anew; a second run of a day replaces the first. It runs at
the hour of the daily look at profiles (``health.yaml``).
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection

from fieldfare.flow.audience_users import users_of
from fieldfare.flow.reconcile_memberships import Compared, Reconciliation
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Day, Instant, local_day, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.suggest import nearest, quoted
from fieldfare.know.audiences import store
from fieldfare.know.audiences.health import Difference, Finding, Looked, Metric, findings_of
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.tell import meaning_of
from fieldfare.know.profiles.health import due_day
from fieldfare.network.calendars.wall import minute_of_day

MOST_KEPT = 1_000
"""Differences that are kept of a day, and told."""
_log = structlog.get_logger()


class AudienceHealth:
    """Looks at the audiences of an installation, once a local day."""

    def __init__(
        self,
        workspace: Workspace,
        state: State,
        lake: Lake,
        reconciliation: Reconciliation,
        clock: Clock,
        check: Callable[[], None],
    ) -> None:
        """Look at these; ``check`` refuses when other definitions hold."""
        self._check = check
        self._workspace, self._state, self._lake = workspace, state, lake
        self._reconciliation, self._clock = reconciliation, clock
        self._users = users_of(workspace)

    def begin(self) -> None:
        """Record the definitions in force, unless they are."""
        with self._state.write() as connection:
            self._record(connection)

    def run_due(self, now: Instant) -> bool:
        """Look when the hour has come and nobody has looked today; return whether it did."""
        if not self._workspace.audiences or not self._workspace.contracts.settings.assemble_profiles:
            return False
        zone = self._workspace.time_zone
        with self._state.read() as connection:
            last = store.last_day(connection)
        if due_day(minute_of_day(now, zone), local_day(now, zone), last, self._workspace.health) is None:
            return False
        self.run()
        return True

    def run(self, name: str | None = None) -> dict[str, Any]:
        """Look now, at all or (comparing only) at one; keep what is found, and return it."""
        audiences = self._workspace.audiences
        if name is not None and name not in audiences:
            advice = nearest(name, audiences) or f"Audiences: {quoted(audiences)}."
            text = f"There is no audience `{name[:80]}`. {advice}"
            raise CallerError("audience_unknown", text, field="audience", status=404)
        self._check()
        chosen = audiences if name is None else {name: audiences[name]}
        compared, miscounted = self._reconciliation.compare(chosen), self._reconciliation.miscounted()
        now = self._clock.now()
        day = local_day(now, self._workspace.time_zone)
        kept = compared.differences[:MOST_KEPT]
        with self._state.write() as connection:
            store.add_sizes(connection, miscounted)
            store.keep_differences(connection, day, compared.at, chosen.keys(), kept)
            if name is None:
                findings = self._judge(connection, day, compared, now)
                store.keep_findings(connection, day, findings)
            else:
                findings = _only_differences(audiences[name], compared)
        if compared.differences or compared.beyond:
            _log.error("memberships_differ", audiences=sorted({each.audience for each in compared.differences}))
        if miscounted:
            _log.error("audience_sizes_differed", by=miscounted)
        return _told(day, findings, kept, compared.at)

    def latest(self) -> dict[str, Any]:
        """Return what the last look found; nothing when nobody has looked."""
        with self._state.read() as connection:
            day = store.last_day(connection)
            if day is None:
                return _told(None, [], [], None)
            return _told(
                day, store.findings_of(connection, day), store.differences_of(connection, day, MOST_KEPT), None
            )

    def summary(self) -> dict[str, Any]:
        """Return in a few words what the last look found, and queries that fail now, for the status."""
        latest = self.latest()
        with self._state.read() as connection:
            failed = {name: run["code"] for name, run in store.runs(connection).items() if run["code"] is not None}
        flags: dict[str, int] = {}
        for each in latest["findings"]:
            if not each["ok"]:
                flags[each["metric"]] = flags.get(each["metric"], 0) + 1
        differing = sum(int(each["value"]) for each in latest["findings"] if each["metric"] == Metric.DIFFERENCES)
        failing = {name: code for name, code in failed.items() if name in self._workspace.audiences}
        return {"looked_on": latest["day"], "differences": differing, "flags": flags, "failed_queries": failing}

    def _judge(self, connection: Connection, day: Day, compared: Compared, now: Instant) -> list[Finding]:
        versions = self._record(connection)
        defined: dict[str, tuple[Instant, Instant]] = {}
        for row in store.definitions(connection):
            since, _ = defined.get(row["audience"], (row["at"], 0))
            if row["version"] <= versions.get(row["audience"], 0):
                defined[row["audience"]] = since, row["at"]
        counted, before = store.sizes(connection), store.sizes_before(connection, day, Metric.SIZE)
        used: dict[str, Instant] = {}
        for row in store.uses(connection):
            used[row["audience"]] = max(row["at"], used.get(row["audience"], 0))
        runs = store.runs(connection)
        differing = _counts(compared)
        found: list[Finding] = []
        for name, audience in self._workspace.audiences.items():
            since_at, defined_at = defined[name]
            run = runs.get(name)
            looked = Looked(
                size=counted.get(name, 0),
                size_before=before.get(name),
                is_wired=bool(self._users[name]),
                used_at=used.get(name),
                since_at=since_at,
                defined_at=defined_at,
                differences=differing.get(name, 0),
                has_failed=run is not None and run["code"] is not None,
            )
            found += findings_of(audience, looked, self._workspace.settings.audiences, now)
        return found

    def _record(self, connection: Connection) -> Mapping[str, int]:
        known = [(audience, meaning_of(audience)) for audience in self._workspace.audiences.values()]
        return store.record_definitions(connection, known, self._clock.now())


def _counts(compared: Compared) -> dict[str, int]:
    found = dict(compared.beyond)
    for each in compared.differences:
        found[each.audience] = found.get(each.audience, 0) + 1
    return found


def _only_differences(audience: Audience, compared: Compared) -> list[Finding]:
    count = _counts(compared).get(audience.name, 0)
    return [Finding(audience.name, Metric.DIFFERENCES.value, float(count), 0.0, count == 0)]


def _told(
    day: Day | None, findings: list[Finding], differences: list[Difference], at: Instant | None
) -> dict[str, Any]:
    return {
        "day": to_iso(day * DAY)[:10] if day is not None else None,
        "at": None if at is None else to_iso(at),
        "ok": all(each.ok for each in findings) if day is not None else None,
        "findings": [msgspec.structs.asdict(each) for each in findings],
        "differences": [msgspec.structs.asdict(each) for each in differences],
    }
