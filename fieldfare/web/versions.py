"""The API's routes for versions of the workspace: plan, apply, history, decisions, rollback. Acts are told in the log.

What is applied here is recorded; a server goes on with what it serves until it is started again.
"""

from typing import Annotated, Any

import msgspec
import structlog
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from fieldfare.flow.versions.requests import ApplyRequest, DecisionRequest, RollbackRequest
from fieldfare.flow.versions.run import Versions
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs
from fieldfare.web.signing import Actor, MaybeActor

_log = structlog.get_logger()
_LARGEST = 2**63 - 1
Number = Annotated[int, Field(ge=1, le=_LARGEST)]
BaseNumber = Annotated[int, Field(ge=0, le=_LARGEST)]


class AskedPlan(BaseModel):
    """The whole of a workspace's files, as text by path; ``only`` takes some of them."""

    files: dict[str, str]
    by: MaybeActor = ""
    only: list[str] = []
    trigger_on_change: bool = False


class AskedApply(AskedPlan):
    """What is to hold, by whom and why; ``base``: the version that it was planned against, 0 for none."""

    by: Actor = ""
    reason: str = ""
    base: BaseNumber | None = None


class AskedRollback(BaseModel):
    """The version to go back to, whole or in some files."""

    version: Number
    by: Actor = ""
    reason: str
    only: list[str] = []
    base: BaseNumber | None = None


class Decided(BaseModel):
    """Who decides, and why."""

    by: Actor = ""
    reason: str


def version_routes(versions: Versions) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/api/v1/workspace/plan", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    def plan(asked: AskedPlan) -> dict[str, Any]:
        """Tell what applying these files would do; nothing is written."""
        return versions.plan(msgspec.convert(asked.model_dump(), ApplyRequest))

    @router.post("/api/v1/workspace/apply", dependencies=needs(Permission.WORKSPACE_APPLY))
    def apply(asked: AskedApply) -> dict[str, Any]:
        """Store files as a version and put it in force with the next start, or let it wait for an approval."""
        return _told("apply", versions.apply(msgspec.convert(asked.model_dump(), ApplyRequest)))

    @router.post("/api/v1/workspace/rollback", dependencies=needs(Permission.WORKSPACE_APPLY))
    def rollback(asked: AskedRollback) -> dict[str, Any]:
        """Make a version that equals an earlier one, whole or in some files, and apply it as any other."""
        return _told("rollback", versions.rollback(msgspec.convert(asked.model_dump(), RollbackRequest)))

    @router.get("/api/v1/workspace/versions", dependencies=needs(Permission.SEE))
    def history(limit: Annotated[int, Query(ge=1, le=10_000)] = 50) -> list[dict[str, Any]]:
        """List versions, the newest first."""
        return versions.history(limit)

    @router.get("/api/v1/workspace/versions/{version}", dependencies=needs(Permission.SEE))
    def show(version: Number, *, contents: bool = False) -> dict[str, Any]:
        """Show one version: what changed, its risks, its steps; if asked for, what its files say."""
        return versions.show(version, contents=contents)

    @router.get("/api/v1/workspace/versions/{version}/diff", dependencies=needs(Permission.SEE))
    def diff(version: Number, against: Annotated[int, Query(ge=1, le=_LARGEST)]) -> dict[str, Any]:
        """Tell how the files of a version differ from those of the one it is held against."""
        return versions.diff(against, version)

    @router.post("/api/v1/workspace/versions/{version}/approve", dependencies=needs(Permission.WORKSPACE_APPROVE))
    def approve(version: Number, decided: Decided) -> dict[str, Any]:
        """Approve a version that waits, and put it in force with the next start."""
        return _told("approve", versions.approve(DecisionRequest(version=version, **decided.model_dump())))

    @router.post("/api/v1/workspace/versions/{version}/reject", dependencies=needs(Permission.WORKSPACE_APPROVE))
    def reject(version: Number, decided: Decided) -> dict[str, Any]:
        """Reject a version that waits; the record stays."""
        return _told("reject", versions.reject(DecisionRequest(version=version, **decided.model_dump())))

    @router.post("/api/v1/workspace/versions/{version}/carry-out", dependencies=needs(Permission.WORKSPACE_APPLY))
    def carry_out(version: Number) -> dict[str, Any]:
        """Put an approved version in force that could not be so when it was approved."""
        return _told("carry_out", versions.carry_out(version))

    return router


def _told(act: str, found: dict[str, Any]) -> dict[str, Any]:
    _log.info("workspace_version", act=act, version=found["version"], status=found["status"])
    return found
