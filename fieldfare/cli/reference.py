"""Write the reference pages that are made from the code: workspace files, commands, lake, contracts, roles, routes.

``python -m fieldfare.cli.reference docs/reference`` replaces those pages there; a test compares the committed pages
with what this would write. It is for those who work on Fieldfare, and no command.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from fastapi import FastAPI

from fieldfare.cli.main import HELP, build_app
from fieldfare.flow.lake_tables import TABLES, VIEWS
from fieldfare.flow.reference import render_workspace_reference
from fieldfare.flow.reference_contracts import render_contracts_reference
from fieldfare.flow.reference_lake import asked_of, render_lake_reference
from fieldfare.ground.lake.duck import DuckLake
from fieldfare.web.app import Parts, assemble
from fieldfare.web.reference import render_access_reference

_HEAD = f"""# Commands

This page is made from the code: do not edit it, run `python -m fieldfare.cli.reference docs/reference`.

{HELP}

`fieldfare --version` prints the version; `--help` after any command tells its options. A failure is one line on
standard error with its code in brackets; exit code 2 means that the call or the configuration must change, 1 that
something else failed. With `FIELDFARE_TRACEBACK=1` in the environment a defect shows its traceback.
"""


def render_commands_reference() -> str:
    """Return the page of all commands as Markdown."""
    return _HEAD + "".join(_sections(typer.main.get_command(build_app()), "fieldfare"))


def render_lake_page() -> str:
    """Return the page of the lake as Markdown; an empty lake in memory tells the types of the views' columns."""
    lake = DuckLake(None)
    try:
        lake.ensure(TABLES, VIEWS)
        columns = {view.name: lake.arrow(f"DESCRIBE FROM {asked_of(view)}").to_pylist() for view in VIEWS}
    finally:
        lake.close()
    return render_lake_reference(
        {name: [(row["column_name"], row["column_type"]) for row in rows] for name, rows in columns.items()}
    )


class _Nothing:
    """Stands for what routes answer with while only their names are asked for."""

    def __getattr__(self, name: str) -> Any:
        return self


def routes_alone() -> FastAPI:
    """Return the API with all its routes and nothing behind them."""
    nothing: Any = _Nothing()
    parts = dict.fromkeys(Parts.__struct_fields__, nothing)
    return assemble(Parts(**(parts | {"routes": ()})))


def render_access_page() -> str:
    """Return the page of roles, permissions and routes as Markdown."""
    return render_access_reference(routes_alone())


PAGES: dict[str, Callable[[], str]] = {
    "workspace.md": render_workspace_reference,
    "commands.md": render_commands_reference,
    "lake.md": render_lake_page,
    "contracts.md": render_contracts_reference,
    "access.md": render_access_page,
}
"""Name of the page in ``docs/reference`` -> its text."""


def _sections(command: Any, name: str) -> Iterator[str]:
    children = getattr(command, "commands", None)
    if children is None:
        yield _section(command, name)
        return
    for child, below in children.items():
        yield from _sections(below, f"{name} {child}")


def _section(command: Any, name: str) -> str:
    shown = [each for each in command.params if "--help" not in getattr(each, "opts", ())]
    arguments = [each for each in shown if each.param_type_name == "argument"]
    usage = " ".join([name, *(_placeholder(each) for each in arguments)])
    lines = ["", f"## {name}", "", (command.help or "").strip(), "", f"    {usage}", ""]
    if shown:
        lines += ["| argument or option | meaning | default |", "|---|---|---|"]
        lines += [_row(each) for each in shown]
        lines.append("")
    return "\n".join(lines)


def _placeholder(argument: Any) -> str:
    """Return how an argument is written in a usage line: ``DIR``, in brackets when it may be left out."""
    word = str(argument.metavar or argument.name.upper()).strip("[]")
    return word if argument.required else f"[{word}]"


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        names = f"`{_placeholder(parameter)}`"
    else:
        names = ", ".join(f"`{each}`" for each in (*parameter.opts, *parameter.secondary_opts))
    default = parameter.default
    is_plain = isinstance(default, str | int | float | Path) and not isinstance(default, bool) and str(default) != ""
    meaning = " ".join(str(getattr(parameter, "help", "") or "").split()).replace("|", "\\|")
    return f"| {names} | {meaning} | {f'`{default}`' if is_plain else ''} |"


def write_pages(folder: Path) -> None:
    """Write all pages into the folder."""
    for name, render in PAGES.items():
        (folder / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
