"""``fieldfare plan``: what the workspace would change for the people there are, before anything is applied.

Asks the running server, or the data folder; changes nothing. The exit code tells a script: 0 nothing would change, 2
something would, 1 the plan could not be made.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.ground.errors import FieldfareError

OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", help="Take only this file or folder, such as `audiences/lapsed`; may be given again."),
]
TriggerOption = Annotated[
    bool,
    typer.Option(
        "--trigger-on-change", help="Whoever joins an audience by this change enters its journeys, as if it were live."
    ),
]
CHANGES = 2
"""Exit code when something would change."""
FAILED = 1


def plan(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    only: OnlyOption = None,
    *,
    trigger: TriggerOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show what applying the workspace would do; exit code 0: nothing, 2: something, 1: no plan could be made."""
    from fieldfare.cli.ask_versions import asking_versions, texts_of
    from fieldfare.cli.signing import whoami
    from fieldfare.flow.versions.requests import ApplyRequest

    try:
        files = texts_of(workspace)
        asked = ApplyRequest(files=files, by=whoami(), only=tuple(only or ()), trigger_on_change=trigger)
        with asking_versions(workspace, data_folder(workspace, data)) as (versions, _):
            told = versions.plan(asked)
    except FieldfareError as error:
        typer.echo(f"fieldfare: {error.message} [{error.code}]", err=True)
        raise typer.Exit(FAILED) from error
    if as_json:
        show_json(told)
    else:
        for line in plan_lines(told):
            typer.echo(line)
        typer.echo("Nothing was changed." + (" `fieldfare apply` applies it." if told["has_changes"] else ""))
    if told["has_changes"]:
        raise typer.Exit(CHANGES)


def plan_lines(told: dict[str, Any]) -> Iterator[str]:
    """Yield a plan as lines for people."""
    base = f"version {told['base']}" if told["base"] is not None else "nothing: no version was applied yet"
    yield f"Compared with {base}."
    if told["base"] is not None:
        yield from _changes(told)
    yield from _audiences(told)
    yield from _stages(told)
    yield from _journeys(told)
    yield from _work(told)
    yield from _identity(told["identity"])
    yield from _look_at(told)
    if not told["has_changes"]:
        yield "Nothing would change."


def _changes(told: dict[str, Any]) -> Iterator[str]:
    marks = {"added": "+", "changed": "~", "removed": "-", "reworded": "."}
    for each in told["changes"]:
        yield f"  {marks[each['how']]} {each['thing']}"
        for what in each["what"]:
            yield f"      {what}"


def _audiences(told: dict[str, Any]) -> Iterator[str]:
    for each in told["audiences"]:
        about = "" if each["is_exact"] else "about "
        yield (
            f"Audience {each['audience']} ({each['how']}): {about}{each['joins']:,} would join, "
            f"{each['leaves']:,} leave; {each['size']:,} now, {each['size_after']:,} then."
        )
        for place in each["by_location"]:
            where = place["location"] or "no location"
            yield f"    {where}: {place['joins']:,} join, {place['leaves']:,} leave"
        for word, name in (("joining", "examples_joining"), ("leaving", "examples_leaving")):
            if each[name]:
                yield f"    {word}: profiles {', '.join(map(str, each[name]))}"
        needed = [f"{kind[:-1]} {name}" for kind, names in each["needed_by"].items() for name in names]
        if needed:
            yield f"    needed by: {', '.join(needed)}"


def _stages(told: dict[str, Any]) -> Iterator[str]:
    for each in told["stages"]:
        if each["size"] != each["size_after"]:
            yield f"Stage {each['stage'] or '(none)'}: {each['size']:,} now, {each['size_after']:,} then."


def _journeys(told: dict[str, Any]) -> Iterator[str]:
    for each in told["journeys"] if told["base"] is not None else ():
        why = [] if each["how"] is None else [f"it is {each['how']}"]
        why += [f"audience {name} means something else" for name in each["audiences"]]
        why += [f"template {name} says something else" for name in each["templates"]]
        yield f"Journey {each['journey']}: {'; '.join(why)}; {each['walks']:,} people walk it now."
    for each in told["inside"]:
        what = {"finishes": "finish the version they began with", "moves": f"go on at step {each['to']}"}
        said = what.get(each["how"]) or f"leave ({each['why']})"
        yield f"  {each['count']:,} at step {each['step']} of {each['journey']}, version {each['version']}: {said}."
    for name, checks in told["unready"].items():
        yield f"Journey {name} cannot be applied: it lacks {', '.join(checks)}; see `fieldfare journeys checklist`."


def _work(told: dict[str, Any]) -> Iterator[str]:
    if told["needs"] == "nothing":
        return
    for each in told["measures"]:
        kept = f"over {each['days']} days" if each["days"] else "ever"
        of = f" of {each['of']}" if each["of"] else ""
        anew = "new" if each["is_new"] else "kept for longer"
        yield f"Measure of {each['event']}{of} {kept}: {anew}; filled from {each['events']:,} events."
    found = told["estimate"]
    how = "as measured here before" if found["is_measured"] else "by assumed rates"
    seconds = found["seconds"]
    took = f"{seconds} seconds" if seconds < 120 else f"{round(seconds / 60)} minutes"  # noqa: PLR2004 - a minute or two
    if told["needs"] == "refold":
        yield "Every profile must be folded anew, without a running server; numbers of audiences are estimates."
    yield f"{found['profiles']:,} profiles would be brought to it, in about {took} ({how})."


def _identity(told: dict[str, Any]) -> Iterator[str]:
    yield (
        f"Identity: {counted(told['profiles'], 'profile')} of {counted(told['identifiers'], 'identifier')}; "
        f"{told['profiles_after']:,} under the rules of the workspace."
    )
    if told["merged"] or told["split"]:
        yield f"{told['merged']:,} would merge into others, {told['split']:,} would come apart."
    for title, name in (("merging", "examples_merged"), ("coming apart", "examples_split")):
        for profiles in told[name]:
            yield f"    {title}: profiles {', '.join(map(str, profiles))}"
    if told["set_aside"]:
        yield f"{counted(told['set_aside'], 'identifier')} would be set aside: too many people use such."
    for reason, count in told["questions"].items():
        yield f"{counted(count, 'link')} would join nobody ({reason})."
    if told["largest"]:
        sizes = ", ".join(f"{each['identifiers']} (profile {each['profile']})" for each in told["largest"][:5])
        yield f"Largest: {sizes}."


def _warnings(found: list[dict[str, str]]) -> Iterator[str]:
    """Yield warnings, those of one kind together."""
    by_kind: dict[str, list[dict[str, str]]] = {}
    for each in found:
        by_kind.setdefault(each["warned"], []).append(each)
    for warned, some in by_kind.items():
        if len(some) == 1:
            yield f"Look at {some[0]['thing']}: {some[0]['what']} [{warned}]."
        else:
            names = ", ".join(each["thing"].rpartition("/")[2] for each in some)
            yield f"Look at {len(some)} audiences [{warned}]: {names}."


def _look_at(told: dict[str, Any]) -> Iterator[str]:
    yield from _warnings(told["warnings"])
    for each in told["stale"]:
        yield f"{each['file']} is as it was before {each['by']} changed it in version {each['version']}."
    risk = told["risk"]
    for each in risk["concerns"]:
        yield f"Risk in {each['thing']}: {each['what']} [{each['concern']}]."
    if risk["waits"]:
        yield f"It would wait for an approval, by one of: {', '.join(risk['approvers'])}."
    elif risk["concerns"]:
        yield "No `approvers` are named in workspace.yaml, so it would be applied at once."
