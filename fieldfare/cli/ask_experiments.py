"""What commands ask of registered experiments, and where they get it: from the folder, or from the running server."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote


class AnsweringExperiments(Protocol):
    """What commands ask of registered experiments."""

    def knows(self, name: str) -> bool:
        """Return whether one of the name is registered."""
        ...

    def every(self) -> list[dict[str, Any]]:
        """Return every experiment."""
        ...

    def report(self, name: str) -> dict[str, Any]:
        """Return findings, lines and page."""
        ...

    def design(self, name: str, holdout: float | None, per_day: float | None, days: int | None) -> dict[str, Any]:
        """Return what it can find."""
        ...

    def match(self, name: str, size: int) -> dict[str, Any]:
        """Return which places to match."""
        ...


class RemoteExperiments:
    """``AnsweringExperiments`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def knows(self, name: str) -> bool:
        """Return whether one of the name is registered."""
        return any(each["experiment"] == name and each["looks"] is not None for each in self.every())

    def every(self) -> list[dict[str, Any]]:
        """Return every experiment."""
        return self._ask("GET", "/api/v1/experiments")  # type: ignore[no-any-return]

    def report(self, name: str) -> dict[str, Any]:
        """Return findings, lines and page."""
        return self._ask("GET", f"/api/v1/experiments/{quote(name, safe='')}", timeout=None)  # type: ignore[no-any-return]

    def design(self, name: str, holdout: float | None, per_day: float | None, days: int | None) -> dict[str, Any]:
        """Return what it can find."""
        asked = {"holdout": holdout, "units_per_day": per_day, "days": days}
        params = {key: value for key, value in asked.items() if value is not None}
        path = f"/api/v1/experiments/{quote(name, safe='')}/design"
        return self._ask("GET", path, params=params, timeout=None)  # type: ignore[no-any-return]

    def match(self, name: str, size: int) -> dict[str, Any]:
        """Return which places to match."""
        path = f"/api/v1/experiments/{quote(name, safe='')}/matching"
        return self._ask("GET", path, params={"size": size}, timeout=None)  # type: ignore[no-any-return]
