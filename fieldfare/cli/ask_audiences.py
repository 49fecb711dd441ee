"""What commands ask of audiences, and how a running server is asked it. It opens no data."""

from collections.abc import Callable
from typing import Any, BinaryIO, Protocol
from urllib.parse import quote

import httpx
import msgspec

from fieldfare.flow.export_audience import ExportRequest


class AnsweringAudiences(Protocol):
    """The questions about audiences."""

    def overview(self) -> list[dict[str, Any]]:
        """Return every audience."""
        ...

    def show(self, name: str) -> dict[str, Any]:
        """Return all of one."""
        ...

    def explain(self, name: str) -> dict[str, Any]:
        """Return its meaning in lines."""
        ...

    def why(self, who: str, name: str) -> dict[str, Any]:
        """Return why a profile is in it or not."""
        ...

    def members(self, name: str, at: str | None, after: int, limit: int) -> dict[str, Any]:
        """Return a page of members."""
        ...

    def history(self, who: str) -> dict[str, Any]:
        """Return a person's stays."""
        ...

    def growth(self, name: str, days: int) -> dict[str, Any]:
        """Return joined, left and size by day."""
        ...

    def overlap(self, names: list[str]) -> dict[str, Any]:
        """Return how many are in each two."""
        ...

    def breakdown(self, name: str, by: str, limit: int) -> dict[str, Any]:
        """Return members by a value."""
        ...


class Exporting(Protocol):
    """Takes audiences out."""

    def run(self, asked: ExportRequest, sink: BinaryIO) -> dict[str, Any]:
        """Write an export into the sink and return what is in it."""
        ...

    def latest(self, audience: str | None, most: int) -> list[dict[str, Any]]:
        """Return exports on record."""
        ...


class LookingAtAudiences(Protocol):
    """Compares audiences with the lake."""

    def run(self, name: str | None = None) -> dict[str, Any]:
        """Compare now."""
        ...

    def latest(self) -> dict[str, Any]:
        """Return what the last look found."""
        ...


class RunningQueries(Protocol):
    """Runs queries of audiences."""

    def run(self, name: str) -> dict[str, Any]:
        """Run one now."""
        ...


Ask = Callable[..., Any]
"""Takes method, path and arguments, and returns the JSON of the answer."""
_BASE = "/api/v1/audiences"


def _path(name: str, what: str = "") -> str:
    return f"{_BASE}/{quote(name, safe='')}{what}"


class RemoteAudiences:
    """``AnsweringAudiences`` through a running server."""

    def __init__(self, ask: Ask) -> None:
        """Ask there."""
        self._ask = ask

    def overview(self) -> list[dict[str, Any]]:
        """Return every audience."""
        return self._ask("GET", _BASE)  # type: ignore[no-any-return]

    def show(self, name: str) -> dict[str, Any]:
        """Return all of one."""
        return self._ask("GET", _path(name))  # type: ignore[no-any-return]

    def explain(self, name: str) -> dict[str, Any]:
        """Return its meaning in lines."""
        return self._ask("GET", _path(name, "/explain"))  # type: ignore[no-any-return]

    def why(self, who: str, name: str) -> dict[str, Any]:
        """Return why a profile is in it or not."""
        return self._ask("GET", _path(name, "/why"), params={"profile": who})  # type: ignore[no-any-return]

    def members(self, name: str, at: str | None, after: int, limit: int) -> dict[str, Any]:
        """Return a page of members."""
        params = {"after": after, "limit": limit} | ({} if at is None else {"at": at})
        return self._ask("GET", _path(name, "/members"), params=params)  # type: ignore[no-any-return]

    def history(self, who: str) -> dict[str, Any]:
        """Return a person's stays."""
        return self._ask("GET", f"/api/v1/profiles/{quote(who, safe='')}/memberships")  # type: ignore[no-any-return]

    def growth(self, name: str, days: int) -> dict[str, Any]:
        """Return joined, left and size by day."""
        return self._ask("GET", _path(name, "/growth"), params={"days": days})  # type: ignore[no-any-return]

    def overlap(self, names: list[str]) -> dict[str, Any]:
        """Return how many are in each two."""
        return self._ask("GET", "/api/v1/memberships/overlap", params={"audience": names})  # type: ignore[no-any-return]

    def breakdown(self, name: str, by: str, limit: int) -> dict[str, Any]:
        """Return members by a value."""
        return self._ask("GET", _path(name, "/breakdown"), params={"by": by, "limit": limit})  # type: ignore[no-any-return]


class RemoteExports:
    """``Exporting`` through a running server."""

    def __init__(self, ask: Ask, file_of: Callable[..., httpx.Headers]) -> None:
        """``file_of`` takes method, path, sink and arguments, writes the answer's body there, returns its headers."""
        self._ask, self._file_of = ask, file_of

    def run(self, asked: ExportRequest, sink: BinaryIO) -> dict[str, Any]:
        """Write an export into the sink and return what is in it."""
        said = {name: value for name, value in msgspec.to_builtins(asked).items() if value is not None}
        headers = self._file_of("POST", _path(said.pop("audience"), "/export"), sink, json=said)
        return msgspec.json.decode(headers["X-Fieldfare-Export"])  # type: ignore[no-any-return]

    def latest(self, audience: str | None, most: int) -> list[dict[str, Any]]:
        """Return exports on record."""
        params = {"limit": most} | ({} if audience is None else {"audience": audience})
        return self._ask("GET", "/api/v1/memberships/exports", params=params)  # type: ignore[no-any-return]


class RemoteAudienceHealth:
    """``LookingAtAudiences`` through a running server."""

    def __init__(self, ask: Ask) -> None:
        """Ask there."""
        self._ask = ask

    def run(self, name: str | None = None) -> dict[str, Any]:
        """Compare now."""
        body = {} if name is None else {"audience": name}
        return self._ask("POST", "/api/v1/memberships/reconcile", json=body, timeout=None)  # type: ignore[no-any-return]

    def latest(self) -> dict[str, Any]:
        """Return what the last look found."""
        return self._ask("GET", "/api/v1/memberships/health")  # type: ignore[no-any-return]


class RemoteQueries:
    """``RunningQueries`` through a running server."""

    def __init__(self, ask: Ask) -> None:
        """Ask there."""
        self._ask = ask

    def run(self, name: str) -> dict[str, Any]:
        """Run one now."""
        return self._ask("POST", _path(name, "/refresh"), timeout=None)  # type: ignore[no-any-return]
