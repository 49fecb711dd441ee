"""The outbox relay: whatever changed a document outside the log becomes an event in the log.

Flow: read queued events; append them, durably, as one record of Fieldfare's own source; delete them. A crash between
append and delete appends them again, under the same message ids, and the pipeline drops the second ones; so does a
power failure that takes the delete back, which therefore waits for no sync. Only what has waited for days is gone for
good at once, since the key of its day may be destroyed next.
"""

from collections.abc import Sequence

import msgspec

from fieldfare.collect.model import Envelope, Mode
from fieldfare.flow import store
from fieldfare.flow.intake import seal_envelope
from fieldfare.ground.instants import DAY, Instant
from fieldfare.ground.log.ports import NORMAL, URGENT, EventLog
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.trust.keys.ports import SealsRaw

EVENTS_PER_RECORD = 200


def own_envelope(events: list[bytes], received_at: Instant) -> Envelope:
    """Return an envelope of Fieldfare's own events (each JSON), live."""
    body = b'{"batch":[' + b",".join(events) + b"]}"
    return Envelope(mode=Mode.LIVE, source=OWN_SOURCE, kind="batch", received_at=received_at, body=body)


def append_own(
    log: EventLog, keys: SealsRaw, event: dict[str, object], now: Instant, keep_days: int, *, urgent: bool
) -> int:
    """Append one of Fieldfare's own events, to be readable for so many days; durable when this returns its offset."""
    return append_together(log, keys, [event], now, keep_days, urgent=urgent)


def append_together(
    log: EventLog,
    keys: SealsRaw,
    events: Sequence[dict[str, object]],
    now: Instant,
    keep_days: int,
    *,
    urgent: bool,
) -> int:
    """Append several as one record; return its offset: all of them are durable then, and after a crash all or none."""
    envelope = own_envelope([msgspec.json.encode(each) for each in events], now)
    (offset,) = log.append(URGENT if urgent else NORMAL, [seal_envelope(keys, envelope, keep_days)])
    return offset


class Relay:
    """Moves the outbox into the log."""

    def __init__(self, state: State, log: EventLog, keys: SealsRaw, keep_days: int) -> None:
        """Take where the outbox is, where it goes, and for how many days it stays readable there."""
        self._state, self._log, self._keys, self._keep_days = state, log, keys, keep_days

    def run(self, now: Instant) -> int:
        """Append what waits; return how many events."""
        with self._state.read() as connection:
            rows = store.outbox_rows(connection, EVENTS_PER_RECORD)
        if not rows:
            return 0
        events = [self._keys.open_raw(sealed, b"outbox", at) for _, at, sealed in rows]
        self._log.append(NORMAL, [seal_envelope(self._keys, own_envelope(events, now), self._keep_days)])
        with self._state.write(replayable=now - rows[0][1] < DAY) as connection:
            store.delete_outbox(connection, [row[0] for row in rows])
        return len(rows)
