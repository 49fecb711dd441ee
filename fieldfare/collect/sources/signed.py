"""Any sender that signs with a shared secret: header, hash, spelling and what is signed are set. Pure.

``signed`` is a pattern such as ``{timestamp}.{body}``. A time is checked only where it is signed, because an unsigned
one proves nothing. Several signatures may stand in the header, between commas or spaces.
"""

import binascii
import re

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure
from fieldfare.collect.sources.signatures import (
    age,
    decoded,
    digest_of,
    header,
    in_base64,
    judge,
    malformed,
    missing,
)
from fieldfare.collect.sources.translate import to_events
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.model import Webhook

_PART = re.compile(r"{(body|timestamp|id|url)}")


class SignedSource:
    """``Source`` of any sender whose signature is an HMAC."""

    driver = "hmac"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take the secrets as ``key_encoding`` says. Raises ``ConfigError`` ``webhook_secret_invalid``."""
        self.name = name
        self.webhook = webhook
        self._pieces = _PART.split(webhook.signed)
        """Literal text and names of parts, in turn."""
        self._keys = [_key(secret, webhook.key_encoding, name) for secret in webhook.secrets]

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        webhook = self.webhook
        assert webhook.header is not None, "checked with the workspace"
        names = {"timestamp": webhook.timestamp_header, "id": webhook.id_header}
        used = [name for part, name in names.items() if part in self._pieces[1::2] and name is not None]
        lacking = next((name for name in (webhook.header, *used) if not header(posted, name)), None)
        if lacking is not None:
            return missing(lacking)
        shown = [
            one.removeprefix(webhook.prefix)
            for one in re.split(r"[,\s]+", header(posted, webhook.header))
            if one.startswith(webhook.prefix) and len(one) > len(webhook.prefix)
        ]
        if not shown:
            return malformed(webhook.header)
        content = b"".join(self._part(piece, posted, is_name=bool(at % 2)) for at, piece in enumerate(self._pieces))
        digests = [digest_of(key, content, webhook.algorithm) for key in self._keys]
        is_hex = webhook.encoding == "hex"
        wanted = [digest.hex().encode() if is_hex else in_base64(digest) for digest in digests]
        offered = [(one.lower() if is_hex else one).encode("latin-1") for one in shown]
        failure = judge(wanted, offered)
        if failure is None and webhook.timestamp_header in used:
            stated = header(posted, webhook.timestamp_header or "")
            return age(stated, webhook.timestamp_header or "", posted.received_at, webhook.tolerance_us)
        return failure

    def _part(self, piece: str, posted: Posted, *, is_name: bool) -> bytes:
        if not is_name:
            return piece.encode()
        match piece:
            case "body":
                return posted.body
            case "url":
                return (self.webhook.url or "").encode()
            case "timestamp":
                return header(posted, self.webhook.timestamp_header or "").encode("latin-1")
            case _:
                return header(posted, self.webhook.id_header or "").encode("latin-1")


def _key(secret: str, encoding: str, name: str) -> bytes:
    key: bytes | None = secret.encode()
    if encoding == "base64":
        key = decoded(secret)
    elif encoding == "hex":
        try:
            key = binascii.unhexlify(secret)
        except (binascii.Error, ValueError):
            key = None
    if not key:
        message = (
            f"A secret of the webhook source `{name}` is not written in {encoding}. Its signatures could not be "
            "checked. Take it as the sender shows it, or change `key_encoding`."
        )
        raise ConfigError("webhook_secret_invalid", message)
    return key
