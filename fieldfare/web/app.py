"""The HTTP application beside the door: the API under ``/api/v1``, unsubscribe links, receipts, health.

Assembles the rooms' routes. Every route says what it needs (:mod:`.guard`); one of the API that says nothing is a
defect, found when the application is built. Links that go to customers carry their own proof. Failures are answered as
``{"code", "message"}``, never as a traceback. Every answer carries the headers of :mod:`.headers`, and every call that
changes something is recorded (:mod:`.record`).
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.routing import BaseRoute

from fieldfare.flow.answers import Answers
from fieldfare.flow.erase import Erasure
from fieldfare.flow.rehearsal.requests import Rehearsals
from fieldfare.flow.replay_job import ReplayJob
from fieldfare.flow.screens.audience_drafts import AudienceDrafts
from fieldfare.flow.screens.decisions import DecisionAnswers
from fieldfare.flow.screens.experiment_drafts import ExperimentDrafts
from fieldfare.flow.screens.files import WorkspaceFiles
from fieldfare.flow.screens.journey_graph import JourneyGraphs
from fieldfare.flow.screens.lift import Lifts
from fieldfare.flow.screens.notes import Notes
from fieldfare.flow.screens.now import NowAnswers
from fieldfare.flow.screens.queries import SavedQueries
from fieldfare.flow.screens.reports import Reports
from fieldfare.flow.screens.sides import Sides
from fieldfare.flow.screens.sources import SourceAnswers
from fieldfare.flow.screens.stores import StoreAnswers
from fieldfare.flow.screens.violations import Violations
from fieldfare.trust.access.administer import Administration
from fieldfare.trust.access.model import Permission
from fieldfare.trust.access.provider import Provider
from fieldfare.trust.access.run import Access
from fieldfare.web.audiences import audience_routes
from fieldfare.web.audits import add_audit_routes
from fieldfare.web.changes import change_routes
from fieldfare.web.consent import consent_routes, public_consent_routes
from fieldfare.web.console_files import ConsoleFiles
from fieldfare.web.contracts import add_contract_routes
from fieldfare.web.data_screens import data_screen_routes
from fieldfare.web.dead_letters import dead_letter_routes
from fieldfare.web.decide import decide_routes
from fieldfare.web.deliveries import delivery_answer_routes
from fieldfare.web.drafts import draft_routes
from fieldfare.web.erase import erase_routes
from fieldfare.web.experiments import experiment_routes
from fieldfare.web.guard import Guard, needs, undeclared
from fieldfare.web.headers import Headers
from fieldfare.web.identity import identity_routes
from fieldfare.web.journeys import journey_routes
from fieldfare.web.keys import key_routes
from fieldfare.web.lifecycle import lifecycle_routes
from fieldfare.web.live import Live, live_routes
from fieldfare.web.messages import message_routes
from fieldfare.web.metrics import metrics_routes
from fieldfare.web.orders import order_routes
from fieldfare.web.profiles import profile_routes
from fieldfare.web.record import Recorder
from fieldfare.web.refusals import REFUSALS, THE_FORM, add_refusals
from fieldfare.web.rehearsals import rehearsal_routes
from fieldfare.web.replay import replay_routes
from fieldfare.web.screens import screen_routes
from fieldfare.web.seasons import season_routes
from fieldfare.web.sign_in import Brand, sign_in_routes
from fieldfare.web.traits import trait_routes
from fieldfare.web.users import user_routes
from fieldfare.web.versions import version_routes

MOST_ROWS = 10_000


class Query(BaseModel):
    """A read-only SQL query on the lake."""

    sql: str
    most_rows: int = 1_000


class Screens(msgspec.Struct, frozen=True, kw_only=True):
    """What the console's screens are answered with, beside what the rooms answer."""

    now: NowAnswers
    lifts: Lifts
    decisions: DecisionAnswers
    graphs: JourneyGraphs
    sources: SourceAnswers
    sides: Sides
    files: WorkspaceFiles
    audiences: AudienceDrafts
    experiments: ExperimentDrafts
    notes: Notes
    queries: SavedQueries
    violations: Violations
    stores: StoreAnswers
    reports: Reports


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What the application is joined from. ``broken`` says why it is not ready."""

    answers: Answers
    screens: Screens
    live: Live
    access: Access
    administration: Administration
    provider: Provider
    token: str
    """The installation's own, which the command line carries."""
    brand: Brand
    routes: Sequence[BaseRoute]
    """The rooms' own, outside of the API: unsubscribe links, receipts."""
    broken: Callable[[], str | None]
    replays: ReplayJob
    erasure: Erasure
    rehearsals: Rehearsals


def assemble(parts: Parts) -> FastAPI:
    """Return the application without what stands before it."""
    answers = parts.answers
    app = FastAPI(
        title="Fieldfare",
        version="1",
        docs_url=None,
        openapi_url="/api/openapi.json",
        redoc_url=None,
        responses=REFUSALS,
    )
    app.state.guard = Guard(parts.access, parts.token)
    app.router.routes.extend(parts.routes)
    add_refusals(app)
    _add_health(app, parts.broken)
    app.include_router(sign_in_routes(parts.access, app.state.guard, parts.brand, parts.provider))
    app.include_router(user_routes(parts.administration))

    @app.get("/api/v1/status", dependencies=needs(Permission.SEE), responses=THE_FORM)
    def status() -> dict[str, Any]:
        """Tell what stands: sources, lag, counts, stores."""
        return answers.status()

    add_audit_routes(app, answers)  # before the routes of one profile, whose id could be `health`

    _add_questions(app, answers)
    add_contract_routes(app, answers.contracts)
    screens = parts.screens
    routers = (
        live_routes(parts.live, app.state.guard),
        screen_routes(screens.now, screens.lifts, screens.decisions, screens.graphs, screens.sources, screens.sides),
        data_screen_routes(screens.violations, screens.stores, screens.reports),
        draft_routes(screens.files, screens.audiences, screens.experiments, screens.notes, screens.queries),
        audience_routes(answers),
        erase_routes(parts.erasure),
        key_routes(answers.keys),
        dead_letter_routes(answers.letters),
        identity_routes(answers.identity),
        trait_routes(answers.traits, answers.corrections),
        lifecycle_routes(answers.lifecycle),
        season_routes(answers.seasons, answers.readiness, answers.schedule),
        experiment_routes(answers.registered, answers.readout),
        change_routes(answers.retractions, answers.cuts),
        replay_routes(parts.replays),
        rehearsal_routes(parts.rehearsals),
        message_routes(answers.templates, answers.mailbox, answers.tries),
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
        app.include_router(router)
    app.include_router(public_consent_routes(answers.consent))
    silent = undeclared(app.routes)
    assert not silent, f"these routes do not say what they need: {silent}"
    return app


def build_api(parts: Parts) -> Headers:
    """Return the application."""
    return Headers(ConsoleFiles(Recorder(assemble(parts), parts.access)), parts.live.stop)


def _add_questions(app: FastAPI, answers: Answers) -> None:
    @app.post("/api/v1/sql", dependencies=needs(Permission.LAKE_QUERY))
    def sql(query: Query) -> dict[str, Any]:
        """Run one SELECT on the lake."""
        return answers.sql(query.sql, max(1, min(query.most_rows, MOST_ROWS)))

    @app.get("/api/v1/profiles/{profile:path}/why-not", dependencies=needs(Permission.PEOPLE_SEE))
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
