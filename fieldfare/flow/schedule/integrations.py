"""Whether what an installation is wired to still works: providers that fail, sources that went silent. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from fieldfare.act.delivery.breaker import Breaker, Circuit, circuit_of
from fieldfare.ground.instants import DAY, HOUR, Instant, to_iso

USUAL_DAYS = 7
"""A source that sent something in so many days before the last one is expected to go on."""


def wanting(
    breakers: Mapping[str, Breaker], tallies: Iterable[Mapping[str, Any]], sources: Iterable[str], now: Instant
) -> dict[str, Any]:
    """Return the ``providers`` whose circuit is not closed, and the ``silent`` sources with when they last sent.

    ``tallies``: counts by source and hour of the last eight days.
    """
    last: dict[str, Instant] = {}
    for row in tallies:
        if row["events"] and row["hour"] * HOUR >= now - (USUAL_DAYS + 1) * DAY:
            last[row["source"]] = max(row["last_received_at"], last.get(row["source"], 0))
    silent = {name: to_iso(last[name]) for name in sorted(sources) if name in last and last[name] < now - DAY}
    providers = {
        name: each.detail or "does not answer"
        for name, each in sorted(breakers.items())
        if circuit_of(each, now) is not Circuit.CLOSED
    }
    return {"providers": providers, "silent": silent}
