"""The channels that ship, one per file, and the one function that makes them from their configuration.

Adding one is described in docs/adding-a-channel.md.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, assert_never, cast

import msgspec

from fieldfare.act.delivery.channels.capture import CaptureChannel
from fieldfare.act.delivery.channels.sendgrid import SendgridChannel
from fieldfare.act.delivery.channels.smtp import SmtpChannel
from fieldfare.act.delivery.channels.task import TaskChannel
from fieldfare.act.delivery.channels.twilio import TwilioChannel
from fieldfare.act.delivery.channels.webhook import WebhookChannel
from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.act.delivery.ports import Channel
from fieldfare.ground.errors import ConfigError
from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Brand

CHANNELS = {
    "smtp": SmtpChannel,
    "sendgrid": SendgridChannel,
    "twilio": TwilioChannel,
    "webhook": WebhookChannel,
    "task": TaskChannel,
    "capture": CaptureChannel,
}
"""Driver name -> class."""


class Shelf(Protocol):
    """Where a channel of our own keeps what it took."""

    def keep(self, rows: Sequence[dict[str, Any]]) -> None:
        """Keep rows, all or none."""
        ...

    def has(self, proposal_id: str) -> bool:
        """Return whether it was kept."""
        ...


class Own(msgspec.Struct, frozen=True):
    """What the channels onto this installation need, and the clock of signatures."""

    captured: Shelf
    tasks: Shelf
    seal: Callable[[bytes], bytes]
    now: Callable[[], Instant]


def open_channel(spec: ChannelSpec, brand: Brand, own: Own) -> Channel:
    """Return the channel of a configuration whose secrets are resolved.

    Raises ``ConfigError``
    ``channel_sender_missing``, ``channel_secret_invalid``, ``dkim_key_invalid`` and ``verification_key_invalid``.
    """
    match spec.driver:
        case "smtp":
            return SmtpChannel(spec, from_email=_sender(spec, brand), from_name=_name(spec, brand))
        case "sendgrid":
            return SendgridChannel(spec, from_email=_sender(spec, brand), from_name=_name(spec, brand))
        case "twilio":
            return TwilioChannel(spec)
        case "webhook":
            return WebhookChannel(spec, now=own.now)
        case "task":
            return TaskChannel(spec, keep=own.tasks.keep, seal=own.seal, has=own.tasks.has)
        case "capture":
            return CaptureChannel(spec, keep=own.captured.keep, seal=own.seal, has=own.captured.has)
        case _:
            assert_never(cast("Any", spec.driver))


def _sender(spec: ChannelSpec, brand: Brand) -> str:
    sender = spec.from_email or brand.from_email
    if sender is None:
        message = (
            f"channels.yaml: the channel `{spec.name}` has no sender. An e-mail comes from an address. "
            "Write `from_email` there or under `brand` in workspace.yaml."
        )
        raise ConfigError("channel_sender_missing", message)
    return sender


def _name(spec: ChannelSpec, brand: Brand) -> str:
    return spec.from_name or brand.from_name or brand.name
