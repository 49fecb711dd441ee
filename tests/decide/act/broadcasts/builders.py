"""What the tests of broadcasts build with."""

from typing import Any

from fieldfare.act.broadcasts.model import Broadcast, Run, Standing
from fieldfare.ground.instants import DAY
from fieldfare.testing.delivery import START


def a_broadcast(**fields: Any) -> Broadcast:
    ordinary = {
        "name": "spring",
        "audience": "everybody",
        "channel": "email",
        "template": "hello",
        "purpose": "marketing",
        "priority": 40,
        "expires_us": 2 * DAY,
        "version": "v1",
    }
    return Broadcast(**{**ordinary, **fields})


def a_run(**fields: Any) -> Run:
    ordinary = {
        "id": "brd_1",
        "broadcast": a_broadcast(),
        "standing": Standing.RUNNING,
        "listed_at": START,
        "started_by": "ada",
        "started_at": START,
    }
    return Run(**{**ordinary, **fields})
