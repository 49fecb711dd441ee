"""Senders that sign nothing and send a shared secret along: in a header, as Basic or bearer, or in the query. Pure.

It proves who sent a request only as far as nobody else learns the token: a token in the query stands in the logs of
every proxy. Nothing proves that the body is unchanged, and no time is signed.
"""

import binascii
from base64 import b64decode
from urllib.parse import parse_qs

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure, Unverified
from fieldfare.collect.sources.signatures import header, judge, malformed, missing
from fieldfare.collect.sources.translate import to_events
from fieldfare.ground.workspace.model import Webhook

_AUTHORIZATION = "authorization"


class TokenSource:
    """``Source`` of senders that can only send a secret along."""

    driver = "token"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the tokens, and where they stand: ``header``, ``query``, or else the header ``Authorization``."""
        self.name = name
        self.webhook = webhook
        self._tokens = [secret.encode() for secret in webhook.secrets]

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        if self.webhook.query is not None:
            shown = parse_qs(posted.query[:8_192], max_num_fields=100, errors="replace") if _is_sane(posted) else {}
            found = [value.encode() for value in shown.get(self.webhook.query, ())]
            return judge(self._tokens, found) if found else _not_in_query()
        name = self.webhook.header or _AUTHORIZATION
        told = header(posted, name)
        if not told:
            return missing(name)
        if name != _AUTHORIZATION:
            return judge(self._tokens, [told.encode("latin-1")])
        offered = _authorized(told)
        return judge(self._tokens, offered) if offered else malformed(name)


def _is_sane(posted: Posted) -> bool:
    return posted.query.count("&") < 100  # noqa: PLR2004 - parameters that anybody looks at


def _not_in_query() -> Failure:
    detail = "The query has no such parameter. Look at the address that the sender posts to."
    return Failure(Unverified.HEADER_MISSING, detail)


def _authorized(told: str) -> list[bytes]:
    """Return the secrets that an ``Authorization`` header holds: a bearer token, or a Basic user name and password."""
    scheme, _, rest = told.partition(" ")
    if scheme.lower() == "bearer":
        return [rest.strip().encode("latin-1")] if rest.strip() else []
    if scheme.lower() != "basic":
        return []
    try:
        user, _, password = b64decode(rest.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return []
    return [one for one in (password, user) if one]
