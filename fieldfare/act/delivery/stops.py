"""How far an answer of STOP reaches: which channels it withdraws on, by the workspace's setting. Pure."""

from collections.abc import Mapping

from fieldfare.trust.consent.model import EVERY, StopReach


def stop_channels(reach: StopReach, channel: str, address_kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return the channels on which a STOP that came by ``channel`` withdraws; ``address_kinds``: of all channels."""
    if reach is StopReach.EVERYTHING:
        return (EVERY,)
    if reach is StopReach.ADDRESS:
        return channels_to(address_kinds.get(channel, ""), address_kinds) or (channel,)
    return (channel,)


def channels_to(kind: str, address_kinds: Mapping[str, str]) -> tuple[str, ...]:
    """Return the channels that reach addresses of a kind."""
    return tuple(sorted(name for name, each in address_kinds.items() if each == kind))
