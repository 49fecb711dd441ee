"""What commands ask of journeys, and how a running server is asked it. It opens no data."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote


class AnsweringJourneys(Protocol):
    """The questions about journeys."""

    def all(self) -> list[dict[str, Any]]:
        """Return every journey."""
        ...

    def show(self, name: str) -> dict[str, Any]:
        """Return one journey."""
        ...

    def of(self, told: str) -> dict[str, Any]:
        """Return a person's walks."""
        ...

    def enroll(
        self, name: str, told: str, key: str | None, properties: Mapping[str, Any], request_id: str | None
    ) -> dict[str, Any]:
        """Ask a journey to take a person."""
        ...


class RemoteJourneys:
    """``AnsweringJourneys`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def all(self) -> list[dict[str, Any]]:
        """Return every journey."""
        return self._ask("GET", "/api/v1/journeys")  # type: ignore[no-any-return]

    def show(self, name: str) -> dict[str, Any]:
        """Return one journey."""
        return self._ask("GET", f"/api/v1/journeys/{quote(name, safe='')}")  # type: ignore[no-any-return]

    def of(self, told: str) -> dict[str, Any]:
        """Return a person's walks."""
        return self._ask("GET", f"/api/v1/profiles/{quote(told, safe='')}/journeys")  # type: ignore[no-any-return]

    def enroll(
        self, name: str, told: str, key: str | None, properties: Mapping[str, Any], request_id: str | None
    ) -> dict[str, Any]:
        """Ask a journey to take a person."""
        body = {"profile": told, "key": key, "properties": dict(properties), "request_id": request_id}
        return self._ask("POST", f"/api/v1/journeys/{quote(name, safe='')}/enroll", json=body)  # type: ignore[no-any-return]
