"""``fieldfare dead-letters``: list, show, repair, discard. Through the running server when there is one.

``repair`` and ``discard`` change nothing without ``--apply``. No personal value is printed but by ``show`` and
``--reveal``, which say so.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.letter_requests import LetterRequest
from fieldfare.ground.errors import CallerError

PlaceArgument = Annotated[str, typer.Argument(help="Place of the letter: partition-offset-index, such as 1-4711-0.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only letters with this reason.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Only letters from this source.")]
EventOption = Annotated[str | None, typer.Option("--event", help="Only letters of this event.")]
FromOption = Annotated[str | None, typer.Option("--from", help="Accepted since this date or date-time.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Accepted through this date, or before this date-time.")]
StateOption = Annotated[str | None, typer.Option("--state", help="Only open, repaired or discarded ones.")]
LimitOption = Annotated[int, typer.Option("--limit", min=0, max=1_000, help="Most letters to list.")]
PlaceOption = Annotated[str | None, typer.Option("--place", help="Only the letter at this place.")]
WhereOption = Annotated[
    list[str] | None,
    typer.Option("--where", help="Only letters with this value, as PATH=VALUE; may be given again."),
]
PatchOption = Annotated[
    str | None, typer.Option("--patch", help="A JSON Patch (RFC 6902): a file, or the JSON text itself.")
]
ApplyOption = Annotated[bool, typer.Option("--apply", help="Do it. Without this it is only shown.")]
ExamplesOption = Annotated[int, typer.Option("--examples", min=0, max=100, help="Most examples to print.")]
RevealOption = Annotated[bool, typer.Option("--reveal", help="Print values in the examples, personal ones too.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why they are not needed; kept with them.")]
_console = Console(soft_wrap=True, markup=False)  # names are a sender's words


def list_letters(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    event: EventOption = None,
    first: FromOption = None,
    last: ToOption = None,
    state: StateOption = "open",
    limit: LimitOption = 20,
    *,
    as_json: JsonOption = False,
) -> None:
    """Count dead letters by reason, source and event, and list the newest; no value is shown."""
    asked = LetterRequest(
        reason=reason,
        source=source,
        event=event,
        first=first,
        last=last,
        state=None if state == "all" else state,
        limit=limit,
    )
    found = _answer(workspace, data, "overview", asked)
    if as_json:
        show_json(found)
        return
    counts = Table("reason", "source", "event", "state", "letters")
    for row in found["counts"]:
        counts.add_row(row["reason"], row["source"], row["event"] or "", row["state"], f"{row['count']:,}")
    newest = Table("place", "accepted at", "reason", "source", "event", "why")
    for row in found["letters"]:
        newest.add_row(
            row["place"], row["received_at"], row["reason"], row["source"], row["event"] or "", row["detail"]
        )
    _console.print(counts)
    if found["letters"]:
        _console.print(newest)


def show(place: PlaceArgument, workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Open one dead letter and print what was sent, personal values too."""
    show_json(_answer(workspace, data, "show", place))


def repair(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    patch: PatchOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    event: EventOption = None,
    first: FromOption = None,
    last: ToOption = None,
    place: PlaceOption = None,
    where: WhereOption = None,
    examples: ExamplesOption = 3,
    *,
    apply: ApplyOption = False,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """Try dead letters again, with a JSON Patch or after a change of contracts; what passes is sent again."""
    asked = LetterRequest(
        reason=reason,
        source=source,
        event=event,
        first=first,
        last=last,
        place=place,
        where=where or [],
        patch=read_patch_text(patch) if patch is not None else None,
        apply=apply,
        examples=examples,
        reveal=reveal,
    )
    found = _answer(workspace, data, "repair", asked)
    if as_json:
        show_json(found)
        return
    _tell_repair(found)


def discard(
    why: WhyOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    reason: ReasonOption = None,
    source: SourceOption = None,
    event: EventOption = None,
    first: FromOption = None,
    last: ToOption = None,
    place: PlaceOption = None,
    where: WhereOption = None,
    *,
    apply: ApplyOption = False,
    as_json: JsonOption = False,
) -> None:
    """Close dead letters for good and empty them; their counts stay."""
    asked = LetterRequest(
        reason=reason,
        source=source,
        event=event,
        first=first,
        last=last,
        place=place,
        where=where or [],
        apply=apply,
        why=why,
    )
    found = _answer(workspace, data, "discard", asked)
    if as_json:
        show_json(found)
        return
    for name, count in found["reasons"].items():
        typer.echo(f"{name}: {count:,}")
    done = f"{found['closed']:,} were discarded." if found["applied"] else "Nothing was changed; give --apply to do it."
    typer.echo(f"{found['matched']:,} letters match. {done}")


def read_patch_text(given: str) -> Any:
    """Return the patch of an option: the JSON text itself, or the content of a file.

    Raises ``CallerError`` ``patch_invalid``.
    """
    text = given
    try:
        if not given.lstrip().startswith(("[", "{")):
            text = Path(given).read_text(encoding="utf-8")
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        message = "The patch is not JSON. Write a list of operations, or name a file that holds one."
        raise CallerError("patch_invalid", message, field="patch") from error


def _answer(workspace: Path, data: Path | None, question: str, asked: Any) -> dict[str, Any]:
    from fieldfare.cli.ask import answering

    with answering(workspace, data_folder(workspace, data)) as answers:
        found: dict[str, Any] = getattr(answers.letters, question)(asked)
        return found


def _tell_repair(found: dict[str, Any]) -> None:
    for each in found["examples"]:
        typer.echo(f"{each['place']}: {each['outcome']}")
        if each["detail"] is not None:
            typer.echo(f"  {each['detail']}")
        for side in ("before", "after"):
            if each[side] is not None:
                typer.echo(f"  {side}: {json.dumps(each[side], ensure_ascii=False)}")
    table = Table(show_header=False, box=None)
    table.add_row("match", f"{found['matched']:,}")
    table.add_row("pass now", f"{found['passing']:,}")
    for name, count in found["still_dead"].items():
        table.add_row(f"still dead: {name}", f"{count:,}")
    for name, count in found["left_alone"].items():
        table.add_row(f"left alone: {name}", f"{count:,}  {found['why_left_alone'][name]}")
    _console.print(table)
    if found["applied"]:
        typer.echo(f"{found['closed']:,} were sent again and closed. Nothing is sent to anybody because of them.")
    else:
        typer.echo("Nothing was changed; give --apply to send again what passes.")
