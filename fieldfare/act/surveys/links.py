"""Links to surveys: sealed, so that nobody can read, change or make one; nothing personal stands in an address. Pure.

A link serves one message to one person, and ends. A form of its page is sealed too, bound to the link and to the time
at which it was shown, so that no other page can answer for somebody.
"""

import base64
import binascii
from collections.abc import Callable
from typing import TypeVar

import msgspec

from fieldfare.act.surveys.model import FormClaim, SurveyClaim
from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import HOUR, Instant

FORM_LASTS = 12 * HOUR
_LONGEST = 4_096

C = TypeVar("C", SurveyClaim, FormClaim)


class SurveyLinks:
    """Makes and reads links. ``seal`` authenticates; ``unseal`` raises ``PermanentError`` for what it did not make."""

    def __init__(self, public_url: str, seal: Callable[[bytes], bytes], unseal: Callable[[bytes], bytes]) -> None:
        """Keep the installation's public address and the sealing."""
        self._public, self._seal, self._unseal = public_url.rstrip("/"), seal, unseal

    def url(self, claim: SurveyClaim) -> str:
        """Return the link of one message."""
        return f"{self._public}/s/{self._token(claim)}"

    def read(self, token: str) -> SurveyClaim | None:
        """Return what a link carries, ``None`` when we did not make it."""
        return self._opened(token, SurveyClaim)

    def form(self, token: str, now: Instant) -> str:
        """Return what the form of a page carries."""
        return self._token(FormClaim(token, now))

    def is_own_form(self, form: str, token: str, now: Instant) -> bool:
        """Return whether a form was shown by us, for this link, and not too long ago."""
        claim = self._opened(form, FormClaim)
        return claim is not None and claim.token == token and 0 <= now - claim.shown_at < FORM_LASTS

    def _token(self, claim: SurveyClaim | FormClaim) -> str:
        return base64.urlsafe_b64encode(self._seal(msgspec.msgpack.encode(claim))).decode().rstrip("=")

    def _opened(self, token: str, kind: type[C]) -> C | None:
        if len(token) > _LONGEST:
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return msgspec.msgpack.decode(self._unseal(sealed), type=kind)
        except (binascii.Error, ValueError, PermanentError, msgspec.MsgspecError):
            return None
