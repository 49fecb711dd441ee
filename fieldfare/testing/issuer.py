"""An OpenID Connect provider in memory: the public fake for sign-in through one. It speaks through an httpx transport.

``grant`` makes a code for whoever would have signed in there; ``faults`` break the answers in one way each.
"""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import SECOND

LASTS_S = 300


class FakeIssuer(httpx.BaseTransport):
    """A provider with one client."""

    def __init__(self, issuer: str, client_id: str, secret: str, clock: Clock) -> None:
        """Know one client."""
        self.issuer, self._client_id, self._secret, self._clock = issuer, client_id, secret, clock
        self._key = RSAKey.generate_key(2048, {"kid": "one"})
        self._other = RSAKey.generate_key(2048, {"kid": "one"})
        self._granted: dict[str, tuple[dict[str, Any], str]] = {}
        self.faults: set[str] = set()

    def grant(self, address: str, **claims: Any) -> tuple[str, str]:
        """Return the code and the state with which the browser comes back from an address."""
        query = {name: value[0] for name, value in parse_qs(httpx.URL(address).query.decode()).items()}
        code = f"code-{len(self._granted)}"
        self._granted[code] = {"nonce": query["nonce"], **claims}, query["code_challenge"]
        return code, query["state"]

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a call."""
        if "unreachable" in self.faults:
            raise httpx.ConnectError("no route", request=request)
        if "html" in self.faults:
            return httpx.Response(200, text="<html>a login page</html>")
        if "down" in self.faults:
            return httpx.Response(503)
        path = request.url.path
        if path == "/.well-known/openid-configuration":
            issuer = "https://other.example" if "issuer" in self.faults else self.issuer
            pages = {name: f"{self.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
            return httpx.Response(200, json={"issuer": issuer, **pages})
        if path == "/jwks_uri":
            return httpx.Response(200, json={"keys": [self._key.as_dict(private=False)]})
        return self._token(request)

    def _token(self, request: httpx.Request) -> httpx.Response:
        basic = base64.b64encode(f"{self._client_id}:{self._secret}".encode()).decode()
        form = {name: value[0] for name, value in parse_qs(request.read().decode()).items()}
        granted = self._granted.pop(form.get("code", ""), None)
        if request.headers.get("authorization") != f"Basic {basic}" or granted is None:
            return httpx.Response(400, json={"error": "invalid_grant"})
        claims, challenge = granted
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            return httpx.Response(400, json={"error": "invalid_grant"})
        now = self._clock.now() // SECOND
        told = {"iss": self.issuer, "aud": self._client_id, "iat": now, "exp": now + LASTS_S, **claims}
        told |= {"aud": "somebody-else"} if "audience" in self.faults else {}
        told |= {"nonce": "another"} if "nonce" in self.faults else {}
        told |= {"exp": now - LASTS_S} if "expired" in self.faults else {}
        key = self._other if "signature" in self.faults else self._key
        token = jwt.encode({"alg": "RS256", "kid": "one"}, told, key)
        if "unsigned" in self.faults:
            head, body = ({"alg": "none"}, told)
            parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in (head, body)]
            token = ".".join([*parts, ""])
        return httpx.Response(200, json={"id_token": token, "token_type": "Bearer", "access_token": "unused"})
