"""Links to a person's own pages: the preference centre and the confirmation of a double opt-in. Pure.

A link is a sealed claim: nobody can read, change or make one. Whoever has it acts for the person, so it is sent to the
person's own address and to nowhere else; nothing is changed by opening it. The form of a page carries a second sealed
value, bound to the link and to the time at which the page was shown: a form that somebody else wrote is told apart.
"""

import base64
import binascii
from collections.abc import Callable
from typing import TypeVar

import msgspec

from fieldfare.ground.errors import PermanentError
from fieldfare.ground.instants import HOUR, Instant

PREFERENCES, CONFIRM, FORM = "preferences", "confirm", "form"
FORM_LASTS = 12 * HOUR
_LONGEST = 2_048


class PageClaim(msgspec.Struct, frozen=True, array_like=True, tag="page"):
    """Whose page it is, and how the link came to them."""

    kind: str
    profile_id: int
    address_hash: bytes
    channel: str
    language: str | None
    issued_at: Instant


class FormClaim(msgspec.Struct, frozen=True, array_like=True, tag="form"):
    """For which link a form was shown, and when."""

    token: str
    shown_at: Instant


Claim = TypeVar("Claim", PageClaim, FormClaim)


class PageLinks:
    """Makes and reads links. ``seal`` authenticates; ``unseal`` raises ``PermanentError`` for what it did not make."""

    def __init__(self, public_url: str, seal: Callable[[bytes], bytes], unseal: Callable[[bytes], bytes]) -> None:
        """Keep the installation's public address and the sealing."""
        self._public, self._seal, self._unseal = public_url.rstrip("/"), seal, unseal

    def preferences_url(self, claim: PageClaim) -> str:
        """Return the link to the preference centre."""
        return f"{self._public}/p/{self._token(msgspec.structs.replace(claim, kind=PREFERENCES))}"

    def confirm_url(self, claim: PageClaim) -> str:
        """Return the link that confirms a double opt-in."""
        return f"{self._public}/c/{self._token(msgspec.structs.replace(claim, kind=CONFIRM))}"

    def read(self, token: str, kind: str) -> PageClaim | None:
        """Return what a link carries, ``None`` when we did not make it for this kind of page."""
        claim = self._opened(token, PageClaim)
        return claim if claim is not None and claim.kind == kind else None

    def form(self, token: str, now: Instant) -> str:
        """Return what the form of a page carries."""
        return self._token(FormClaim(token, now))

    def is_own_form(self, form: str, token: str, now: Instant) -> bool:
        """Return whether a form was shown by us, for this link, and not too long ago."""
        claim = self._opened(form, FormClaim)
        return claim is not None and claim.token == token and 0 <= now - claim.shown_at < FORM_LASTS

    def _token(self, claim: PageClaim | FormClaim) -> str:
        return base64.urlsafe_b64encode(self._seal(msgspec.msgpack.encode(claim))).decode().rstrip("=")

    def _opened(self, token: str, kind: type[Claim]) -> Claim | None:
        if len(token) > 2 * _LONGEST:
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            return msgspec.msgpack.decode(self._unseal(sealed), type=kind)
        except (binascii.Error, ValueError, PermanentError, msgspec.MsgspecError):
            return None
