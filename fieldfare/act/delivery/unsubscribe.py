"""The unsubscribe link: what it carries, sealed so that nobody can read, change or make one. Pure.

The link never expires: an old message must still let its reader go. It does not change anything by itself; see
:mod:`fieldfare.act.delivery.routes`.
"""

import base64
import binascii
from collections.abc import Callable

import msgspec

from fieldfare.act.delivery.page_links import PageLinks
from fieldfare.act.surveys.links import SurveyLinks
from fieldfare.ground.errors import PermanentError

_VERSION = 1
_LONGEST = 2_048


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """Who leaves what: the profile and address that a message went to, and the purpose and channel it was about."""

    version: int
    profile_id: int
    address_hash: bytes
    purpose: str
    channel: str
    proposal_id: str


class Unsubscribe:
    """Makes and reads links. ``seal`` authenticates; ``unseal`` raises ``PermanentError`` for what it did not make."""

    def __init__(self, public_url: str, seal: Callable[[bytes], bytes], unseal: Callable[[bytes], bytes]) -> None:
        """Keep the installation's public address (without a slash at its end) and the sealing."""
        self._prefix = f"{public_url.rstrip('/')}/u/"
        self._seal = seal
        self._unseal = unseal
        self.pages = PageLinks(public_url, seal, unseal)
        """Links to the person's own pages, at the same address."""
        self.surveys = SurveyLinks(public_url, seal, unseal)

    def url(self, profile_id: int, address_hash: bytes, purpose: str, channel: str, proposal_id: str) -> str:
        """Return the link for one message."""
        claim = Claim(_VERSION, profile_id, address_hash, purpose, channel, proposal_id)
        sealed = self._seal(msgspec.msgpack.encode(claim))
        return self._prefix + base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, token: str) -> Claim | None:
        """Return what the token (the link's last part) carries, or ``None`` when we did not make it."""
        if len(token) > _LONGEST:
            return None
        try:
            sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            claim = msgspec.msgpack.decode(self._unseal(sealed), type=Claim)
        except (binascii.Error, ValueError, PermanentError, msgspec.MsgspecError):
            return None
        return claim if claim.version == _VERSION else None
