"""Routes of the audits: of sources, of identity, of profiles. They ask; a look at profiles is kept, nothing else."""

from typing import Annotated, Any

from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.flow.answers import Answers
from fieldfare.flow.audit_identity import MOST_MET
from fieldfare.know.identity.overlap import Met
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs

Hashed = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
Days = Annotated[int, Query(ge=1, le=400)]


class FileMet(BaseModel):
    """What a file has of identifiers: (person, kind, value), person and value as keyed hashes in hex."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, Field(min_length=1, max_length=200)]
    days: Annotated[int, Field(ge=1, le=400)] = 7
    met: Annotated[list[tuple[Hashed, Annotated[str, Field(max_length=64)], Hashed]], Field(max_length=MOST_MET)]

    def read(self) -> list[Met]:
        """Return them as they are counted."""
        return [Met(self.source, bytes.fromhex(person), kind, bytes.fromhex(value)) for person, kind, value in self.met]


def add_audit_routes(app: FastAPI, answers: Answers) -> None:
    """Add the routes."""

    @app.get("/api/v1/sources/audit", dependencies=needs(Permission.SEE))
    def audit_sources(days: Days = 7) -> dict[str, Any]:
        """Audit the sources: counts, what they leave out, how late they are, whom they share."""
        return answers.audit_sources(days)

    @app.get("/api/v1/audit/consent", dependencies=needs(Permission.AUDIT_READ))
    def audit_consent() -> dict[str, Any]:
        """Replay consent against everything that was permitted and called, with the denominators."""
        return answers.audit_consent()

    @app.get("/api/v1/identity/audit", dependencies=needs(Permission.SEE))
    def audit_identity(days: Days = 7) -> dict[str, Any]:
        """Audit identity: which identifiers sources send, whom two of them share, what joining would match."""
        return answers.audit_identity(days)

    @app.post("/api/v1/identity/audit", dependencies=needs(Permission.SEE, is_act=False))
    def audit_file(asked: FileMet) -> dict[str, Any]:
        """Audit a file that is not loaded beside the sources; it comes as keyed hashes, as the command makes them."""
        return answers.audit_identity(asked.days, asked.read())

    @app.get("/api/v1/profiles/health", dependencies=needs(Permission.SEE))
    def profile_health() -> dict[str, Any]:
        """Tell what the daily look at profiles found last."""
        return answers.profile_health(run=False)

    @app.post("/api/v1/profiles/health", dependencies=needs(Permission.DATA_REPAIR))
    def look_at_profiles() -> dict[str, Any]:
        """Look at the health of profiles now."""
        return answers.profile_health(run=True)
