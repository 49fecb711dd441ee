"""What commands ask of consent, and how a running server is asked it. It opens no data."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from fieldfare.flow.consent_compare import PlatformRow
from fieldfare.flow.consent_request import ConsentRequest


class AnsweringReviews(Protocol):
    """The questions about answers that may be opt-outs."""

    def open(self) -> list[dict[str, Any]]:
        """Return those that wait."""
        ...

    def decide(self, which: str, *, is_opt_out: bool, actor: str) -> dict[str, Any]:
        """Decide one."""
        ...


class AnsweringComparisons(Protocol):
    """The question how a platform's export agrees, and what is disputed."""

    def run(self, platform: str, rows: Sequence[PlatformRow]) -> dict[str, Any]:
        """Compare."""
        ...

    def disputes(self) -> list[dict[str, Any]]:
        """Return what is disputed."""
        ...

    def resolve(self, platform: str, purpose: str, channel: str, *, actor: str, reason: str) -> dict[str, Any]:
        """Let it hold again."""
        ...


class AnsweringConsent(Protocol):
    """The questions about consent."""

    @property
    def reviews(self) -> AnsweringReviews:
        """Answers that may be opt-outs."""
        ...

    @property
    def comparing(self) -> AnsweringComparisons:
        """Exports of platforms."""
        ...

    def record(self, asked: ConsentRequest) -> dict[str, Any]:
        """Record an act."""
        ...

    def show(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return what is in force."""
        ...

    def history(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return every record."""
        ...

    def prove(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return a signed receipt."""
        ...

    def jwks(self) -> dict[str, Any]:
        """Return the public keys."""
        ...


class RemoteConsent:
    """``AnsweringConsent`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    @property
    def reviews(self) -> "RemoteReviews":
        """Answers that may be opt-outs."""
        return RemoteReviews(self._ask)

    @property
    def comparing(self) -> "RemoteComparisons":
        """Exports of platforms."""
        return RemoteComparisons(self._ask)

    def record(self, asked: ConsentRequest) -> dict[str, Any]:
        """Record an act."""
        told = {name: value for name, value in msgspec.structs.asdict(asked).items() if value is not None}
        return self._ask("POST", "/api/v1/consent", json=told)  # type: ignore[no-any-return]

    def show(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return what is in force."""
        return self._of(told, "consent", at)

    def history(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return every record."""
        return self._of(told, "consent/history", at)

    def prove(self, told: str, at: str | None = None) -> dict[str, Any]:
        """Return a signed receipt."""
        return self._of(told, "consent/proof", at)

    def jwks(self) -> dict[str, Any]:
        """Return the public keys."""
        return self._ask("GET", "/.well-known/jwks.json")  # type: ignore[no-any-return]

    def _of(self, told: str, what: str, at: str | None) -> dict[str, Any]:
        params = {} if at is None else {"at": at}
        return self._ask("GET", f"/api/v1/profiles/{quote(told, safe='')}/{what}", params=params)  # type: ignore[no-any-return]


class RemoteReviews:
    """``AnsweringReviews`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def open(self) -> list[dict[str, Any]]:
        """Return those that wait."""
        return self._ask("GET", "/api/v1/consent/reviews")  # type: ignore[no-any-return]

    def decide(self, which: str, *, is_opt_out: bool, actor: str) -> dict[str, Any]:
        """Decide one."""
        path = f"/api/v1/consent/reviews/{quote(which, safe='')}"
        return self._ask("POST", path, json={"opt_out": is_opt_out, "actor": actor})  # type: ignore[no-any-return]


class RemoteComparisons:
    """``AnsweringComparisons`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def run(self, platform: str, rows: Sequence[PlatformRow]) -> dict[str, Any]:
        """Compare."""
        body = {"platform": platform, "rows": [msgspec.structs.asdict(row) for row in rows]}
        return self._ask("POST", "/api/v1/consent/compare", json=body, timeout=None)  # type: ignore[no-any-return]

    def disputes(self) -> list[dict[str, Any]]:
        """Return what is disputed."""
        return self._ask("GET", "/api/v1/consent/disputes")  # type: ignore[no-any-return]

    def resolve(self, platform: str, purpose: str, channel: str, *, actor: str, reason: str) -> dict[str, Any]:
        """Let it hold again."""
        body = {"platform": platform, "purpose": purpose, "channel": channel, "actor": actor, "reason": reason}
        return self._ask("POST", "/api/v1/consent/disputes/resolve", json=body)  # type: ignore[no-any-return]
