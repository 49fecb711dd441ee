"""The daily look at whether profiles are fit to act on. Changes no profile.

Flow: walk all documents once (their sealed part is opened for the names in it, no value is looked at); ask the lake how
late the last day's events were, how many of their people are known, and how many events it has beside the door's count;
count what waits for a person; keep one row per finding, in one transaction. A run that is cut off leaves nothing and
begins anew; a second run of a day replaces the first.
"""

from collections.abc import Collection
from typing import Any

from fieldfare.collect import store as collect_store
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.work import decode_document, open_personal
from fieldfare.ground.instants import DAY, HOUR, Day, Instant, local_day, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.identity.hold_store import count_open
from fieldfare.know.profiles import health_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.health import (
    Counted,
    Finding,
    HealthPolicy,
    count_profile,
    due_day,
    failure_of,
    in_phases,
    of_holds,
    of_profiles,
    of_sources,
)
from fieldfare.network.calendars.holds import Calendar
from fieldfare.network.calendars.wall import minute_of_day
from fieldfare.network.locations.model import Locations
from fieldfare.trust.keys.model import profile_owner
from fieldfare.trust.keys.seal import Keys

VERIFIED_KINDS = frozenset({"user_id", "email", "membership_id", "loyalty_id"})
"""Kinds of identifier that a sender has verified or signed somebody in with."""
_PAGE = 1_000
_OF_SOURCES = """WITH met AS (SELECT source_system AS source, external_id_hash AS person, received_at, occurred_at,
        coalesce(r.into_id, t.profile_id) AS profile_id
        FROM event_rows t LEFT JOIN redirects r USING (profile_id)
        WHERE received_at >= ? AND received_at < ? AND source_system <> ?)
    SELECT source, count(*) AS events, count(DISTINCT person) AS people,
        count(DISTINCT person) FILTER (WHERE profile_id IN (SELECT unnest(?::BIGINT[]))) AS verified,
        quantile_disc(greatest(received_at - occurred_at, 0), 0.95) AS late_us FROM met GROUP BY source"""


class ProfileHealth:
    """Looks at the profiles of an installation, once a local day."""

    def __init__(
        self, state: State, lake: Lake, loader: LakeLoader, keys: Keys, policy: HealthPolicy, zone: str
    ) -> None:
        """Look at these stores by the policy, in the workspace's zone."""
        self._state, self._lake, self._loader, self._keys = state, lake, loader, keys
        self._policy, self._zone = policy, zone
        self.declared: tuple[str, ...] = ()
        self.required: tuple[str, ...] = ()
        """Traits whose completeness is told, and those that every profile must have."""
        self.calendar = Calendar((), Locations(), zone)
        """By whose phases thresholds may differ."""

    def run_due(self, now: Instant) -> bool:
        """Run today's job when its hour has come and it has not run; return whether it did."""
        with self._state.read() as connection:
            last = health_store.last_day(connection)
        day = due_day(minute_of_day(now, self._zone), local_day(now, self._zone), last, self._policy)
        if day is None:
            return False
        self.run(now)
        return True

    def run(self, now: Instant) -> dict[str, Any]:
        """Look now, keep what is found as today's, and return it."""
        self._loader.sync()
        day = local_day(now, self._zone)
        policy = in_phases(self._policy, self.calendar.anywhere(now), self.calendar.seasons)
        counted, verified = self._count(now)
        findings = of_profiles(counted, self.declared, self.required, policy)
        findings += self._of_sources(now, verified, policy)
        findings.append(of_holds(self._waiting(), policy))
        with self._state.write() as connection:
            health_store.keep(connection, day, findings)
        return _told(day, findings)

    def latest(self) -> dict[str, Any]:
        """Return the newest findings; none when the job has never run."""
        return _told(*self._newest())

    def summary(self) -> dict[str, Any]:
        """Return of which day the newest findings are, and what of them fails its threshold, in words."""
        day, found = self._newest()
        failing = {f"{each.metric} of {each.source}": failure_of(each) for each in found if not each.ok}
        return {
            "day": to_iso(day * DAY)[:10] if day is not None else None,
            "ok": not failing if day is not None else None,
            "failing": failing,
        }

    def _newest(self) -> tuple[Day | None, list[Finding]]:
        with self._state.read() as connection:
            day = health_store.last_day(connection)
            return day, health_store.of_day(connection, day) if day is not None else []

    def _count(self, now: Instant) -> tuple[Counted, list[int]]:
        counted, verified, after = Counted(), list[int](), 0
        while True:
            with self._state.read() as connection:  # a page a time: the walk holds no snapshot for long
                ids = profile_store.load_after(connection, after, _PAGE)
                rows = profile_store.load(connection, ids)
            if not ids:
                return counted, verified
            after = ids[-1]
            self._keys.sealers(map(profile_owner, ids))  # all of the page at once; each is then in memory
            for profile_id, body, _ in rows:
                document = decode_document(profile_id, body)
                names: Collection[str] = {*document.traits, *open_personal(self._keys, profile_id, document)}
                count_profile(
                    counted,
                    document,
                    names,
                    required=self.required,
                    verified_kinds=VERIFIED_KINDS,
                    policy=self._policy,
                    now=now,
                )
                if VERIFIED_KINDS & document.identifiers.keys():
                    verified.append(profile_id)

    def _of_sources(self, now: Instant, verified: list[int], policy: HealthPolicy) -> list[Finding]:
        until = now // HOUR * HOUR  # tallies are kept by whole hours
        since = until - DAY
        rows = self._lake.arrow(_OF_SOURCES, [since, until, OWN_SOURCE, verified]).to_pylist()
        in_lake = {row["source"]: row["events"] for row in rows}
        with self._state.read() as connection:
            tallies = collect_store.tallies_since(connection, since // HOUR)
        at_door: dict[str, int] = {}
        for row in tallies:
            if row["hour"] < until // HOUR and row["source"] != OWN_SOURCE:
                at_door[row["source"]] = at_door.get(row["source"], 0) + row["events"]
        return of_sources(
            {row["source"]: row["late_us"] for row in rows},
            {row["source"]: (row["verified"], row["people"]) for row in rows},
            {name: (at_door.get(name, 0), in_lake.get(name, 0)) for name in at_door.keys() | in_lake.keys()},
            policy,
        )

    def _waiting(self) -> int:
        with self._state.read() as connection:
            return count_open(connection)


def _told(day: Day | None, findings: list[Finding]) -> dict[str, Any]:
    rows = [{name: getattr(each, name) for name in Finding.__struct_fields__} for each in findings]
    return {
        "day": to_iso(day * DAY)[:10] if day is not None else None,
        "ok": all(each.ok for each in findings) if day is not None else None,
        "findings": rows,
    }
