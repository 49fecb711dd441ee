"""What is recorded of calls: changes after them, looks at personal values before anything of them is shown."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request

from fieldfare.cli.reference import routes_alone
from fieldfare.ground.errors import TransientError
from fieldfare.ground.instants import DAY
from fieldfare.trust.access.model import Permission
from fieldfare.web.guard import READING, Guard, Needs, api_routes, declared, demand_reveal, needs
from fieldfare.web.orders import meant
from fieldfare.web.record import Recorder, named
from fieldfare.web.refusals import add_refusals
from tests.web.access_app import INSTALLATION, Place

P = Permission
WORDS = Path(__file__).parents[2] / "console/src/words/record.ts"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.state.close()


def app_of(place: Place) -> Recorder:
    app = FastAPI()
    app.state.guard = Guard(place.access, INSTALLATION)
    add_refusals(app)

    @app.get("/api/v1/letters/{place}", dependencies=needs(P.PEOPLE_REVEAL))
    def letter(request: Request, place: str) -> dict[str, str]:
        request.state.what = place
        return {"email": "ada@example.com"}

    @app.get("/api/v1/people/{profile}", dependencies=needs(P.PEOPLE_SEE))
    def person(profile: str, *, reveal: bool = False) -> dict[str, str]:
        return {"email": f"{profile}@example.com" if reveal else "***"}

    @app.post("/api/v1/letters/{place}", dependencies=needs(P.PEOPLE_REVEAL))
    def open_again(place: str) -> dict[str, str]:
        return {"place": place, "email": "ada@example.com"}

    @app.post("/api/v1/repairs", dependencies=needs(P.DATA_REPAIR))
    def repair(request: Request, asked: dict[str, bool]) -> dict[str, str]:
        demand_reveal(request, reveal=asked["reveal"])
        request.state.what = "0:7:1 0:7:2"
        return {"email": "ada@example.com" if asked["reveal"] else "***"}

    return Recorder(app, place.access)


def ask(app: Any, method: str, path: str, token: str, body: Any = None) -> httpx.Response:
    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.request(method, path, headers={"authorization": f"Bearer {token}"}, json=body)

    return asyncio.run(once())


def recorded(place: Place) -> list[tuple[str, str, str, int]]:
    acts = place.administration.acts(None, 50)
    return [(each.actor, each.act, each.what, each.status) for each in acts if each.act.startswith(("GET", "POST"))]


def test_every_look_is_recorded_with_its_caller_and_no_reading_is(place: Place) -> None:
    app, made = app_of(place), place.administration.make_token
    may = made("kim", frozenset(P), "desk", [P.PEOPLE_SEE, P.PEOPLE_REVEAL], DAY).secret
    not_may = made("kim", frozenset(P), "view", [P.PEOPLE_SEE], DAY).secret
    assert ask(app, "GET", "/api/v1/people/ada", may).json() == {"email": "***"}
    assert recorded(place) == []
    assert ask(app, "GET", "/api/v1/letters/0:7:1", may).json() == {"email": "ada@example.com"}
    assert ask(app, "GET", "/api/v1/people/ada?reveal=true", may).json() == {"email": "ada@example.com"}
    assert ask(app, "POST", "/api/v1/letters/0:7:1", may).is_success
    assert ask(app, "GET", "/api/v1/letters/0:7:1", not_may).status_code == 403
    assert ask(app, "GET", "/api/v1/letters/0:7:1", INSTALLATION).is_success
    assert recorded(place) == [
        ("installation", "GET /api/v1/letters/{place}", "0:7:1", 200),
        ("token:desk by kim", "POST /api/v1/letters/{place}", "", 200),
        ("token:desk by kim", "GET /api/v1/people/{profile}", "", 200),
        ("token:desk by kim", "GET /api/v1/letters/{place}", "0:7:1", 200),
    ]


@pytest.mark.parametrize("path", ["/api/v1/letters/0:7:1", "/api/v1/people/ada?reveal=1"])
def test_a_look_that_cannot_be_recorded_shows_nothing(place: Place, path: str) -> None:
    def busy(actor: str, act: str, what: str, status: int) -> None:
        raise TransientError("state_unavailable", f"{actor}, {act}, {what}, {status}: later")

    app = app_of(place)
    place.access.note = busy  # type: ignore[method-assign]
    answer = ask(app, "GET", path, INSTALLATION)
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "look_unrecorded", "1")
    assert "ada@example.com" not in answer.text
    assert ask(app, "GET", "/api/v1/people/ada", INSTALLATION).is_success


def test_a_body_that_asks_to_reveal_is_a_look_too(place: Place) -> None:
    def busy(actor: str, act: str, what: str, status: int) -> None:
        raise TransientError("state_unavailable", f"{actor}, {act}, {what}, {status}: later")

    app, kept = app_of(place), place.access.note
    may = place.administration.make_token("kim", frozenset(P), "fix", [P.DATA_REPAIR], DAY).secret
    assert ask(app, "POST", "/api/v1/repairs", may, {"reveal": True}).status_code == 403
    assert ask(app, "POST", "/api/v1/repairs", INSTALLATION, {"reveal": True}).json() == {"email": "ada@example.com"}
    assert recorded(place)[0] == ("installation", "POST /api/v1/repairs", "0:7:1 0:7:2", 200)
    place.access.note = busy  # type: ignore[method-assign]
    hidden = ask(app, "POST", "/api/v1/repairs", INSTALLATION, {"reveal": True})
    assert (hidden.status_code, hidden.json()["code"]) == (503, "look_unrecorded")
    assert ask(app, "POST", "/api/v1/repairs", INSTALLATION, {"reveal": False}).json() == {"email": "***"}
    place.access.note = kept  # type: ignore[method-assign]


def test_what_it_was_done_to_is_recorded_and_no_identifier_of_a_customer() -> None:
    assert named({"name": "spring", "act": "start"}) == "spring start"
    assert named({"profile": "7"}) == "profile 7"
    assert named({"profile": "email:ada@example.com"}) == ""
    assert named({"place": "ada@example.com", "path": "x", "session": "secret"}) == ""


def test_what_an_order_was_about_is_recorded_of_a_person_by_number_alone() -> None:
    assert meant("journey", "win-back") == "journey win-back"
    assert meant("everything", "") == "everything"
    assert (meant("profile", "7"), meant("profile", "email:ada@example.com")) == ("profile 7", "profile")


def test_every_route_that_acts_has_its_words_in_the_console_and_no_other_has() -> None:
    words = set(re.findall(r'^ {2}"([A-Z]+ /[^"]+)":', WORDS.read_text(encoding="utf-8"), re.MULTILINE))
    acting = set()
    for route in api_routes(routes_alone().routes):
        for need in declared(route):
            if isinstance(need, Needs):
                is_look = need.permission is P.PEOPLE_REVEAL
                told = {f"{method} {route.path}" for method in route.methods or () if is_look or method not in READING}
                acting |= told if need.is_act else set()
    assert words == acting
