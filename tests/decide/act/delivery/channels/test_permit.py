"""The permit check of every channel."""

import pytest

from fieldfare.act.delivery.channels.permit import check_permit
from fieldfare.act.delivery.model import Message
from fieldfare.testing.delivery import a_permit, a_proposal

MESSAGE = Message(
    proposal_id="prp_1",
    channel="email",
    template="hello",
    to="ada@example.com",
    subject=None,
    text="Hello",
    html=None,
    headers={},
    unsubscribe_url=None,
)


def test_a_permit_for_this_message_passes() -> None:
    check_permit(MESSAGE, a_permit(a_proposal(1)))


@pytest.mark.parametrize(
    "permit", [None, True, "permit", a_permit(a_proposal(2)), a_permit(a_proposal(1, channel="sms"))]
)
def test_anything_else_is_a_bug(permit: object) -> None:
    with pytest.raises(AssertionError):
        check_permit(MESSAGE, permit)  # type: ignore[arg-type]
