"""Which message of Twilio's list is the lost one: a table, and that doubt stays doubt."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.delivery.channels.twilio_list import EARLY, LATE, ListedMessage, MessageList, find_lost
from fieldfare.act.delivery.model import ChannelSpec, LostCall, OutcomeKind
from fieldfare.ground.instants import HOUR, MINUTE, SECOND, Instant, to_datetime
from fieldfare.testing.delivery import START

SPEC = ChannelSpec(name="sms", driver="twilio", address="phone", from_number="+15550001111")
LOST = LostCall(proposal_id="prp_1", to="+15551234567", started_at=START, known=frozenset({"SMknown"}))


def listed(sid: str = "SMlost", at: Instant = START + SECOND, **change: Any) -> ListedMessage:
    told = to_datetime(at).strftime("%a, %d %b %Y %H:%M:%S +0000")
    made = ListedMessage(sid=sid, direction="outbound-api", date_created=told, sender="+15550001111")
    return msgspec.structs.replace(made, **change)


@pytest.mark.parametrize(
    "messages",
    [
        [listed()],
        [listed(), listed("SMknown")],
        [listed("SMreply", direction="inbound"), listed()],
        [listed("SMold", START - HOUR), listed()],
        [listed(at=START - EARLY)],
        [listed(at=START + LATE)],
        [listed("SMother", sender="+15550002222"), listed()],
    ],
)
def test_the_one_message_that_fits_is_ours(messages: list[ListedMessage]) -> None:
    found = find_lost(MessageList(messages), LOST, SPEC)
    assert (found.kind, found.provider_id, found.detail) == (OutcomeKind.HANDED_OVER, "SMlost", "looked_up")


@pytest.mark.parametrize(
    ("messages", "more", "why"),
    [
        ([], None, "looked_up_not_there"),
        ([listed("SMknown")], None, "looked_up_not_there"),
        ([listed(at=START - EARLY - SECOND)], None, "looked_up_not_there"),
        ([listed(at=START + LATE + SECOND)], None, "looked_up_not_there"),
        ([listed(date_created="soon")], None, "looked_up_not_there"),
        ([listed(date_created=None)], None, "looked_up_not_there"),
        ([listed("")], None, "looked_up_not_there"),
        ([listed(), listed("SMtwo", START + MINUTE)], None, "looked_up_several"),
        ([listed(at=START + HOUR)], "/more", "looked_up_too_many"),
        ([listed(at=START + HOUR), listed(at=START - HOUR)], "/more", "looked_up_not_there"),
    ],
)
def test_doubt_stays_doubt(messages: list[ListedMessage], more: str | None, why: str) -> None:
    found = find_lost(MessageList(messages, more), LOST, SPEC)
    assert (found.kind, found.provider_id, found.detail) == (OutcomeKind.UNKNOWN, None, why)


def test_of_a_messaging_service_the_service_counts_and_not_the_number() -> None:
    spec = msgspec.structs.replace(SPEC, messaging_service="MG1")
    assert find_lost(MessageList([listed()]), LOST, spec).kind is OutcomeKind.UNKNOWN
    theirs = listed(sender="+15559999999", messaging_service_sid="MG1")
    assert find_lost(MessageList([theirs]), LOST, spec).provider_id == "SMlost"
