"""Every route against every role, a token with one scope, and nobody: the server asks each time, of each route."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from fieldfare.cli.reference import routes_alone
from fieldfare.ground.instants import DAY
from fieldfare.trust.access.model import PERMISSIONS, Permission, Role
from fieldfare.web.guard import Anybody, Guard, Needs, api_routes, declared, needs, undeclared
from fieldfare.web.refusals import add_refusals
from fieldfare.web.signing import Signs
from tests.web.access_app import INSTALLATION, Browser, Place

ROUTES = [
    (method, route.path, declared(route)[0])
    for route in api_routes(routes_alone().routes)
    if route.path.startswith("/api/v1")
    for method in sorted(route.methods or ())
]


def path_of(pattern: str) -> str:
    """Fill a pattern's places with something that fits each."""
    filled = pattern.replace("{act}", "start").replace(":path}", "}")
    while "{" in filled:
        filled = filled[: filled.index("{")] + "1" + filled[filled.index("}") + 1 :]
    return filled


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("access"))
    for role in Role:
        found.add(role.value.replace("_", "-"), role)
    yield found
    found.state.close()


@pytest.fixture(scope="module")
def bare(place: Place) -> FastAPI:
    """The whole API with nothing behind it: whoever is let through meets a defect, and that is enough to know."""
    app = routes_alone()
    app.state.guard = Guard(place.access, INSTALLATION)
    add_refusals(app)
    return app


async def answers(app: FastAPI, headers: dict[str, str], cookies: httpx.Cookies) -> dict[tuple[str, str], str]:
    """Return the code with which each route answers a caller: `unauthorized`, `forbidden`, or else."""
    found = {}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://here", cookies=cookies, headers=headers
    ) as client:
        for method, pattern, _ in ROUTES:
            answer = await client.request(method, path_of(pattern))
            is_json = answer.headers.get("content-type") == "application/json"
            told = answer.json() if is_json else None
            found[method, pattern] = told.get("code", "") if isinstance(told, dict) else ""
    return found


def expected(permissions: frozenset[Permission] | None, need: Needs | Anybody) -> str:
    if isinstance(need, Anybody):
        return ""
    if permissions is None:
        return "unauthorized"
    return "forbidden" if need.permission is not None and need.permission not in permissions else ""


def compare(found: dict[tuple[str, str], str], permissions: frozenset[Permission] | None) -> list[str]:
    refusals = {"unauthorized", "forbidden", "csrf_missing", "second_factor_unset"}
    wrong = []
    for method, pattern, need in ROUTES:
        told = found[method, pattern]
        if (told if told in refusals else "") != expected(permissions, need):
            wrong.append(f"{method} {pattern}: {told!r}, not {expected(permissions, need)!r}")
    return wrong


def test_there_are_routes_and_each_says_what_it_needs() -> None:
    assert len(ROUTES) > 150
    assert undeclared(routes_alone().routes) == []


def test_a_route_that_says_nothing_or_twice_is_found() -> None:
    router = APIRouter()
    router.get("/api/v1/silent")(lambda: None)
    router.get("/api/v1/twice", dependencies=needs(Permission.SEE) + needs(Permission.SEE))(lambda: None)
    router.get("/api/v1/once", dependencies=needs(Permission.SEE))(lambda: None)
    app = FastAPI()
    app.include_router(router)
    assert undeclared(app.routes) == ["/api/v1/silent", "/api/v1/twice"]


@pytest.mark.parametrize("role", Role)
def test_a_role_may_do_what_its_permissions_say(place: Place, bare: FastAPI, role: Role) -> None:
    browser: Browser = place.browser()
    name = role.value.replace("_", "-")
    browser.sign_in(name)
    headers = {"x-fieldfare-csrf": browser.csrf}
    found = asyncio.run(answers(bare, headers, browser.cookies))
    assert compare(found, PERMISSIONS[role]) == []


def test_nobody_gets_in_without_a_credential(bare: FastAPI) -> None:
    assert compare(asyncio.run(answers(bare, {}, httpx.Cookies())), None) == []


def test_a_token_reaches_its_scopes_and_no_more(place: Place, bare: FastAPI) -> None:
    made = place.administration.make_token("test", frozenset(Permission), "one", [Permission.PEOPLE_SEE], DAY)
    found = asyncio.run(answers(bare, {"authorization": f"Bearer {made.secret}"}, httpx.Cookies()))
    assert compare(found, frozenset({Permission.PEOPLE_SEE})) == []


def test_the_comparison_can_fail(bare: FastAPI) -> None:
    found = asyncio.run(answers(bare, {}, httpx.Cookies()))
    assert len(compare(found, frozenset(Permission))) > 100


def test_who_signs_is_never_taken_from_a_signed_in_users_call() -> None:
    """Every `actor` and `by` that a call can carry gives way to the caller's name."""
    left_out = {
        "/api/v1/audiences/{audience}/breakdown",
        "/api/v1/replay",
        "/api/v1/access/acts",
        "/api/v1/access/reveals",
    }
    loose, count = [], 0
    for route in api_routes(routes_alone().routes):
        models = [each.field_info for each in (*route.dependant.query_params, *route.dependant.body_params)]
        named = [(each.name, each.field_info) for each in route.dependant.query_params]
        for info in models:
            named += list(getattr(info.annotation, "model_fields", {}).items())
        count += sum(name in {"actor", "by"} for name, _ in named)
        loose += [
            f"{route.path}: {name}"
            for name, info in named
            if name in {"actor", "by"} and not any(isinstance(each, Signs) for each in info.metadata)
            if route.path not in left_out
        ]
    assert loose == []
    assert count > 20, "there are such fields"
