"""Commands about templates: ``templates list | check | preview | test``. Only a test is sent; a reveal is recorded."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.cli.signing import ByOption, whoami
from fieldfare.cli.traits import ActorOption, ReasonOption, RevealOption, wish_of
from fieldfare.flow.template_answers import MOST_SAMPLE, USUAL_SAMPLE
from fieldfare.flow.try_message import TryRequest

SampleOption = Annotated[
    int, typer.Option("--sample", min=1, max=MOST_SAMPLE, help="How many people to render each for.")
]
LocaleOption = Annotated[str | None, typer.Option("--locale", help="As if this were the person's language.")]
LocationOption = Annotated[str | None, typer.Option("--location", help="As if this were the home location.")]
_FOUND_WRONG = 1
_console = Console(soft_wrap=True, markup=False)


def list_templates(
    workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False
) -> None:
    """List templates: channel, purpose, languages, and the journeys and broadcasts that send them."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.templates.all()
    if as_json:
        show_json(found)
        return
    table = Table("template", "channel", "purpose", "languages", "fallback", "sent by")
    for each in found:
        languages, senders = (
            ", ".join(each["locales"]) or "own",
            ", ".join([*each["journeys"], *each["broadcasts"]]) or "none",
        )
        fallback = "yes" if each["has_fallback"] else "no"
        table.add_row(each["template"], each["channel"], each["purpose"] or "any", languages, fallback, senders)
    _console.print(table)


def check(
    name: Annotated[str | None, typer.Argument(help="Name of the template; all when left out.")] = None,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    sample: SampleOption = USUAL_SAMPLE,
    *,
    as_json: JsonOption = False,
) -> None:
    """Render templates for real people and through every branch; tell what is missing. Exit code 1 if anything is."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.templates.check(name, sample)
    if as_json:
        show_json(found)
    else:
        for each in found:
            _tell(each)
    if not all(each["is_ok"] for each in found):
        raise typer.Exit(_FOUND_WRONG)


def _tell(found: dict[str, Any]) -> None:
    sizes = f", at most {found['most_segments']} segments" if found["most_segments"] is not None else ""
    typer.echo(
        f"{found['template']}: {found['profiles']} people of {found['people']}: {found['rendered']} rendered, "
        f"{found['fallback']} with the fallback, {found['refused']} refused{sizes}"
    )
    for each in found["missing"]:
        what = f"`{each['variable']}`: " if each["variable"] else ""
        typer.echo(f"  {each['part']}: {what}{each['why']} ({each['profiles']} people)")
    for each in found["branches"]:
        if not each["is_reached"]:
            typer.echo(f"  {_place(each)} line {each['line']}: nothing reaches `{each['tag']}`")
    for each in found["failures"]:
        typer.echo(f"  {_place(each)}: with constructed values: {each['why']}")


def _place(found: dict[str, Any]) -> str:
    return f"{found['variant']} {found['part']}".strip()


def preview(
    name: Annotated[str, typer.Argument(help="Name of the template.")],
    profile: Annotated[str, typer.Option("--profile", help="Profile id, or kind:value such as user_id:17.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    locale: LocaleOption = None,
    location: LocationOption = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    *,
    reveal: RevealOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show the message that one person would get; personal values are masked unless --reveal."""
    wish = wish_of(actor, reason, shows=reveal)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.templates.preview(name, profile, locale, location, wish)
    if as_json:
        show_json(found)
        return
    if not found["is_made"]:
        _tell_unmade(found["failure"])
        raise typer.Exit(_FOUND_WRONG)
    typer.echo(f"To {found['to']} by {found['channel']}{_variant(found['variant'])}")
    if found["subject"] is not None:
        typer.echo(f"Subject: {found['subject']}")
    typer.echo(f"\n{found['text']}")
    if found["segments"] is not None:
        segments = found["segments"]
        typer.echo(f"({segments['count']} segments of {segments['encoding']}, {segments['units']} units)")
    if found["html"] is not None:
        typer.echo(f"({len(found['html']):,} characters of HTML; --json shows them)")


def _variant(told: str) -> str:
    locale, _, fallback = told.partition("/")
    said = [f"in {locale}" if locale else "", "the fallback" if fallback else ""]
    return "".join(f", {each}" for each in said if each)


def send_test(
    name: Annotated[str, typer.Argument(help="Name of the template.")],
    to: Annotated[str, typer.Option("--to", help="One of `test_recipients` of workspace.yaml.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="As that person would get it, personal values masked.")
    ] = None,
    locale: LocaleOption = None,
    location: LocationOption = None,
    by: ByOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Send a template to one of your own people, marked as a test. Exit code 1 when it did not go."""
    asked = TryRequest(template=name, actor=whoami(by), to=to, profile=profile, locale=locale, location=location)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.tries.send(asked)
    if as_json:
        show_json(found)
    elif found["failure"] is not None:
        _tell_unmade(found["failure"])
    else:
        why = "; ".join(found["words"]) or found["detail"]
        typer.echo(f"{found['template']} to {found['to']}: {found['outcome']}{f' ({why})' if why else ''}.")
    if found["outcome"] != "handed_over":
        raise typer.Exit(_FOUND_WRONG)


def _tell_unmade(failure: dict[str, Any]) -> None:
    what = f"`{failure['variable']}`: " if failure["variable"] else ""
    typer.echo(f"No message: {failure['part']}: {what}{failure['why']}.")
