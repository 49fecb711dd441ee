"""What commands ask of the gate's orders, and how a running server is asked it. It opens no data."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote


class AnsweringOrders(Protocol):
    """Pauses, holds, modes, the queue."""

    def pause(self, scope: str, name: str, actor: str, reason: str, until: str | None = None) -> dict[str, Any]:
        """Stop something."""
        ...

    def resume(self, scope: str, name: str, actor: str, reason: str) -> dict[str, Any]:
        """Let it go on."""
        ...

    def pauses(self) -> list[dict[str, Any]]:
        """Return what is paused."""
        ...

    def hold(self, told: str, kind: str, actor: str, reason: str, until: str | None = None) -> dict[str, Any]:
        """Leave a person alone."""
        ...

    def lift(self, told: str, actor: str, reason: str, kind: str | None = None) -> dict[str, Any]:
        """End holds."""
        ...

    def holds(self, told: str) -> list[dict[str, Any]]:
        """Return the holds on a person."""
        ...

    def set_mode(self, automation: str, mode: str, actor: str, reason: str) -> dict[str, Any]:
        """Set a mode."""
        ...

    def modes(self) -> list[dict[str, Any]]:
        """Return modes."""
        ...

    def queue(self, status: str = "waiting", limit: int = 100) -> list[dict[str, Any]]:
        """Return what waits."""
        ...

    def release(self, proposal_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Release or approve."""
        ...

    def reject(self, proposal_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Say no."""
        ...


class RemoteOrders:
    """``AnsweringOrders`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def pause(self, scope: str, name: str, actor: str, reason: str, until: str | None = None) -> dict[str, Any]:
        """Stop something."""
        body = {"scope": scope, "name": name, "actor": actor, "reason": reason, "until": until}
        return self._ask("POST", "/api/v1/pauses", json=body)  # type: ignore[no-any-return]

    def resume(self, scope: str, name: str, actor: str, reason: str) -> dict[str, Any]:
        """Let it go on."""
        body = {"scope": scope, "name": name, "actor": actor, "reason": reason}
        return self._ask("POST", "/api/v1/pauses/resume", json=body, timeout=None)  # type: ignore[no-any-return]

    def pauses(self) -> list[dict[str, Any]]:
        """Return what is paused."""
        return self._ask("GET", "/api/v1/pauses")  # type: ignore[no-any-return]

    def hold(self, told: str, kind: str, actor: str, reason: str, until: str | None = None) -> dict[str, Any]:
        """Leave a person alone."""
        body = {"profile": told, "kind": kind, "actor": actor, "reason": reason, "until": until}
        return self._ask("POST", "/api/v1/holds", json=body)  # type: ignore[no-any-return]

    def lift(self, told: str, actor: str, reason: str, kind: str | None = None) -> dict[str, Any]:
        """End holds."""
        body = {"profile": told, "kind": kind, "actor": actor, "reason": reason}
        return self._ask("POST", "/api/v1/holds/lift", json=body)  # type: ignore[no-any-return]

    def holds(self, told: str) -> list[dict[str, Any]]:
        """Return the holds on a person."""
        return self._ask("GET", "/api/v1/holds", params={"profile": told})  # type: ignore[no-any-return]

    def set_mode(self, automation: str, mode: str, actor: str, reason: str) -> dict[str, Any]:
        """Set a mode."""
        body = {"automation": automation, "mode": mode, "actor": actor, "reason": reason}
        return self._ask("POST", "/api/v1/modes", json=body)  # type: ignore[no-any-return]

    def modes(self) -> list[dict[str, Any]]:
        """Return modes."""
        return self._ask("GET", "/api/v1/modes")  # type: ignore[no-any-return]

    def queue(self, status: str = "waiting", limit: int = 100) -> list[dict[str, Any]]:
        """Return what waits."""
        return self._ask("GET", "/api/v1/queue", params={"status": status, "limit": limit})  # type: ignore[no-any-return]

    def release(self, proposal_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Release or approve."""
        return self._decide(proposal_id, "release", actor, reason)

    def reject(self, proposal_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Say no."""
        return self._decide(proposal_id, "reject", actor, reason)

    def _decide(self, proposal_id: str, act: str, actor: str, reason: str) -> dict[str, Any]:
        path = f"/api/v1/queue/{quote(proposal_id, safe='')}/{act}"
        return self._ask("POST", path, json={"actor": actor, "reason": reason})  # type: ignore[no-any-return]
