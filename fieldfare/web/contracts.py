"""Routes of the API about contracts. They ask, and change nothing; what they answer is ``flow.contract_answers``'s."""

from typing import Annotated, Any

import msgspec
from fastapi import FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool

from fieldfare.flow.contract_answers import Candidate, ContractAnswers
from fieldfare.ground.errors import CallerError
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import needs

MOST_DAYS = 90
Days = Annotated[int, Query(ge=1, le=MOST_DAYS)]
_decode = msgspec.json.Decoder(Candidate).decode


def add_contract_routes(app: FastAPI, answers: ContractAnswers) -> None:
    """Add the routes."""

    @app.get("/api/v1/contracts", dependencies=needs(Permission.SEE))
    def contracts() -> list[dict[str, Any]]:
        """List the contracts in force."""
        return answers.listed()

    @app.get("/api/v1/contracts/suggest", dependencies=needs(Permission.SEE))
    def suggest(days: Days = 7) -> dict[str, Any]:
        """Suggest contracts for what is sent without one, from the events of the last days; no values."""
        return answers.suggestions(days)

    @app.post("/api/v1/contracts/diff", dependencies=needs(Permission.WORKSPACE_DRAFT, is_act=False))
    async def diff(request: Request, days: Days = 7) -> dict[str, Any]:
        """Compare contracts with those in force, and replay the events of the last days against them."""
        try:
            candidate = _decode(await request.body())
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            text = "The body is not `{contracts, settings}` as `fieldfare contracts diff` sends it. Send that."
            raise CallerError("candidate_unreadable", text) from error
        return await run_in_threadpool(answers.diff, candidate, days)

    @app.get("/api/v1/contract", dependencies=needs(Permission.SEE))
    def contract(event: str) -> dict[str, Any]:
        """Show one event's contract in every version, and since when each is in force."""
        return answers.shown(event)
