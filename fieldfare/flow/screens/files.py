"""Workspace files on a screen: what is in force, each person's drafts, and a draft checked as applying would check it.

A draft is kept per user and path, with the version that it began from; nothing of it holds until it is applied, and
applying goes through plan and apply like every change; a draft that says what is in force is none. It is *stale* when
its file was changed by a version since it began. Whoever names the mark of the draft that they saw replaces no other
one, so two tabs of one person lose nothing to each other. Checking loads the whole workspace with all of one's drafts
in it, so the problems are those that ``fieldfare validate`` shows. YAML and structure are turned into each other here.
"""

import threading
from typing import Any

import msgspec

from fieldfare.flow.versions import drafts
from fieldfare.flow.versions.model import Digests, Files
from fieldfare.flow.versions.record import files_at, files_in_force
from fieldfare.flow.versions.store import applied_number
from fieldfare.flow.workspace import KINDS, Workspace, load_workspace
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError, cut
from fieldfare.ground.instants import to_iso
from fieldfare.ground.store import State
from fieldfare.ground.workspace.load import list_files
from fieldfare.ground.workspace.model import LocatedProblem
from fieldfare.ground.workspace.read import MAX_BYTES, read_yaml
from fieldfare.ground.workspace.write import write_yaml

MOST_DRAFTS = 200


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
            mine = drafts.drafts_of(tx, owner)
        kinds, _ = list_files({**files, **dict.fromkeys(mine, b"")}, tuple(KINDS.values()))
        kind_of = {path: kind for kind, paths in kinds.items() for path in paths}
        return {
            "version": number,
            "files": [
                {
                    "path": path,
                    "kind": kind_of.get(path),
                    "bytes": len(files.get(path, b"")),
                    "is_new": path not in files,
                    "draft_at": to_iso(mine[path]["at"]) if path in mine else None,
                }
                for path in sorted({*files, *mine})
            ],
        }

    def show(self, owner: str, path: str) -> dict[str, Any]:
        """Return a file's text in force and the owner's draft. Raises ``CallerError`` ``file_unknown``."""
        number, files = self.in_force()
        draft = next((each for each in self.drafts(owner)["drafts"] if each["path"] == path), None)
        if path not in files and draft is None:
            text = f"The workspace has no file {cut(path)}. `GET /api/v1/workspace/files` lists them."
            raise CallerError("file_unknown", text, field="path", status=404)
        content = files[path].decode(errors="replace") if path in files else None
        return {"path": path, "version": number, "content": content, "draft": draft}

    def drafts(self, owner: str) -> dict[str, Any]:
        """Return the owner's drafts whole, and the version in force."""
        with self._state.read() as tx:
            number = applied_number(tx) or 0
            mine = drafts.drafts_of(tx, owner)
            held = {each: files_at(tx, each) for each in {number, *(row["base"] for row in mine.values())}}
        told = [_told_draft(row, held[row["base"]], held[number]) for row in mine.values()]
        return {"version": number, "drafts": told}

    def keep(
        self, owner: str, path: str, content: str | None, base: int | None, over: str | None = None
    ) -> dict[str, Any]:
        """Keep a draft in place of the owner's earlier one, and return what is wrong with it; ``None`` removes a file.

        It goes on from the version that the earlier one began from; ``base`` says another one, as whoever has looked at
        a stale draft does. ``over`` is the mark of the draft that it replaces. A text that is in force ends the draft.
        Raises ``CallerError``: ``file_too_large``, ``file_misplaced``, ``draft_base``, ``drafts_too_many``;
        ``ConflictError`` ``draft_passed``: the text may not know what it would replace, because the draft is another
        one than ``over``, has gone on since, or ended and no ``base`` is given.
        """
        raw = None if content is None else content.encode()
        if raw is not None and len(raw) > MAX_BYTES:
            text = f"The draft has {len(raw):,} bytes; a workspace file has at most {MAX_BYTES:,}. Split it."
            raise CallerError("file_too_large", text, field="content", status=413)
        if not any(list_files({path: b""}, tuple(KINDS.values()))[0].values()):
            text = f"No kind of workspace file lies at {cut(path)}. Write, for example, `audiences/lapsed.yaml`."
            raise CallerError("file_misplaced", text, field="path")
        with self._state.write() as tx:
            number = applied_number(tx) or 0
            if base is not None and not 0 <= base <= number:
                text = f"A draft cannot begin from version {base}: {number} is in force. Leave `base` out."
                raise CallerError("draft_base", text, field="base")
            mine = drafts.drafts_of(tx, owner)
            held = files_at(tx, number)
            _must_know(path, base, mine.get(path), number, is_held=path in held)
            if drafts.mark_of({"content": raw}) != drafts.mark_of(mine.get(path)):
                _must_be_over(path, over, mine.get(path), number)
            began = base if base is not None else mine[path]["base"] if path in mine else number
            row = {"owner": owner, "path": path, "base": began, "at": self._clock.now(), "content": raw}
            holds = drafts.digest_of(raw) == held.get(path)
            if holds:
                drafts.drop(tx, owner, path)
            elif len({*mine, path}) > MOST_DRAFTS:
                text = f"You keep {MOST_DRAFTS} drafts already. Apply or drop some of them first."
                raise CallerError("drafts_too_many", text, field="path", status=409)
            else:
                drafts.keep(tx, row)
            stale = not holds and drafts.is_stale(path, files_at(tx, began), held)
        others = {each: _text(row["content"]) for each, row in mine.items()}
        mark = drafts.mark_of(None if holds else row)
        return {**self.check({**others, path: content}), "base": began, "mark": mark, "is_stale": stale}

    def mine(self, owner: str) -> dict[str, str | None]:
        """Return the texts of the owner's drafts by path; ``None``: the file is to go."""
        with self._state.read() as tx:
            return {path: _text(row["content"]) for path, row in drafts.drafts_of(tx, owner).items()}

    def drop(self, owner: str, path: str | None = None, over: str | None = None) -> bool:
        """Drop a draft, or all of the owner's; return whether there was one.

        Raises ``ConflictError`` ``draft_passed`` where the draft is another one than ``over``.
        """
        with self._state.write() as tx:
            if path is not None and (mine := drafts.drafts_of(tx, owner).get(path)) is not None:
                _must_be_over(path, over, mine, applied_number(tx) or 0)
            return drafts.drop(tx, owner, path) > 0

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


