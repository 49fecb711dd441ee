"""The API's routes for dead letters. Opening one is recorded, by its place alone."""

from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from fieldfare.flow.letter_requests import LetterAnswers, LetterRequest
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import demand_reveal, needs

_log = structlog.get_logger()


class Letters(BaseModel):
    """Which letters are meant; what is left out does not narrow."""

    reason: str | None = None
    source: str | None = None
    event: str | None = None
    first: Annotated[str | None, Field(alias="from")] = None
    last: Annotated[str | None, Field(alias="to")] = None
    place: str | None = None
    where: list[str] = []
    apply: bool = False


class Repair(Letters):
    """How they are to be repaired; without ``apply`` nothing is changed."""

    patch: Any = None
    """A JSON Patch: a list of operations."""
    examples: int = 3
    reveal: bool = False


class Discard(Letters):
    """Why they are not needed; without ``apply`` nothing is changed."""

    why: str


def dead_letter_routes(letters: LetterAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/api/v1/dead-letters", dependencies=needs(Permission.SEE))
    def overview(
        reason: str | None = None,
        source: str | None = None,
        event: str | None = None,
        first: Annotated[str | None, Query(alias="from")] = None,
        last: Annotated[str | None, Query(alias="to")] = None,
        state: str | None = None,
        limit: int = 20,
    ) -> dict[str, Any]:
        """Count by reason, source, event and state, and list the newest letters; no value of any of them."""
        asked = LetterRequest(
            reason=reason, source=source, event=event, first=first, last=last, state=state, limit=limit
        )
        return letters.overview(asked)

    @router.get("/api/v1/dead-letters/{place}", dependencies=needs(Permission.PEOPLE_REVEAL))
    def show(request: Request, place: str) -> dict[str, Any]:
        """One letter, opened: what was sent, why it is dead, when. The look is recorded."""
        found = letters.show(place)
        request.state.what = found["place"]
        _log.info("dead_letter_opened", place=found["place"])
        return found

    @router.post("/api/v1/dead-letters/repair", dependencies=needs(Permission.DATA_REPAIR))
    def repair(request: Request, asked: Repair) -> dict[str, Any]:
        """Try letters again, with a JSON Patch or without one; sends again and closes those that pass if ``apply``."""
        demand_reveal(request, reveal=asked.reveal)
        found = letters.repair(LetterRequest(**asked.model_dump()))
        if asked.reveal:
            places = [example["place"] for example in found["examples"]]
            request.state.what = " ".join(places)
            for place in places:
                _log.info("dead_letter_opened", place=place)
        return _done("dead_letters_repaired", found)

    @router.post("/api/v1/dead-letters/discard", dependencies=needs(Permission.DATA_REPAIR))
    def discard(asked: Discard) -> dict[str, Any]:
        """Close letters for good and empty them if ``apply``."""
        return _done("dead_letters_discarded", letters.discard(LetterRequest(**asked.model_dump())))

    return router


def _done(what: str, report: dict[str, Any]) -> dict[str, Any]:
    if report["applied"]:
        _log.info(what, matched=report["matched"], closed=report["closed"])
    return report
