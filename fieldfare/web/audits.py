"""Routes of the audits: of sources, of identity, of profiles. They ask; a look at profiles is kept, nothing else."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import FastAPI, Query

from fieldfare.flow.answers import Answers

Days = Annotated[int, Query(ge=1, le=400)]


def add_audit_routes(app: FastAPI, answers: Answers, guard: Sequence[Any]) -> None:
    """Add the routes; ``guard`` are the dependencies that let only signed-in callers in."""

    @app.get("/api/v1/sources/audit", dependencies=guard)
    def audit_sources(days: Days = 7) -> dict[str, Any]:
        """Audit the sources: counts, what they leave out, how late they are, whom they share."""
        return answers.audit_sources(days)

    @app.get("/api/v1/identity/audit", dependencies=guard)
    def audit_identity(days: Days = 7) -> dict[str, Any]:
        """Audit identity: which identifiers sources send, whom two of them share, what joining would match."""
        return answers.audit_identity(days)

    @app.get("/api/v1/profiles/health", dependencies=guard)
    def profile_health() -> dict[str, Any]:
        """Tell what the daily look at profiles found last."""
        return answers.profile_health(run=False)

    @app.post("/api/v1/profiles/health", dependencies=guard)
    def look_at_profiles() -> dict[str, Any]:
        """Look at the health of profiles now."""
        return answers.profile_health(run=True)
