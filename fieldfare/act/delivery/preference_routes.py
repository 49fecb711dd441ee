"""A person's own pages over HTTP: ``/p/{token}``, the preference centre, and ``/c/{token}``, a double opt-in.

GET shows and changes nothing, because scanners follow links; POST acts. There is no sign-in and no cookie, so nothing
that a browser sends by itself has any power: whoever posts must hold the link and a form that was shown for it. What is
posted from another site is refused all the same. Nothing is kept by caches or told to other sites.

Nothing is committed here but by ``append_event``, one event after the other, each durable in the urgent partition when
it returns. A crash between two leaves the first ones: the page shows them, and saving again changes only the rest.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from fieldfare.act.delivery.pace import Pace
from fieldfare.act.delivery.page_links import CONFIRM, PREFERENCES, PageClaim, PageLinks
from fieldfare.act.delivery.preference_pages import Pages
from fieldfare.act.delivery.preferences import (
    STOP_ALL,
    YES,
    Choice,
    Person,
    changes_of,
    confirmation_of,
    event_of,
    problems_of,
    stop_event_of,
)
from fieldfare.act.delivery.receipt_routes import AppendEvent, body_of
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord

MOST_SAVES = 20
"""So often a page is saved in a minute by one link."""
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


class PreferenceDoor(msgspec.Struct, frozen=True, kw_only=True):
    """What the routes need."""

    brand: str
    policy: ConsentPolicy
    links: PageLinks
    choices: Callable[[PageClaim, str], Sequence[Choice]]
    """What the person may choose, and how it stands, in a language."""
    waiting: Callable[[PageClaim], Sequence[ConsentRecord]]
    """Grants that wait for the click of a double opt-in."""
    append_event: AppendEvent
    clock: Clock
    pace: Pace


def preference_routes(door: PreferenceDoor) -> list[Route]:
    """Return the routes."""
    return [
        Route("/p/{token:str}", _page(door, PREFERENCES, _show), methods=["GET"]),
        Route("/p/{token:str}", _page(door, PREFERENCES, _save), methods=["POST"]),
        Route("/c/{token:str}", _page(door, CONFIRM, _ask), methods=["GET"]),
        Route("/c/{token:str}", _page(door, CONFIRM, _confirm), methods=["POST"]),
    ]


class _Visit(msgspec.Struct, frozen=True):
    """One request with a sound link."""

    token: str
    claim: PageClaim
    person: Person
    pages: Pages
    form: Mapping[str, str]


_Act = Callable[[PreferenceDoor, _Visit], tuple[str, int]]


def _page(door: PreferenceDoor, kind: str, act: _Act) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler: read the link, then act in a thread."""

    async def handle(request: Request) -> Response:
        token = request.path_params["token"]
        claim = door.links.read(token, kind)
        spoken = None if claim is None else claim.language
        pages = Pages(door.policy, door.brand, request.query_params.get("lang") or spoken)
        if claim is None:
            return _answer(pages.message("unknown"), 404)
        body = await body_of(request, _LONGEST_POST)
        form = _read(body) if _is_same_site(request) else {}
        visit = _Visit(token, claim, _person(request, claim, door, pages.language), pages, form)
        try:
            return _answer(*await run_in_threadpool(act, door, visit))
        except TransientError as error:
            return _answer(pages.message("later"), 503, {"retry-after": str(int(error.retry_after_s or 60))})

    return handle


def _show(door: PreferenceDoor, visit: _Visit) -> tuple[str, int]:
    form = door.links.form(visit.token, visit.person.now)
    return visit.pages.preferences(door.choices(visit.claim, visit.pages.language), form), 200


def _save(door: PreferenceDoor, visit: _Visit) -> tuple[str, int]:
    pages, person, form = visit.pages, visit.person, visit.form
    choices = door.choices(visit.claim, pages.language)
    if not door.links.is_own_form(form.get("form", ""), visit.token, person.now):
        fresh = door.links.form(visit.token, person.now)
        return pages.preferences(choices, fresh, problems=["problem_form"], asked=form), 400
    if not door.pace.allows(visit.claim.address_hash, person.now):
        return pages.too_many(), 429
    if form.get("act") == STOP_ALL:
        door.append_event(stop_event_of(person))
        return pages.saved(is_changed=True, waits=False), 200
    wrong = [each.field for each in problems_of(form, choices)]
    if wrong:
        fresh = door.links.form(visit.token, person.now)
        return pages.preferences(choices, fresh, problems=wrong, asked=form), 400
    changes = changes_of(form, choices)
    for choice, wish in sorted(changes, key=lambda change: change[1] == YES):  # refusals first
        door.append_event(event_of(choice, wish, person))
    waits = any(wish == YES and _must_confirm(door, choice, visit.claim) for choice, wish in changes)
    return pages.saved(is_changed=bool(changes), waits=waits), 200


def _must_confirm(door: PreferenceDoor, choice: Choice, claim: PageClaim) -> bool:
    return choice.channel in door.policy.purposes[choice.purpose].double_opt_in and choice.channel != claim.channel


def _ask(door: PreferenceDoor, visit: _Visit) -> tuple[str, int]:
    if _is_late(door, visit):
        return visit.pages.message("too_late", days=door.policy.confirm_days), 410
    records = door.waiting(visit.claim)
    if not records:
        return visit.pages.message("nothing"), 200
    choices = {each.purpose: each for each in door.choices(visit.claim, visit.pages.language)}
    titles = [choices[each.purpose].title if each.purpose in choices else each.purpose for each in records]
    return visit.pages.confirm(titles, door.links.form(visit.token, visit.person.now)), 200


def _confirm(door: PreferenceDoor, visit: _Visit) -> tuple[str, int]:
    if _is_late(door, visit):
        return visit.pages.message("too_late", days=door.policy.confirm_days), 410
    if not door.links.is_own_form(visit.form.get("form", ""), visit.token, visit.person.now):
        return _ask(door, visit)[0], 400
    records = door.waiting(visit.claim)
    for record in records:
        door.append_event(confirmation_of(record, visit.person))
    return visit.pages.message("confirmed" if records else "nothing"), 200


def _is_late(door: PreferenceDoor, visit: _Visit) -> bool:
    return visit.person.now >= visit.claim.issued_at + door.policy.confirm_days * DAY


def _person(request: Request, claim: PageClaim, door: PreferenceDoor, language: str) -> Person:
    return Person(
        claim=claim,
        now=door.clock.now(),
        language=language,
        ip=request.client.host if request.client is not None else None,
        user_agent=request.headers.get("user-agent"),
        url=str(request.url.replace(path=request.url.path[:3], query="")),
    )


def _is_same_site(request: Request) -> bool:
    """Return whether a browser says that the request comes from our own page, or says nothing."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"same-origin", "none"}


def _read(body: bytes | None) -> dict[str, str]:
    """Return the fields of a form, the last of a repeated one; nothing when it cannot be read."""
    try:
        return dict(parse_qsl((body or b"").decode(), keep_blank_values=True, max_num_fields=500))
    except ValueError:
        return {}


def _answer(html: str, status: int, headers: Mapping[str, Any] | None = None) -> Response:
    return HTMLResponse(html, status_code=status, headers={**_SAFE, **(headers or {})})
