"""What commands ask of dead letters, and how a running server is asked it. It opens no data."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from fieldfare.flow.letter_requests import LetterRequest


class AnsweringLetters(Protocol):
    """What commands ask of dead letters."""

    def overview(self, asked: LetterRequest) -> dict[str, Any]:
        """Return counts and the newest."""
        ...

    def show(self, place: str) -> dict[str, Any]:
        """Return one, opened."""
        ...

    def repair(self, asked: LetterRequest) -> dict[str, Any]:
        """Try them again."""
        ...

    def discard(self, asked: LetterRequest) -> dict[str, Any]:
        """Close them for good."""
        ...


class RemoteLetters:
    """``AnsweringLetters`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def overview(self, asked: LetterRequest) -> dict[str, Any]:
        """Return counts and the newest."""
        return self._ask("GET", "/api/v1/dead-letters", params=_sent(asked))  # type: ignore[no-any-return]

    def show(self, place: str) -> dict[str, Any]:
        """Return one, opened."""
        return self._ask("GET", f"/api/v1/dead-letters/{quote(place, safe='')}")  # type: ignore[no-any-return]

    def repair(self, asked: LetterRequest) -> dict[str, Any]:
        """Try them again."""
        return self._ask("POST", "/api/v1/dead-letters/repair", json=_sent(asked), timeout=None)  # type: ignore[no-any-return]

    def discard(self, asked: LetterRequest) -> dict[str, Any]:
        """Close them for good."""
        return self._ask("POST", "/api/v1/dead-letters/discard", json=_sent(asked), timeout=None)  # type: ignore[no-any-return]


def _sent(asked: LetterRequest) -> dict[str, Any]:
    """Return the request as the API names it, without what is not said."""
    names = {"first": "from", "last": "to"}
    said = msgspec.to_builtins(asked)
    return {names.get(name, name): value for name, value in said.items() if value not in (None, [])}
