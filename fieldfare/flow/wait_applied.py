"""Waits until the pipeline, in whichever process, has applied what somebody appended."""

import threading
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Connection

from fieldfare.ground.store import State

WAIT_S = 30.0
PAUSE_S = 0.02
_Told = TypeVar("_Told")


def wait_applied(
    state: State, told: Callable[[Connection], _Told | None], settle: Callable[[], object] | None
) -> _Told | None:
    """Return what ``told`` reads once that is not ``None``; ``None`` when it still is after :data:`WAIT_S`.

    ``settle`` applies what was appended, where no server does.
    """
    if settle is not None:
        settle()
    waited = 0.0
    while True:
        with state.read() as connection:
            found = told(connection)
        if found is not None or waited >= WAIT_S:
            return found
        threading.Event().wait(PAUSE_S)
        waited += PAUSE_S
