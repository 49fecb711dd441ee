"""Rows whose body is raw and sealed under the key of its day: dead letters, and corrections that wait for the relay.

It makes rows; whoever has the transaction writes them.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from fieldfare.collect.model import DeadLetter
from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.trust.keys.raw import RAW_DAYS
from fieldfare.trust.keys.seal import Keys

_json = msgspec.json.Encoder().encode


class RawRows:
    """Makes the rows of one installation."""

    def __init__(self, keys: Keys, keep_days: Mapping[str, int]) -> None:
        """Seal with ``keys``; ``keep_days``: source -> how long what it sent stays readable."""
        self._keys, self._keep_days = keys, keep_days

    def correction(self, message_id: str, at: Instant, event: dict[str, Any]) -> dict[str, Any]:
        """Return the row of the outbox."""
        keep_days = self._keep_days.get(OWN_SOURCE, RAW_DAYS)
        return {"id": message_id, "at": at, "sealed": self._keys.seal_raw(_json(event), b"outbox", at, keep_days)}

    def dead(self, letter: DeadLetter) -> dict[str, Any]:
        """Return the row of a dead letter."""
        place, keep_days = letter.place, self._keep_days.get(letter.source, RAW_DAYS)
        return {
            "partition": place.partition,
            "offset": place.offset,
            "index": place.index,
            "reason": letter.reason.value,
            "detail": letter.detail.replace("\0", ""),
            "source": letter.source,
            "name": letter.name.replace("\0", "") if letter.name is not None else None,
            "received_at": letter.received_at,
            "sealed": self._keys.seal_raw(letter.raw, b"dead", letter.received_at, keep_days),
            "contract_version": letter.contract_version,
        }
