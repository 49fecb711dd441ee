"""The check that every channel makes first: the permit is for this very message. A mismatch is a bug. Pure."""

from fieldfare.act.delivery.model import Message
from fieldfare.decide.gate.model import Permit


def check_permit(message: Message, permit: Permit) -> None:
    """Assert that the permit was given for the message's proposal and channel."""
    assert isinstance(permit, Permit), "a channel takes only a permit of the gate"
    assert permit.proposal_id == message.proposal_id, (permit.proposal_id, message.proposal_id)
    assert permit.channel == message.channel, (permit.channel, message.channel)
