"""Options by which a person signs a change of the workspace, and who that is when nothing is said."""

import getpass
from typing import Annotated

import typer

ByOption = Annotated[
    str | None, typer.Option("--by", help="Whose change or decision it is; the user of this machine when left out.")
]
WhyOption = Annotated[str, typer.Option("--reason", help="Why, in a sentence; it stays in the record.")]


def whoami(by: str | None = None) -> str:
    """Return the name that was told, else that of the user of this machine."""
    if by is not None:
        return by
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container may run under a number that has no name
        return "unknown"
