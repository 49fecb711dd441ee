"""The API's routes for what people edit: files and drafts of the workspace, audiences in the making, notes, queries.

Drafts belong to whoever is signed in; nothing of them holds until it is applied.
"""

from typing import Annotated, Any

from annotated_types import MaxLen
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from fieldfare.flow.screens.audience_drafts import AudienceDrafts
from fieldfare.flow.screens.files import WorkspaceFiles, print_structure, read_text
from fieldfare.flow.screens.notes import Notes
from fieldfare.flow.screens.queries import SavedQueries
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import caller, needs
from fieldfare.web.sign_in import Done

Path = Annotated[str, MaxLen(200)]
Content = Annotated[str, MaxLen(600_000)]
_DRAFTS = Permission.WORKSPACE_DRAFT


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProblemView(BaseModel):
    """What is wrong, where, why, and what to do."""

    file: str
    line: int
    key: str
    what: str
    why: str
    fix: str
    severity: str


class CheckView(BaseModel):
    """Whether the workspace would be valid with the draft in it."""

    ok: bool
    problems: list[ProblemView]


class FileRow(BaseModel):
    """A file in force, or one that is only a draft (``is_new``)."""

    path: str
    kind: str | None
    bytes: int
    is_new: bool
    draft_at: str | None


class FilesView(BaseModel):
    """The files of the version in force."""

    version: int
    files: list[FileRow]


class FileView(BaseModel):
    """A file's text in force and one's own draft of it."""

    path: str
    version: int
    content: str | None
    draft: str | None
    draft_base: int | None
    draft_at: str | None


class DraftBody(_Body):
    """A draft's text, and the version that it began from."""

    content: Content
    base: int | None = None


class TextBody(_Body):
    """A YAML text."""

    text: Content


class StructureBody(_Body):
    """Plain values."""

    structure: dict[str, Any]


class Structured(BaseModel):
    """What a YAML text holds, and what is wrong with it as YAML."""

    structure: Any
    problems: list[ProblemView]


class Printed(BaseModel):
    """A structure as YAML."""

    text: str


class AudienceDraftBody(_Body):
    """An audience in the making, as YAML or as structure; ``counts``: whether the lake is asked too."""

    yaml: Content | None = None
    structure: dict[str, Any] | None = None
    counts: bool = True


class AudienceCount(BaseModel):
    """About how many it would have; exact when all profiles were looked at."""

    about: int
    is_exact: bool
    looked_at: int
    profiles: int
    examples: list[int]
    as_of: str


class AudienceDraftView(BaseModel):
    """An audience in the making: both forms, what is wrong, its meaning line by line, how many it would have."""

    yaml: str
    structure: dict[str, Any] | None
    problems: list[ProblemView]
    others: list[ProblemView]
    lines: list[str]
    count: AudienceCount | None


class NoteBody(_Body):
    """What is to be noted about a person."""

    text: Annotated[str, MaxLen(4_000)]


class NoteView(BaseModel):
    """A note."""

    id: str
    at: str
    actor: str
    text: str


class NotesView(BaseModel):
    """The notes about a person, the newest first."""

    profile_id: int
    notes: list[NoteView]


class QueryBody(_Body):
    """A query to be saved under a name."""

    name: Annotated[str, MaxLen(200)]
    sql: Annotated[str, MaxLen(20_000)]
    description: Annotated[str, MaxLen(2_000)] = ""


class SavedQueryView(BaseModel):
    """A saved query."""

    name: str
    sql: str
    description: str
    actor: str
    at: str


def draft_routes(files: WorkspaceFiles, audiences: AudienceDrafts, notes: Notes, queries: SavedQueries) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    _add_files(router, files)

    @router.post("/api/v1/drafts/audience", dependencies=needs(_DRAFTS, is_act=False))
    def look(asked: AudienceDraftBody) -> AudienceDraftView:
        """Look at an audience in the making: problems, meaning, YAML and structure, about how many it would have."""
        return AudienceDraftView.model_validate(audiences.look(asked.yaml, asked.structure, counts=asked.counts))

    @router.get("/api/v1/profiles/{profile:path}/notes", dependencies=needs(Permission.PEOPLE_SEE))
    def notes_of(profile: str) -> NotesView:
        """Return the notes about a person, the newest first."""
        return NotesView.model_validate(notes.of(profile))

    @router.post("/api/v1/profiles/{profile:path}/notes", dependencies=needs(Permission.PEOPLE_EDIT))
    def note(profile: str, asked: NoteBody) -> NoteView:
        """Note something about a person. It is sealed, and gone when the person is erased."""
        return NoteView.model_validate(notes.write(profile, _owner(), asked.text))

    @router.get("/api/v1/sql/saved", dependencies=needs(Permission.LAKE_QUERY))
    def saved() -> list[SavedQueryView]:
        """List saved queries by name."""
        return [SavedQueryView.model_validate(each) for each in queries.all()]

    @router.post("/api/v1/sql/saved", dependencies=needs(Permission.LAKE_QUERY))
    def save(asked: QueryBody) -> SavedQueryView:
        """Save a query in place of an earlier one of its name."""
        return SavedQueryView.model_validate(queries.save(_owner(), asked.name, asked.sql, asked.description))

    @router.delete("/api/v1/sql/saved/{name}", dependencies=needs(Permission.LAKE_QUERY))
    def drop_query(name: str) -> Done:
        """Drop a saved query."""
        return Done(done=queries.drop(name))

    return router


def _add_files(router: APIRouter, files: WorkspaceFiles) -> None:
    @router.get("/api/v1/workspace/files", dependencies=needs(Permission.SEE))
    def listed() -> FilesView:
        """Every workspace file in force with its kind, and one's own drafts."""
        return FilesView.model_validate(files.listed(_owner()))

    @router.get("/api/v1/workspace/files/{path:path}", dependencies=needs(Permission.SEE))
    def show(path: Path) -> FileView:
        """Return a file's text in force, and one's own draft of it."""
        return FileView.model_validate(files.show(_owner(), path))

    @router.put("/api/v1/workspace/drafts/{path:path}", dependencies=needs(_DRAFTS, is_act=False))
    def keep(path: Path, asked: DraftBody) -> CheckView:
        """Keep one's draft of a file, and tell what is wrong with the workspace when it is in it."""
        return CheckView.model_validate(files.keep(_owner(), path, asked.content, asked.base))

    @router.delete("/api/v1/workspace/drafts/{path:path}", dependencies=needs(_DRAFTS, is_act=False))
    def drop(path: Path) -> Done:
        """Drop one's draft of a file."""
        return Done(done=files.drop(_owner(), path))

    @router.post("/api/v1/workspace/read", dependencies=needs(_DRAFTS, is_act=False))
    def read(asked: TextBody) -> Structured:
        """Turn a YAML text into its structure."""
        return Structured.model_validate(read_text(asked.text))

    @router.post("/api/v1/workspace/print", dependencies=needs(_DRAFTS, is_act=False))
    def printed(asked: StructureBody) -> Printed:
        """Turn a structure into YAML; comments are not kept."""
        return Printed(text=print_structure(asked.structure))


def _owner() -> str:
    return caller().signs or "installation"
