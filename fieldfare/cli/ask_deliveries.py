"""What commands ask of broadcasts, failed messages and tasks, and how a running server is asked. It opens no data."""

from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from fieldfare.act.broadcasts.model import Act
from fieldfare.flow.failed_messages import FailedFilter, ReplayRequest
from fieldfare.flow.tasks import TaskFilter

_NAMES = {"first": "from", "last": "to"}
"""How the API calls what a filter calls otherwise."""


class AnsweringBroadcasts(Protocol):
    """The questions about broadcasts."""

    def all(self) -> list[dict[str, Any]]:
        """Return every broadcast."""
        ...

    def plan(self, name: str, sample: int | None) -> dict[str, Any]:
        """Return a plan."""
        ...

    def act(self, name: str, act: Act, actor: str, reason: str, edition: str | None = None) -> dict[str, Any]:
        """Do it, and return how it stands."""
        ...

    def show(self, name: str, edition: str | None = None) -> dict[str, Any]:
        """Return how it stands."""
        ...

    def recipients(self, name: str, edition: str | None, state: str | None, after: int, limit: int) -> dict[str, Any]:
        """Return a page of recipients."""
        ...


class AnsweringFailed(Protocol):
    """The questions about messages that did not go."""

    def overview(self, asked: FailedFilter) -> dict[str, Any]:
        """Return counts and the newest."""
        ...

    def show(self, proposal_id: str) -> dict[str, Any]:
        """Return one message."""
        ...

    def replay(self, asked: ReplayRequest) -> dict[str, Any]:
        """Put them on their way again."""
        ...


class AnsweringTasks(Protocol):
    """The questions about tasks."""

    def all(self, asked: TaskFilter) -> dict[str, Any]:
        """Return tasks."""
        ...

    def take(self, task_id: str, actor: str, over: str | None = None) -> dict[str, Any]:
        """Take one."""
        ...

    def give_back(self, task_id: str, actor: str) -> dict[str, Any]:
        """Give one back."""
        ...

    def done(self, task_id: str, actor: str) -> dict[str, Any]:
        """Note that one is done."""
        ...


class AnsweringMessages(Protocol):
    """All of them."""

    @property
    def broadcasts(self) -> AnsweringBroadcasts:
        """Broadcasts."""
        ...

    @property
    def failed(self) -> AnsweringFailed:
        """Messages that did not go."""
        ...

    @property
    def tasks(self) -> AnsweringTasks:
        """Lists of tasks."""
        ...


class RemoteMessages:
    """``AnsweringMessages`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self.broadcasts = RemoteBroadcasts(ask)
        self.failed = RemoteFailed(ask)
        self.tasks = RemoteTasks(ask)


class RemoteBroadcasts:
    """``AnsweringBroadcasts`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def all(self) -> list[dict[str, Any]]:
        """Return every broadcast."""
        return self._ask("GET", "/api/v1/broadcasts")  # type: ignore[no-any-return]

    def plan(self, name: str, sample: int | None) -> dict[str, Any]:
        """Return a plan."""
        return self._ask("GET", f"{_of(name)}/plan", params={"sample": sample or 0}, timeout=None)  # type: ignore[no-any-return]

    def act(self, name: str, act: Act, actor: str, reason: str, edition: str | None = None) -> dict[str, Any]:
        """Do it, and return how it stands."""
        body = {"actor": actor, "reason": reason, "edition": edition}
        return self._ask("POST", f"{_of(name)}/{act.value}", json=body, timeout=None)  # type: ignore[no-any-return]

    def show(self, name: str, edition: str | None = None) -> dict[str, Any]:
        """Return how it stands."""
        return self._ask("GET", _of(name), params=_said(edition=edition))  # type: ignore[no-any-return]

    def recipients(self, name: str, edition: str | None, state: str | None, after: int, limit: int) -> dict[str, Any]:
        """Return a page of recipients."""
        params = _said(edition=edition, state=state, after=after, limit=limit)
        return self._ask("GET", f"{_of(name)}/recipients", params=params)  # type: ignore[no-any-return]


class RemoteFailed:
    """``AnsweringFailed`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def overview(self, asked: FailedFilter) -> dict[str, Any]:
        """Return counts and the newest."""
        said = {_NAMES.get(name, name): value for name, value in msgspec.to_builtins(asked).items()}
        del said["ids"]
        return self._ask("GET", "/api/v1/messages/failed", params=_said(**said))  # type: ignore[no-any-return]

    def show(self, proposal_id: str) -> dict[str, Any]:
        """Return one message."""
        return self._ask("GET", f"/api/v1/messages/{quote(proposal_id, safe='')}")  # type: ignore[no-any-return]

    def replay(self, asked: ReplayRequest) -> dict[str, Any]:
        """Put them on their way again."""
        said = msgspec.to_builtins(asked)
        chosen = said.pop("chosen")
        del chosen["limit"]
        return self._ask("POST", "/api/v1/messages/replay", json=said | chosen, timeout=None)  # type: ignore[no-any-return]


class RemoteTasks:
    """``AnsweringTasks`` through a running server."""

    def __init__(self, ask: Callable[..., Any]) -> None:
        """Ask there."""
        self._ask = ask

    def all(self, asked: TaskFilter) -> dict[str, Any]:
        """Return tasks."""
        said = msgspec.to_builtins(asked) | {"status": asked.status or "all"}
        return self._ask("GET", "/api/v1/tasks", params=_said(**said))  # type: ignore[no-any-return]

    def take(self, task_id: str, actor: str, over: str | None = None) -> dict[str, Any]:
        """Take one."""
        return self._act(task_id, "take", _said(actor=actor, over=over))

    def give_back(self, task_id: str, actor: str) -> dict[str, Any]:
        """Give one back."""
        return self._act(task_id, "give-back", {"actor": actor})

    def done(self, task_id: str, actor: str) -> dict[str, Any]:
        """Note that one is done."""
        return self._act(task_id, "done", {"actor": actor})

    def _act(self, task_id: str, act: str, body: dict[str, Any]) -> dict[str, Any]:
        return self._ask("POST", f"/api/v1/tasks/{quote(task_id, safe='')}/{act}", json=body)  # type: ignore[no-any-return]


def _of(name: str) -> str:
    return f"/api/v1/broadcasts/{quote(name, safe='')}"


def _said(**asked: Any) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}
