"""What the door counts about itself, for ``/metrics``. Labels are statuses, sources and declared fields."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from fieldfare.collect.sources.model import Counts
from fieldfare.ground.instants import SECOND

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class DoorGauges:
    """Counters of one door, in a registry of their own."""

    def __init__(self) -> None:
        """Start at zero."""
        self._registry = CollectorRegistry()
        name = "fieldfare_door"
        self._requests = Counter(f"{name}_requests", "Requests by status.", ["status"], registry=self._registry)
        self._events = Counter(f"{name}_events", "Events accepted, by source.", ["source"], registry=self._registry)
        self._removed = Counter(
            f"{name}_removed_fields", "Forbidden values removed.", ["field"], registry=self._registry
        )
        self._urgent = Counter(f"{name}_urgent_requests", "Requests that bear consent.", registry=self._registry)
        self._retried = Counter(
            f"{name}_retried_requests", "Requests that a sender tried before.", registry=self._registry
        )
        self._webhook_events = Counter(
            f"{name}_webhook_events",
            "What webhook requests became, by source: accepted events, dead letters, notifications left out.",
            ["source", "outcome"],
            registry=self._registry,
        )
        self._webhook_unverified = Counter(
            f"{name}_webhook_unverified",
            "Webhook requests whose signature did not verify, by source, reason and mode (enforce: refused).",
            ["source", "reason", "mode"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            f"{name}_accept_seconds", "From the first byte to durable.", buckets=_BUCKETS, registry=self._registry
        )
        self._by_status: dict[int, Counter] = {}
        self._by_source: dict[str, Counter] = {}

    def answered(self, status: int) -> None:
        """Count an answer."""
        child = self._by_status.get(status)
        if child is None:
            child = self._by_status[status] = self._requests.labels(str(status))
        child.inc()

    def accepted(self, source: str, events: int, took_us: int) -> None:
        """Count an accepted request of so many events that was durable after ``took_us`` microseconds."""
        child = self._by_source.get(source)
        if child is None:
            child = self._by_source[source] = self._events.labels(source)
        child.inc(events)
        self._seconds.observe(took_us / SECOND)

    def removed(self, counts: dict[str, int]) -> None:
        """Count forbidden values by field."""
        for field, count in counts.items():
            self._removed.labels(field).inc(count)

    def urgent(self) -> None:
        """Count a request that bears consent."""
        self._urgent.inc()

    def retried(self) -> None:
        """Count a request that its sender says it tried before: how likely duplicates are."""
        self._retried.inc()

    def webhook(self, counts: Counts) -> None:
        """Count what became of a webhook request."""
        for outcome, number in (("accepted", counts.accepted), ("dead", counts.dead), ("ignored", counts.ignored)):
            if number:
                self._webhook_events.labels(counts.source, outcome).inc(number)
        if counts.unverified is not None:
            mode = "shadow" if counts.is_shadow else "enforce"
            self._webhook_unverified.labels(counts.source, counts.unverified, mode).inc()

    def text(self) -> bytes:
        """Return everything in the Prometheus text format."""
        return generate_latest(self._registry)
