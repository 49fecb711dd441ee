"""Where commands ask about versions: the running server when there is one, else the data folder itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import msgspec

from fieldfare.assembly.answering import open_versions
from fieldfare.assembly.installation import Installation
from fieldfare.assembly.served import folder_files, held_files
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.ask import Remote, remote
from fieldfare.cli.opened import alone_with
from fieldfare.flow.versions.requests import ApplyRequest, DecisionRequest, RollbackRequest
from fieldfare.flow.workspace import read_workspace
from fieldfare.ground.errors import ConfigError

_ROOT = "/api/v1/workspace"


class AnsweringVersions(Protocol):
    """What commands ask of versions; see :class:`fieldfare.flow.versions.run.Versions`."""

    def plan(self, asked: ApplyRequest) -> dict[str, Any]:
        """Return what applying would do."""
        ...

    def apply(self, asked: ApplyRequest) -> dict[str, Any]:
        """Apply files, or let them wait."""
        ...

    def rollback(self, asked: RollbackRequest) -> dict[str, Any]:
        """Go back to an earlier version."""
        ...

    def approve(self, asked: DecisionRequest) -> dict[str, Any]:
        """Approve what waits."""
        ...

    def reject(self, asked: DecisionRequest) -> dict[str, Any]:
        """Reject what waits."""
        ...

    def carry_out(self, number: int) -> dict[str, Any]:
        """Apply what was approved."""
        ...

    def history(self, limit: int) -> list[dict[str, Any]]:
        """Return versions, the newest first."""
        ...

    def show(self, number: int, *, contents: bool = False) -> dict[str, Any]:
        """Return one version."""
        ...

    def diff(self, one: int, other: int) -> dict[str, Any]:
        """Return how two versions differ."""
        ...


class RemoteVersions:
    """``AnsweringVersions`` through a running server."""

    def __init__(self, asked: Remote) -> None:
        """Ask there."""
        self._ask = asked.ask

    def plan(self, asked: ApplyRequest) -> dict[str, Any]:
        """Return what applying would do."""
        return self._post("/plan", asked)

    def apply(self, asked: ApplyRequest) -> dict[str, Any]:
        """Apply files, or let them wait."""
        return self._post("/apply", asked)

    def rollback(self, asked: RollbackRequest) -> dict[str, Any]:
        """Go back to an earlier version."""
        return self._post("/rollback", asked)

    def approve(self, asked: DecisionRequest) -> dict[str, Any]:
        """Approve what waits."""
        return self._post(f"/versions/{asked.version}/approve", asked)

    def reject(self, asked: DecisionRequest) -> dict[str, Any]:
        """Reject what waits."""
        return self._post(f"/versions/{asked.version}/reject", asked)

    def carry_out(self, number: int) -> dict[str, Any]:
        """Apply what was approved."""
        return self._ask("POST", f"{_ROOT}/versions/{number}/carry-out", timeout=None)  # type: ignore[no-any-return]

    def history(self, limit: int) -> list[dict[str, Any]]:
        """Return versions, the newest first."""
        return self._ask("GET", f"{_ROOT}/versions", params={"limit": limit})  # type: ignore[no-any-return]

    def show(self, number: int, *, contents: bool = False) -> dict[str, Any]:
        """Return one version."""
        params = {"contents": contents}
        return self._ask("GET", f"{_ROOT}/versions/{number}", params=params)  # type: ignore[no-any-return]

    def diff(self, one: int, other: int) -> dict[str, Any]:
        """Return how two versions differ."""
        params = {"against": one}
        return self._ask("GET", f"{_ROOT}/versions/{other}/diff", params=params)  # type: ignore[no-any-return]

    def _post(self, path: str, asked: msgspec.Struct) -> dict[str, Any]:
        body = msgspec.to_builtins(asked)
        return self._ask("POST", f"{_ROOT}{path}", json=body, timeout=None)  # type: ignore[no-any-return]


@contextmanager
def asking_versions(workspace: Path, folder: Path, *, makes: bool = False) -> Iterator[tuple[AnsweringVersions, bool]]:
    """Give the answers about versions, and whether a server gives them; ``makes``: a new data folder is made.

    Without a server the data is opened with the definitions in force, so that what waits for the lake is read by them;
    no secret is needed for it. Raises ``ConfigError`` ``data_missing``.
    """
    server = remote(folder)
    if server is not None:
        yield RemoteVersions(server), True
        return
    if not makes and not folder.exists():
        text = f"There is no data in {folder}. Start with `fieldfare serve`, `load` or `demo`, or give --data."
        raise ConfigError("data_missing", text)
    stores = open_stores(folder)
    try:
        definitions = read_workspace(held_files(stores, workspace) or workspace)
        installation = Installation(definitions, stores, capture_all=True)
        with alone_with(installation) as lake:
            yield open_versions(installation, lake, is_serving=False), False
    finally:
        stores.close()


def texts_of(workspace: Path) -> dict[str, str]:
    """Return the files of a workspace folder as text. Raises ``ConfigError`` ``workspace_invalid`` where they are none.

    What is wrong in a file is told where it is compiled; only what is no text cannot be sent there.
    """
    found = {}
    for path, raw in folder_files(workspace).items():
        try:
            found[path] = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            text = (
                f"{path} is not UTF-8 text. Save it with the encoding UTF-8; `fieldfare validate` says from where on."
            )
            raise ConfigError("workspace_invalid", text) from error
    if not found:
        read_workspace(workspace)  # says what is missing
    return found
