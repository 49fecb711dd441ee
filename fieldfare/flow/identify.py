"""Whose event is it: the identity stage of the pipeline, over one batch's overlay of the stored tables.

Owners of all identifiers of the batch are read at once; what events add goes into the overlay, so a later event of the
same batch sees it. The rare event that brings several profiles together reads the links of the component, inside the
same transaction. A merge is done at the event that proves it: documents are merged, enrollments move along, the
profiles that are gone redirect to the survivor. Everything is written by the pipeline with the batch, or not at all.
"""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow.intake import told
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.ids import text_digest
from fieldfare.ground.instants import Instant
from fieldfare.know.identity import store
from fieldfare.know.identity.claims import claims_of, lead_of
from fieldfare.know.identity.model import KINDS, Claim, IdentifierKind, Link
from fieldfare.know.identity.resolve import Attach, Hold, Merge, link_of, quick, resolve
from fieldfare.know.profiles.model import Document
from fieldfare.trust.keys.seal import Keys

Claims = list[Claim]
MOST_LEADS = 500_000
"""So many hashes of stored identifiers are remembered."""


class Identify:
    """Finds, makes and merges profiles for the events of a batch."""

    def __init__(
        self,
        keys: Keys,
        verifying_sources: frozenset[str],
        next_id: Callable[[], int],
        absorb: Callable[[Batch, Work, Work, Event], None],
    ) -> None:
        """``next_id`` gives a new profile id; ``absorb`` merges the second work into the first."""
        self._keys = keys
        self._verifying = verifying_sources
        self._next_id = next_id
        self._absorb = absorb
        self._leads: set[bytes] = set()
        """Hashes of identifiers that are stored for sure; not all of them."""

    def claims(self, event: Event) -> Claims:
        """Return the event's claims, the leading one first."""
        return claims_of(event, self._keys.lookup_hash, self._verifying)

    def lead(self, event: Event) -> Claim | None:
        """Return the leading one of the event's claims."""
        return lead_of(event, self._keys.lookup_hash, self._verifying)

    @staticmethod
    def load_owners(connection: Connection, batch: Batch, claims: Iterable[Claims]) -> set[int]:
        """Read the owners of all claimed identifiers; return the profiles to load."""
        batch.owner = store.owners(connection, {claim.hash for each in claims for claim in each})
        return set(batch.owner.values())

    def keep_leads(self, connection: Connection, batch: Batch, events: Iterable[Event]) -> None:
        """Give every leading identifier that has none yet a key of its own, without a profile."""
        leads: dict[bytes, tuple[Claim, Instant]] = {}
        for event in events:
            claim = self.lead(event)
            if claim is not None:
                event.lead = claim.hash
                leads[claim.hash] = claim, event.received_at
        unknown = leads.keys() - self._leads
        known = store.wrapped_keys(connection, unknown).keys()
        fresh = [leads[each] for each in sorted(unknown - known)]
        batch.identifiers += [self._row(claim, store.NO_PROFILE, at) for claim, at in fresh]
        if len(self._leads) > MOST_LEADS:
            self._leads.clear()
        self._leads |= known

    def whose(self, connection: Connection, batch: Batch, event: Event, claims: Claims) -> Work | None:
        """Return the work of the event's profile, made or merged as its claims say; ``None`` when nobody is named."""
        subject = told(event)
        if subject is not None:
            return batch.works.get(batch.redirects.get(subject["profile_id"], subject["profile_id"]))
        if not claims:
            return None
        answer: Attach | Merge | Hold | None = quick(claims, batch.owner)
        if answer is None:
            answer = self._closer(connection, batch, event, claims)
        match answer:
            case Attach(profile_id, fresh):
                work = batch.works[profile_id] if profile_id is not None else self._new(batch)
            case Merge(into, others, fresh):
                work = batch.works[into]
                for other in others:
                    self._merge(batch, work, batch.works[other], event)
            case Hold(profile_id, candidates, fresh):
                work = batch.works[profile_id]
                names = ",".join(map(str, candidates))
                batch.holds.append(
                    {
                        "message_id": event.message_id,
                        "profile_id": profile_id,
                        "candidates": names,
                        "at": event.received_at,
                    }
                )
        self._attach(batch, work, fresh, event.received_at)
        return work

    def _closer(self, connection: Connection, batch: Batch, event: Event, claims: Claims) -> Attach | Merge | Hold:
        asserted = [
            link_of(claims[0], claim, event.occurred_at, event.message_id, event.source)
            for claim in claims[1:]
            if claim.hash != claims[0].hash
        ]
        for link in asserted:
            batch.links.setdefault(link.id, link)
        profiles = {batch.owner[claim.hash] for claim in claims if claim.hash in batch.owner}
        members = {profile: _members(batch.works[profile].document) for profile in profiles}
        links: list[Link] = []
        if len(profiles) > 1:
            nodes = {node for each in members.values() for node in each} | {claim.hash for claim in claims}
            stored = {link.id: link for link in store.links_among(connection, nodes)}
            links = [*{**batch.links, **stored}.values()]
        return resolve(claims, batch.owner, members, links)

    def _new(self, batch: Batch) -> Work:
        work = Work(self._next_id(), Document(), None, None)
        work.changed = True
        batch.works[work.profile_id] = work
        return work

    def _attach(self, batch: Batch, work: Work, fresh: Iterable[Claim], at: Instant) -> None:
        for claim in fresh:
            if batch.owner.get(claim.hash) == work.profile_id:
                continue
            batch.owner[claim.hash] = work.profile_id
            work.document.identifiers.setdefault(claim.kind.name, []).append(claim.hash)
            work.changed = True
            batch.identifiers.append(self._row(claim, work.profile_id, at))

    def _row(self, claim: Claim, profile_id: int, at: Instant) -> dict[str, Any]:
        wrapped = self._keys.new_wrapped_key()
        return {
            "hash": claim.hash,
            "kind": claim.kind.name,
            "profile_id": profile_id,
            "wrapped_key": wrapped,
            "sealed": self._keys.sealer(wrapped).seal(claim.value.encode(), claim.hash),
            "first_seen_at": at,
        }

    def _merge(self, batch: Batch, into: Work, gone: Work, event: Event) -> None:
        self._absorb(batch, into, gone, event)
        for kind, hashes in gone.document.identifiers.items():
            into.document.identifiers.setdefault(kind, []).extend(hashes)
            for each in hashes:
                batch.owner[each] = into.profile_id
        for row in batch.identifiers:
            if row["profile_id"] == gone.profile_id:
                row["profile_id"] = into.profile_id
        batch.moves.append(
            {
                "profile_id": gone.profile_id,
                "into_id": into.profile_id,
                "at": event.received_at,
                "message_id": event.message_id,
            }
        )
        for source, target in batch.redirects.items():
            if target == gone.profile_id:
                batch.redirects[source] = into.profile_id
        batch.redirects[gone.profile_id] = into.profile_id
        del batch.works[gone.profile_id]
        into.changed = True


def _members(document: Document) -> dict[bytes, IdentifierKind]:
    return {each: KINDS[kind] for kind, hashes in document.identifiers.items() for each in hashes}


def seen_id(message_id: str) -> bytes:
    """Return the digest by which a message id is remembered."""
    return text_digest(message_id)
