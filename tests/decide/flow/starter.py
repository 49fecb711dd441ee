"""A copy of the starter workspace with changes, for tests of what a workspace says as a whole."""

from importlib.resources import files
from pathlib import Path

from fieldfare.flow.workspace import Workspace, load_workspace
from fieldfare.ground.workspace.model import LocatedProblem

STARTER = Path(str(files("fieldfare.flow"))) / "starter"


def starter_files() -> dict[str, str]:
    """Return the YAML files of the starter workspace by relative name."""
    return {path.relative_to(STARTER).as_posix(): path.read_text("utf-8") for path in sorted(STARTER.rglob("*.yaml"))}


def write(folder: Path, contents: dict[str, str]) -> None:
    """Write the files into the folder."""
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def load_changed(
    folder: Path, *changes: tuple[str, str, str], more: dict[str, str] | None = None
) -> tuple[Workspace | None, list[LocatedProblem]]:
    """Load the starter with ``(file, old, new)`` replaced; every change must apply."""
    contents = starter_files() | (more or {})
    for name, old, new in changes:
        assert old in contents[name], f"{name} has no {old!r}"
        contents[name] = contents[name].replace(old, new)
    write(folder, contents)
    return load_workspace(folder)