def _must_know(path: str, base: int | None, draft: dict[str, Any] | None, number: int, *, is_held: bool) -> None:
    """Raise ``ConflictError`` where a text would replace what its editor may not have seen."""
    if draft is None and base is None and is_held:
        since = f"you keep no draft of it any more, and version {number} has the file"
    elif draft is not None and base is not None and base < draft["base"]:
        since = f"your text began from version {base}, and your draft goes on from version {draft['base']} by now"
    else:
        return
    text = (
        f"The draft of {cut(path)} was not kept: {since}. So it might replace what you have not seen. Look at what is "
        f"there now (`GET /api/v1/workspace/files/{path[:80]}`); if your text is to hold, keep it with `base` {number}."
    )
    raise ConflictError("draft_passed", text)


def _must_be_over(path: str, over: str | None, draft: dict[str, Any] | None, number: int) -> None:
    """Raise ``ConflictError`` where somebody would replace another draft than the one that they saw."""
    if draft is None or over is None or over == drafts.mark_of(draft):
        return
    text = (
        f"The draft of {cut(path)} was left as it is: it is not the one that you saw, for another tab or program of "
        f"yours has kept one since. Look at it (`GET /api/v1/workspace/files/{path[:80]}`); if yours is to hold "
        f"instead, send `base` {number} and `over` `{drafts.mark_of(draft)}`."
    )
    raise ConflictError("draft_passed", text)


def _told_draft(row: dict[str, Any], then: Digests, now: Digests) -> dict[str, Any]:
    path = row["path"]
    return {
        "path": path,
        "content": _text(row["content"]),
        "removes": row["content"] is None,
        "base": row["base"],
        "mark": drafts.mark_of(row),
        "at": to_iso(row["at"]),
        "is_new": path not in now,
        "is_stale": drafts.is_stale(path, then, now),
    }


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else bytes(raw).decode(errors="replace")
