"""The API's routes for what people edit: files and drafts of the workspace, audiences in the making, notes, queries.

Drafts belong to whoever is signed in; nothing of them holds until it is applied.
"""

from typing import Annotated, Any

from annotated_types import Ge, Le, MaxLen
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.flow.screens.audience_drafts import AudienceDrafts
from fieldfare.flow.screens.experiment_drafts import ExperimentDrafts, Plan
from fieldfare.flow.screens.files import WorkspaceFiles, print_structure, read_text
from fieldfare.flow.screens.notes import Notes
from fieldfare.flow.screens.queries import SavedQueries
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import caller, demand, needs
from fieldfare.web.sign_in import Done

Path = Annotated[str, MaxLen(200)]
Mark = Annotated[str, MaxLen(100)]
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
    """Whether the workspace is valid with one's drafts in it; ``is_stale``: the file was changed since ``base``.

    ``mark``: what the draft is told from others by.
    """

    ok: bool
    problems: list[ProblemView]
    base: int
    mark: str
    is_stale: bool


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


class DraftView(BaseModel):
    """One's own draft of a file, the version that it began from, and the ``mark`` that it is told from others by.

    ``removes``: the file is to go; ``is_new``: no file in force; ``is_stale``: the file was changed since ``base``.
    """

    path: str
    content: str | None
    removes: bool
    base: int
    mark: str
    at: str
    is_new: bool
    is_stale: bool


class DraftsView(BaseModel):
    """One's own drafts, and the version in force."""

    version: int
    drafts: list[DraftView]


class FileView(BaseModel):
    """A file's text in force and one's own draft of it."""

    path: str
    version: int
    content: str | None
    draft: DraftView | None


class DraftBody(_Body):
    """A draft's text, null to remove the file; `base`: the version that it begins from.

    Left out, it is the earlier draft's; a file in force without a draft needs it. `over`: the mark of the draft that
    was seen and is replaced, `none` where there was none; another one is not replaced.
    """

    content: Content | None
    base: Annotated[int, Ge(0), Le(2**62)] | None = None
    over: Mark | None = None


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


class ExperimentDraftBody(_Body):
    """An experiment in the making, as YAML or as structure; `design`: whether it is asked what it can find."""

    yaml: Content | None = None
    structure: dict[str, Any] | None = None
    design: bool = True
    holdout: Annotated[float | None, Field(ge=0.001, le=0.999)] = None
    units_per_day: Annotated[float | None, Field(ge=0.001, le=1e9)] = None
    days: Annotated[int | None, Field(ge=1, le=3_650)] = None


class RegisteredView(BaseModel):
    """By which version an experiment is registered, and how often it was amended since."""

    version: int
    by: str
    at: str
    amendments: int


class ExperimentDraftView(BaseModel):
    """An experiment in the making: both forms, what is wrong, whether applying it amends, what it can find."""

    yaml: str
    structure: dict[str, Any] | None
    path: str
    problems: list[ProblemView]
    others: list[ProblemView]
    is_new: bool
    registered: RegisteredView | None
    amends: bool
    design: dict[str, Any] | None
    design_why: str


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
    """A query to be saved under a name; `shared`: others see it too. Without a `description` the earlier one stays."""

    name: Annotated[str, MaxLen(200)]
    sql: Annotated[str, MaxLen(20_000)]
    description: Annotated[str | None, MaxLen(2_000)] = None
    shared: bool = False


class SavedQueryView(BaseModel):
    """A saved query."""

    name: str
    sql: str
    description: str
    owner: str
    is_own: bool
    is_shared: bool
    at: str


def draft_routes(
    files: WorkspaceFiles,
    audiences: AudienceDrafts,
    experiments: ExperimentDrafts,
    notes: Notes,
    queries: SavedQueries,
) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    _add_files(router, files)

    @router.post("/api/v1/drafts/audience", dependencies=needs(_DRAFTS, is_act=False))
    def look(asked: AudienceDraftBody) -> AudienceDraftView:
        """Look at an audience in the making: problems, meaning, YAML and structure, about how many it would have."""
        return AudienceDraftView.model_validate(audiences.look(asked.yaml, asked.structure, counts=asked.counts))

    @router.post("/api/v1/drafts/experiment", dependencies=needs(_DRAFTS, is_act=False))
    def look_at_experiment(asked: ExperimentDraftBody) -> ExperimentDraftView:
        """Look at an experiment in the making: problems, YAML and structure, whether it amends, what it can find."""
        plan = Plan(holdout=asked.holdout, units_per_day=asked.units_per_day, days=asked.days) if asked.design else None
        return ExperimentDraftView.model_validate(experiments.look(_owner(), asked.yaml, asked.structure, plan))

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
        """List one's own saved queries and those that others share, by name."""
        return [SavedQueryView.model_validate(each) for each in queries.seen_by(_owner())]

    @router.post("/api/v1/sql/saved", dependencies=needs(Permission.LAKE_QUERY))
    def save(asked: QueryBody) -> SavedQueryView:
        """Save a query in place of one's own earlier one of its name."""
        found = queries.save(_owner(), asked.name, asked.sql, asked.description, is_shared=asked.shared)
        return SavedQueryView.model_validate(found)

    @router.delete("/api/v1/sql/saved/{name:path}", dependencies=needs(Permission.LAKE_QUERY))
    def drop_query(name: Annotated[str, MaxLen(200)], owner: Annotated[str | None, MaxLen(500)] = None) -> Done:
        """Drop one's own saved query; whoever manages users may name another `owner`."""
        if owner is not None and owner != _owner():
            demand(caller(), Permission.USERS_MANAGE)
        return Done(done=queries.drop(owner if owner is not None else _owner(), name))

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

    @router.get("/api/v1/workspace/drafts", dependencies=needs(_DRAFTS))
    def drafts() -> DraftsView:
        """One's own drafts whole, and whether the file of each was changed since it began."""
        return DraftsView.model_validate(files.drafts(_owner()))

    @router.delete("/api/v1/workspace/drafts", dependencies=needs(_DRAFTS, is_act=False))
    def drop_all() -> Done:
        """Drop all of one's drafts."""
        return Done(done=files.drop(_owner()))

    @router.put("/api/v1/workspace/drafts/{path:path}", dependencies=needs(_DRAFTS, is_act=False))
    def keep(path: Path, asked: DraftBody) -> CheckView:
        """Keep one's draft of a file, and tell what is wrong with the workspace when one's drafts are in it."""
        return CheckView.model_validate(files.keep(_owner(), path, asked.content, asked.base, asked.over))

    @router.delete("/api/v1/workspace/drafts/{path:path}", dependencies=needs(_DRAFTS, is_act=False))
    def drop(path: Path, over: Mark | None = None) -> Done:
        """Drop one's draft of a file; with `over` only the one of that mark."""
        return Done(done=files.drop(_owner(), path, over))

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
