"""Keeps in documents what consent is in force, always worked out anew from the ledger. Decides nothing by itself.

It is looked at when an event of the person bears consent, when the person's addresses or home location change, after a
merge, a tear and a refold, when the definitions change, and when somebody refuses for an address that the person has
too. A grant that is for a time ends in the document at its own instant (:mod:`fieldfare.know.profiles.lapse`). The
records of this batch count beside the stored ones. Where the ledger is not at hand (a look back) nothing changes.
"""

from collections.abc import Callable, Collection, Iterable, Mapping

from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.know.audiences.compile_people import consent_key
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.united import united_since
from fieldfare.know.profiles.lapse import note_ends
from fieldfare.know.profiles.plan import CONSENT, NOTHING, Touched
from fieldfare.trust.consent import store as consent_store
from fieldfare.trust.consent.from_event import Act, consent_records
from fieldfare.trust.consent.in_force import follows_address
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, InForce, Witness
from fieldfare.trust.consent.standing import pairs_of, standing

COMMON_CHANNELS = frozenset({"email", "sms", "push"})
"""Channels that consent may speak of before they are set up."""
ScopeOf = Callable[[str | None], tuple[str, ...]]
"""Home location -> the places that it lies in, itself first."""


class StandingConsent:
    """Brings documents in line with the ledger."""

    def __init__(
        self,
        policy: ConsentPolicy,
        channels: Collection[str],
        addresses: Callable[[Work], Mapping[str, bytes]],
        scope_of: ScopeOf,
    ) -> None:
        """``addresses`` tells a person's addresses by channel."""
        self._policy, self._addresses, self._scope_of = policy, addresses, scope_of
        self.channels = COMMON_CHANNELS.union(channels)
        """Channels that consent may speak of."""
        self._pairs = pairs_of(policy, self.channels)
        self.by_place = any(purpose.by_location for purpose in policy.purposes.values())
        """Whether what is in force depends on where a person is at home."""

    def record(
        self, batch: Batch, profile_id: int, addresses: Mapping[str, bytes], event: Event, work: Work | None
    ) -> None:
        """Record what an event says of consent, for the addresses that it speaks for."""
        act = Act(
            message_id=event.message_id,
            profile_id=profile_id,
            addresses=addresses,
            source=event.source,
            occurred_at=event.occurred_at,
            received_at=event.received_at,
            recorded_at=max(batch.opened_at, event.received_at),
            is_own=event.source == OWN_SOURCE,
            is_vouched=event.is_vouched,
            objected=self._objected(work),
        )
        heard = consent_records(event.name, event.payload, event.context, act, self._policy)
        batch.consent.add(heard.records)
        batch.refused_at |= refused_at(heard.records)
        batch.ignored.extend(each.code for each in heard.ignored)
        batch.notices.extend(heard.notices)
        if work is not None and heard.witness != Witness():
            batch.witnesses.update((record.id, heard.witness) for record in heard.records)

    def _objected(self, work: Work | None) -> frozenset[str]:
        """Return the purposes that the browser's signal concerns and the person objects to on every channel."""
        consent = {} if work is None else work.document.consent
        return frozenset(
            name
            for name in self._policy.gpc
            if all(consent.get(consent_key(*pair)) == InForce.OBJECTED.value for pair in self._pairs if pair[0] == name)
        )

    def refresh(self, batch: Batch, work: Work, now: Instant) -> Touched:
        """Work out what is in force for the person at ``now``; return what changed."""
        if batch.ledger is None or not self._pairs:
            return NOTHING
        family = batch.family_of(work.profile_id)
        addresses = self._addresses(work)
        hashes = set(addresses.values())
        records = batch.ledger.records(family, hashes)
        records += batch.consent.about(family, hashes)
        united = united_since(batch.redirects_of(family)) if len(family) > 1 else {}
        scope = self._scope_of(work.document.home_location)
        found = standing(records, family, addresses, self._pairs, self._policy, now, scope, united)
        kept = {consent_key(*pair): told.state.value for pair, told in found.items()}
        note_ends(
            work.document, {consent_key(*pair): told.until for pair, told in found.items() if told.until is not None}
        )
        if kept == work.document.consent:
            return NOTHING
        work.document.consent = kept
        work.changed = True
        return CONSENT


def refused_at(records: Iterable[ConsentRecord]) -> set[bytes]:
    """Return the addresses for which some records speak, whoever has them."""
    return {record.address_hash for record in records if record.address_hash is not None and follows_address(record)}


class StoredLedger:
    """The ledger as a transaction sees it that writes to it at its end alone: what was read once holds until then."""

    def __init__(self, connection: Connection) -> None:
        """Read through the connection, as long as it is open."""
        self._connection = connection
        self._families: dict[int, frozenset[int]] = {}
        self._own: dict[int, list[ConsentRecord]] = {}
        self._to: dict[bytes, list[ConsentRecord]] = {}

    def read_ahead(self, profile_ids: Collection[int], addresses: Collection[bytes]) -> None:
        """Read what will be asked of many people, all at once: their ids, their records, refusals for addresses."""
        self._families |= identity_store.families(self._connection, profile_ids)
        family = {each for profile_id in profile_ids for each in self._families[profile_id]}
        self._read(family, addresses)

    def note_new(self, profile_id: int) -> None:
        """Know that a profile id was given for the first time: nothing is recorded of it, and it is alone."""
        self._families[profile_id] = frozenset({profile_id})
        self._own[profile_id] = []

    def family(self, profile_id: int) -> frozenset[int]:
        """Return all profile ids of a person."""
        found = self._families.get(profile_id)
        if found is None:
            found = self._families[profile_id] = identity_store.families(self._connection, [profile_id])[profile_id]
        return found

    def redirects(self, profile_ids: Collection[int]) -> dict[int, tuple[int, Instant]]:
        """Return where profile ids lead and since when."""
        return redirects_among(self._connection, profile_ids)

    def records(self, profile_ids: Collection[int], addresses: Collection[bytes]) -> list[ConsentRecord]:
        """Return the records of profiles, and the refusals made for addresses."""
        self._read(profile_ids, addresses)
        found = {record.id: record for each in profile_ids for record in self._own[each]}
        found |= {record.id: record for each in addresses for record in self._to[each]}
        return list(found.values())

    def _read(self, profile_ids: Iterable[int], addresses: Iterable[bytes]) -> None:
        """Read what was not read yet."""
        people = {each for each in profile_ids if each not in self._own}
        hashes = {each for each in addresses if each not in self._to}
        self._own |= {each: [] for each in people}
        self._to |= {each: [] for each in hashes}
        for record in consent_store.own_records(self._connection, people):
            self._own[record.profile_id].append(record)
        for record in consent_store.refusals_for(self._connection, hashes):
            assert record.address_hash is not None, "asked for by address"
            self._to[record.address_hash].append(record)
