"""Commands that order the gate about: ``pause``, ``resume``, ``pauses``, ``holds``, ``modes``, ``queue``.

With a server running they go through it, else they open the data here; an order stands when its command ends.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, counted, data_folder
from fieldfare.cli.signing import whoami

ActorOption = Annotated[
    str | None, typer.Option("--actor", help="Who orders it; the user of this machine when left out.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in a sentence; it stays in the record.")]
UntilOption = Annotated[
    str | None, typer.Option("--until", help="When it ends by itself: a time (ISO 8601), or a span such as `2 days`.")
]
ScopeArgument = Annotated[
    str,
    typer.Argument(
        help="`everything`, `profile`, `journey`, `broadcast`, `action`, `channel` or `location`.", metavar="SCOPE"
    ),
]
NameArgument = Annotated[str, typer.Argument(help="Which one; nothing for `everything`.", metavar="NAME")]
PersonArgument = Annotated[str, typer.Argument(help="Profile id, or kind:value such as user_id:17.", metavar="PROFILE")]
KindOption = Annotated[str, typer.Option("--kind", help="`front_desk`, `medical`, `vacation`, `takeover`, `other`.")]
OnlyKindOption = Annotated[str | None, typer.Option("--kind", help="Only holds of this kind; all when left out.")]
AutomationArgument = Annotated[
    str, typer.Argument(help="`journey:NAME`, `broadcast:NAME` or `action:KIND`.", metavar="AUTOMATION")
]
ModeArgument = Annotated[str, typer.Argument(help="`on`, `read_only`, `manual` or `off`.", metavar="MODE")]
ProposalArgument = Annotated[str, typer.Argument(help="Id, as `queue list` shows it.", metavar="PROPOSAL")]
StatusOption = Annotated[str, typer.Option("--status", help="`waiting`, `released` or `rejected`.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")]


def pause(
    scope: ScopeArgument,
    name: NameArgument = "",
    reason: ReasonOption = "",
    actor: ActorOption = None,
    until: UntilOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Stop everything, or what is named, at once. Nothing is lost: it waits, and expires at its own time."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.pause(scope, name, whoami(actor), reason, until)
    if as_json:
        show_json(found)
        return
    word = "Paused" if found["is_new"] else "Was paused already"
    typer.echo(f"{word}: {_pause(found['pause'])}.")


def resume(
    scope: ScopeArgument,
    name: NameArgument = "",
    reason: ReasonOption = "",
    actor: ActorOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let go on what was paused; what waited for it is judged anew."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.resume(scope, name, whoami(actor), reason)
    if as_json:
        show_json(found)
        return
    for ended in found["ended"]:
        typer.echo(f"Resumed: {_pause(ended)}.")
    typer.echo(f"{counted(found['made_due'], 'waiting proposal')} will be judged anew.")


def pauses(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List what is paused, by whom and why."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.pauses()
    if as_json:
        show_json(found)
        return
    for each in found:
        typer.echo(f"{_pause(each)}: {each['reason']}")
    if not found:
        typer.echo("Nothing is paused.")


def set_hold(
    told: PersonArgument,
    reason: ReasonOption = "",
    kind: KindOption = "other",
    actor: ActorOption = None,
    until: UntilOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Leave a person alone: nothing but what people must get goes to them."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.hold(told, kind, whoami(actor), reason, until)
    if as_json:
        show_json(found)
        return
    typer.echo(f"On hold: {_hold(found['hold'])}.")


def lift_holds(
    told: PersonArgument,
    reason: ReasonOption = "",
    kind: OnlyKindOption = None,
    actor: ActorOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """End the holds on a person."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.lift(told, whoami(actor), reason, kind)
    if as_json:
        show_json(found)
        return
    for each in found["lifted"]:
        typer.echo(f"Lifted: {_hold(each)}.")


def list_holds(
    told: PersonArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List the holds on a person, by whom and why."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.holds(told)
    if as_json:
        show_json(found)
        return
    for each in found:
        typer.echo(f"{_hold(each)}: {each['reason']}")
    if not found:
        typer.echo("No hold stands.")


def set_mode(
    automation: AutomationArgument,
    mode: ModeArgument,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Let an automation run, only be read, be done by hand, or be off."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.set_mode(automation, mode, whoami(actor), reason)
    if as_json:
        show_json(found)
        return
    typer.echo(f"{automation} is {found['mode']}; it was {found['was']}.")


def list_modes(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List the modes that were set, by whom, when and why. What is not listed is on."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.modes()
    if as_json:
        show_json(found)
        return
    for each in found:
        typer.echo(f"{each['automation']}: {each['mode']} by {each['actor']} at {each['at']}: {each['reason']}")
    if not found:
        typer.echo("Every automation is on.")


def list_queue(
    status: StatusOption = "waiting",
    limit: LimitOption = 100,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List what waits for a person, what expires first at the head."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.queue(status, limit)
    if as_json:
        show_json(found)
        return
    for each in found:
        typer.echo(_queued(each))
    if not found:
        typer.echo(f"Nothing is {status}.")


def release(
    proposal: ProposalArgument,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Release or approve what waits. It is judged anew at once, by all rules."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.release(proposal, whoami(actor), reason)
    _decided(found, as_json=as_json)


def reject(
    proposal: ProposalArgument,
    reason: ReasonOption = "",
    actor: ActorOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Say no to what waits; it is refused."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.orders.reject(proposal, whoami(actor), reason)
    _decided(found, as_json=as_json)


def _decided(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    for each in found["decided"]:
        typer.echo(f"{each['status']}: {_queued(each)}")


def _pause(each: dict[str, Any]) -> str:
    until = f" until {each['until']}" if each["until"] is not None else ""
    return f"{each['scope']} {each['name']}".strip() + f" since {each['since_at']} by {each['actor']}{until}"


def _hold(each: dict[str, Any]) -> str:
    until = f" until {each['until']}" if each["until"] is not None else ""
    return f"profile {each['profile_id']}, {each['kind']}, since {each['since_at']} by {each['actor']}{until}"


def _queued(each: dict[str, Any]) -> str:
    who = f", may be approved by {', '.join(each['approvers'])}" if each["approvers"] else ""
    what = f"{each['proposal_id']} needs {each['needs']}: {each['automation']}, {each['template']}"
    return f"{what} by {each['channel']} for profile {each['profile_id']}, until {each['expires_at']}{who}"
