"""The API's routes for experiments. What they answer is ``flow.experiment_answers``'s and ``flow.answers``'."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from fieldfare.flow.experiment_answers import ExperimentAnswers
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs

Readout = Callable[[str, str], dict[str, Any]]


def experiment_routes(experiments: ExperimentAnswers, readout: Readout) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/experiments", dependencies=needs(Permission.SEE))
    def list_experiments() -> list[dict[str, Any]]:
        """Every experiment, registered or made by the holdout of a journey."""
        return experiments.every()

    @router.get("/api/v1/guardrails", dependencies=needs(Permission.SEE))
    def guardrails() -> list[dict[str, Any]]:
        """Journeys that a guardrail of a registered experiment wants paused, with why."""
        return experiments.pauses()

    @router.get("/api/v1/experiments/{name}", dependencies=needs(Permission.SEE))
    def report(name: str, population: Literal["assigned", "exposed"] = "assigned") -> dict[str, Any]:
        """Read out an experiment: by its registration, or else by the journey's goal."""
        return experiments.report(name) if experiments.knows(name) else readout(name, population)

    @router.get("/api/v1/experiments/{name}/page", dependencies=needs(Permission.SEE))
    def page(name: str) -> HTMLResponse:
        """Return the report of a registered experiment as a page that needs nothing else."""
        return HTMLResponse(experiments.report(name)["page"])

    @router.get("/api/v1/experiments/{name}/matching", dependencies=needs(Permission.SEE))
    def matching(name: str, size: Annotated[int, Query(ge=2, le=50)] = 2) -> dict[str, Any]:
        """Tell which places to match in blocks, and what a test of them can find."""
        return experiments.match(name, size)

    @router.get("/api/v1/experiments/{name}/design", dependencies=needs(Permission.SEE))
    def design(
        name: str,
        holdout: Annotated[float | None, Query(ge=0.001, le=0.999)] = None,
        units_per_day: Annotated[float | None, Query(ge=0.001, le=1e9)] = None,
        days: Annotated[int | None, Query(ge=1, le=3_650)] = None,
    ) -> dict[str, Any]:
        """Tell what a registered experiment can find, from the workspace's own history."""
        return experiments.design(name, holdout, units_per_day, days)

    return router
