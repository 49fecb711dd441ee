"""``fieldfare webhooks``: list webhook sources, show a mapping, try one on a sample. They open no store.

``try`` prints what is in the sample, also personal values: it is for whoever writes a mapping, on samples of their own.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from fieldfare.cli.options import JsonOption, WorkspaceOption
from fieldfare.collect.sources.receive import OpenSource
from fieldfare.flow.try_webhook import Trial
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.errors import CallerError, ConfigError

NameArgument = Annotated[str, typer.Argument(help="A source with a webhook, or a mapping.")]
MappingArgument = Annotated[str | None, typer.Argument(help="A shipped mapping; their names when left out.")]
SampleArgument = Annotated[Path, typer.Argument(help="File with the body of one request.", metavar="SAMPLE")]
HeaderOption = Annotated[
    list[str] | None,
    typer.Option("--header", help="A header of the request, `Name: value`; may be given several times."),
]
console = Console(markup=False)  # names are a sender's words


def list_webhooks(workspace: WorkspaceOption = Path(), *, as_json: JsonOption = False) -> None:
    """List the webhook sources with their addresses at the door."""
    from urllib.parse import quote

    from fieldfare.collect.sources.receive import PREFIX

    rows = [
        {
            "source": source.name,
            "address": PREFIX + quote(source.name, safe=""),
            "driver": webhook.driver,
            "mapping": webhook.mapping,
            "verification": "shadow" if webhook.is_shadow else "enforce",
            "unmapped": "keep" if webhook.keep_unmapped else "ignore",
        }
        for source in _load(workspace).sources.values()
        if (webhook := source.webhook) is not None
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    if not rows:
        typer.echo("No source has a webhook. Add one under `sources` in workspace.yaml.")
        return
    table = Table(box=None)
    for name in rows[0]:
        table.add_column(name, overflow="fold")  # an address is copied, so it is never cut short
    for row in rows:
        table.add_row(*row.values())
    console.print(table)


def show_mapping(mapping: MappingArgument = None) -> None:
    """Print a shipped mapping, to be copied into `webhooks/` and changed there."""
    from fieldfare.collect.sources.mappings import webhook_texts

    texts = webhook_texts()
    if mapping is None:
        typer.echo("\n".join(texts))
    elif mapping in texts:
        typer.echo(texts[mapping], nl=False)
    else:
        message = f"`{mapping}` is not shipped. Shipped are {', '.join(texts)}."
        raise CallerError("webhook_mapping_unknown", message, field="MAPPING")


def try_sample(
    name: NameArgument,
    sample: SampleArgument,
    workspace: WorkspaceOption = Path(),
    header: HeaderOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show what a sample would become: events, what would be removed, what contracts say. Stores nothing."""
    from fieldfare.assembly.definitions import names_somebody, parse_settings
    from fieldfare.assembly.door import policy_of
    from fieldfare.collect.model import Posted
    from fieldfare.flow.try_webhook import try_webhook
    from fieldfare.ground.clock import SystemClock

    compiled = _load(workspace)
    found, is_set_up = _open(compiled, name, os.environ)
    headers = _headers(header or [])
    posted = Posted(name, "", headers, sample.read_bytes(), SystemClock().now())
    names = names_somebody(compiled)
    trial = try_webhook(name, found, posted, policy_of(compiled), parse_settings(compiled), compiled.contracts, names)
    signature = _signature(found, posted) if is_set_up and headers else None
    if as_json:
        told = {"signature": signature, "events": trial.events, "removed": trial.removed, "ignored": trial.ignored}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    _tell(trial, signature)


def _tell(trial: Trial, signature: str | None) -> None:
    if signature is not None:
        typer.echo(f"signature: {signature}")
    for event in trial.events:
        typer.echo(json.dumps(event, indent=2, ensure_ascii=False))
    dead = sum("dead_letter" in event for event in trial.events)
    typer.echo(f"{len(trial.events) - dead} events, {dead} dead letters, {trial.ignored} left out")
    for field, count in trial.removed.items():
        typer.echo(f"removed, not allowed: {field} ({count})")


def _signature(found: OpenSource, posted: Any) -> str:
    failure = found.source.verify(posted)
    return "fits" if failure is None else f"{failure.reason.value}: {failure.detail}"


def _load(folder: Path) -> Workspace:
    from fieldfare.flow.workspace import load_workspace

    workspace, problems = load_workspace(folder)
    if workspace is None:
        errors = "\n".join(str(problem) for problem in problems if problem.is_error)
        raise ConfigError("workspace_invalid", f"The workspace has problems (see `fieldfare validate`):\n{errors}")
    return workspace


def _open(workspace: Workspace, name: str, environ: Mapping[str, str]) -> tuple[OpenSource, bool]:
    """Return the source to try, and whether its secrets are in the environment."""
    from fieldfare.collect.sources import open_source
    from fieldfare.ground.workspace.model import Webhook
    from fieldfare.ground.workspace.secrets import resolve_secrets

    source = workspace.sources.get(name)
    webhook = source.webhook if source is not None else None
    if webhook is not None:
        mapping = workspace.webhooks[webhook.mapping]
        try:
            return OpenSource(open_source(name, resolve_secrets(webhook, environ)), mapping), True
        except ConfigError as error:
            if error.code != "secret_missing":
                raise
    elif name in workspace.webhooks:
        mapping = workspace.webhooks[name]
    else:
        known = ", ".join(sorted([*workspace.webhooks, *(s.name for s in workspace.sources.values() if s.webhook)]))
        message = f"`{name}` is neither a source with a webhook nor a mapping. There are {known}."
        raise CallerError("webhook_unknown", message, field="NAME")
    keeps = webhook is not None and webhook.keep_unmapped
    stand_in = Webhook(driver="token", secrets=("not verified",), mapping=mapping.name, keep_unmapped=keeps)
    return OpenSource(open_source(name, stand_in), mapping), False


def _headers(given: list[str]) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for line in given:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            message = "A header is written `Name: value`."
            raise CallerError("header_invalid", message, field="--header")
        headers[name.strip().lower().encode("latin-1", "replace")] = value.strip().encode("latin-1", "replace")
    return headers
