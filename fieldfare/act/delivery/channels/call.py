"""One HTTP call to a provider, and what its end means for a message. Opens connections; decides by one table.

The question is always whether the provider can have taken the message. No connection: surely not. Sent, and no whole
answer: nobody can say. Redirects are never followed. No connection is kept between calls, because one that dies in the
pool cannot tell whether the request was read. Nothing of an answer's text goes into an outcome.
"""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import httpx
import msgspec

from fieldfare.act.delivery.model import Outcome, OutcomeKind
from fieldfare.ground.instants import DAY, SECOND, Instant

LATER = frozenset({408, 425, 429, 503})
"""Statuses that say: not taken, try later."""
_LONGEST_ANSWER = 256 * 1024
_NOT_TAKEN = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)


class Answer(msgspec.Struct, frozen=True):
    """What a provider answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Return whether the status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers

    @property
    def retry_after_us(self) -> int | None:
        """Return how long the provider asks to wait."""
        return retry_after(self.headers)


class Caller:
    """Calls one provider. ``transport`` replaces the network in tests."""

    def __init__(self, timeout_us: int, transport: httpx.BaseTransport | None = None) -> None:
        """Open a client; it makes no connection yet."""
        self._client = httpx.Client(
            timeout=timeout_us / SECOND,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            transport=transport,
        )

    def post(
        self, url: str, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None = None
    ) -> Answer | Outcome:
        """Post once; an outcome in the place of an answer says what silence or a broken line mean.

        Once a status came, what breaks in the body does not matter: the body is cut there.
        """
        return self._call("POST", url, body, headers, auth)

    def get(self, url: str, headers: Mapping[str, str], auth: tuple[str, str] | None = None) -> Answer | Outcome:
        """Ask once. An outcome in the place of an answer: it could not be asked."""
        return self._call("GET", url, b"", headers, auth)

    def _call(
        self, method: str, url: str, body: bytes, headers: Mapping[str, str], auth: tuple[str, str] | None
    ) -> Answer | Outcome:
        try:
            with self._client.stream(method, url, content=body, headers=dict(headers), auth=auth) as answer:
                return Answer(answer.status_code, dict(answer.headers), _read(answer))
        except _NOT_TAKEN as error:
            return Outcome(kind=OutcomeKind.FAILED, detail=f"http_{type(error).__name__.lower()}")
        except httpx.HTTPError as error:
            return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"http_{type(error).__name__.lower()}")

    def close(self) -> None:
        """Release the client. Calling it twice is harmless."""
        self._client.close()


def _read(answer: httpx.Response) -> bytes:
    body = b""
    try:
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > _LONGEST_ANSWER:
                break
    except httpx.HTTPError:
        pass
    return body


def kind_of(status: int) -> OutcomeKind:
    """Return what a status that is no success means: 5xx may have been taken, 4xx was not."""
    if status in LATER:
        return OutcomeKind.FAILED
    return OutcomeKind.UNKNOWN if status >= 500 else OutcomeKind.REJECTED  # noqa: PLR2004 - HTTP's own numbers


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the wait that an answer asks for, in microseconds, at most a day.

    ``Retry-After`` in seconds, or as a date that is read against the answer's own ``Date``, so that no clock of ours is
    needed; ``X-RateLimit-Reset`` (seconds since 1970) likewise.
    """
    told = headers.get("retry-after", "").strip()
    if told.isdecimal():
        return min(int(told) * SECOND, DAY)
    now = _date(headers.get("date", ""))
    until = _date(told)
    reset = headers.get("x-ratelimit-reset", "").strip()
    if until is None and reset.isdecimal():
        until = int(reset) * SECOND
    if now is None or until is None:
        return None
    return max(0, min(until - now, DAY))


def _date(text: str) -> Instant | None:
    try:
        return int(parsedate_to_datetime(text).timestamp()) * SECOND
    except (TypeError, ValueError, OverflowError):
        return None
