"""The HTTP application beside the door: the API under ``/api/v1``, unsubscribe links, receipts, health.

Assembles the rooms' routes. Every API call needs the installation's token (``Authorization: Bearer …``), which the
first start makes and ``fieldfare token`` prints; links that go to customers carry their own proof. Failures are
answered as ``{"code", "message"}``, never as a traceback.
"""

import hmac
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from fieldfare.flow.answers import Answers
from fieldfare.flow.erase import Erasure
from fieldfare.flow.rehearsal.requests import Rehearsals
from fieldfare.flow.replay_job import ReplayJob
from fieldfare.ground.errors import CallerError
from fieldfare.web.audiences import audience_routes
from fieldfare.web.audits import add_audit_routes
from fieldfare.web.changes import change_routes
from fieldfare.web.consent import consent_routes, public_consent_routes
from fieldfare.web.contracts import add_contract_routes
from fieldfare.web.dead_letters import dead_letter_routes
from fieldfare.web.decide import decide_routes
from fieldfare.web.deliveries import delivery_answer_routes
from fieldfare.web.erase import erase_routes
from fieldfare.web.experiments import experiment_routes
from fieldfare.web.identity import identity_routes
from fieldfare.web.journeys import journey_routes
from fieldfare.web.keys import key_routes
from fieldfare.web.lifecycle import lifecycle_routes
from fieldfare.web.messages import message_routes
from fieldfare.web.metrics import metrics_routes
from fieldfare.web.orders import order_routes
from fieldfare.web.profiles import profile_routes
from fieldfare.web.refusals import REFUSALS, add_refusals
from fieldfare.web.rehearsals import rehearsal_routes
from fieldfare.web.replay import replay_routes
from fieldfare.web.seasons import season_routes
from fieldfare.web.traits import trait_routes
from fieldfare.web.versions import version_routes

MOST_ROWS = 10_000


class Query(BaseModel):
    """A read-only SQL query on the lake."""

    sql: str
    most_rows: int = 1_000


def build_api(
    answers: Answers,
    token: str,
    routes: Sequence[BaseRoute],
    broken: Callable[[], str | None],
    replays: ReplayJob,
    erasure: Erasure,
    rehearsals: Rehearsals,
) -> ASGIApp:
    """Return the application; ``routes`` are the rooms' own (unsubscribe, receipts); ``broken`` says why not ready."""
    app = FastAPI(
        title="Fieldfare",
        version="1",
        docs_url="/api/docs",
        openapi_url="/api/openapi.json",
        redoc_url=None,
        responses=REFUSALS,
    )
    app.router.routes.extend(routes)
    add_refusals(app)

    def signed_in(authorization: Annotated[str, Header()] = "") -> None:
        if not hmac.compare_digest(authorization.encode(), f"Bearer {token}".encode()):
            text = "The call carries no valid token. Send `Authorization: Bearer TOKEN`; `fieldfare token` prints it."
            raise CallerError("unauthorized", text, status=401)

    _add_health(app, broken)
    guard = [Depends(signed_in)]

    @app.get("/api/v1/status", dependencies=guard)
    def status() -> dict[str, Any]:
        """Tell what stands: sources, lag, counts, stores."""
        return answers.status()

    add_audit_routes(app, answers, guard)  # before the routes of one profile, whose id could be `health`

    _add_questions(app, answers, guard)
    add_contract_routes(app, answers.contracts, guard)
    routers = (
        audience_routes(answers),
        erase_routes(erasure),
        key_routes(answers.keys),
        dead_letter_routes(answers.letters),
        identity_routes(answers.identity),
        trait_routes(answers.traits),
        lifecycle_routes(answers.lifecycle),
        season_routes(answers.seasons, answers.readiness),
        experiment_routes(answers.registered, answers.readout),
        change_routes(answers.retractions, answers.cuts),
        replay_routes(replays),
        rehearsal_routes(rehearsals),
        message_routes(answers.templates, answers.mailbox),
        delivery_answer_routes(answers.messages),
        version_routes(answers.versions),
        journey_routes(answers.journeys),
        order_routes(answers.orders),
        decide_routes(answers.decide),
        consent_routes(answers.consent),
        metrics_routes(answers.status),
        profile_routes(answers.profiles),  # last: an id may hold slashes, and look like a path of the others
    )
    for router in routers:
        app.include_router(router, dependencies=guard)
    app.include_router(public_consent_routes(answers.consent))
    return app


def _add_questions(app: FastAPI, answers: Answers, guard: Sequence[Any]) -> None:
    @app.post("/api/v1/sql", dependencies=guard)
    def sql(query: Query) -> dict[str, Any]:
        """Run one SELECT on the lake."""
        return answers.sql(query.sql, max(1, min(query.most_rows, MOST_ROWS)))

    @app.get("/api/v1/profiles/{profile:path}/why-not", dependencies=guard)
    def why_not(profile: str, journey: str | None = None, since: str | None = None) -> dict[str, Any]:
        """Why the person got or did not get messages: journeys, walks, verdicts with all their reasons."""
        return answers.why_not(profile, journey, since)


def _add_health(app: FastAPI, broken: Callable[[], str | None]) -> None:
    @app.get("/healthz", include_in_schema=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    def readyz() -> JSONResponse:
        reason = broken()
        return JSONResponse(
            {"status": "ready" if reason is None else "not_ready", "reason": reason}, 200 if reason is None else 503
        )
