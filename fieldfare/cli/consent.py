"""Commands about consent: ``consent show``, ``history``, ``prove``, ``verify``, ``import``, ``compare`` and others.

They ask the running server when there is one. ``import`` appends rows to the log as ``fieldfare load`` does; ``verify``
opens no data at all.
"""

import csv
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from fieldfare.cli.ask import answering
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, WorkspaceOption, data_folder
from fieldfare.flow.consent_compare import PlatformRow
from fieldfare.flow.consent_request import ConsentRequest
from fieldfare.ground.errors import CallerError

Told = Annotated[
    str, typer.Argument(help="Profile id, or kind:value such as email:ada@example.com.", metavar="PROFILE")
]
AtOption = Annotated[str | None, typer.Option("--at", help="As it was known at this date or date-time.")]
ActorOption = Annotated[str, typer.Option("--actor", help="Who has read the answer.")]
OptOutOption = Annotated[bool, typer.Option("--opt-out/--keep", help="Whether the answer asks for no more messages.")]
SourceOption = Annotated[str | None, typer.Option("--source", help="Source of the workspace that the rows come from.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Store nothing; show what would be done.")]
AgainOption = Annotated[bool, typer.Option("--again", help="Import a file that was imported before.")]
PlatformOption = Annotated[str, typer.Option("--platform", help="The platform, as consent.yaml calls it.")]
KeysOption = Annotated[
    Path | None,
    typer.Option("--jwks", help="File with the public keys (`/.well-known/jwks.json`); else those of the data folder."),
]
FileArgument = Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False)]
_WRONG = 1
_WORDS = {"true": True, "yes": True, "1": True, "granted": True, "false": False, "no": False, "0": False}
_COLUMNS = ("subject", "purpose", "channel", "granted")


def show(told: Told, workspace: WorkspaceOption = Path(), data: DataOption = None, at: AtOption = None) -> None:
    """Show what is in force for a person, by which record, and until when."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.show(told, at))


def history(told: Told, workspace: WorkspaceOption = Path(), data: DataOption = None, at: AtOption = None) -> None:
    """Show every record of a person in the order of acts, and what held then."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.history(told, at))


def prove(told: Told, workspace: WorkspaceOption = Path(), data: DataOption = None, at: AtOption = None) -> None:
    """Print a signed receipt of a person's consent, after ISO/IEC TS 27560."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.prove(told, at))


def verify(
    file: FileArgument, workspace: WorkspaceOption = Path(), data: DataOption = None, jwks: KeysOption = None
) -> None:
    """Verify a signed receipt, offline. Exit code 1 when it is not what was signed."""
    from fieldfare.trust.consent.jws import verify as verify_json

    told = _json_of(file)
    if not isinstance(told, dict) or not isinstance(told.get("signature"), str) or "receipt" not in told:
        text = f"{file} holds no `receipt` with its `signature`. Give what `fieldfare consent prove` printed."
        raise CallerError("receipt_unreadable", text, field="file")
    keys = _json_of(jwks) if jwks is not None else _own_keys(data_folder(workspace, data))
    why = verify_json(told["receipt"], told["signature"], keys if isinstance(keys, dict) else {})
    if why is not None:
        typer.echo(f"Not valid: {why}.", err=True)
        raise typer.Exit(_WRONG)
    typer.echo(f"Valid: receipt {told['receipt'].get('receipt_id')}, made at {told['receipt'].get('receipt_made_at')}.")


def _json_of(file: Path) -> Any:
    try:
        return msgspec.json.decode(file.read_bytes())
    except (OSError, msgspec.MsgspecError) as error:
        text = f"{file} cannot be read as JSON ({type(error).__name__}). Give the file that was written."
        raise CallerError("receipt_unreadable", text, field="file") from error


def _own_keys(folder: Path) -> dict[str, Any]:
    from fieldfare.assembly.files import open_key_store
    from fieldfare.flow.consent_answers import SIGNING_KEY
    from fieldfare.trust.consent.jws import public_jwk

    seed = open_key_store(folder).get(SIGNING_KEY) if folder.is_dir() else None
    if seed is None:
        text = f"There is no key for receipts in {folder}. Give --jwks with the public keys, or --data."
        raise CallerError("receipt_key_missing", text, field="jwks")
    return {"keys": [public_jwk(seed)]}


def import_file(
    file: FileArgument,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    source: SourceOption = None,
    *,
    dry_run: DryOption = False,
    again: AgainOption = False,
) -> None:
    """Import acts of consent with their evidence. Run again after an interruption, it goes on where it was."""
    from fieldfare.cli.load import Wish, load_rows

    wish = Wish(again=again, dry_run=dry_run, is_vouched=True)
    load_rows(file, "consent", workspace, data_folder(workspace, data), (source, None, None), wish)


def record(
    act: Annotated[str, typer.Argument(help="The act as JSON; see the reference of consent.", metavar="JSON")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Record one act of consent, as `POST /api/v1/consent` does."""
    try:
        asked = msgspec.json.decode(act, type=ConsentRequest)
    except msgspec.MsgspecError as error:
        text = f"The act is not what the reference of consent describes: {error}."
        raise CallerError("consent_act_unreadable", text, field="act") from error
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.record(asked))


