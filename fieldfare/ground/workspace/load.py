"""Read the files of a workspace: find them, read each, check each. The only part here that touches the disk.

Flow: list the folder, match each path to a kind, read bytes; the rest is pure (:mod:`compile` beside this module).
Files that are in memory already (a stored version, what somebody sent) are taken as they are. Nothing is written, so a
crash leaves nothing behind. A file that cannot be read is a problem, not an exception.
"""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path as FilePath

from fieldfare.ground.workspace.compile import Loaded, Prepare, compile_file
from fieldfare.ground.workspace.model import Kind, LocatedProblem, Severity
from fieldfare.ground.workspace.read import MAX_BYTES
from fieldfare.ground.workspace.suggest import nearest, quoted

MAX_FILES = 5_000
MAX_DEPTH = 3
_SUFFIXES = frozenset({".yaml", ".yml"})

Held = FilePath | Mapping[str, bytes]
"""Where files are: a folder, or their contents by path."""


def list_files(held: Held, kinds: Sequence[Kind]) -> tuple[dict[str, list[str]], list[LocatedProblem]]:
    """Return the files of every kind by its name, sorted, and what is missing or stands in a place of no kind."""
    if isinstance(held, FilePath) and not held.is_dir():
        fix = "Name the folder of a workspace, or make one with `fieldfare init DIR`"
        return {}, [LocatedProblem(held.name or ".", 1, "", "this is not a folder", "", fix)]
    suffixes = _SUFFIXES | {FilePath(kind.pattern).suffix for kind in kinds}
    names = _files(held, suffixes) if isinstance(held, FilePath) else sorted(held)
    if len(names) > MAX_FILES:
        why, where = f"At most {MAX_FILES:,} are read", held.name if isinstance(held, FilePath) else ""
        return {}, [LocatedProblem(where or ".", 1, "", f"{len(names):,} files", why, "Remove some")]
    files = {kind.name: [name for name in names if _matches(name, kind.pattern)] for kind in kinds}
    problems = [_absent(kind) for kind in kinds if kind.required and not files[kind.name]]
    taken = {name for found in files.values() for name in found}
    problems += [_stray(name, kinds) for name in names if name not in taken]
    return files, problems


def read_files(folder: FilePath, kinds: Sequence[Kind]) -> dict[str, bytes]:
    """Return the contents of the files that are of some kind, by path; files that cannot be read are left out."""
    files, _ = list_files(folder, kinds)
    contents = {name: _bytes_of(folder / name) for found in files.values() for name in found}
    return {name: raw for name, raw in sorted(contents.items()) if isinstance(raw, bytes)}


def load_files(
    held: Held, kind: Kind, names: Sequence[str], prepare: Prepare | None = None
) -> tuple[list[Loaded], list[LocatedProblem]]:
    """Return the files of one kind and all their problems."""
    loaded: list[Loaded] = []
    problems: list[LocatedProblem] = []
    for name in names:
        raw = _bytes_of(held / name) if isinstance(held, FilePath) else held[name]
        one, found = compile_file(kind, name, raw, prepare)
        loaded += [one] if one is not None else []
        problems += found
    return loaded, problems


def _absent(kind: Kind) -> LocatedProblem:
    fix = "Add it; `fieldfare init DIR` shows a complete small workspace"
    return LocatedProblem(kind.pattern, 1, "", "this file is missing", "", fix)


def _files(folder: FilePath, suffixes: frozenset[str], depth: int = MAX_DEPTH) -> list[str]:
    """Return the files with these suffixes in the folder and below, hidden ones left out, as sorted relative paths."""
    found: list[str] = []
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return found
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            found += [f"{entry.name}/{name}" for name in _files(entry, suffixes, depth - 1)] if depth else []
        elif entry.suffix.lower() in suffixes and (entry.is_file() or entry.is_symlink()):
            found.append(entry.name)
    return found


def _matches(name: str, pattern: str) -> bool:
    return name.count("/") == pattern.count("/") and fnmatchcase(name, pattern)


def _bytes_of(path: FilePath) -> bytes | OSError:
    """Return at most one byte more than is allowed, so that a huge file costs nothing."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        return error


def _stray(name: str, kinds: Sequence[Kind]) -> LocatedProblem:
    """Tell a YAML file that no kind takes: an error when it looks like a slip, else a warning."""
    what = "no kind of file has this place, so it is not read"
    ending = FilePath(name).suffix.lower()
    as_yaml = name.rsplit(".", 1)[0] + (".yaml" if ending in _SUFFIXES else ending)
    if any(_matches(as_yaml, kind.pattern) for kind in kinds):
        return LocatedProblem(name, 1, "", what, "Names end in `.yaml`", f"Rename it to `{as_yaml}`")
    folder, _, base = as_yaml.rpartition("/")
    folders = {kind.pattern.split("/")[0] for kind in kinds if "/" in kind.pattern}
    if folder.split("/")[0] in folders:
        match = f"Move it up into `{folder.split('/')[0]}/`"
    elif folder:
        match = nearest(folder, folders)
    else:
        stems = {kind.pattern.removesuffix(".yaml") for kind in kinds if "/" not in kind.pattern}
        match = nearest(base.removesuffix(".yaml"), stems).replace("`?", ".yaml`?")
    fix = match or f"Move or remove it. The places are {quoted(kind.pattern for kind in kinds)}"
    return LocatedProblem(name, 1, "", what, "", fix, Severity.ERROR if match else Severity.WARNING)
