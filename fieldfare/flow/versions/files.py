"""The files of two workspaces beside each other: what differs, what is chosen of them, what is stale. Pure.

Files are compared by their bytes; where only comments or layout differ, the change is called so.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fieldfare.flow.versions.model import Digests, FileChange, Files, How, Version
from fieldfare.ground.errors import CallerError
from fieldfare.ground.ids import digest
from fieldfare.ground.workspace.read import read_yaml
from fieldfare.ground.workspace.suggest import nearest

SUFFIX = ".yaml"


class Stale(msgspec.Struct, frozen=True):
    """A file that is as it was before a version changed it: applying it would take that back."""

    file: str
    version: int
    """The version that changed it."""
    by: str


def digests_of(files: Mapping[str, bytes]) -> Digests:
    """Return the digest of each file's contents."""
    return {path: digest(raw).hex() for path, raw in sorted(files.items())}


def content_of(digests: Digests) -> str:
    """Return the digest of all files together."""
    return digest(*(part for path, each in sorted(digests.items()) for part in (path, each))).hex()


def file_changes(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[FileChange, ...]:
    """Return which files differ and how, sorted by path."""
    found = []
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            found.append(FileChange(path, How.ADDED))
        elif path not in after:
            found.append(FileChange(path, How.REMOVED))
        elif before[path] != after[path]:
            found.append(FileChange(path, How.CHANGED if _says_else(path, before, after) else How.REWORDED))
    return tuple(found)


def thing_of(path: str) -> str:
    """Return the name of a file as ``--only`` takes it: its path without the suffix."""
    return path.removesuffix(SUFFIX)


def chosen(before: Mapping[str, bytes], after: Mapping[str, bytes], only: Sequence[str]) -> Files:
    """Return the files of ``before``, with those that ``only`` names as they are in ``after``; all when it is empty.

    A name is a file without its suffix (``audiences/lapsed``) or a folder (``audiences``). Raises ``CallerError``
    ``only_unknown`` when neither side has such a file.
    """
    if not only:
        return dict(after)
    known = {thing_of(path) for path in before.keys() | after.keys()}
    known |= {name.rpartition("/")[0] for name in known if "/" in name}
    wanted = [thing_of(name.strip().rstrip("/")) for name in only]
    for name in wanted:
        if name not in known:
            advice = nearest(name, known) or "Name a file without `.yaml`, such as `audiences/lapsed`, or a folder."
            raise CallerError("only_unknown", f"There is no `{name}` on either side. {advice}", field="only")
    picked = {
        path
        for path in before.keys() | after.keys()
        if any(thing_of(path) == name or path.startswith(f"{name}/") for name in wanted)
    }
    kept = {path: raw for path, raw in before.items() if path not in picked}
    return dict(sorted((kept | {path: raw for path, raw in after.items() if path in picked}).items()))


def stale_files(applied: Sequence[Version], after: Digests, changed: Iterable[FileChange], by: str) -> list[Stale]:
    """Return files that stand as they did before an applied version of somebody else, or a rollback, changed them.

    ``applied`` are all applied versions, the oldest first; ``changed`` is what differs from the last of them.
    """
    found = []
    for change in changed:
        path, wanted = change.file, after.get(change.file)
        others: Version | None = None
        for earlier, later in zip(reversed(applied[:-1]), reversed(applied[1:]), strict=True):
            if earlier.files.get(path) == later.files.get(path):
                continue
            if others is None and (later.proposed.by != by or later.restores is not None):
                others = later
            if earlier.files.get(path) == wanted:
                found += [] if others is None else [Stale(path, others.number, others.proposed.by)]
                break
    return found


def _says_else(path: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bool:
    if not path.endswith(SUFFIX):
        return True
    return bool(read_yaml(path, before[path]).value != read_yaml(path, after[path]).value)
