"""What commands ask of traits and stages, and how a running server is asked it. It opens no data."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from fieldfare.flow.corrections import CorrectionRequest
from fieldfare.flow.trait_answers import Reveal


class AnsweringTraits(Protocol):
    """The questions about traits."""

    def explain(self, told: str, trait: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return every value of a trait."""
        ...


class Correcting(Protocol):
    """What is corrected in traits."""

    def correct(self, asked: CorrectionRequest) -> dict[str, Any]:
        """Correct a trait."""
        ...

    def lift(self, asked: CorrectionRequest) -> dict[str, Any]:
        """Lift the corrections of a trait."""
        ...


class RemoteCorrections:
    """``Correcting`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def correct(self, asked: CorrectionRequest) -> dict[str, Any]:
        """Correct a trait."""
        body = {"trait": asked.trait, "value": asked.value, "actor": asked.actor, "reason": asked.reason}
        return self._ask("POST", _corrections(asked.told), json=body)  # type: ignore[no-any-return]

    def lift(self, asked: CorrectionRequest) -> dict[str, Any]:
        """Lift the corrections of a trait."""
        body = {"trait": asked.trait, "actor": asked.actor, "reason": asked.reason}
        return self._ask("POST", f"{_corrections(asked.told)}/lift", json=body)  # type: ignore[no-any-return]


def _corrections(told: str) -> str:
    return f"/api/v1/profiles/{quote(told, safe='')}/corrections"


class AnsweringLifecycle(Protocol):
    """The questions about stages."""

    def show(self, days: int) -> dict[str, Any]:
        """Return stages, moves and outcomes."""
        ...


class RemoteLifecycle:
    """``AnsweringLifecycle`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def show(self, days: int) -> dict[str, Any]:
        """Return stages, moves and outcomes."""
        return self._ask("GET", "/api/v1/lifecycle", params={"days": days})  # type: ignore[no-any-return]


class RemoteTraits:
    """``AnsweringTraits`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def explain(self, told: str, trait: str, reveal: Reveal | None = None) -> dict[str, Any]:
        """Return every value of a trait."""
        path = f"/api/v1/profiles/{quote(told, safe='')}/traits/{quote(trait, safe='')}"
        return self._ask("GET", path, params=_sent(reveal))  # type: ignore[no-any-return]


def _sent(reveal: Reveal | None) -> dict[str, Any]:
    return {} if reveal is None else {"reveal": True, "actor": reveal.actor, "reason": reveal.reason}
