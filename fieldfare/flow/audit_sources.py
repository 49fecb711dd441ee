"""The audit of sources: is what each of them sends fit to be joined and trusted? Reads only, and shows no value.

From three places: the counts that the pipeline keeps (duplicates, dead letters, failed verifications), a sample of raw
requests that the log still has (what senders leave out), and the lake (how late events are, how many people two sources
share). The log's sample is bounded; the lake's questions are two scans of the days asked for.
"""

from collections import Counter
from typing import Any

from fieldfare.collect import store as collect_store
from fieldfare.collect.shape import COUNTED, EVENTS, NO_MESSAGE_ID, NO_PERSON, NO_TIME, NO_ZONE, shape_of
from fieldfare.flow.intake import open_record
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import DAY, HOUR, SECOND, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.log.ports import PARTITIONS, EventLog
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE, Source
from fieldfare.trust.keys.seal import Keys

SAMPLE_RECORDS = 500
"""Latest records of each partition that are looked into."""
_READ = 100
MOST_DUPLICATES = MOST_DEAD = 0.05
_LATENESS = """SELECT source_system AS source, count(*) AS events, count(DISTINCT external_id_hash) AS people,
    quantile_disc(greatest(received_at - occurred_at, 0), [0.5, 0.95]) AS late_us FROM event_rows
    WHERE received_at >= ? GROUP BY source_system"""
_OVERLAP = """WITH met AS (SELECT DISTINCT source_system AS source, external_id_hash AS person FROM event_rows
    WHERE received_at >= ? AND external_id_hash IS NOT NULL AND source_system <> ?)
    SELECT a.source AS one, b.source AS other, count(*) AS shared FROM met a JOIN met b
    ON a.person = b.person AND a.source < b.source GROUP BY ALL ORDER BY ALL"""


class SourceAudit:
    """Looks at the sources of an installation."""

    def __init__(
        self, state: State, log: EventLog, lake: Lake, loader: LakeLoader, keys: Keys, sources: dict[str, Source]
    ) -> None:
        """Look at these stores; ``sources`` are the declared ones by name."""
        self._state, self._log, self._lake, self._loader = state, log, lake, loader
        self._keys, self._sources = keys, sources

    def run(self, days: int, now: Instant) -> dict[str, Any]:
        """Return, per source, what the last days say of it, and red flags in plain words."""
        self._loader.sync()
        since = now - days * DAY
        counts = self._counts(since)
        shapes = self._shapes(since)
        lake = {row["source"]: row for row in self._lake.arrow(_LATENESS, [since]).to_pylist()}
        overlap = self._lake.arrow(_OVERLAP, [since, OWN_SOURCE]).to_pylist()
        names = sorted({*self._sources, *counts, *lake} - {OWN_SOURCE})
        found = {name: self._source(name, counts.get(name, Counter()), shapes, lake.get(name)) for name in names}
        return {"days": days, "sources": found, "shared_people": overlap, "as_of": to_iso(now)}

    def _counts(self, since: Instant) -> dict[str, Counter[str]]:
        with self._state.read() as connection:
            rows = collect_store.tallies_since(connection, since // HOUR)
        found: dict[str, Counter[str]] = {}
        for row in rows:
            totals = found.setdefault(row["source"], Counter())
            totals.update({name: row[name] for name in ("events", "duplicates", "dead_letters", "unverified")})
        return found

    def _shapes(self, since: Instant) -> dict[str, Counter[str]]:
        """Look into the latest raw requests; those whose key is destroyed are left out."""
        found: dict[str, Counter[str]] = {}
        for partition in PARTITIONS:
            at = max(self._log.head(partition) - SAMPLE_RECORDS, 0)
            while records := self._log.read(partition, at, _READ):
                at = records[-1].offset
                for record in records:
                    if record.received_at < since:
                        continue
                    try:
                        envelope = open_record(self._keys, record)
                    except PermanentError:
                        continue
                    found.setdefault(envelope.source, Counter()).update(shape_of(envelope.kind, envelope.body))
        return found

    def _source(
        self, name: str, counts: Counter[str], shapes: dict[str, Counter[str]], lake: dict[str, Any] | None
    ) -> dict[str, Any]:
        declared, shape = self._sources.get(name), shapes.get(name, Counter())
        arrived = counts["events"] + counts["duplicates"] + counts["dead_letters"]
        late = lake["late_us"] if lake is not None else None
        told: dict[str, Any] = {
            "system": declared.system if declared is not None else None,
            "owner": declared.owner if declared is not None else None,
            "description": declared.description if declared is not None else None,
            **{each: counts[each] for each in ("events", "duplicates", "dead_letters", "unverified")},
            "people": lake["people"] if lake is not None else 0,
            "late_median_s": round(late[0] / SECOND, 1) if late else None,
            "late_p95_s": round(late[1] / SECOND, 1) if late else None,
            "sampled": {each: shape[each] for each in COUNTED},
        }
        told["red_flags"] = _flags(declared, counts, arrived, shape, told["late_p95_s"])
        return told


def _flags(
    declared: Source | None, counts: Counter[str], arrived: int, shape: Counter[str], late_p95_s: float | None
) -> list[str]:
    flags = []
    if declared is None:
        flags.append("the workspace does not declare it any more")
    elif declared.owner is None:
        flags.append("nobody is named as its owner")
    if not arrived:
        flags.append("nothing came from it")
        return flags
    for name, most in (("duplicates", MOST_DUPLICATES), ("dead_letters", MOST_DEAD)):
        if counts[name] > most * arrived:
            flags.append(f"{counts[name] / arrived:.0%} of what it sends are {name.replace('_', ' ')}")
    of_all = f"of {shape[EVENTS]} sampled events"
    flags += [f"{shape[lack]} {of_all} come {lack}" for lack in (NO_TIME, NO_PERSON, NO_MESSAGE_ID) if shape[lack]]
    if shape[NO_ZONE]:
        flags.append(f"{shape[NO_ZONE]} {of_all} give their {NO_ZONE}: taken as UTC")
    if counts["unverified"]:
        flags.append(f"{counts['unverified']} requests failed their verification and were kept (shadow)")
    declared_s = declared.max_delay_s if declared is not None else None
    if declared_s is not None and late_p95_s is not None and late_p95_s > declared_s:
        flags.append(f"one event in twenty is more than {late_p95_s:.0f} s late; {declared_s} s are declared")
    return flags
