"""The command ``profiles explain``: where a value comes from. It changes nothing; a reveal is recorded."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import ProfileArgument, show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.trait_answers import Reveal, reveal_of

RevealOption = Annotated[bool, typer.Option("--reveal", help="Show sealed values; who asked and why is recorded.")]
ActorOption = Annotated[str | None, typer.Option("--actor", help="Who asks; the name of this login when left out.")]
ReasonOption = Annotated[str | None, typer.Option("--reason", help="Why sealed values must be seen.")]
_console = Console(soft_wrap=True, markup=False)  # names and values are a sender's words


def wish_of(actor: str | None, reason: str | None, *, shows: bool) -> Reveal | None:
    """Return the wish to see sealed values, ``None`` when nobody wishes it."""
    return reveal_of(actor or getpass.getuser(), reason) if shows else None


def explain(
    told: ProfileArgument,
    trait: Annotated[str, typer.Argument(help="Name of the trait.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    *,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """List every value that a person's events carried for a trait, which survives, and why the others do not."""
    wish = wish_of(actor, reason, shows=reveal)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.traits.explain(told, trait, wish)
    if as_json:
        show_json(found)
        return
    if (computed := found["computed"]) is not None:
        typer.echo(f"No event carries {trait}, it is computed: {computed['definition']}. Now: {computed['value']}.")
        return
    if not found["values"]:
        typer.echo(f"No event of profile {found['profile_id']} carried the trait {trait}.")
        return
    table = Table("value", "survives", "source", "basis", "confidence", "occurred at", "event", title=f"{trait}")
    for each in found["values"]:
        value = "(sealed)" if each["sealed"] and not found["revealed"] else str(each["value"])
        survives = "yes" if each["survives"] else f"no: {each['reason']}"
        source = f"{each['source_origin']} ({each['field_source']})"
        known = (each["basis"], f"{each['confidence']} %", each["occurred_at"], each["event"])
        table.add_row(value, survives, source, *known)
    _console.print(table)
    for each in found["values"]:
        if (by := each["corrected_by"]) is not None:
            why = by["reason"] if found["revealed"] else "(sealed)"
            _console.print(f"Corrected on {each['occurred_at']} by {by['actor']}: {why}")
        if (by := each["lifted_by"]) is not None:
            _console.print(f"Lifted on {by['at']} by {by['actor']}: {by['reason']}")
