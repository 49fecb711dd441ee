"""``fieldfare identity``: take people apart and together, answer questions, explain. Through the server when it runs.

Every act has an actor and a reason; both are kept. People are named as ``kind:value`` or by profile id.
"""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Column, Table

from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.identity_answers import ActRequest

Person = Annotated[str, typer.Argument(help="Profile id, or kind:value such as user_id:17.")]
Other = Annotated[str, typer.Argument(help="The other one: profile id, or kind:value.")]
Identifier = Annotated[str, typer.Argument(help="The identifier, as kind:value.")]
ActorOption = Annotated[str, typer.Option("--actor", help="Who does it. Without it, the name signed in here.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept with the act.")]
_console = Console(soft_wrap=True, markup=False)


def _between(kind: str, told: str) -> Callable[..., None]:
    """Return the command of an act between two people."""

    def command(
        person: Person,
        other: Other,
        reason: ReasonOption,
        actor: ActorOption = "",
        workspace: WorkspaceOption = Path(),
        data: DataOption = None,
    ) -> None:
        _act(workspace, data, ActRequest(kind=kind, a=person, b=other, actor=_signed(actor), reason=reason))

    command.__doc__ = told
    return command


def _on_one(kind: str, told: str) -> Callable[..., None]:
    """Return the command of an act on one identifier."""

    def command(
        identifier: Identifier,
        reason: ReasonOption,
        actor: ActorOption = "",
        workspace: WorkspaceOption = Path(),
        data: DataOption = None,
    ) -> None:
        _act(workspace, data, ActRequest(kind=kind, a=identifier, actor=_signed(actor), reason=reason))

    command.__doc__ = told
    return command


merge = _between("merge", "Make two people one. `split` undoes it.")
never = _between("never", "Say that two people must never become one.")
household = _between("household", "Say that two people live together: a relation, never a merge.")
quarantine = _on_one("quarantine", "Set an identifier aside: it joins nobody from now on.")
release = _on_one("release", "Say that an identifier that was set aside is one person's after all.")


def split(
    profile: Person,
    identifier: Annotated[
        list[str], typer.Option("--identifier", help="What moves out, as kind:value; again for more.")
    ],
    reason: ReasonOption,
    actor: ActorOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Take identifiers out of a profile: they are another person, and stay one."""
    asked = ActRequest(kind="split", a=profile, identifiers=identifier, actor=_signed(actor), reason=reason)
    _act(workspace, data, asked)


def explain(
    person: Person,
    other: Other,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show the chain of links that makes one person of two identifiers, or what keeps them apart."""
    found = _ask(workspace, data, "explain", person, other)
    if as_json:
        show_json(found)
        return
    numbers = [str(each) for each in dict.fromkeys(found["profiles"])]
    verdict = "One person: profile" if found["is_one"] else "Two people: profiles"
    typer.echo(f"{verdict} {', '.join(numbers)}.")
    _links("chain", found["chain"])
    _links("never", found["never"])
    for each in found["kept_apart"]:
        typer.echo(f"kept apart ({each['because']}): {' - '.join(each['link']['identifiers'])}")
    for each in found["set_aside"]:
        typer.echo(f"{each['identifier']} is set aside and joins nobody: {each['because']}.")
    if not found["is_one"] and not found["chain"]:
        typer.echo("No chain of links leads from the one to the other.")


def holds(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    status: Annotated[str, typer.Option("--status", help="open, same, never, household, dismissed, or all.")] = "open",
    why: Annotated[
        str | None, typer.Option("--why", help="Only limit, sensitive, cluster, ambiguous or suggested ones.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most questions to list.")] = 50,
    *,
    as_json: JsonOption = False,
) -> None:
    """List the questions that wait for a person."""
    found = _ask(workspace, data, "holds", None if status == "all" else status, why, limit)
    if as_json:
        show_json(found)
        return
    table = Table(Column("hold", no_wrap=True), "why", "status", "confidence", "identifiers", "profiles", "since")
    for row in found["holds"]:
        table.add_row(
            row["hold"],
            row["reason"],
            row["status"],
            f"{row['confidence']} %",
            "\n".join(row["identifiers"]),
            "\n".join(str(each or "-") for each in row["profiles"]),
            row["at"],
        )
    _console.print(table) if found["holds"] else typer.echo("No question waits.")


def review(
    hold: Annotated[str, typer.Argument(help="The question, as `identity holds` names it.")],
    decision: Annotated[str, typer.Argument(help="same, never, household or dismissed.")],
    reason: ReasonOption,
    actor: ActorOption = "",
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Answer a question."""
    _tell(_ask(workspace, data, "review", hold, decision, _signed(actor), reason))


def acts(
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="Most acts to list.")] = 50,
    *,
    as_json: JsonOption = False,
) -> None:
    """List what people did, the newest first."""
    found = _ask(workspace, data, "acts", limit)
    if as_json:
        show_json(found)
        return
    table = Table("act", "at", "actor", "reason", "outcome")
    for row in found["acts"]:
        told = row["outcome"]
        people = ", ".join(map(str, told.get("profiles", ())))
        outcome = f"refused: {told['refused']}" if "refused" in told else f"now: {people}"
        table.add_row(row["act"], row["at"], row["actor"], row["reason"], outcome)
    _console.print(table) if found["acts"] else typer.echo("Nobody has done anything.")


def _links(title: str, links: list[dict[str, Any]]) -> None:
    if not links:
        return
    table = Table(title, "rule", "confidence", "since", "source", "by")
    for link in links:
        table.add_row(
            " - ".join(link["identifiers"]),
            link["rule"],
            f"{link['confidence']} %",
            link["occurred_at"],
            link["source"],
            link["who"] or f"event {link['event_id']}",
        )
    _console.print(table)


def _signed(actor: str) -> str:
    return actor or getpass.getuser()


def _act(workspace: Path, data: Path | None, asked: ActRequest) -> None:
    _tell(_ask(workspace, data, "act", asked))


def _tell(found: dict[str, Any]) -> None:
    if found["status"] == "waiting":
        typer.echo(
            f"The act {found['id']} is kept and waits behind others. `fieldfare identity acts` shows its outcome."
        )
        return
    before, after = (", ".join(map(str, found[name])) or "none" for name in ("profiles_before", "profiles"))
    typer.echo(f"Done ({found['id']}). Profiles before: {before}. Now: {after}.")


def _ask(workspace: Path, data: Path | None, what: str, *asked: Any) -> Any:
    from fieldfare.cli.ask import answering

    with answering(workspace, data_folder(workspace, data)) as answers:
        return getattr(answers.identity, what)(*asked)
