"""The API's routes for signing in: the session, one-time links, the second factor, one's own password and sessions.

Sign-in and links carry their own proof, so anybody may call them; all else is for whoever is signed in, also while a
second factor is still to be set up. The session's secret is only ever in the cookie.
"""

import base64
from typing import Annotated

import msgspec
from annotated_types import MaxLen
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict

from fieldfare.ground.errors import CallerError, TransientError
from fieldfare.ground.instants import to_iso
from fieldfare.trust.access.model import Caller, CallerKind, LinkPurpose, Permission, Role
from fieldfare.trust.access.provider import Provider
from fieldfare.trust.access.run import Access, SignedIn
from fieldfare.trust.access.secrets import csrf_of
from fieldfare.web.guard import (
    COOKIE,
    SECURE_COOKIE,
    Guard,
    anybody,
    caller,
    check_site,
    session_secret,
    signed_in,
)

Text = Annotated[str, MaxLen(300)]
Secret = Annotated[str, MaxLen(1_000)]
NOTE = "fieldfare_oidc"
"""Cookie that waits while the browser is at the provider."""
RETURN = "/api/v1/session/oidc/return"


class Brand(msgspec.Struct, frozen=True):
    """What a session's answer tells of the workspace."""

    name: str
    time_zone: str
    currency: str
    public_url: str | None = None
    """Where browsers reach this server; the address that they used when left out."""

    def is_secure(self, request: Request) -> bool:
        """Return whether browsers come by https: by what is configured, for a proxy may end it before this server."""
        return request.url.scheme == "https" or (self.public_url or "").startswith("https://")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Credentials(_Body):
    """What somebody signs in with; ``code`` is the authenticator app's, of those who have one."""

    name: Text
    password: Secret
    code: Annotated[str | None, MaxLen(20)] = None


class Redeemed(_Body):
    """The secret of a one-time link and the password that is set; the first owner says their name too."""

    token: Secret
    password: Secret
    name: Text | None = None
    display_name: Text | None = None


class LinkAsked(_Body):
    """The secret of a one-time link."""

    token: Secret


class PasswordChange(_Body):
    """One's password now, and the one that is to be."""

    current: Secret
    new: Secret


class Confirmation(_Body):
    """A new second factor: its secret, a code of it, and one's password."""

    secret: Annotated[str, MaxLen(100)]
    code: Annotated[str, MaxLen(20)]
    password: Secret = ""


class Me(BaseModel):
    """Whoever is signed in."""

    id: str
    name: str
    display_name: str
    roles: list[Role]
    has_second_factor: bool
    vouched_by: str | None


class WorkspaceView(BaseModel):
    """What the console shows of the workspace around everything."""

    name: str
    time_zone: str
    currency: str


class SessionView(BaseModel):
    """Who is signed in, what they may do, and what signing in takes here."""

    kind: CallerKind | None
    user: Me | None
    permissions: list[Permission]
    needs_second_factor: bool
    csrf: str | None
    needs_set_up: bool
    single_sign_on: str | None
    workspace: WorkspaceView | None


class LinkView(BaseModel):
    """What a one-time link is for."""

    purpose: LinkPurpose
    name: str | None
    display_name: str | None
    expires_at: str


class SecondFactorView(BaseModel):
    """A secret for an authenticator app; it counts once a code of it was given."""

    secret: str
    address: str


class OwnSession(BaseModel):
    """One of one's sessions."""

    id: str
    agent: str
    created_at: str
    seen_at: str
    is_this: bool


class Done(BaseModel):
    """That it is done."""

    done: bool = True


def sign_in_routes(access: Access, guard: Guard, brand: Brand, provider: Provider) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    def view(found: Caller | None, csrf: str | None) -> SessionView:
        return _view(access, brand, found, csrf)

    @router.get("/api/v1/session", dependencies=anybody())
    def session(request: Request, response: Response) -> SessionView:
        """Who is signed in, what they may do, and the text that changing calls must carry in `X-Fieldfare-Csrf`."""
        response.headers["Cache-Control"] = "no-store"
        found, secret = guard.recognise(request), session_secret(request)
        return view(found, csrf_of(secret) if found is not None and found.kind is CallerKind.USER else None)

    @router.post("/api/v1/session", dependencies=anybody())
    def sign_in(request: Request, response: Response, told: Credentials) -> SessionView:
        """Sign in; the answer sets the session's cookie. 401 `second_factor_needed` asks for a `code` beside it."""
        check_site(request)
        begun = access.sign_in(told.name, told.password, told.code, _address(request), _agent(request))
        set_cookie(response, begun, is_secure=brand.is_secure(request))
        return view(begun.caller, csrf_of(begun.secret))

    @router.delete("/api/v1/session", dependencies=signed_in())
    def sign_out(response: Response) -> Done:
        """Sign out: the session ends on the server too."""
        access.sign_out(caller())
        response.delete_cookie(COOKIE, path="/")
        response.delete_cookie(SECURE_COOKIE, path="/", secure=True)
        return Done()

    @router.post("/api/v1/links/look", dependencies=anybody())
    def look(asked: LinkAsked) -> LinkView:
        """Tell what a one-time link is for; the secret stands in the body, never in an address."""
        link, user = access.link(asked.token)
        return LinkView(
            purpose=link.purpose,
            name=user.name if user else None,
            display_name=user.display_name if user else None,
            expires_at=to_iso(link.expires_at),
        )

    @router.post("/api/v1/links/redeem", dependencies=anybody())
    def redeem(request: Request, asked: Redeemed) -> Done:
        """Set a password by a one-time link; the set-up link makes the first owner. Then sign in."""
        check_site(request)
        access.redeem(asked.token, asked.password, asked.name, asked.display_name)
        return Done()

    _add_own(router, access, brand)
    _add_provider(router, access, brand, provider)
    return router


