"""``fieldfare contracts``: list, show, diff, suggest. They ask the running server or the data folder; none changes it.

``diff`` sends the contracts of the workspace's files to be compared with those in force, so it tells what a change
would do before it is served.
"""

from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fieldfare.cli.ask import Answering, Remote, answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.answers import Answers
from fieldfare.flow.contract_answers import Candidate, candidate_of
from fieldfare.flow.workspace import load_workspace
from fieldfare.ground.errors import ConfigError

EventArgument = Annotated[str, typer.Argument(help="Event name, or one of its synonyms.")]
DaysOption = Annotated[int, typer.Option("--days", min=1, max=90, help="Days of events to look back.")]
CheckOption = Annotated[
    bool, typer.Option("--check", help="End with exit code 1 when a change is incompatible or would refuse events.")
]
_console = Console(soft_wrap=True)
_COLOURS = {"incompatible": "red", "policy": "yellow", "notice": "yellow", "compatible": "green"}


class Asked(Protocol):
    """The questions about contracts."""

    def listed(self) -> list[dict[str, Any]]:
        """Return the contracts in force."""
        ...

    def shown(self, name: str) -> dict[str, Any]:
        """Return one event's contract."""
        ...

    def diff(self, candidate: Candidate, days: int) -> dict[str, Any]:
        """Return what a change does."""
        ...

    def suggestions(self, days: int) -> dict[str, Any]:
        """Return what could be declared."""
        ...


class RemoteContracts:
    """``Asked`` through a running server."""

    def __init__(self, remote: Remote) -> None:
        """Ask through the server that answers the other questions."""
        self._remote = remote

    def listed(self) -> list[dict[str, Any]]:
        """Return the contracts in force."""
        return self._remote.ask("GET", "/api/v1/contracts")  # type: ignore[no-any-return]

    def shown(self, name: str) -> dict[str, Any]:
        """Return one event's contract."""
        return self._remote.ask("GET", "/api/v1/contract", params={"event": name})  # type: ignore[no-any-return]

    def diff(self, candidate: Candidate, days: int) -> dict[str, Any]:
        """Return what a change does."""
        body = msgspec.json.encode(candidate)
        return self._remote.ask("POST", "/api/v1/contracts/diff", params={"days": days}, content=body)  # type: ignore[no-any-return]

    def suggestions(self, days: int) -> dict[str, Any]:
        """Return what could be declared."""
        return self._remote.ask("GET", "/api/v1/contracts/suggest", params={"days": days})  # type: ignore[no-any-return]


def asked(answers: Answering) -> Asked:
    """Return the answers about contracts of whoever answers."""
    if isinstance(answers, Remote):
        return RemoteContracts(answers)
    assert isinstance(answers, Answers)
    return answers.contracts


def list_contracts(
    workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List the contracts in force: the workspace's own and the shipped ones that they do not replace."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = asked(answers).listed()
    if as_json:
        show_json(found)
        return
    table = Table("event", "version", "from", "fields", "also called")
    for one in found:
        origin = "shipped" if one["is_shipped"] else "workspace"
        table.add_row(one["event"], str(one["version"]), origin, str(one["fields"]), ", ".join(one["synonyms"]))
    _console.print(table)


def show(event: EventArgument, workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Show one event's contract in every version, and since when each has been in force."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(asked(answers).shown(event))


def diff(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    days: DaysOption = 7,
    *,
    check: CheckOption = False,
    as_json: JsonOption = False,
) -> None:
    """Say what the workspace's contracts change, and what they would refuse of the last days' events."""
    compiled, _ = load_workspace(workspace)
    if compiled is None:
        text = "The workspace has errors, so there is nothing to compare. Mend them: `fieldfare validate` lists them."
        raise ConfigError("workspace_invalid", text)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = asked(answers).diff(candidate_of(compiled.contracts), days)
    if as_json:
        show_json(found)
    else:
        _tell_diff(found)
    if check and not found["is_compatible"]:
        raise typer.Exit(1)


def _tell_diff(found: dict[str, Any]) -> None:
    if not found["is_recorded"]:
        _console.print("No contracts were recorded yet; `fieldfare serve` and `load` record those they start with.")
    for one in found["changes"]:
        where = f"{one['event']} v{one['version']}" + (f" {one['field']}" if one["field"] else "")
        colour = _COLOURS[one["effect"]]
        _console.print(f"[{colour}]{one['effect']:<12}[/] {escape(where)}: {escape(one['what'])}", highlight=False)
    if found["is_recorded"] and not found["changes"]:
        _console.print("No contract changed.")
    accepted = sum(one["accepted"] for one in found["replayed"])
    replayed = sum(one["replayed"] for one in found["replayed"])
    refused = sum(one["refused"] for one in found["replayed"])
    _console.print(
        f"Of {accepted:,} events accepted in the last {found['days']} days, {replayed:,} were checked again: "
        f"{refused:,} would become dead letters."
    )
    for one in found["replayed"]:
        for why in one["why"]:
            place = f"{why['field']} breaks {why['rule']}" if why["field"] else why["rule"]
            _console.print(
                f"  {one['event']}: {why['events']:,} {why['reason']}, {place}", highlight=False, markup=False
            )
    _tell_renames(found["renames"])
    verdict = "compatible" if found["is_compatible"] else "incompatible"
    _console.print(f"Altogether: [{_COLOURS[verdict]}]{verdict}[/].", highlight=False)


def suggest(
    workspace: WorkspaceOption = Path(), data: DataOption = None, days: DaysOption = 7, *, as_json: JsonOption = False
) -> None:
    """Suggest contracts for the undeclared fields of the last days' events, as YAML; never a value."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = asked(answers).suggestions(days)
    if as_json:
        show_json(found)
        return
    for one in found["suggestions"]:
        told = (
            f"# {one['event']}: {one['sampled']:,} of {one['events']:,} events of the last {days} days were looked at"
        )
        hidden = f"; {one['hidden']} names look like values and are not shown" if one["hidden"] else ""
        typer.echo(f"{told}{hidden}")
        typer.echo(one["yaml"])
    if not found["suggestions"]:
        typer.echo(f"Everything in the events of the last {days} days is declared.")
    _tell_renames(found["renames"])


def _tell_renames(found: list[dict[str, str]]) -> None:
    for one in found:
        typer.echo(f"# {one['event']} from {one['source']}: possible rename: {one['old']} -> {one['new']}")
