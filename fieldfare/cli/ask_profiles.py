"""What commands ask about people, and how a running server is asked."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from msgspec.structs import asdict

from fieldfare.flow.profile_answers import EventFilter
from fieldfare.flow.trait_answers import Reveal


class AnsweringProfiles(Protocol):
    """Answers about people; a profile that was merged away is answered with the one that stands for it."""

    def show(self, told: str, as_of: str | None = None) -> dict[str, Any]:
        """Return one profile."""
        ...

    def timeline(self, told: str, asked: EventFilter) -> dict[str, Any]:
        """Return a page of events."""
        ...

    def identities(self, told: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return the identity graph."""
        ...

    def search(self, text: str, limit: int = 20) -> dict[str, Any]:
        """Return who is meant."""
        ...

    def reveals(
        self, told: str | None = None, actor: str | None = None, cursor: int | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Return who was shown what is sealed."""
        ...


class RemoteProfiles:
    """``AnsweringProfiles`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """``ask`` takes method, path and arguments, and returns the JSON of the answer."""
        self._ask = ask

    def show(self, told: str, as_of: str | None = None) -> dict[str, Any]:
        """Return one profile."""
        return self._of(told, "", {"as_of": as_of})

    def timeline(self, told: str, asked: EventFilter) -> dict[str, Any]:
        """Return a page of events."""
        names = {"first": "from", "last": "to", "kind": "type"}
        said = {names.get(name, name): value for name, value in asdict(asked).items() if name != "reveal"}
        return self._of(told, "/timeline", said | _said(asked.reveal))

    def identities(self, told: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return the identity graph."""
        return self._of(told, "/identities", _said(reveal))

    def search(self, text: str, limit: int = 20) -> dict[str, Any]:
        """Return who is meant."""
        found: dict[str, Any] = self._ask("GET", "/api/v1/profiles/search", params={"q": text, "limit": limit})
        return found

    def reveals(
        self, told: str | None = None, actor: str | None = None, cursor: int | None = None, limit: int = 50
    ) -> dict[str, Any]:
        """Return who was shown what is sealed."""
        said = {"profile": told, "actor": actor, "cursor": cursor, "limit": limit}
        params = {name: value for name, value in said.items() if value is not None}
        found: dict[str, Any] = self._ask("GET", "/api/v1/access/reveals", params=params)
        return found

    def _of(self, told: str, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        params = {name: value for name, value in asked.items() if value is not None}
        path = f"/api/v1/profiles/{quote(told, safe='')}{what}"
        found: dict[str, Any] = self._ask("GET", path, params=params)
        return found


def _said(reveal: Reveal | None) -> dict[str, Any]:
    return {} if reveal is None else {"reveal": True, **asdict(reveal)}
