"""``fieldfare keys``: what keys there are, the next version of the wrapping key, a copy of the data keys. Shows no key.

All of it works beside a running server and without one: the ring settles who wraps by which version.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from fieldfare.assembly.stores import Stores, open_stores
from fieldfare.cli.look import show_json
from fieldfare.cli.options import DataOption, JsonOption, WorkspaceOption, data_folder
from fieldfare.flow.screens.stores import note_keys_copied
from fieldfare.ground.clock import SystemClock
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.trust.keys.rotate import key_status, rotate

_console = Console(soft_wrap=True)


def status(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Tell which version of the wrapping key wraps how many data keys."""
    with _stores(workspace, data) as stores:
        found = key_status(stores.keys)
    if as_json:
        show_json(msgspec.to_builtins(found, str_keys=True))
        return
    table = Table("version", "data keys", "")
    for version in sorted({*found.versions, *found.data_keys}):
        what = "current" if version == found.version else "to be destroyed: run `fieldfare keys rotate`"
        table.add_row(str(version), f"{found.data_keys.get(version, 0):,}", what)
    _console.print(table)
    typer.echo(f"{found.day_keys:,} keys of raw records.")


def rotate_keys(workspace: WorkspaceOption = Path(), data: DataOption = None, *, as_json: JsonOption = False) -> None:
    """Wrap all data keys by a new version of the wrapping key and destroy the old one; continues what was killed."""
    with _stores(workspace, data) as stores, _console.status("wrapping data keys anew") as shown:
        version = rotate(stores.keys, lambda done, total: shown.update(f"{done:,} of {total:,} data keys wrapped anew"))
        found = key_status(stores.keys)
    if as_json:
        show_json(msgspec.to_builtins(found, str_keys=True))
        return
    count = found.data_keys.get(version, 0)
    typer.echo(f"Version {version} wraps all {count:,} data keys; older versions are destroyed. Back up the keys now.")


def backup(
    target: Annotated[Path, typer.Argument(help="File to write; it must not exist.")],
    workspace: WorkspaceOption = Path(),
    data: DataOption = None,
) -> None:
    """Copy the data keys, as of one moment, into a file."""
    with _stores(workspace, data) as stores:
        if not stores.state.is_sqlite:
            text = "The data keys are tables of PostgreSQL. Dump `data_key`, `key_fact` and `tombstone` with pg_dump."
            raise CallerError("ring_not_a_file", text)
        try:
            stores.ring.copy_to(target)
        except OSError as error:
            text = f"The copy {target} could not be written: {error.strerror}. Give a new file in an existing folder."
            raise CallerError("copy_not_written", text, field="target") from error
        note_keys_copied(stores.state, SystemClock().now())
    typer.echo(f"Copied the data keys to {target}. They open only with the key store; keep the two apart.")


@contextmanager
def _stores(workspace: Path, data: Path | None) -> Iterator[Stores]:
    folder = data_folder(workspace, data)
    if not folder.exists():
        raise ConfigError("data_missing", f"There is no data in {folder}. Give --data.")
    stores = open_stores(folder)
    try:
        yield stores
    finally:
        stores.close()
