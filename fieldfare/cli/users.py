"""``fieldfare users``: who may sign in, as what, and how; tokens of machines; who did what.

These commands open the state database themselves, also beside a server: whoever can read the data folder may do
everything anyway, and a server looks users up with every call. Secrets are printed once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from fieldfare.assembly.access import open_access
from fieldfare.assembly.stores import open_stores
from fieldfare.cli.ask import running
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.signing import whoami
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.workspace.model import Duration, parse_duration
from fieldfare.trust.access.administer import Administration, Invited
from fieldfare.trust.access.model import Oidc, Permission, Policy, Role, User

NameArgument = Annotated[str, typer.Argument(help="Sign-in name.", metavar="NAME")]
RolesOption = Annotated[list[Role], typer.Option("--role", help="A role; give it once for each.")]
DisplayOption = Annotated[str, typer.Option("--display-name", help="The name that others see.")]
ScopesOption = Annotated[list[Permission], typer.Option("--scope", help="A permission; give it once for each.")]
LastsOption = Annotated[str, typer.Option("--lasts", help="How long it serves, such as `90 days`.")]
ByOption = Annotated[str | None, typer.Option("--by", help="Who does it; the user of this machine when left out.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="At most so many.")]
_console = Console(soft_wrap=True, markup=False)


@contextmanager
def managing(workspace: Path, data: Path | None) -> Iterator[Administration]:
    """Open the users of a data folder."""
    stores = open_stores(data_folder(workspace, data))
    try:
        yield open_access(stores)[1]
    finally:
        stores.close()


def link_of(folder: Path, secret: str) -> str:
    """Return the address that a one-time link leads to: the running server's, else where it would be by default."""
    return f"{running(folder) or 'http://127.0.0.1:8601'}/set-up#{secret}"


