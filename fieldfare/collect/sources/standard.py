"""Standard Webhooks: ``webhook-id``, ``webhook-timestamp``, ``webhook-signature`` over ``id.timestamp.body``. Pure.

``v1`` is an HMAC-SHA256 under a shared secret (``whsec_`` and Base64), ``v1a`` an Ed25519 signature, checked with the
sender's public key (``whpk_`` and Base64). Several signatures stand in one header, several secrets may be set: one pair
that fits is enough. The body has no fixed meaning, so a mapping must be named.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fieldfare.collect.model import Posted
from fieldfare.collect.sources.model import Failure
from fieldfare.collect.sources.signatures import (
    MOST_SIGNATURES,
    age,
    decoded,
    differs,
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

_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_SHARED, _PUBLIC = "whsec_", "whpk_"
_PUBLIC_BYTES = 32
_FEWEST_BYTES = 16


class StandardSource:
    """``Source`` of every sender that signs as Standard Webhooks say."""

    driver = "standard"
    to_events = to_events

    def __init__(self, name: str, webhook: Webhook) -> None:
        """Take shared secrets and public keys. Raises ``ConfigError`` ``webhook_secret_invalid``."""
        self.name = name
        self.webhook = webhook
        self._shared: list[bytes] = []
        self._public: list[Ed25519PublicKey] = []
        for secret in webhook.secrets:
            is_public = secret.startswith(_PUBLIC)
            key = decoded(secret.removeprefix(_PUBLIC if is_public else _SHARED)) or b""
            if is_public and len(key) == _PUBLIC_BYTES:
                self._public.append(Ed25519PublicKey.from_public_bytes(key))
            elif not is_public and len(key) >= _FEWEST_BYTES:
                self._shared.append(key)
            else:
                message = (
                    f"A secret of the webhook source `{name}` is none of Standard Webhooks: `whsec_` and at least 16 "
                    "bytes in Base64, or the public key `whpk_` and 32 bytes. Take the one that the sender shows."
                )
                raise ConfigError("webhook_secret_invalid", message)

    def verify(self, posted: Posted) -> Failure | None:
        """Return why the request is not proven to come from the sender, ``None`` when it is."""
        told = {name: header(posted, name) for name in (_ID, _TIMESTAMP, _SIGNATURE)}
        lacking = next((name for name, value in told.items() if not value), None)
        if lacking is not None:
            return missing(lacking)
        shown = [one.partition(",") for one in told[_SIGNATURE].split()][:MOST_SIGNATURES]
        if not any(version in {"v1", "v1a"} and value for version, _, value in shown):
            return malformed(_SIGNATURE)
        content = b".".join((told[_ID].encode("latin-1"), told[_TIMESTAMP].encode("latin-1"), posted.body))
        wanted = [in_base64(digest_of(key, content)) for key in self._shared]
        failure = judge(wanted, [value.encode("latin-1") for version, _, value in shown if version == "v1"])
        if failure is not None:
            failure = self._judge_public(content, [value for version, _, value in shown if version == "v1a"])
        return failure or age(told[_TIMESTAMP], _TIMESTAMP, posted.received_at, self.webhook.tolerance_us)

    def _judge_public(self, content: bytes, shown: list[str]) -> Failure | None:
        for key in self._public:
            for text in shown:
                try:
                    key.verify(decoded(text, as_written=True) or b"", content)
                except InvalidSignature:
                    continue
                return None
        return differs()
