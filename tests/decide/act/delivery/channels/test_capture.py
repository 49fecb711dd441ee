"""The capture channel's pure side: what is sealed, and that a database that is down is a failure."""

from typing import Any

from fieldfare.act.delivery.channels.capture import CaptureChannel, open_captured
from fieldfare.act.delivery.model import ChannelSpec, OutcomeKind, Request
from fieldfare.testing.delivery import START, a_permit, a_proposal
from tests.decide.act.delivery.builders import seal, unseal
from tests.decide.act.delivery.channels.test_permit import MESSAGE


def test_the_row_names_nobody_and_the_sealed_part_holds_all() -> None:
    rows: list[dict[str, Any]] = []
    spec = ChannelSpec(name="email", driver="capture", address="email")
    channel = CaptureChannel(spec, keep=rows.extend, seal=seal)
    request = channel.prepare(MESSAGE, a_permit(a_proposal(1), b"h" * 16))
    assert isinstance(request, Request)
    outcome = channel.send(request)
    assert (outcome.kind, outcome.provider_id) == (OutcomeKind.HANDED_OVER, "prp_1")
    (row,) = rows
    sealed = row.pop("sealed")
    assert row == {
        "proposal_id": "prp_1",
        "at": START,
        "channel": "email",
        "template": "hello",
        "address_hash": b"h" * 16,
    }
    assert open_captured(sealed, unseal).to == "ada@example.com"
    assert channel.capabilities.instant
