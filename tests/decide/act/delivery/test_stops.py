"""How far a STOP reaches."""

import pytest

from fieldfare.act.delivery.stops import channels_to, stop_channels
from fieldfare.trust.consent.model import StopReach

KINDS = {"sms": "phone", "whatsapp": "phone", "email": "email"}


@pytest.mark.parametrize(
    ("reach", "channels"),
    [
        ("purpose", ("sms",)),
        ("channel", ("sms",)),
        ("address", ("sms", "whatsapp")),
        ("everything", ("*",)),
    ],
)
def test_reach(reach: str, channels: tuple[str, ...]) -> None:
    assert stop_channels(StopReach(reach), "sms", KINDS) == channels


def test_a_channel_that_is_not_known_is_at_least_itself() -> None:
    assert stop_channels(StopReach.ADDRESS, "fax", KINDS) == ("fax",)
    assert channels_to("email", KINDS) == ("email",)
