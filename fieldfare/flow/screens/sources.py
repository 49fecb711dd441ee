"""Sources as a screen shows them: what each is, how much it sends, how late. Reads counts by hour, and no event."""

from typing import Any

import msgspec

from fieldfare.collect import store as collect_store
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import HOUR, MINUTE, SECOND, to_iso
from fieldfare.ground.store import State

HOURS = 24


class SourceAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers about sources."""

    state: State
    workspace: Workspace
    clock: Clock

    def all(self) -> list[dict[str, Any]]:
        """Return every source with its last day by the hour; one that sends without being declared comes too."""
        now = self.clock.now()
        first = now // HOUR - HOURS + 1
        with self.state.read() as tx:
            rows = collect_store.tallies_since(tx, first)
        by_source: dict[str, list[dict[str, Any]]] = {}
        for row in rows:
            by_source.setdefault(row["source"], []).append(row)
        names = sorted({*self.workspace.sources, *by_source})
        return [self._told(name, by_source.get(name, []), first, now) for name in names]

    def _told(self, name: str, rows: list[dict[str, Any]], first: int, now: int) -> dict[str, Any]:
        spec = self.workspace.sources.get(name)
        last = max((row["last_received_at"] for row in rows), default=None)
        hours = [0] * HOURS
        for row in rows:
            hours[row["hour"] - first] += row["events"]
        silent_s = None if last is None else round((now - last) / SECOND)
        minutes = min(max((now - (now // HOUR) * HOUR) / MINUTE, 1.0), 60.0)
        return {
            "source": name,
            "is_declared": spec is not None,
            "enabled": spec is not None and spec.enabled,
            "kind": "webhook" if spec is not None and spec.webhook is not None else "calls",
            "system": spec.system if spec is not None else None,
            "owner": spec.owner if spec is not None else None,
            "description": spec.description if spec is not None else "",
            **{each: sum(row[each] for row in rows) for each in collect_store.TALLIED},
            "events_per_min": round(hours[-1] / minutes, 1),
            "hours": hours,
            "last_received_at": None if last is None else to_iso(last),
            "silent_s": silent_s,
            "max_delay_s": spec.max_delay_s if spec is not None else None,
        }
