"""What the server counts, for Prometheus. Numbers of the status; nothing personal, and nothing is decided here."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs


def metrics_text(status: dict[str, Any]) -> bytes:
    """Return what matters of the status in the Prometheus text format."""
    registry = CollectorRegistry()
    verdicts = Gauge(
        "fieldfare_gate_verdicts", "Verdicts by outcome and first rule.", ["outcome", "rule"], registry=registry
    )
    for name, count in status["verdicts"].items():
        outcome, _, rule = name.partition(": ")
        verdicts.labels(outcome, rule).set(count)
    failures = Gauge(
        "fieldfare_gate_rule_failures_last_day", "Rules that failed, and refused by that.", ["rule"], registry=registry
    )
    for rule, count in status["rule_failures_last_day"].items():
        failures.labels(rule).set(count)
    attempts = Gauge("fieldfare_delivery_attempts", "Attempts by outcome.", ["outcome"], registry=registry)
    for outcome, count in status["attempts"].items():
        attempts.labels(outcome).set(count)
    disputed = Gauge("fieldfare_consent_disputes", "Purposes and channels that a platform disputes.", registry=registry)
    disputed.set(len(status["consent"]["disputed"]))
    return generate_latest(registry)


def metrics_routes(status: Callable[[], dict[str, Any]]) -> APIRouter:
    """Return the route."""
    router = APIRouter()

    @router.get("/metrics", response_class=PlainTextResponse, dependencies=needs(Permission.SEE))
    def metrics() -> Response:
        """Tell verdicts, rules that failed, attempts and disputes as Prometheus text."""
        return Response(metrics_text(status()), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