def compare(
    file: FileArgument, platform: PlatformOption, workspace: WorkspaceOption = Path(), data: DataOption = None
) -> None:
    """Compare with a platform's export (CSV: subject, purpose, channel, granted); hold what is granted here alone."""
    rows = _rows(file)
    with answering(workspace, data_folder(workspace, data)) as answers:
        found = answers.consent.comparing.run(platform, rows)
    show_json(found)
    if any(each["is_flagged"] for each in found["compared"]):
        raise typer.Exit(_WRONG)


def _rows(file: Path) -> list[PlatformRow]:
    with file.open(newline="", encoding="utf-8-sig") as opened:
        reader = csv.DictReader(opened)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            text = f"{file} lacks the columns {', '.join(missing)}. It needs subject, purpose, channel, granted."
            raise CallerError("comparison_unreadable", text, field="file")
        rows = []
        for number, row in enumerate(reader, 2):
            granted = _WORDS.get((row["granted"] or "").strip().lower())
            if granted is None or not (row["subject"] or "").strip():
                text = f"{file}:{number} has no subject, or `granted` is neither yes nor no. Correct the row."
                raise CallerError("comparison_unreadable", text, field="file")
            rows.append(PlatformRow(row["subject"].strip(), row["purpose"].strip(), row["channel"].strip(), granted))
    return rows


def disputes(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """List the grants that consent platforms deny; until somebody resolves them nothing goes by them."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.comparing.disputes())


def resolve(
    platform: Annotated[str, typer.Argument(help="The platform, as consent.yaml calls it.")],
    purpose: Annotated[str, typer.Option("--purpose", help="Purpose that is disputed.")],
    channel: Annotated[str, typer.Option("--channel", help="Channel that is disputed.")],
    actor: Annotated[str, typer.Option("--actor", help="Who has found out who is right.")],
    reason: Annotated[str, typer.Option("--reason", help="Why what stands here may hold.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Let disputed grants hold again, once a person has found out who is right."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.comparing.resolve(platform, purpose, channel, actor=actor, reason=reason))


def reviews(workspace: WorkspaceOption = Path(), data: DataOption = None) -> None:
    """List answers that may be opt-outs and wait for a person to read them."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.reviews.open())


def review(
    which: Annotated[str, typer.Argument(help="Id of the answer.", metavar="ID")],
    actor: ActorOption,
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
    *,
    opt_out: OptOutOption,
) -> None:
    """Decide about an answer: an opt-out, or none."""
    with answering(workspace, data_folder(workspace, data)) as answers:
        show_json(answers.consent.reviews.decide(which, is_opt_out=opt_out, actor=actor))
