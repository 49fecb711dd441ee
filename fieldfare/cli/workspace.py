"""``fieldfare init``, ``validate`` and ``schema``: commands about the files of a workspace. They open no store.

``init`` writes files one after the other into an empty folder: after a crash the folder holds some of them, and a
second run says so and touches nothing. ``validate`` only reads. ``schema --out`` replaces one file after the other.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

import typer

from fieldfare.flow.workspace import KINDS, count_things, load_workspace
from fieldfare.ground.errors import CallerError, ConfigError
from fieldfare.ground.workspace.model import LocatedProblem
from fieldfare.ground.workspace.schema import kind_schema
from fieldfare.ground.workspace.suggest import nearest, quoted

SCHEMAS = ".schemas"
"""Folder of a workspace with the JSON Schemas of its files."""

_RENAMED = {"gitignore": ".gitignore"}

EXAMPLES = "examples"
_LEFT_BEHIND = {".fieldfare"}

NewFolder = Annotated[Path, typer.Argument(help="Folder to make; it must be new or empty.", metavar="DIR")]
Folder = Annotated[Path, typer.Argument(help="Folder of the workspace; the default is this folder.", metavar="[DIR]")]
KindName = Annotated[str | None, typer.Argument(help="Kind of file; all when left out.", metavar="[KIND]")]
ExampleName = Annotated[
    str,
    typer.Option("--example", help="Begin with an example instead; a wrong name lists them.", metavar="NAME"),
]
OutFolder = Annotated[Path | None, typer.Option("--out", help="Write KIND.json files into this folder.", metavar="DIR")]


def init(folder: NewFolder, example: ExampleName = "") -> None:
    """Write a small, commented workspace that is valid as it is; or, with ``--example``, a whole one."""
    starter = files("fieldfare.flow").joinpath("starter")
    begins_with = _example(example) if example else starter
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is not empty. `init` never writes over files. Name a new folder."
        raise ConfigError("folder_not_empty", message)
    for name, resource in _starter(begins_with, ""):
        target = folder / _RENAMED.get(name, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(resource.read_bytes())
    (folder / ".gitignore").write_bytes(starter.joinpath("gitignore").read_bytes())
    _write_schemas(folder / SCHEMAS, list(KINDS))
    settings = folder / ".vscode" / "settings.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    mapping = {f"{SCHEMAS}/{kind.name}.json": kind.pattern for kind in KINDS.values()}
    settings.write_text(json.dumps({"yaml.schemas": mapping}, indent=2) + "\n", encoding="utf-8")
    typer.echo(f"wrote {folder}. Next: `fieldfare validate {folder}`, then read its README.md.")


def validate(folder: Folder = Path()) -> None:
    """Report every problem of a workspace at once; exit code 1 when one of them is an error."""
    workspace, problems = load_workspace(folder)
    for problem in problems:
        typer.echo(_line(problem))
    errors = sum(problem.is_error for problem in problems)
    if workspace is None:
        typer.echo(f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}")
        raise typer.Exit(1)
    things = ", ".join(
        f"{count} {name if count != 1 else name[:-1]}" for name, count in count_things(workspace).items()
    )
    warned = f" ({_count(len(problems), 'warning')})" if problems else ""
    typer.echo(f"ok: {things}{warned}")


def schema(kind: KindName = None, out: OutFolder = None) -> None:
    """Print the JSON Schema of a kind of file, or write them into a folder; without either, list the kinds."""
    if kind is not None and kind not in KINDS:
        advice = nearest(kind, KINDS) or f"Write one of {quoted(KINDS)}."
        raise CallerError("unknown_kind", f"`{kind}` is not a kind of file. {advice}", field="KIND")
    names = [kind] if kind is not None else list(KINDS)
    if out is not None:
        _write_schemas(out, names)
        typer.echo(f"wrote {_count(len(names), 'schema')} to {out}")
    elif kind is None:
        for each in KINDS.values():
            typer.echo(f"{each.name:<10} {each.pattern}")
    else:
        typer.echo(json.dumps(kind_schema(KINDS[kind]), indent=2, ensure_ascii=False))


def example_folders() -> dict[str, Traversable]:
    """Return the examples by name: of the installed package, or beside it in a checkout."""
    package = files("fieldfare")
    installed = package.joinpath(EXAMPLES)
    held = installed if installed.is_dir() else Path(str(package)).parent / EXAMPLES
    found = sorted(held.iterdir(), key=lambda each: each.name) if held.is_dir() else []
    return {each.name: each for each in found if each.joinpath("workspace.yaml").is_file()}


def _example(name: str) -> Traversable:
    examples = example_folders()
    if name not in examples:
        advice = nearest(name, examples) or ""
        message = f"There is no example `{name}`. {advice} The examples are {quoted(examples)}."
        raise CallerError("unknown_example", " ".join(message.split()), field="--example")
    return examples[name]


def _starter(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    """Yield the files of the starter workspace, or of an example, with their relative names, sorted."""
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            if entry.name in _LEFT_BEHIND:
                continue
            yield from _starter(entry, f"{above}{entry.name}/")
        else:
            yield above + entry.name, entry


def _write_schemas(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        text = json.dumps(kind_schema(KINDS[name]), indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _line(problem: LocatedProblem) -> str:
    return str(problem) if problem.is_error else f"{problem} (warning)"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
