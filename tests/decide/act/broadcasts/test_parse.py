"""From the file to the broadcast."""

from typing import Any

import msgspec
import pytest

from fieldfare.act.broadcasts.files import BroadcastFile
from fieldfare.act.broadcasts.parse import parse_broadcast
from fieldfare.ground.instants import DAY

PLAIN = {"broadcast": "spring", "audience": "all", "channel": "email", "template": "hello", "purpose": "marketing"}


def parsed(**fields: Any) -> Any:
    return parse_broadcast(msgspec.convert({**PLAIN, **fields}, BroadcastFile))


def test_a_plain_one() -> None:
    found, problems = parsed(per_minute=600, expires="2 days")
    assert problems == []
    assert (found.per_minute, found.expires_us, found.stays, found.priority) == (600, 2 * DAY, True, 40)
    assert parsed()[0].version != found.version


@pytest.mark.parametrize("expires", ["soon", "2", "1 second", "90 days"])
def test_a_wrong_expiry_is_told(expires: str) -> None:
    found, problems = parsed(expires=expires)
    assert found is None
    assert [problem.path for problem in problems] == [("expires",)]
