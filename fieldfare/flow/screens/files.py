"""Workspace files on a screen: what is in force, each person's drafts, and a draft checked as applying would check it.

A draft is kept per user and path, with the version that it began from; nothing of it holds until it is applied, and
applying goes through plan and apply like every change. Checking loads the whole workspace with the draft in it, so the
problems are those that ``fieldfare validate`` shows. YAML and structure are turned into each other here too.
"""

import threading
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, Table, Text, delete, select

from fieldfare.flow.versions.model import Files
from fieldfare.flow.versions.record import files_in_force
from fieldfare.flow.workspace import KINDS, Workspace, load_workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, cut
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State, metadata
from fieldfare.ground.store.write import upsert
from fieldfare.ground.workspace.load import list_files
from fieldfare.ground.workspace.model import LocatedProblem
from fieldfare.ground.workspace.read import MAX_BYTES, read_yaml
from fieldfare.ground.workspace.write import write_yaml

MOST_DRAFTS = 200

workspace_draft = Table(
    "workspace_draft",
    metadata,
    Column("owner", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("base", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""What people edit and have not applied; ``base`` is the version that they began from, 0 for none."""


class WorkspaceFiles:
    """Reads the files in force and keeps drafts."""

    def __init__(self, state: State, clock: Clock, fallback: Files) -> None:
        """``fallback`` stands in while no version was applied."""
        self._state, self._clock, self._fallback = state, clock, fallback
        self._lock = threading.Lock()

    def in_force(self) -> tuple[int, Files]:
        """Return the number of the version in force, 0 for none, and its files."""
        found = files_in_force(self._state)
        return found if found is not None else (0, self._fallback)

    def listed(self, owner: str) -> dict[str, Any]:
        """Return every file in force with its kind, and whether the owner has a draft of it."""
        number, files = self.in_force()
        with self._state.read() as tx:
            drafts = _drafts(tx, owner)
        kinds, _ = list_files({**files, **dict.fromkeys(drafts, b"")}, tuple(KINDS.values()))
        kind_of = {path: kind for kind, paths in kinds.items() for path in paths}
        return {
            "version": number,
            "files": [
                {
                    "path": path,
                    "kind": kind_of.get(path),
                    "bytes": len(files.get(path, b"")),
                    "is_new": path not in files,
                    "draft_at": to_iso(drafts[path]["at"]) if path in drafts else None,
                }
                for path in sorted({*files, *drafts})
            ],
        }

    def show(self, owner: str, path: str) -> dict[str, Any]:
        """Return a file's text in force and the owner's draft. Raises ``CallerError`` ``file_unknown``."""
        number, files = self.in_force()
        with self._state.read() as tx:
            draft = _drafts(tx, owner).get(path)
        if path not in files and draft is None:
            text = f"The workspace has no file {cut(path)}. `GET /api/v1/workspace/files` lists them."
            raise CallerError("file_unknown", text, field="path", status=404)
        return {
            "path": path,
            "version": number,
            "content": files[path].decode(errors="replace") if path in files else None,
            "draft": bytes(draft["content"]).decode(errors="replace") if draft else None,
            "draft_base": draft["base"] if draft else None,
            "draft_at": to_iso(draft["at"]) if draft else None,
        }

    def keep(self, owner: str, path: str, content: str, base: int | None) -> dict[str, Any]:
        """Keep a draft in place of the owner's earlier one, and return what is wrong with it.

        Raises ``CallerError``: ``file_too_large``, ``file_misplaced``, ``drafts_too_many``.
        """
        raw = content.encode()
        if len(raw) > MAX_BYTES:
            text = f"The draft has {len(raw):,} bytes; a workspace file has at most {MAX_BYTES:,}. Split it."
            raise CallerError("file_too_large", text, field="content", status=413)
        if not any(list_files({path: b""}, tuple(KINDS.values()))[0].values()):
            text = f"No kind of workspace file lies at {cut(path)}. Write, for example, `audiences/lapsed.yaml`."
            raise CallerError("file_misplaced", text, field="path")
        number, _ = self.in_force()
        row = {"owner": owner, "path": path, "base": number if base is None else base, "at": self._clock.now()}
        with self._state.write() as tx:
            if len({*_drafts(tx, owner), path}) > MOST_DRAFTS:
                text = f"You keep {MOST_DRAFTS} drafts already. Apply or drop some of them first."
                raise CallerError("drafts_too_many", text, field="path", status=409)
            upsert(tx, workspace_draft, [{**row, "content": raw}])
        return self.check({path: content})

    def drop(self, owner: str, path: str) -> bool:
        """Drop a draft; return whether there was one."""
        with self._state.write() as tx:
            theirs = (workspace_draft.c.owner == owner) & (workspace_draft.c.path == path)
            return tx.execute(delete(workspace_draft).where(theirs)).rowcount > 0

    def check(self, changed: dict[str, str | None]) -> dict[str, Any]:
        """Return what is wrong with the workspace when these files are changed; ``None`` removes one."""
        workspace, problems = self.load(changed)
        told = [told_problem(each) for each in problems if each.file in changed or each.is_error]
        return {"ok": workspace is not None, "problems": told}

    def load(self, changed: dict[str, str | None]) -> tuple[Workspace | None, list[LocatedProblem]]:
        """Return the workspace with these files changed, ``None`` when it has errors, and all problems."""
        _, files = self.in_force()
        merged = {path: raw for path, raw in files.items() if path not in changed}
        merged |= {path: text.encode() for path, text in changed.items() if text is not None}
        with self._lock:  # compiling is all work: two at once would only slow the door down
            return load_workspace(merged)


def read_text(text: str) -> dict[str, Any]:
    """Return the structure of a YAML text, and what is wrong with it as YAML."""
    found = read_yaml("", text.encode())
    return {"structure": found.value, "problems": [told_problem(each) for each in found.problems]}


def print_structure(structure: dict[str, Any]) -> str:
    """Return a structure as YAML. Raises ``CallerError`` ``structure_unwritable``."""
    try:
        return write_yaml(structure)
    except (ValueError, TypeError, RecursionError) as error:
        text = "These values cannot be written as a workspace file. Use mappings, lists, texts, numbers, truth values."
        raise CallerError("structure_unwritable", text, field="structure") from error


def told_problem(problem: LocatedProblem) -> dict[str, Any]:
    """Return a problem with its place."""
    found: dict[str, Any] = msgspec.to_builtins(problem)
    return found


def _drafts(tx: Connection, owner: str) -> dict[str, dict[str, Any]]:
    rows = tx.execute(select(workspace_draft).where(workspace_draft.c.owner == owner)).mappings()
    return {row["path"]: dict(row) for row in rows}
