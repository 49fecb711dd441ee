"""What commands ask of seasons, through a running server or on the data itself."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote


class AnsweringSeasons(Protocol):
    """What commands ask of seasons."""

    def forecast(self, event: str, place: str | None, days: int) -> dict[str, Any]:
        """Return what is expected."""
        ...

    def propose(self, event: str, place: str | None) -> dict[str, Any]:
        """Look for seasons and keep what is new."""
        ...

    def proposals(self, status: str | None) -> list[dict[str, Any]]:
        """Return proposed seasons."""
        ...

    def decide(self, proposal_id: str, decision: str, actor: str, note: str) -> dict[str, Any]:
        """Accept or reject one."""
        ...


class AnsweringReadiness(Protocol):
    """What commands ask of readiness."""

    def report(self, location: str | None, event: str | None) -> dict[str, Any]:
        """Return the report."""
        ...


class AnsweringSchedule(Protocol):
    """What commands ask of scheduled work."""

    def show(self, most: int) -> dict[str, Any]:
        """Return what is scheduled, and the newest runs."""
        ...


class RemoteSeasons:
    """``AnsweringSeasons``, ``AnsweringReadiness`` and ``AnsweringSchedule`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def forecast(self, event: str, place: str | None, days: int) -> dict[str, Any]:
        """Return what is expected."""
        params = {"event": event, "days": days} | _at(place)
        return self._ask("GET", "/api/v1/seasons/forecast", params=params, timeout=None)  # type: ignore[no-any-return]

    def propose(self, event: str, place: str | None) -> dict[str, Any]:
        """Look for seasons and keep what is new."""
        body = {"event": event} | _at(place)
        return self._ask("POST", "/api/v1/seasons/proposals", json=body, timeout=None)  # type: ignore[no-any-return]

    def proposals(self, status: str | None) -> list[dict[str, Any]]:
        """Return proposed seasons."""
        params = {} if status is None else {"status": status}
        return self._ask("GET", "/api/v1/seasons/proposals", params=params)  # type: ignore[no-any-return]

    def decide(self, proposal_id: str, decision: str, actor: str, note: str) -> dict[str, Any]:
        """Accept or reject one."""
        body = {"decision": decision, "actor": actor, "note": note}
        return self._ask("POST", f"/api/v1/seasons/proposals/{quote(proposal_id, safe='')}", json=body)  # type: ignore[no-any-return]

    def report(self, location: str | None, event: str | None) -> dict[str, Any]:
        """Return the readiness report."""
        params = _at(location) | ({} if event is None else {"event": event})
        return self._ask("GET", "/api/v1/seasons/readiness", params=params, timeout=None)  # type: ignore[no-any-return]

    def show(self, most: int) -> dict[str, Any]:
        """Return what is scheduled, and the newest runs."""
        return self._ask("GET", "/api/v1/seasons/work", params={"most": most})  # type: ignore[no-any-return]


def _at(place: str | None) -> dict[str, Any]:
    return {} if place is None else {"location": place}
