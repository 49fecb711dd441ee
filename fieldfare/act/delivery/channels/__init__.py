"""The channels that ship, one per file, and the one function that makes them from their configuration.

Adding one is described in docs/adding-a-channel.md.
"""

from collections.abc import Callable
from typing import Any, assert_never, cast

from fieldfare.act.delivery.channels.capture import CaptureChannel
from fieldfare.act.delivery.channels.smtp import SmtpChannel
from fieldfare.act.delivery.channels.webhook import WebhookChannel
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.ports import Channel
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.workspace.model import Brand

CHANNELS = {"smtp": SmtpChannel, "webhook": WebhookChannel, "capture": CaptureChannel}
"""Driver name -> class."""


def open_channel(
    spec: ChannelSpec, brand: Brand, *, keep: Callable[[dict[str, Any]], None], seal: Callable[[bytes], bytes]
) -> Channel:
    """Return the channel of a configuration whose secrets are resolved.

    ``keep`` and ``seal`` are what the capture channel needs. Raises ``ConfigError`` ``channel_sender_missing`` and
    ``channel_secret_invalid``.
    """
    match spec.driver:
        case "smtp":
            sender = spec.from_email or brand.from_email
            if sender is None:
                message = (
                    f"channels.yaml: the channel `{spec.name}` has no sender. An e-mail comes from an address. "
                    "Write `from_email` there or under `brand` in workspace.yaml."
                )
                raise ConfigError("channel_sender_missing", message)
            return SmtpChannel(spec, from_email=sender, from_name=spec.from_name or brand.from_name or brand.name)
        case "webhook":
            return WebhookChannel(spec)
        case "capture":
            return CaptureChannel(spec, keep=keep, seal=seal)
        case _:
            assert_never(cast("Any", spec.driver))