def list_users(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List users: roles, second factor, whether they may sign in."""
    with managing(workspace, data) as found:
        users = found.users()
    if as_json:
        show_json([_told(each) for each in users])
        return
    table = Table("name", "display name", "roles", "password", "second factor", "state")
    for user in users:
        state = "disabled" if user.disabled_at is not None else "may sign in"
        marks = ["yes" if each else "no" for each in (user.password or user.issuer, user.second_factor)]
        table.add_row(user.name, user.display_name, ", ".join(user.roles), *marks, state)
    _console.print(table)


def set_up(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Print a fresh link that makes the first owner; earlier ones serve no more."""
    folder = data_folder(workspace, data)
    with managing(workspace, data) as found:
        made = found.set_up()
    if made is None:
        text = "There is a user already. `fieldfare users link NAME` makes a link for one who cannot sign in."
        raise CallerError("set_up_done", text)
    typer.echo(f"Until {to_iso(made[1])}, once: {link_of(folder, made[0])}")


def invite(
    name: NameArgument,
    role: RolesOption,
    display_name: DisplayOption = "",
    by: ByOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Let somebody sign in, and print the link by which they set a password."""
    with managing(workspace, data) as found:
        made = found.invite(whoami(by), name, display_name, role)
    _show_link(data_folder(workspace, data), made)


def link(name: NameArgument, by: ByOption = None, workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """Print a link by which a user sets a new password; earlier ones serve no more."""
    with managing(workspace, data) as found:
        made = found.new_link(whoami(by), name)
    _show_link(data_folder(workspace, data), made)


def change(
    name: NameArgument,
    role: RolesOption = [],  # noqa: B006 - typer reads it and changes nothing
    display_name: DisplayOption = "",
    by: ByOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Change a user's roles (all of them are given) or display name; new roles end their sessions."""
    with managing(workspace, data) as found:
        user = found.change(whoami(by), name, roles=role or None, display_name=display_name or None)
    typer.echo(f"{user.name} ({user.display_name}): {', '.join(user.roles)}.")


def disable(
    name: NameArgument, by: ByOption = None, workspace: WorkspaceOption = Path(), data: DataOption = None
) -> None:
    """Let a user sign in no more; their sessions and tokens end at once."""
    with managing(workspace, data) as found:
        user = found.change(whoami(by), name, is_disabled=True)
    typer.echo(f"{user.name} may not sign in.")


def enable(
    name: NameArgument, by: ByOption = None, workspace: WorkspaceOption = Path(), data: DataOption = None
) -> None:
    """Let a disabled user sign in again."""
    with managing(workspace, data) as found:
        user = found.change(whoami(by), name, is_disabled=False)
    typer.echo(f"{user.name} may sign in.")


def reset_second_factor(
    name: NameArgument, by: ByOption = None, workspace: WorkspaceOption = Path(), data: DataOption = None
) -> None:
    """Take a lost second factor away; the user's sessions end."""
    with managing(workspace, data) as found:
        user = found.change(whoami(by), name, drops_second_factor=True)
    typer.echo(f"{user.name} has no second factor.")


def end_sessions(
    name: NameArgument, by: ByOption = None, workspace: WorkspaceOption = Path(), data: DataOption = None
) -> None:
    """End all sessions of a user."""
    with managing(workspace, data) as found:
        count = found.end_sessions(whoami(by), name)
    typer.echo(f"Sessions ended: {count}.")


def make_token(
    name: Annotated[str, typer.Argument(help="What the token is for.", metavar="NAME")],
    scope: ScopesOption,
    lasts: LastsOption = "90 days",
    by: ByOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Make a token for a machine and print its secret, this once."""
    with managing(workspace, data) as found:
        made = found.make_token(whoami(by), frozenset(Permission), name, scope, span_us(lasts, "--lasts"))
    typer.echo(f"{made.token.id} serves until {to_iso(made.token.expires_at)}. Its secret, shown this once:")
    typer.echo(made.secret)


def list_tokens(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """List tokens, without their secrets."""
    with managing(workspace, data) as found:
        tokens = found.tokens()
    if as_json:
        rows = [{**msgspec.to_builtins(each), "scopes": list(each.scopes)} for each in tokens]
        show_json([{key: value for key, value in row.items() if key != "hash"} for row in rows])
        return
    table = Table("id", "name", "scopes", "made by", "until", "state")
    for token in tokens:
        state = "revoked" if token.revoked_at is not None else "serves until then"
        table.add_row(token.id, token.name, ", ".join(token.scopes), token.created_by, to_iso(token.expires_at), state)
    _console.print(table)


def revoke(
    token: Annotated[str, typer.Argument(help="Id, as `users tokens` shows it.", metavar="TOKEN")],
    by: ByOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """End a token at once."""
    with managing(workspace, data) as found:
        found.revoke_token(whoami(by), token)
    typer.echo(f"{token} serves no more.")


def policy(
    second_factor: Annotated[
        list[Role], typer.Option("--second-factor", help="A role that demands one; give it once for each.")
    ] = [],  # noqa: B006 - as above
    no_second_factor: Annotated[bool, typer.Option("--no-second-factor", help="No role demands one.")] = False,
    idle: Annotated[str, typer.Option("--idle", help="A session ends after so long without use.")] = "",
    longest: Annotated[str, typer.Option("--longest", help="A session ends so long after sign-in.")] = "",
    by: ByOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Say how people sign in, or with no option show it."""
    changes: dict[str, Any] = {}
    if second_factor or no_second_factor:
        changes["second_factor"] = tuple(sorted({*second_factor}))
    if idle:
        changes["idle_us"] = span_us(idle, "--idle")
    if longest:
        changes["longest_us"] = span_us(longest, "--longest")
    with managing(workspace, data) as found:
        held = found.policy()
        if changes:
            held = found.set_policy(whoami(by), msgspec.structs.replace(held, **changes))
    _show_policy(held)


def oidc(
    issuer: Annotated[str, typer.Option("--issuer", help="Address of the provider.")] = "",
    client_id: Annotated[str, typer.Option("--client-id", help="Fieldfare's name at the provider.")] = "",
    secret_variable: Annotated[
        str | None, typer.Option("--secret-variable", help="Environment variable with the client's secret.")
    ] = None,
    label: Annotated[str, typer.Option("--label", help="What the button on the sign-in page says.")] = "single sign-on",
    roles_claim: Annotated[
        str | None, typer.Option("--roles-claim", help="Claim that gives roles, such as `groups`.")
    ] = None,
    role: Annotated[list[str], typer.Option("--role", help="VALUE=ROLE: a value of the claim and the role.")] = [],  # noqa: B006 - as above
    remove: Annotated[bool, typer.Option("--remove", help="No provider vouches for users any more.")] = False,
    by: ByOption = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Let an OpenID Connect provider vouch for users, or with no option show which one does."""
    with managing(workspace, data) as found:
        held = found.policy()
        if remove:
            held = found.set_policy(whoami(by), msgspec.structs.replace(held, oidc=None))
        elif issuer or client_id:
            told = Oidc(
                issuer=issuer,
                client_id=client_id,
                secret_variable=secret_variable,
                label=label,
                roles_claim=roles_claim,
                roles=dict(_role_of(each) for each in role),
            )
            held = found.set_policy(whoami(by), msgspec.structs.replace(held, oidc=told))
    _show_policy(held)


def acts(
    actor: Annotated[str | None, typer.Option("--actor", help="Only of this one.")] = None,
    limit: LimitOption = 50,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show who did what, the newest first."""
    with managing(workspace, data) as found:
        rows = found.acts(None, limit, actor)
    if as_json:
        show_json([{**msgspec.to_builtins(each), "at": to_iso(each.at)} for each in rows])
        return
    table = Table("at", "who", "act", "what", "status")
    for each in rows:
        table.add_row(to_iso(each.at), each.actor, each.act, each.what, str(each.status))
    _console.print(table)


def span_us(told: str, option: str) -> int:
    """Return a span. Raises ``CallerError`` ``span_unreadable``."""
    found = parse_duration(told)
    if isinstance(found, Duration) and found.us:
        return found.us
    why = found if isinstance(found, str) else "It is nothing."
    raise CallerError("span_unreadable", f"`{option}` is no span of time. {why}", field=option)


def _role_of(told: str) -> tuple[str, Role]:
    value, _, role = told.rpartition("=")
    if not value or role not in set(Role):
        text = f"`--role {told[:80]}` is no VALUE=ROLE. Roles: {', '.join(Role)}."
        raise CallerError("user_roles", text, field="--role")
    return value, Role(role)


def _show_link(folder: Path, made: Invited) -> None:
    typer.echo(f"{made.user.name}: until {to_iso(made.expires_at)}, once: {link_of(folder, made.secret)}")


def _show_policy(held: Policy) -> None:
    typer.echo(f"Roles that demand a second factor: {', '.join(held.second_factor) or 'none'}.")
    hours = Duration(1, "hour").us
    typer.echo(
        f"Sessions end after {held.idle_us / hours:g} h without use, {held.longest_us / hours:g} h after sign-in."
    )
    if held.oidc is None:
        typer.echo("No provider vouches for users.")
        return
    roles = ", ".join(f"{value}: {role}" for value, role in held.oidc.roles.items()) or "nobody new"
    typer.echo(f"{held.oidc.issuer} vouches for users as {held.oidc.client_id}; roles by claim: {roles}.")


def _told(user: User) -> dict[str, Any]:
    return {
        "name": user.name,
        "display_name": user.display_name,
        "roles": list(user.roles),
        "has_second_factor": user.second_factor is not None,
        "is_disabled": user.disabled_at is not None,
    }
