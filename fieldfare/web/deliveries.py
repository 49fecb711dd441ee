"""The API's routes for broadcasts, messages that did not go, and tasks. What they answer and do is ``flow``'s."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from fieldfare.act.broadcasts.model import Act
from fieldfare.flow.broadcast_answers import MOST_RECIPIENTS, USUAL_SAMPLE
from fieldfare.flow.failed_messages import MOST_LISTED, FailedFilter, ReplayRequest
from fieldfare.flow.message_answers import MessageAnswers
from fieldfare.flow.tasks import TaskFilter
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import caller, demand, needs
from fieldfare.web.signing import Actor


class Signed(BaseModel):
    """Who does it, and why."""

    actor: Actor = ""
    reason: str
    edition: str | None = None
    """Edition of the broadcast; the workspace's when left out."""


class Replay(BaseModel):
    """Which messages go again, by whose wish, and until when they may."""

    actor: Actor = ""
    reason: str
    ids: list[str] = []
    channel: str | None = None
    status: str | None = None
    journey: str | None = None
    first: str | None = None
    last: str | None = None
    within: str = "1 day"
    even_unknown: bool = False
    apply: bool = False


class Done(BaseModel):
    """Who does it."""

    actor: Actor = ""


class Taken(Done):
    """Who takes a task; `over`: whom they see on it and take it from."""

    over: str | None = None


def delivery_answer_routes(answers: MessageAnswers) -> APIRouter:
    """Return the routes."""
    router = APIRouter()
    _add_broadcasts(router, answers)
    _add_tasks(router, answers)

    @router.get("/api/v1/messages/failed", dependencies=needs(Permission.PEOPLE_SEE))
    def failed(
        channel: str | None = None,
        status: str | None = None,
        journey: str | None = None,
        first: Annotated[str | None, Query(alias="from")] = None,
        last: Annotated[str | None, Query(alias="to")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20,
    ) -> dict[str, Any]:
        """Messages that were given up: counted by channel and status, and the newest."""
        asked = FailedFilter(channel=channel, status=status, journey=journey, first=first, last=last, limit=limit)
        return answers.failed.overview(asked)

    @router.post("/api/v1/messages/replay", dependencies=needs(Permission.MESSAGES_SEND))
    def replay(asked: Replay) -> dict[str, Any]:
        """Put messages that were given up on their way again; without `apply` only say which."""
        chosen = FailedFilter(
            channel=asked.channel,
            status=asked.status,
            journey=asked.journey,
            first=asked.first,
            last=asked.last,
            ids=tuple(asked.ids),
        )
        request = ReplayRequest(
            chosen=chosen,
            actor=asked.actor,
            reason=asked.reason,
            within=asked.within,
            even_unknown=asked.even_unknown,
            apply=asked.apply,
        )
        return answers.failed.replay(request)

    @router.get("/api/v1/messages/{message}", dependencies=needs(Permission.PEOPLE_SEE))
    def message(message: str) -> dict[str, Any]:
        """Show one message: attempts, receipts, what became of it, replays."""
        return answers.failed.show(message)

    return router


def _add_broadcasts(router: APIRouter, answers: MessageAnswers) -> None:
    @router.get("/api/v1/broadcasts", dependencies=needs(Permission.SEE))
    def all_broadcasts() -> list[dict[str, Any]]:
        """Every broadcast, and how it stands."""
        return answers.broadcasts.all()

    @router.get("/api/v1/broadcasts/{name}", dependencies=needs(Permission.SEE))
    def show(name: str, edition: str | None = None) -> dict[str, Any]:
        """How a broadcast stands: recipients by state, who did what."""
        return answers.broadcasts.show(name, edition)

    @router.get("/api/v1/broadcasts/{name}/plan", dependencies=needs(Permission.SEE))
    def plan(name: str, sample: Annotated[int, Query(ge=0, le=100_000_000)] = USUAL_SAMPLE) -> dict[str, Any]:
        """Who would get it now, who not and why, cost and duration; `sample=0` asks about everybody."""
        return answers.broadcasts.plan(name, sample or None)

    @router.get("/api/v1/broadcasts/{name}/recipients", dependencies=needs(Permission.PEOPLE_SEE))
    def recipients(
        name: str,
        edition: str | None = None,
        state: str | None = None,
        after: Annotated[int, Query(ge=-1, lt=2**63)] = -1,
        limit: Annotated[int, Query(ge=1, le=MOST_RECIPIENTS)] = 100,
    ) -> dict[str, Any]:
        """Return a page of recipients with the state of each; `next` begins the next page."""
        return answers.broadcasts.recipients(name, edition, state, after, limit)

    @router.post("/api/v1/broadcasts/{name}/{act}", dependencies=needs(Permission.MESSAGES_SEND))
    def act(name: str, act: Act, asked: Signed) -> dict[str, Any]:
        """Start, approve, pause, resume or cancel a broadcast."""
        if act is Act.APPROVE:
            demand(caller(), Permission.MESSAGES_APPROVE)
        return answers.broadcasts.act(name, act, asked.actor, asked.reason, asked.edition)


def _add_tasks(router: APIRouter, answers: MessageAnswers) -> None:
    @router.get("/api/v1/tasks", dependencies=needs(Permission.PEOPLE_SEE))
    def tasks(
        list: str | None = None,  # noqa: A002 - the parameter's public name
        status: str | None = "open",
        location: str | None = None,
        assignee: str | None = None,
        profile: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20,
    ) -> dict[str, Any]:
        """Tasks that people work through, those due first before the others; `status=all` shows done ones too."""
        told = None if status == "all" else status
        asked = TaskFilter(list=list, status=told, location=location, assignee=assignee, profile=profile, limit=limit)
        return answers.tasks.all(asked)

    @router.post("/api/v1/tasks/{task}/take", dependencies=needs(Permission.PEOPLE_EDIT))
    def take(task: str, asked: Taken) -> dict[str, Any]:
        """Take an open task, so that others see who is on it."""
        return answers.tasks.take(task, asked.actor, asked.over)

    @router.post("/api/v1/tasks/{task}/give-back", dependencies=needs(Permission.PEOPLE_EDIT))
    def give_back(task: str, asked: Done) -> dict[str, Any]:
        """Give a task back that one has taken: it waits for anybody again."""
        return answers.tasks.give_back(task, asked.actor)

    @router.post("/api/v1/tasks/{task}/done", dependencies=needs(Permission.PEOPLE_EDIT))
    def done(task: str, asked: Done) -> dict[str, Any]:
        """Note that a task is done, and by whom."""
        return answers.tasks.done(task, asked.actor)
