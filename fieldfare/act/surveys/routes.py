"""The page of a survey over HTTP: ``/s/{token}``. GET shows and changes nothing; POST answers, once.

There is no sign-in and no cookie: whoever posts must hold the link, which only the message carried, and a form that was
shown for it. What is posted from another site is refused. An answer is the events of :mod:`.answer`, appended together,
durable when ``append`` returns, under ids of the message: a crash, a second press and a second reader change nothing.
Nothing is kept by caches or told to other sites.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from fieldfare.act.delivery.pace import Pace
from fieldfare.act.delivery.receipt_routes import body_of
from fieldfare.act.surveys.answer import events_of, read_answer
from fieldfare.act.surveys.links import SurveyLinks
from fieldfare.act.surveys.model import Survey, SurveyClaim, Wrong
from fieldfare.act.surveys.pages import SurveyPages
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError

MOST_ANSWERS = 10
"""So often a form is sent in a minute by one link."""
_LONGEST_POST = 64 * 1024
_SAFE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}


class SurveyDoor(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes need."""

    brand: str
    surveys: Mapping[str, Survey]
    links: SurveyLinks
    append: Callable[[list[dict[str, Any]]], None]
    """Appends events, all or none; durable when it returns."""
    clock: Clock
    pace: Pace


def survey_routes(door: SurveyDoor) -> list[Route]:
    """Return the routes."""
    return [
        Route("/s/{token:str}", _handler(door, _show), methods=["GET"]),
        Route("/s/{token:str}", _handler(door, _take), methods=["POST"]),
    ]


class _Visit(msgspec.Struct, frozen=True):
    """One request with a sound link that has not ended."""

    token: str
    claim: SurveyClaim
    survey: Survey
    pages: SurveyPages
    form: Mapping[str, str]


_Act = Callable[[SurveyDoor, _Visit], tuple[str, int]]


def _handler(door: SurveyDoor, act: _Act) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        token = request.path_params["token"]
        claim = door.links.read(token)
        survey = None if claim is None else door.surveys.get(claim.survey)
        wanted = request.query_params.get("lang") or (None if claim is None else claim.language)
        pages = SurveyPages(door.brand, survey, wanted)
        if claim is None:
            return _answer(pages.message("unknown"), 404)
        if survey is None or door.clock.now() >= claim.asked_at + survey.lasts_us:
            return _answer(pages.message("too_late"), 410)
        if request.method == "POST":
            form = _read(await body_of(request, _LONGEST_POST)) if _is_same_site(request) else {}
        else:
            form = {"answer": request.query_params.get("a", "")}
        try:
            return _answer(*await run_in_threadpool(act, door, _Visit(token, claim, survey, pages, form)))
        except TransientError as error:
            return _answer(pages.message("later"), 503, {"retry-after": str(int(error.retry_after_s or 60))})

    return handle


def _show(door: SurveyDoor, visit: _Visit) -> tuple[str, int]:
    form = door.links.form(visit.token, door.clock.now())
    return visit.pages.ask(visit.survey, form, asked=visit.form), 200


def _take(door: SurveyDoor, visit: _Visit) -> tuple[str, int]:
    now, pages, survey = door.clock.now(), visit.pages, visit.survey
    fresh = door.links.form(visit.token, now)
    if not door.links.is_own_form(visit.form.get("form", ""), visit.token, now):
        return pages.ask(survey, fresh, problem="problem_form", asked=visit.form), 400
    if not door.pace.allows(visit.token.encode(), now):
        return pages.message("later"), 429
    answered = read_answer(survey, visit.form)
    if isinstance(answered, Wrong):
        return pages.ask(survey, fresh, problem=answered.value, asked=visit.form), 400
    door.append(events_of(survey, visit.claim, answered, now))
    return pages.thanks(survey), 200


def _is_same_site(request: Request) -> bool:
    """Return whether a browser says that the request comes from our own page, or says nothing."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def _read(body: bytes | None) -> dict[str, str]:
    """Return the fields of a form, the last of a repeated one; nothing when it cannot be read."""
    try:
        return dict(parse_qsl((body or b"").decode(), keep_blank_values=True, max_num_fields=20))
    except ValueError:
        return {}


def _answer(html: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    return HTMLResponse(html, status_code=status, headers={**_SAFE, **(headers or {})})
