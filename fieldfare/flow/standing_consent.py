"""Keeps in documents what consent is in force, always worked out anew from the ledger. Decides nothing by itself.

It is looked at when an event of the person bears consent, when the person's addresses change, after a merge, a tear and
a refold, when the definitions change, and when somebody refuses for an address that the person has too. The records of
this batch count beside the stored ones. Where the ledger is not at hand (a look back) nothing changes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow.work import Batch, Work
from fieldfare.know.audiences.compile_people import consent_key
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles.plan import CONSENT, NOTHING, Touched
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent.from_event import Act, consent_records
from fieldfare.trust.consent.model import Action, ConsentPolicy, ConsentRecord
from fieldfare.trust.consent.standing import pairs_of, standing

COMMON_CHANNELS = frozenset({"email", "sms", "push"})
"""Channels that consent may speak of before they are set up."""


class StandingConsent:
    """Brings documents in line with the ledger."""

    def __init__(
        self, policy: ConsentPolicy, channels: Collection[str], addresses: Callable[[Work], Mapping[str, bytes]]
    ) -> None:
        """``addresses`` tells a person's addresses by channel."""
        self._policy, self._addresses = policy, addresses
        self._pairs = pairs_of(policy, COMMON_CHANNELS.union(channels))

    def record(self, batch: Batch, profile_id: int, addresses: Mapping[str, bytes], event: Event) -> None:
        """Record what an event says of consent, for the addresses that it speaks for."""
        act = Act(
            message_id=event.message_id,
            profile_id=profile_id,
            addresses=addresses,
            source=event.source,
            occurred_at=event.occurred_at,
            received_at=event.received_at,
            recorded_at=max(batch.opened_at, event.received_at),
        )
        records, ignored = consent_records(event.name, event.payload, event.context, act, self._policy)
        batch.consent.extend(records)
        batch.refused_at |= refused_at(records)
        batch.ignored.extend(each.code for each in ignored)

    def refresh(self, batch: Batch, work: Work) -> Touched:
        """Work out what is in force for the person; return what changed."""
        if batch.ledger is None or not self._pairs:
            return NOTHING
        family = batch.families.get(work.profile_id)
        if family is None:
            family = batch.families[work.profile_id] = batch.ledger.family(work.profile_id)
        addresses = self._addresses(work)
        records = [*batch.ledger.records(family, set(addresses.values())), *batch.consent]
        found = standing(records, family, addresses, self._pairs, self._policy)
        kept = {consent_key(*pair): said.value for pair, said in found.items()}
        if kept == work.document.consent:
            return NOTHING
        work.document.consent = kept
        work.changed = True
        return CONSENT


def refused_at(records: Iterable[ConsentRecord]) -> set[bytes]:
    """Return the addresses for which some records refuse."""
    return {
        record.address_hash
        for record in records
        if record.address_hash is not None and record.action is not Action.GRANT
    }


class StoredLedger:
    """The ledger as a connection sees it."""

    def __init__(self, connection: Connection) -> None:
        """Read through the connection, as long as it is open."""
        self._connection = connection

    def family(self, profile_id: int) -> frozenset[int]:
        """Return all profile ids of a person."""
        return identity_store.families(self._connection, [profile_id])[profile_id]

    def records(self, profile_ids: Collection[int], addresses: Collection[bytes]) -> list[ConsentRecord]:
        """Return the records of profiles, and the refusals made for addresses."""
        return consent_store.load_records(self._connection, profile_ids, addresses)