def _add_own(router: APIRouter, access: Access, brand: Brand) -> None:
    @router.post("/api/v1/session/password", dependencies=signed_in())
    def change_password(asked: PasswordChange) -> Done:
        """Change one's own password; all other sessions end."""
        access.change_password(caller(), asked.current, asked.new)
        return Done()

    @router.post("/api/v1/session/second-factor", dependencies=signed_in())
    def begin_second_factor() -> SecondFactorView:
        """Make a secret for an authenticator app. Nothing changes until a code of it is confirmed."""
        secret, address = access.begin_second_factor(caller(), f"Fieldfare {brand.name}")
        return SecondFactorView(secret=secret, address=address)

    @router.post("/api/v1/session/second-factor/confirm", dependencies=signed_in())
    def confirm_second_factor(asked: Confirmation) -> Done:
        """Take the secret from now on, after a code of it was given; all other sessions end."""
        access.set_second_factor(caller(), asked.secret, asked.code, asked.password)
        return Done()

    @router.get("/api/v1/session/all", dependencies=signed_in())
    def sessions() -> list[OwnSession]:
        """List one's own sessions, the newest first."""
        here = caller()
        return [
            OwnSession(
                id=each.id,
                agent=each.agent,
                created_at=to_iso(each.created_at),
                seen_at=to_iso(each.seen_at),
                is_this=each.id == here.session,
            )
            for each in access.sessions(here)
        ]

    @router.delete("/api/v1/session/all", dependencies=signed_in())
    def end_others() -> Done:
        """End all of one's other sessions."""
        access.end_session(caller(), None)
        return Done()

    @router.delete("/api/v1/session/all/{session}", dependencies=signed_in())
    def end_one(session: Text) -> Done:
        """End one of one's own sessions."""
        return Done(done=access.end_session(caller(), session) > 0)


def _add_provider(router: APIRouter, access: Access, brand: Brand, provider: Provider) -> None:
    def back(request: Request) -> str:
        return (brand.public_url or str(request.base_url)).rstrip("/") + RETURN

    @router.get("/api/v1/session/oidc", dependencies=anybody(), status_code=303, response_class=RedirectResponse)
    def begin(request: Request) -> RedirectResponse:
        """Send the browser to the provider that vouches for users."""
        begun = provider.begin(back(request))
        answer = RedirectResponse(begun.address, 303)
        note = base64.urlsafe_b64encode(begun.note).decode()
        is_secure = brand.is_secure(request)
        answer.set_cookie(NOTE, note, max_age=600, httponly=True, samesite="lax", secure=is_secure, path=RETURN)
        return answer

    @router.get("/api/v1/session/oidc/return", dependencies=anybody(), status_code=303, response_class=RedirectResponse)
    def finish(request: Request, code: Secret = "", state: Secret = "") -> RedirectResponse:
        """Take the browser back from the provider: signed in, or with the code of the refusal in `refused`."""
        try:
            note = base64.urlsafe_b64decode(request.cookies.get(NOTE, "").encode())
            begun = access.begin_vouched(provider.finish(note, state, code, back(request)), _agent(request))
        except (CallerError, TransientError) as refused:
            answer = RedirectResponse(f"/?refused={refused.code}", 303)
        except ValueError:
            answer = RedirectResponse("/?refused=oidc_refused", 303)
        else:
            answer = RedirectResponse("/", 303)
            set_cookie(answer, begun, is_secure=brand.is_secure(request))
        answer.delete_cookie(NOTE, path=RETURN)
        return answer


def set_cookie(response: Response, begun: SignedIn, *, is_secure: bool) -> None:
    """Put a session's secret into its cookie, which no script reads and no other site's page sends along."""
    name = SECURE_COOKIE if is_secure else COOKIE
    response.set_cookie(name, begun.secret, httponly=True, samesite="lax", secure=is_secure, path="/")
    response.headers["Cache-Control"] = "no-store"


def _view(access: Access, brand: Brand, found: Caller | None, csrf: str | None) -> SessionView:
    user = access.user(found) if found is not None and found.kind is CallerKind.USER else None
    oidc = access.policy().oidc
    return SessionView(
        kind=found.kind if found else None,
        user=Me(
            id=user.id,
            name=user.name,
            display_name=user.display_name,
            roles=list(user.roles),
            has_second_factor=user.second_factor is not None,
            vouched_by=user.issuer,
        )
        if user is not None
        else None,
        permissions=sorted(found.permissions) if found else [],
        needs_second_factor=found is not None and found.needs_second_factor,
        csrf=csrf,
        needs_set_up=found is None and access.needs_set_up(),
        single_sign_on=oidc.label if oidc else None,
        workspace=WorkspaceView(name=brand.name, time_zone=brand.time_zone, currency=brand.currency)
        if found is not None
        else None,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")
