"""What commands ask of identity, and how a running server is asked it. It opens no data."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from fieldfare.flow.identity_answers import ActRequest


class AnsweringIdentity(Protocol):
    """What commands ask of identity."""

    def act(self, asked: ActRequest) -> dict[str, Any]:
        """Do it, and return what came of it."""
        ...

    def review(self, question: str, decision: str, actor: str, reason: str) -> dict[str, Any]:
        """Answer a question."""
        ...

    def holds(self, status: str | None, reason: str | None, limit: int) -> dict[str, Any]:
        """Return questions."""
        ...

    def acts(self, limit: int) -> dict[str, Any]:
        """Return what people did."""
        ...

    def explain(self, a: str, b: str) -> dict[str, Any]:
        """Return why two identifiers are one person or two."""
        ...


class RemoteIdentity:
    """``AnsweringIdentity`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def act(self, asked: ActRequest) -> dict[str, Any]:
        """Do it, and return what came of it."""
        said = msgspec.to_builtins(asked)
        body = {"act": said.pop("kind"), **said}
        return self._ask("POST", "/api/v1/identity/acts", json=body)  # type: ignore[no-any-return]

    def review(self, question: str, decision: str, actor: str, reason: str) -> dict[str, Any]:
        """Answer a question."""
        body = {"decision": decision, "actor": actor, "reason": reason}
        return self._ask("POST", f"/api/v1/identity/holds/{quote(question, safe='')}", json=body)  # type: ignore[no-any-return]

    def holds(self, status: str | None, reason: str | None, limit: int) -> dict[str, Any]:
        """Return questions."""
        params = {"status": status or "all", "limit": limit} | ({"reason": reason} if reason is not None else {})
        return self._ask("GET", "/api/v1/identity/holds", params=params)  # type: ignore[no-any-return]

    def acts(self, limit: int) -> dict[str, Any]:
        """Return what people did."""
        return self._ask("GET", "/api/v1/identity/acts", params={"limit": limit})  # type: ignore[no-any-return]

    def explain(self, a: str, b: str) -> dict[str, Any]:
        """Return why two identifiers are one person or two."""
        return self._ask("GET", "/api/v1/identity/explain", params={"a": a, "b": b})  # type: ignore[no-any-return]
