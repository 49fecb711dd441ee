"""Commands about journeys: ``journeys list | show | of | enroll | test | checklist``.

``test`` and ``checklist`` read the workspace's files alone; the others ask the running server, or the data folder.
"""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import ProfileArgument, show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.ground.errors import CallerError, cut

NameArgument = Annotated[str | None, typer.Argument(help="Name of the journey; all when left out.")]
OneArgument = Annotated[str, typer.Argument(help="Name of the journey.")]
KeyOption = Annotated[str | None, typer.Option("--key", help="Of a keyed journey: for which key, such as a booking.")]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Tell what happened in stories that pass, too.")]
_FOUND_WRONG = 1
_console = Console(soft_wrap=True, markup=False)


def list_journeys(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List journeys: who answers for them, who walks, who entered and was refused in the last thirty days."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.journeys.all()
    if as_json:
        show_json(found)
        return
    table = Table("journey", "owner", "enters by", "walking", "entered", "refused", "ended")
    for each in found:
        counts = [f"{each[name]:,}" for name in ("walking", "entered", "refused", "ended")]
        table.add_row(each["journey"], each["owner"] or "nobody", each["enters_by"], *counts)
    _console.print(table)


def show(
    name: OneArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """Show one journey: where those who walk it stand, by which version, and what happened in the last thirty days."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.journeys.show(name)
    if as_json:
        show_json(found)
        return
    _console.print(f"Journey {found['journey']}, version {found['version']}, owner {found['owner'] or 'nobody'}.")
    _console.print(f"Enters by {found['enters_by']}; those inside an older version: {found['running']}.")
    for each in found["standing"]:
        old = "" if each["version"] == found["version"] else f" of version {each['version'] or 'unknown'}"
        _console.print(f"  {each['count']:,} {each['status']} at step {each['step']}{old}: {each['does']}")
    for title, rows in (("Refused", found["refused"]), ("Ended", found["ended"])):
        for each in rows:
            _console.print(f"  {title} {each['count']:,}: {each['reason']} ({each['means']})")


def of_profile(
    told: ProfileArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show every walk of a person, past and present: by what it began, where it stands, why it rests or ended."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.journeys.of(told)
    if as_json:
        show_json(found)
        return
    _console.print(f"Profile {found['profile_id']} as of {found['as_of']}")
    for each in found["walks"]:
        key = f" for {each['key']}" if each["key"] is not None else ""
        _console.print(f"\n{each['journey']}{key}: {each['status']}, {each['arm']}, since {each['entered_at']}")
        _console.print(
            f"  began by {each['entry_key']}, version {each['version']}; steps taken: {each['trail'] or 'none'}"
        )
        if each["ended_at"] is not None:
            _console.print(f"  ended {each['ended_at']}: {each['end_reason']} ({each['means']})")
        else:
            _console.print(f"  at step {each['step']} ({each['does']}) until {each['due_at'] or 'it is let go on'}")
        if each["halted_by"] is not None:
            _console.print(f"  rests for {each['halted_by']}")
    if not found["walks"]:
        _console.print("No walk, now or before.")


def enroll(
    name: OneArgument,
    told: ProfileArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    key: KeyOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Ask a journey to take a person; its entry rules still decide."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.journeys.enroll(name, told, key, {}, None)
    if as_json:
        show_json(found)
        return
    _console.print(
        f"Asked {name} to take profile {found['profile_id']}; `fieldfare journeys of` shows what came of it."
    )


def play(
    name: NameArgument = None,
    workspace: WorkspaceOption = Path(),
    *,
    verbose: VerboseOption = False,
    as_json: JsonOption = False,
) -> None:
    """Play the stories in journeys/tests on a simulated clock; exit code 1 if any differs from what it says."""
    from fieldfare.assembly.stories import play_stories

    found = _workspace(workspace, name)
    stories = [each for each in found.stories.values() if each.journey in found.journeys]
    tests = [each for each in stories if name is None or each.journey == name]
    if not tests:
        where = f"journeys/tests for {cut(name)}" if name is not None else "journeys/tests"
        text = f"There are no stories in {where}. docs/how-to/test-journeys.md shows how they are written."
        raise CallerError("stories_missing", text)
    played = []
    for each in play_stories(found, tests):
        played.append(each)
        if not as_json:
            _tell(each, verbose=verbose)
    if as_json:
        show_json(msgspec.to_builtins(played))
    else:
        wrong = sum(not each.passes for each in played)
        _console.print(f"{len(played) - wrong} of {len(played)} stories are as they say.")
    if not all(each.passes for each in played):
        raise typer.Exit(_FOUND_WRONG)


def _tell(played: Any, *, verbose: bool) -> None:
    _console.print(f"{'ok  ' if played.passes else 'NOT '} {played.journey}: {played.title}")
    for line in played.wrong:
        _console.print(f"      {line}.")
    if verbose or not played.passes:
        _console.print("      What happened:")
        for line in played.happened or ["nothing"]:
            _console.print(f"        {line}")


def checklist(name: NameArgument = None, workspace: WorkspaceOption = Path(), *, as_json: JsonOption = False) -> None:
    """Show what each journey must have before it may go live; exit code 1 if anything lacks without a waiver."""
    from fieldfare.flow.journey_checklist import checklist as checks_of

    found = _workspace(workspace, name)
    names = [name] if name is not None else sorted(found.journeys)
    lists = {each: checks_of(found, each, has_way_back=True) for each in names}
    if as_json:
        show_json(msgspec.to_builtins(lists))
    else:
        for each, checks in lists.items():
            _console.print(each)
            for one in checks:
                mark = "ok    " if one.passes else "waived" if one.waived_by is not None else "LACKS "
                waiver = f" ({one.waived_by}: {one.why})" if one.waived_by is not None else ""
                _console.print(f"  {mark} {one.check}: {one.what}{waiver}")
    if any(one.holds_up for checks in lists.values() for one in checks):
        raise typer.Exit(_FOUND_WRONG)


def _workspace(folder: Path, journey: str | None) -> Any:
    from fieldfare.flow.workspace import read_workspace

    found = read_workspace(folder)
    if journey is not None and journey not in found.journeys:
        known = ", ".join(found.journeys) or "none"
        text = f"There is no journey {cut(journey)}. Journeys: {known}."
        raise CallerError("journey_unknown", text, field="journey", status=404)
    return found
