"""What commands ask of templates and captured messages, and how a running server is asked it. It opens no data."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from msgspec.structs import asdict

from fieldfare.flow.captured import MailboxFilter
from fieldfare.flow.template_answers import USUAL_SAMPLE
from fieldfare.flow.trait_answers import Reveal
from fieldfare.flow.try_message import TryRequest

_NAMES = {"first": "from", "last": "to"}
"""How the API calls what a filter calls otherwise."""


class AnsweringTemplates(Protocol):
    """The questions about templates."""

    def all(self) -> list[dict[str, Any]]:
        """Return every template."""
        ...

    def check(self, name: str | None, sample: int = USUAL_SAMPLE) -> list[dict[str, Any]]:
        """Return what templates make of people."""
        ...

    def preview(
        self,
        name: str,
        told: str,
        locale: str | None = None,
        location: str | None = None,
        reveal: Reveal | None = None,
    ) -> dict[str, Any]:
        """Return one person's message."""
        ...


class AnsweringMailbox(Protocol):
    """The questions about captured messages."""

    def search(self, asked: MailboxFilter) -> dict[str, Any]:
        """Return messages."""
        ...


class SendingTests(Protocol):
    """Sending a test message to one of our own people."""

    def send(self, asked: TryRequest) -> dict[str, Any]:
        """Send it; return what became of it."""
        ...


class RemoteTries:
    """``SendingTests`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def send(self, asked: TryRequest) -> dict[str, Any]:
        """Send it; return what became of it."""
        body = {name: value for name, value in asdict(asked).items() if name not in {"template", "own"}}
        path = f"/api/v1/templates/{quote(asked.template, safe='')}/test"
        return self._ask("POST", path, json=body)  # type: ignore[no-any-return]


class RemoteTemplates:
    """``AnsweringTemplates`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def all(self) -> list[dict[str, Any]]:
        """Return every template."""
        return self._ask("GET", "/api/v1/templates")  # type: ignore[no-any-return]

    def check(self, name: str | None, sample: int = USUAL_SAMPLE) -> list[dict[str, Any]]:
        """Return what templates make of people."""
        params = {"sample": sample} | ({"template": name} if name is not None else {})
        return self._ask("GET", "/api/v1/templates/check", params=params, timeout=None)  # type: ignore[no-any-return]

    def preview(
        self,
        name: str,
        told: str,
        locale: str | None = None,
        location: str | None = None,
        reveal: Reveal | None = None,
    ) -> dict[str, Any]:
        """Return one person's message."""
        asked = {"profile": told, "locale": locale, "location": location}
        said = {} if reveal is None else {"reveal": True, **asdict(reveal)}
        params = {key: value for key, value in asked.items() if value is not None} | said
        return self._ask("GET", f"/api/v1/templates/{quote(name, safe='')}/preview", params=params)  # type: ignore[no-any-return]


class RemoteMailbox:
    """``AnsweringMailbox`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def search(self, asked: MailboxFilter) -> dict[str, Any]:
        """Return messages."""
        params = {_NAMES.get(name, name): value for name, value in asdict(asked).items() if value is not None}
        return self._ask("GET", "/api/v1/captured", params=params)  # type: ignore[no-any-return]
