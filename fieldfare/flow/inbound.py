"""Who wrote to us, and what a person must read: answers by text message, over identity, tasks and suppressions.

A number belongs to whoever has it as an identifier; where nobody has, to whoever was written to at it last. Each write
is one short transaction of its own, and the same answer a second time changes nothing. No rule is here.
"""

import msgspec

from fieldfare.act.delivery.channels.task import TaskBody
from fieldfare.act.delivery.model import Inbound
from fieldfare.act.delivery.receipt_routes import Sender
from fieldfare.act.delivery.store import SqlAttempts, task
from fieldfare.ground.clock import Clock
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import DAY
from fieldfare.ground.store import State, insert_ignore
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import SHIPPED
from fieldfare.know.identity.normal import NORMAL, Regions
from fieldfare.trust.consent import suppression_store
from fieldfare.trust.consent.model import Suppression
from fieldfare.trust.keys.seal import Keys

REVIEW_LIST = "opt-out-review"
"""List of answers that may be opt-outs."""
REVIEW_WITHIN = DAY
"""An opt-out must be honoured within ten business days by law; a person looks within one."""


class Inbox:
    """Reads who wrote, and puts answers on the list of a person."""

    def __init__(self, state: State, keys: Keys, regions: Regions, clock: Clock) -> None:
        """Read and write there."""
        self._state, self._keys, self._regions, self._clock = state, keys, regions, clock

    def sender(self, kind: str, address: str) -> Sender | None:
        """Return whose address it is; ``None`` when it is no address of the kind."""
        value = NORMAL[SHIPPED[kind].form](address, self._regions.default) if kind in SHIPPED else None
        if value is None:
            return None
        hashed = self._keys.lookup_hash(kind, value)
        with self._state.read() as connection:
            owner = identity_store.owners(connection, [hashed]).get(hashed)
            attempt = SqlAttempts().to_address(connection, hashed)
            profile_id = None if owner is None else owner.profile_id
            if profile_id is None and attempt is not None:
                profile_id = attempt.profile_id
            if profile_id is not None:
                profile_id = identity_store.standing_ids(connection, [profile_id])[profile_id]
        return Sender(hashed, profile_id, None if attempt is None else attempt.purpose)

    def review(self, inbound: Inbound, sender: Sender) -> None:
        """Put an answer on the list of a person. What it says is sealed."""
        now = self._clock.now()
        body = TaskBody("An answer that may be an opt-out", inbound.text)
        row = {
            "id": derived_id("rev", inbound.id),
            "at": now,
            "list": REVIEW_LIST,
            "kind": "opt_out_review",
            "status": "open",
            "profile_id": sender.profile_id,
            "proposal_id": None,
            "template": None,
            "location": None,
            "assignee": None,
            "due_at": now + REVIEW_WITHIN,
            "address_hash": sender.address_hash,
            "sealed": self._keys.seal_token(msgspec.msgpack.encode(body)),
        }
        with self._state.write() as connection:
            insert_ignore(connection, task, [row])

    def suppress(self, address_hash: bytes, reason: str) -> None:
        """Suppress an address that no profile is known of; the earlier entry stands."""
        told = Suppression(address_hash=address_hash, reason=reason, since_at=self._clock.now(), source="inbound")
        with self._state.write() as connection:
            suppression_store.insert_suppressions(connection, [told])

    def lift(self, address_hash: bytes) -> None:
        """Lift what a STOP has suppressed; any other reason stands."""
        with self._state.write() as connection:
            suppression_store.lift_stop(connection, address_hash, self._clock.now(), "inbound")
