"""Sign-in over HTTP on a small database: the routes of access alone, a clock that is moved, cheap hashes."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from fieldfare.ground.clock import SimulatedClock
from fieldfare.ground.instants import parse_iso
from fieldfare.ground.store import metadata, open_state
from fieldfare.testing.issuer import FakeIssuer
from fieldfare.testing.keys import memory_keys
from fieldfare.trust.access import store
from fieldfare.trust.access.administer import Administration
from fieldfare.trust.access.model import Role
from fieldfare.trust.access.passwords import Passwords
from fieldfare.trust.access.provider import Provider
from fieldfare.trust.access.run import Access
from fieldfare.web.guard import Guard
from fieldfare.web.headers import Headers
from fieldfare.web.record import Recorder
from fieldfare.web.refusals import add_refusals
from fieldfare.web.sign_in import Brand, sign_in_routes
from fieldfare.web.users import user_routes

NOON = parse_iso("2026-03-02T12:00:00Z")
PASSWORD = "four words of no sense"
INSTALLATION = "installation-token"
TABLES = (
    store.access_user,
    store.access_session,
    store.access_token,
    store.access_link,
    store.access_failure,
    store.access_act,
    store.access_setting,
)


def cheap() -> Passwords:
    """Return a hasher that costs next to nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Browser:
    """Keeps cookies and sends the session's text along, as the console does."""

    def __init__(self, app: Any, base: str = "http://here") -> None:
        self._app, self._base = app, base
        self.cookies = httpx.Cookies()
        self.csrf = ""

    def ask(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"x-fieldfare-csrf": self.csrf, **arguments.pop("headers", {})}

        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=self._base, cookies=self.cookies) as client:
                answer = await client.request(method, path, headers=headers, **arguments)
                self.cookies = client.cookies
                return answer

        return asyncio.run(once())

    def sign_in(self, name: str = "kim", password: str = PASSWORD, code: str | None = None) -> httpx.Response:
        answer = self.ask("POST", "/api/v1/session", json={"name": name, "password": password, "code": code})
        if answer.is_success:
            self.csrf = answer.json()["csrf"]
        return answer


class Place:
    """An installation's access; ``url``: its state database, a file in the folder when left out."""

    def __init__(self, folder: Path, *, url: str | None = None, public_url: str = "http://here.example") -> None:
        self.state = open_state(url or f"sqlite:///{folder / 'state.sqlite'}", durable=False)
        metadata.create_all(self.state.engine, tables=list(TABLES))
        self.clock = SimulatedClock(NOON)
        self.access = Access(self.state, memory_keys(), self.clock, cheap())
        self.administration = Administration(self.state, self.clock)
        self.issuer = FakeIssuer("https://id.example", "fieldfare", "s3cret", self.clock)
        opened = lambda: httpx.Client(transport=self.issuer)  # noqa: E731 - a constructor
        provider = Provider(self.state, self.access.keys, self.clock, opened, {"FIELDFARE_OIDC_SECRET": "s3cret"})
        app = FastAPI()
        app.state.guard = Guard(self.access, INSTALLATION)
        add_refusals(app)
        brand = Brand("clubs", "Europe/Berlin", "EUR", public_url)
        app.include_router(sign_in_routes(self.access, app.state.guard, brand, provider))
        app.include_router(user_routes(self.administration))
        self.app = Headers(Recorder(app, self.access))

    def add(self, name: str, *roles: Role) -> None:
        invited = self.administration.invite("test", name, name.title(), roles)
        self.access.redeem(invited.secret, PASSWORD)

    def browser(self, base: str = "http://here") -> Browser:
        return Browser(self.app, base)
