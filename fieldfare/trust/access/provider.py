"""Signing in through a provider (OpenID Connect, authorization code with PKCE): the shell around its three calls.

Flow: ``begin`` reads the provider's description and returns where to send the browser, and a sealed note that waits in
a cookie: state, nonce, PKCE verifier. ``finish`` compares the state, exchanges the code, checks the signature and every
claim of the id token (issuer, audience, nonce, times), and only then finds, takes over or makes the user, in one write.
A note serves ten minutes. A second return with the same code fails at the provider.
"""

import hmac
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import msgspec

from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConfigError, TransientError
from fieldfare.ground.instants import MINUTE, SECOND, Instant
from fieldfare.ground.store import State
from fieldfare.trust.access import store
from fieldfare.trust.access.model import Act, Oidc, User
from fieldfare.trust.access.ports import SealsShort
from fieldfare.trust.access.secrets import new_id, new_secret
from fieldfare.trust.access.vouch import name_in, vouched

NOTE_US = 10 * MINUTE
ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"]
LEEWAY_S = 60
_UNAUTHORIZED = 401
_BEGUN_ELSEWHERE = "the sign-in did not begin in this browser"
_LATE = "it took too long, or another sign-in came between"
_OTHER_ISSUER = "the provider's description is not that of the issuer that was named"
_NOTHING_SIGNED = "the provider sent no id token"
_DESCRIPTION = "/.well-known/openid-configuration"


class Note(msgspec.Struct, frozen=True, tag="oidc"):
    """What is remembered while the browser is at the provider."""

    state: str
    nonce: str
    verifier: str
    at: Instant


class Begun(NamedTuple):
    """Where the browser goes, and the sealed note."""

    address: str
    note: bytes


class Provider:
    """The provider that the policy names."""

    def __init__(
        self,
        state: State,
        keys: SealsShort,
        clock: Clock,
        client: Callable[[], httpx.Client] | None = None,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        """``client`` opens connections to the provider; tests give a fake issuer's."""
        self._state, self._keys, self._clock, self._environ = state, keys, clock, environ
        self._client = client if client is not None else lambda: httpx.Client(timeout=10.0)

    def begin(self, back: str) -> Begun:
        """Return where to send a browser that is to come back to the address ``back``. Raises ``oidc_off``."""
        oidc = self._oidc()
        try:
            from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415 - an extra
        except ImportError as error:
            text = "Sign-in through a provider needs a library that is not installed. Install `fieldfare[oidc]`."
            raise ConfigError("oidc_missing", text) from error
        note = Note(new_secret(), new_secret(), new_secret(), self._clock.now())
        query = {
            "response_type": "code",
            "client_id": oidc.client_id,
            "redirect_uri": back,
            "scope": "openid email profile",
            "state": note.state,
            "nonce": note.nonce,
            "code_challenge": create_s256_code_challenge(note.verifier),
            "code_challenge_method": "S256",
        }
        with _listening(), self._client() as client:
            described = _described(client, oidc)
        address = str(httpx.URL(described["authorization_endpoint"]).copy_merge_params(query))
        return Begun(address, self._keys.seal_token(msgspec.msgpack.encode(note)))

    def finish(self, sealed: bytes, state: str, code: str, back: str) -> User:
        """Return the user that the provider vouches for.

        Raises ``CallerError`` ``oidc_off``, ``oidc_refused``, ``vouched_unknown``, ``TransientError`` ``oidc_silent``.
        """
        oidc, now = self._oidc(), self._clock.now()
        try:
            note = msgspec.msgpack.decode(self._keys.open_token(sealed), type=Note)
        except Exception as error:
            raise _refused(_BEGUN_ELSEWHERE) from error
        if now - note.at > NOTE_US or not hmac.compare_digest(note.state.encode(), state.encode()):
            raise _refused(_LATE)
        with _listening(), self._client() as client:
            described = _described(client, oidc)
            token = self._token(client, described, oidc, note, code, back)
            keys = _asked(client.get(described["jwks_uri"]))
        claims = _checked(token, keys, oidc, note, now)
        return self._admitted(claims, oidc, now)

    def _oidc(self) -> Oidc:
        with self._state.read() as tx:
            found = store.policy(tx).oidc
        if found is None:
            text = "No provider vouches for users here. Sign in with a password."
            raise CallerError("oidc_off", text, status=404)
        return found

    def _token(
        self, client: httpx.Client, described: dict[str, Any], oidc: Oidc, note: Note, code: str, back: str
    ) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": oidc.client_id,
            "code_verifier": note.verifier,
        }
        auth: httpx.BasicAuth | None = None
        if oidc.secret_variable is not None:
            secret = self._environ.get(oidc.secret_variable)
            if not secret:
                text = f"The environment variable {oidc.secret_variable} is not set. It holds the client's secret."
                raise ConfigError("oidc_secret_missing", text)
            auth = httpx.BasicAuth(oidc.client_id, secret)
        answer = client.post(described["token_endpoint"], data=form, auth=auth or httpx.USE_CLIENT_DEFAULT)
        token = _asked(answer).get("id_token")
        if not isinstance(token, str):
            raise _refused(_NOTHING_SIGNED)
        return token

    def _admitted(self, claims: Mapping[str, Any], oidc: Oidc, now: Instant) -> User:
        with store.changing(self._state) as tx:
            known = store.user_of_subject(tx, oidc.issuer, str(claims["sub"]))
            name = name_in(claims)
            named = store.user_named(tx, name) if name is not None else None
            found = vouched(claims, oidc, known, named, new_id("usr"), now)
            if found.is_new:
                store.insert_user(tx, found.user)
            elif found.user != known:
                store.update_user(tx, found.user)
            if found.user != known:
                store.drop_links(tx, found.user.id)  # whoever is vouched for needs no invitation
                store.insert_act(tx, Act(at=now, actor=found.user.name, act="user_vouched", what=oidc.issuer))
        return found.user


