"""The API's routes for audiences: who is in them, why, how that grew; exports, the nightly look, runs of queries."""

import json
import tempfile
from collections.abc import Iterator
from typing import Annotated, Any, BinaryIO, Literal

from annotated_types import Ge, Le, MaxLen
from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from fieldfare.flow.answers import Answers
from fieldfare.flow.audience_answers import MOST_DAYS, MOST_MEMBERS, MOST_VALUES
from fieldfare.flow.export_audience import ExportRequest
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import demand_reveal, needs
from fieldfare.web.signing import Actor

SUMMARY_HEADER = "X-Fieldfare-Export"
"""JSON of what was exported: rows, withheld, fields."""
_IN_MEMORY = 16 * 2**20
_CHUNK = 2**20
_MEDIA = {"csv": "text/csv", "jsonl": "application/x-ndjson", "parquet": "application/vnd.apache.parquet"}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. `X-Fieldfare-Export` says what is in it.",
        "content": {media: {"schema": {"type": "string"}} for media in _MEDIA.values()},
    }
}
Text = Annotated[str, MaxLen(500)]
Name = Annotated[str, MaxLen(200)]


class Page(BaseModel):
    """Which members are asked for."""

    at: Annotated[str | None, MaxLen(64)] = None
    after: Annotated[int, Ge(0), Le(2**62)] = 0
    limit: Annotated[int, Ge(1), Le(MOST_MEMBERS)] = 100


class Wanted(BaseModel):
    """An export: for what, by whom, why, which fields."""

    purpose: Name
    actor: Actor = ""
    reason: Text
    form: Literal["csv", "jsonl", "parquet"] = "csv"
    channel: Name | None = None
    fields: Annotated[list[Name], MaxLen(200)] = []
    reveal: bool = False


class Compare(BaseModel):
    """What is compared; every audience when none is named."""

    audience: Name | None = None


def audience_routes(answers: Answers) -> APIRouter:
    """Return the routes of one audience and of all."""
    router = APIRouter()
    audiences = answers.audiences

    @router.get("/api/v1/audiences", dependencies=needs(Permission.SEE))
    def overview() -> list[dict[str, Any]]:
        """Audiences with their sizes, meanings, uses and flags."""
        return audiences.overview()

    @router.get("/api/v1/audiences/{audience}", dependencies=needs(Permission.SEE))
    def show(audience: str) -> dict[str, Any]:
        """All there is to say of one: size, charter, versions of its definition, uses, findings, last run."""
        return audiences.show(audience)

    @router.get("/api/v1/audiences/{audience}/explain", dependencies=needs(Permission.SEE))
    def explain(audience: str) -> dict[str, Any]:
        """Who is in it, in plain English, line by line."""
        return audiences.explain(audience)

    @router.get("/api/v1/audiences/{audience}/why", dependencies=needs(Permission.PEOPLE_SEE))
    def why(audience: str, profile: Text) -> dict[str, Any]:
        """Why a profile is in it or not: value, truth and next change of every part."""
        return audiences.why(profile, audience)

    @router.get("/api/v1/audiences/{audience}/members", dependencies=needs(Permission.PEOPLE_SEE))
    def members(audience: str, page: Annotated[Page, Query()]) -> dict[str, Any]:
        """Who is in it, or was in it ``at`` an instant; page by page."""
        return audiences.members(audience, page.at, page.after, page.limit)

    @router.get("/api/v1/audiences/{audience}/growth", dependencies=needs(Permission.SEE))
    def growth(audience: str, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 30) -> dict[str, Any]:
        """Count joined and left on each of the last local days, and the size at its end."""
        return audiences.growth(audience, days)

    @router.get("/api/v1/audiences/{audience}/breakdown", dependencies=needs(Permission.SEE))
    def breakdown(
        audience: str, by: Name = "location", limit: Annotated[int, Query(ge=1, le=MOST_VALUES)] = 50
    ) -> dict[str, Any]:
        """Members by ``location``, ``stage`` or the values of a trait."""
        return audiences.breakdown(audience, by, limit)

    _add_acts(router, answers)
    _add_memberships(router, answers)
    return router


def _add_acts(router: APIRouter, answers: Answers) -> None:
    @router.post("/api/v1/audiences/{audience}/refresh", dependencies=needs(Permission.DATA_REPAIR))
    def refresh(audience: str) -> dict[str, Any]:
        """Run the query of an audience by ``sql`` now."""
        answers.audiences.known(audience)
        return answers.queried.run(audience)

    @router.post(
        "/api/v1/audiences/{audience}/export",
        dependencies=needs(Permission.PEOPLE_EXPORT),
        responses=_FILE,
        response_class=StreamingResponse,
    )
    def export(request: Request, audience: str, wanted: Wanted) -> StreamingResponse:
        """Export whom a purpose may reach; it is recorded, and so is every reveal."""
        demand_reveal(request, reveal=wanted.reveal)
        request.state.what = audience
        asked = ExportRequest(audience=audience, **{**wanted.model_dump(), "fields": tuple(wanted.fields)})
        sink = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - the answer closes it
        try:
            summary = answers.exports.run(asked, sink)  # type: ignore[arg-type]
        except BaseException:
            sink.close()
            raise
        headers = {
            SUMMARY_HEADER: json.dumps(summary),
            "Content-Disposition": f'attachment; filename="{audience}.{asked.form}"',
        }
        return StreamingResponse(_chunks(sink), media_type=_MEDIA[asked.form], headers=headers)  # type: ignore[arg-type]


def _add_memberships(router: APIRouter, answers: Answers) -> None:
    @router.get("/api/v1/profiles/{profile:path}/memberships", dependencies=needs(Permission.PEOPLE_SEE))
    def history(profile: str) -> dict[str, Any]:
        """Every stay of a person in an audience: from when to when, why, by which definition."""
        return answers.audiences.history(profile)

    @router.get("/api/v1/memberships/overlap", dependencies=needs(Permission.SEE))
    def overlap(audience: Annotated[list[Name] | None, Query(max_length=100)] = None) -> dict[str, Any]:
        """How many people are in each two of some audiences, of all when none is named."""
        return answers.audiences.overlap(audience or [])

    @router.get("/api/v1/memberships/health", dependencies=needs(Permission.SEE))
    def health() -> dict[str, Any]:
        """Tell what the nightly look at audiences found, and which memberships differed."""
        return answers.audience_health.latest()

    @router.post("/api/v1/memberships/reconcile", dependencies=needs(Permission.DATA_REPAIR))
    def reconcile(compare: Compare) -> dict[str, Any]:
        """Compare memberships with the lake's answers now."""
        return answers.audience_health.run(compare.audience)

    @router.get("/api/v1/memberships/exports", dependencies=needs(Permission.AUDIT_READ))
    def exports(
        audience: Name | None = None, limit: Annotated[int, Query(ge=1, le=1_000)] = 100
    ) -> list[dict[str, Any]]:
        """List exports on record, the newest first."""
        return answers.exports.latest(audience, limit)


def _chunks(sink: BinaryIO) -> Iterator[bytes]:
    with sink:
        sink.seek(0)
        while chunk := sink.read(_CHUNK):
            yield chunk
