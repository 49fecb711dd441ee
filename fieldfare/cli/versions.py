"""``fieldfare history``, ``approve``, ``reject``, ``rollback``, ``journeys back``: the record of versions.

``rollback`` applies what was stored; it writes into the folder that people edit only when it is told to, and never over
an edit.
"""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from fieldfare.assembly.served import folder_files
from fieldfare.cli.ask_versions import AnsweringVersions, asking_versions
from fieldfare.cli.change import BaseOption, bring, tell_outcome
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.plan import OnlyOption
from fieldfare.cli.signing import ByOption, WhyOption, whoami
from fieldfare.flow.versions.files import thing_of
from fieldfare.flow.versions.requests import DecisionRequest, RollbackRequest
from fieldfare.flow.versions.way_back import file_of, last_other
from fieldfare.ground.errors import CallerError, ConflictError, cut

Number = Annotated[int, typer.Argument(min=1, help="Number of the version.", metavar="VERSION")]
Other = Annotated[int, typer.Argument(min=1, help="Number of the version to compare with.", metavar="OTHER")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most versions to list.")]
WriteOption = Annotated[
    bool, typer.Option("--write", help="Also write the files into the workspace folder, unless they were edited there.")
]
JourneyArgument = Annotated[str, typer.Argument(help="Name of the journey.", metavar="NAME")]
MOST_VERSIONS = 10_000
SHOWN = 4
"""Most changes that the list names of a version."""
_console = Console(soft_wrap=True, markup=False)


def list_versions(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    limit: LimitOption = 50,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the versions of the workspace, the newest first."""
    with asking_versions(workspace, data_folder(workspace, data)) as (versions, _):
        found = versions.history(limit)
    if as_json:
        show_json(found)
        return
    for each in found:
        _console.print(_line(each))


def _line(each: dict[str, Any]) -> str:
    changes, risks = each["changes"], ", ".join(each["concerns"])
    told = ", ".join(changes[:SHOWN]) + (f" and {len(changes) - SHOWN} more" if len(changes) > SHOWN else "")
    parts = [
        f"{each['version']:>4}  {each['at'][:16].replace('T', ' ')}",
        f"{each['status']}, in force" if each["is_in_force"] else each["status"],
        f"by {each['by']}" + (f": {each['reason']}" if each["reason"] else ""),
        f"back to {each['restores']}" if each["restores"] is not None else "",
        told,
        f"[{risks}]" if risks else "",
    ]
    return "  ".join(part for part in parts if part)


def show(
    version: Number, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Show one version: what changed, its risks, and who did what with it."""
    with asking_versions(workspace, data_folder(workspace, data)) as (versions, _):
        found = versions.show(version)
    if as_json:
        show_json(found)
        return
    base = f"made from version {found['base']}" if found["base"] is not None else "the first"
    _console.print(f"Version {version}, {base}, {len(found['files'])} files, content {found['content']}")
    for place, step in enumerate(found["steps"]):
        why = f": {step['reason']}" if step["reason"] else ""
        _console.print(f"  {step['status'] if place else 'proposed'} by {step['by']} at {step['at']}{why}")
    if found["trigger_on_change"]:
        _console.print("  Whoever joins by the change enters journeys.")
    for each in found["changes"]:
        _console.print(f"{each['how']} {each['thing']}")
        for what in each["what"]:
            _console.print(f"    {what}")
    for each in found["risks"]:
        _console.print(f"Risk in {each['thing']}: {each['what']} [{each['concern']}]")


def diff(version: Number, other: Other, workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Show how the files of two versions differ."""
    with asking_versions(workspace, data_folder(workspace, data)) as (versions, _):
        found = versions.diff(version, other)
    for each in found["files"]:
        typer.echo(each["diff"])
    if not found["files"]:
        typer.echo(f"Versions {version} and {other} are the same.")


def approve(
    version: Number,
    by: ByOption = None,
    reason: WhyOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Approve a version that waits, and put it in force. Whoever made it cannot."""
    folder = data_folder(workspace, data)
    with asking_versions(workspace, folder) as (versions, is_remote):
        found = versions.approve(DecisionRequest(version=version, by=whoami(by), reason=reason))
    tell_outcome(found, is_remote=is_remote, as_json=as_json)
    if not is_remote:
        bring(workspace, folder, quiet=as_json)


def reject(
    version: Number,
    by: ByOption = None,
    reason: WhyOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Reject a version that waits; the record stays. Whoever made it may take it back so."""
    with asking_versions(workspace, data_folder(workspace, data)) as (versions, _):
        versions.reject(DecisionRequest(version=version, by=whoami(by), reason=reason))
    typer.echo(f"Version {version} is rejected. Nothing was changed.")


def rollback(
    version: Number,
    by: ByOption = None,
    reason: WhyOption = "",
    only: OnlyOption = None,
    base: BaseOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    write: WriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Make a version that equals an earlier one, whole or in some files, and apply it as any other."""
    folder = data_folder(workspace, data)
    asked = RollbackRequest(version=version, by=whoami(by), reason=reason, only=tuple(only or ()), base=base)
    with asking_versions(workspace, folder) as (versions, is_remote):
        found = versions.rollback(asked)
        contents = _contents(versions, found["version"])
        before = _contents(versions, found["base"]) if found["base"] is not None else {}
    tell_outcome(found, is_remote=is_remote, as_json=as_json)
    if found["status"] == "applied":
        if not is_remote:
            bring(workspace, folder, quiet=as_json)
        _folder(workspace, before, contents, write=write, quiet=as_json)


def back(
    name: JourneyArgument,
    by: ByOption = None,
    reason: WhyOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    write: WriteOption = False,
    as_json: JsonOption = False,
) -> None:
    """Take one journey back to what it was before its last change, and leave everything else as it is."""
    with asking_versions(workspace, data_folder(workspace, data)) as (versions, _):
        version, thing = _before(versions, name)
    rollback(version, by, reason, [thing], None, workspace, data, write=write, as_json=as_json)


def _before(versions: AnsweringVersions, journey: str) -> tuple[int, str]:
    """Return the version to go back to, and the file as ``--only`` takes it."""
    applied = [each["version"] for each in versions.history(MOST_VERSIONS) if each["status"] == "applied"]
    contents = versions.show(applied[0], contents=True)["contents"] if applied else {}
    path = file_of(contents, journey)
    if path is None:
        text = f"No journey {cut(journey)} is in force, so there is nothing to take back."
        raise CallerError("journey_unknown", text, field="journey", status=404)
    found = last_other([(number, versions.show(number)["files"]) for number in applied], path)
    if found is None:
        text = (
            f"The journey {cut(journey)} is as it was when it was first applied, so there is nothing before it. "
            f"Pause it with `fieldfare pause journey {journey}`, or take {path} away and apply."
        )
        raise CallerError("journey_first", text, field="journey", status=409)
    return found, thing_of(path)


def _contents(versions: AnsweringVersions, number: int) -> dict[str, bytes]:
    said: dict[str, Any] = versions.show(number, contents=True)["contents"]
    return {path: text.encode() for path, text in said.items()}


def _folder(workspace: Path, before: dict[str, bytes], after: dict[str, bytes], *, write: bool, quiet: bool) -> None:
    """Say where the folder differs from what holds now, or write what was rolled back into it."""
    here = folder_files(workspace)
    differing = [path for path in sorted(here.keys() | after.keys()) if here.get(path) != after.get(path)]
    back = [path for path in differing if before.get(path) != after.get(path)]
    edited = [path for path in back if here.get(path) != before.get(path)]
    if write and edited:
        text = (
            f"{', '.join(edited)} in {workspace} are neither as they were nor as they are to be; nothing was written "
            "there. The version is applied all the same. Save your edits, and bring the folder in line yourself."
        )
        raise ConflictError("folder_edited", text)
    if write:
        for path in back:
            _put(workspace / path, after.get(path))
        differing = [path for path in differing if path not in back]
    if quiet:
        return
    if write and back:
        typer.echo(f"Written into {workspace}: {', '.join(back)}. Commit that, or the next apply brings it back.")
    if differing:
        typer.echo(
            f"The folder {workspace} differs from what holds now in {', '.join(differing)}. Bring it in line (`git "
            "revert`, or --write); applying it as it is would be refused or bring the change back."
        )


def _put(place: Path, contents: bytes | None) -> None:
    if contents is None:
        place.unlink(missing_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(contents)