@contextmanager
def _listening() -> Iterator[None]:
    """Tell a provider that cannot be reached by its code."""
    try:
        yield
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        text = f"The provider does not answer ({type(error).__name__}). Try again, or sign in with a password."
        raise TransientError("oidc_silent", text, retry_after_s=5) from error


def _described(client: httpx.Client, oidc: Oidc) -> dict[str, Any]:
    found = _asked(client.get(oidc.issuer.rstrip("/") + _DESCRIPTION))
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if found.get("issuer") != oidc.issuer or not all(isinstance(found.get(name), str) for name in wanted):
        raise _refused(_OTHER_ISSUER)
    return found


def _asked(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        text = f"The provider answered {answer.status_code}. Try again in a moment, or sign in with a password."
        raise TransientError("oidc_silent", text, retry_after_s=5)
    try:
        found = answer.json() if answer.is_success else None
    except ValueError as error:
        raise _refused("the provider answered with no JSON") from error
    if not isinstance(found, dict):
        why = f"the provider answered {answer.status_code}"
        raise _refused(why)
    return found


def _checked(token: str, keys: dict[str, Any], oidc: Oidc, note: Note, now: Instant) -> dict[str, Any]:
    from authlib.oidc.core import CodeIDToken  # noqa: PLC0415 - an extra
    from joserfc import jwt  # noqa: PLC0415 - the same
    from joserfc.errors import JoseError  # noqa: PLC0415 - the same
    from joserfc.jwk import KeySet  # noqa: PLC0415 - the same

    options = {
        "iss": {"essential": True, "value": oidc.issuer},
        "aud": {"essential": True, "value": oidc.client_id},
        "nonce": {"essential": True, "value": note.nonce},
        "sub": {"essential": True},
    }
    try:
        found = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS)  # type: ignore[arg-type]
        claims = CodeIDToken(found.claims, found.header, options, {"nonce": note.nonce, "client_id": oidc.client_id})
        claims.validate(now=now // SECOND, leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        why = f"its id token does not hold ({type(error).__name__})"
        raise _refused(why) from error
    return dict(claims)


def _refused(why: str) -> CallerError:
    text = f"The provider's sign-in was not taken: {why}. Begin again from the sign-in page."
    return CallerError("oidc_refused", text, status=_UNAUTHORIZED)
