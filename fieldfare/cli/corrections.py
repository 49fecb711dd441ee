"""``fieldfare profiles correct``: correct a trait of a person, or lift what was corrected.

Through the server when it runs. The value is never printed.
"""

import getpass
import sys
from pathlib import Path
from typing import Annotated

import typer

from fieldfare.cli.ask import answering
from fieldfare.cli.look import ProfileArgument
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.flow.corrections import CorrectionRequest
from fieldfare.ground.errors import CallerError

ValueOption = Annotated[
    str | None,
    typer.Option("--value", help="What is true. Left out it is asked for, or read from standard input."),
]


def correct(
    told: ProfileArgument,
    trait: Annotated[str, typer.Argument(help="Name of the trait.")],
    reason: Annotated[
        str, typer.Option("--reason", help="Why, without personal values: of a lift it is kept in clear.")
    ],
    value: ValueOption = None,
    actor: Annotated[str, typer.Option("--actor", help="Who does it. Without it, the name signed in here.")] = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    unset: Annotated[bool, typer.Option("--unset", help="The trait has no value.")] = False,
    lift: Annotated[bool, typer.Option("--lift", help="Lift what was corrected: sources count again.")] = False,
) -> None:
    """Correct a trait of a person: it goes before whatever sources say, until somebody lifts it."""
    if sum((value is not None, unset, lift)) > 1:
        text = "`--value`, `--unset` and `--lift` exclude each other. Give one of them."
        raise CallerError("correction_invalid", text, field="value")
    meant = value if value is not None or unset or lift else _asked(trait)
    asked = CorrectionRequest(told=told, trait=trait, value=meant, actor=actor or getpass.getuser(), reason=reason)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.corrections.lift(asked) if lift else answers.corrections.correct(asked)
    done = "lifted" if lift else "corrected"
    if found["status"] == "waiting":
        typer.echo(f"The trait {trait} of profile {found['profile_id']} will be {done}: it waits behind other events.")
    else:
        typer.echo(f"The trait {trait} of profile {found['profile_id']} is {done}.")


def _asked(trait: str) -> str:
    """Return the value, so that it need not stand in the shell's history."""
    if sys.stdin.isatty():
        return str(typer.prompt(f"Value of {trait}"))
    return sys.stdin.readline().rstrip("\n")
