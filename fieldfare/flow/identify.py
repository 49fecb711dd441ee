"""Whose event is it: the identity stage of the pipeline, over one batch's overlay of the stored tables.

Flow, per batch: read the owners of all claimed identifiers and which of the asserted links are known; per event: when
nothing is new the owner of its leading identifier has it; when what is new hangs on one person, it is attached; else
the component of the claims is read, partitioned anew, and its people are regrouped (:mod:`fieldfare.flow.regroup`).
What events add goes into the overlay, so a later event of the same batch sees it. Everything is written by the pipeline
with the batch, or not at all; a crash leaves nothing, and the same records give the same people.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow.addressed import hangs_on, is_own_personal
from fieldfare.flow.intake import told
from fieldfare.flow.regroup import Regrouping
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.ids import text_digest
from fieldfare.ground.instants import Instant
from fieldfare.know.identity import store
from fieldfare.know.identity.acts import strongest
from fieldfare.know.identity.claim_plan import ClaimPlan
from fieldfare.know.identity.claims import claims_of, lead_of
from fieldfare.know.identity.household import household_links
from fieldfare.know.identity.model import (
    ANONYMOUS_ID,
    EMAIL,
    HOUSEHOLD_ID,
    SHIPPED,
    Claim,
    IdentifierKind,
    IdentifierState,
    Joins,
    Link,
    LinkKind,
    Node,
)
from fieldfare.know.identity.partition import partition
from fieldfare.know.identity.resolve import (
    NO_PROFILE,
    Attach,
    Owner,
    leaf,
    link_of,
    met_id,
    quick,
    regroup,
    tie_confidence,
)
from fieldfare.know.profiles.facts import is_correction
from fieldfare.know.profiles.model import Document
from fieldfare.trust.keys.seal import Keys

Claims = list[Claim]
Unsure = tuple[Event, Claim, Claim, LinkKind, bytes]
"""A link that may not be stored: the event, its leading claim and another one, the kind of the link, their pair."""
MOST_LEADS = 500_000
"""So many hashes of stored identifiers are remembered."""
MOST_PAIRS = 200_000
"""So many stored pairs are remembered."""
MOST_NODES = 5_000
"""A component is followed no further than this; so many identifiers are never one person."""


_NOBODY = Claim(SHIPPED[ANONYMOUS_ID], "", b"")


class Component(msgspec.Struct, frozen=True):
    """Identifiers that links tie together, with all links among them."""

    nodes: dict[bytes, Node]
    links: list[Link]


class Identify:
    """Finds, makes, merges and splits profiles for the events of a batch."""

    def __init__(
        self,
        keys: Keys,
        plan: ClaimPlan,
        next_id: Callable[[], int],
        load: Callable[[Connection, Batch, set[int]], None],
        regrouping: Regrouping,
    ) -> None:
        """``next_id`` gives a new profile id; ``load`` loads profiles into the batch."""
        self._keys, self._plan, self.policy = keys, plan, plan.policy
        self._next_id, self._load, self._regrouping = next_id, load, regrouping
        self._leads: set[bytes] = set()
        """Hashes of identifiers that are stored for sure; not all of them."""
        self._met: dict[bytes, Instant] = {}
        """Pairs (leading hash, other hash) whose link is stored for sure -> since when; not all of them."""

    def claims(self, event: Event) -> Claims:
        """Return the event's claims, the leading one first."""
        return [] if is_own_personal(event) else claims_of(event, self._plan)

    def lead(self, event: Event) -> Claim | None:
        """Return the leading one of the event's claims."""
        return None if is_own_personal(event) else lead_of(event, self._plan)

    def hashes(self, event: Event) -> list[bytes]:
        """Return the hashes of the identifiers that the event claims or hangs on."""
        own = hangs_on(event)
        return [own] if own is not None else [claim.hash for claim in self.claims(event)]

    def forget(self) -> None:
        """Forget what is remembered of the stored tables: rows were removed."""
        self._leads.clear()
        self._met.clear()

    def load_owners(self, connection: Connection, batch: Batch, events: Sequence[Event]) -> set[int]:
        """Read the owners of all claimed identifiers and the links that are not known; return the profiles to load.

        Those too on which events of our own hang.
        """
        claims = batch.claims
        leads = {event.lead for event in events if event.lead is not None}
        batch.owner = store.owners(connection, {claim.hash for each in claims.values() for claim in each} | leads)
        unsure: list[Unsure] = []
        for event in events:
            lead, *others = claims.get(event.place) or (_NOBODY,)
            for other in others:
                if other.hash == lead.hash:
                    continue
                pair = lead.hash + other.hash
                if self._met.get(pair, event.occurred_at + 1) > event.occurred_at:
                    kind = LinkKind.HOUSEHOLD if other.kind.name == HOUSEHOLD_ID else LinkKind.SAME
                    unsure.append((event, lead, other, kind, pair))
        if unsure:
            self._tell_known(connection, batch, unsure)
        return {owner.profile_id for owner in batch.owner.values()}

    def _tell_known(self, connection: Connection, batch: Batch, unsure: Sequence[Unsure]) -> None:
        links: dict[tuple[bytes, LinkKind], bytes] = {}
        for _, lead, other, kind, pair in unsure:  # a session asserts the same link many times
            if (pair, kind) not in links:
                links[pair, kind] = met_id(lead, other, kind)
        met = store.first_met(connection, links.values())
        if len(self._met) > MOST_PAIRS:
            self._met.clear()
        for event, lead, other, kind, pair in unsure:
            since = met.get(links[pair, kind])
            if since is not None:
                self._met[pair] = since
            if since is None or since > event.occurred_at:
                link = link_of(lead, other, event.occurred_at, event.message_id, event.source, kind)
                batch.asserted.setdefault(event.place, []).append(link)

    def keep_leads(self, connection: Connection, batch: Batch, events: Iterable[Event]) -> None:
        """Give every leading identifier that has none yet a row, and so a key, of its own, without a profile."""
        leads: dict[bytes, tuple[Claim, Instant]] = {}
        for event in events:
            claim = self.lead(event)
            if claim is not None:
                event.lead = claim.hash
                leads[claim.hash] = claim, event.received_at
        unknown = leads.keys() - self._leads
        known = store.known(connection, unknown)
        fresh = [leads[each] for each in sorted(unknown - known)]
        for claim, at in fresh:
            self._insert(batch, claim, Owner(NO_PROFILE, NO_PROFILE), at)
        if len(self._leads) > MOST_LEADS:
            self._leads.clear()
        self._leads |= known

    def whose(self, connection: Connection, batch: Batch, event: Event, claims: Claims) -> Work | None:
        """Return the work of the event's profile, made or regrouped as its claims say; ``None``: nobody is named.

        A correction is theirs who have the identifier that it hangs on by now, whoever had it when it was asked for.
        """
        if is_correction(event):
            owner = batch.owner.get(event.lead) if event.lead is not None else None
            return batch.works[owner.profile_id] if owner is not None else None
        subject = told(event)
        if subject is not None:
            return batch.works.get(batch.redirects.get(subject["profile_id"], subject["profile_id"]))
        if not claims:
            return None
        asserted = [link for link in batch.asserted.get(event.place, ()) if batch.is_new(link)]
        answer = None if asserted else quick(claims, batch.owner)
        if answer is None:
            for link in asserted:
                batch.add_link(link)
            answer = self._on_one_person(batch, claims, asserted)
        if answer is None:
            return self._closer(connection, batch, event, claims)
        work = batch.works[answer.profile_id] if answer.profile_id is not None else self._new(batch)
        if answer.fresh:
            self._attach(batch, work, answer.fresh, event.received_at)
        return work

    def _on_one_person(self, batch: Batch, claims: Claims, asserted: Sequence[Link]) -> Attach | None:
        people = [claim for claim in claims if claim.kind.name != HOUSEHOLD_ID]
        lead = people[0] if people else None
        if lead is None:
            return None
        owner = batch.owner.get(lead.hash)
        held: Mapping[str, int] = {}
        if owner is not None:
            held = {kind: len(known) for kind, known in batch.works[owner.profile_id].document.identifiers.items()}
        ends = {end for link in asserted if link.kind is LinkKind.SAME for end in (link.a, link.b)} - {lead.hash}
        return leaf(people, batch.owner, held, ends, self.policy.cluster_most)

    def _closer(self, connection: Connection, batch: Batch, event: Event, claims: Claims) -> Work:
        fresh = [claim for claim in claims if claim.hash not in batch.owner]
        for claim in fresh:
            batch.kinds[claim.hash] = claim.kind.name
        self.regroup(connection, batch, [claim.hash for claim in claims], event, "merge", fresh)
        lead = claims[0]
        owner = batch.owner.get(lead.hash)
        if owner is None:  # it belongs to nobody, as several people use it: what it does alone is its own
            work = self._new(batch)
            self._attach(batch, work, (lead,), event.received_at)
            return work
        return batch.works[owner.profile_id]

    def regroup(
        self,
        connection: Connection,
        batch: Batch,
        seeds: Iterable[bytes],
        event: Event,
        cause: str,
        fresh: Sequence[Claim] = (),
        *,
        afresh: bool = False,
    ) -> None:
        """Partition the component of the identifiers anew and bring profiles in line with it.

        ``afresh``: what is shared is worked out anew, because rules have changed.
        """
        component = self.component(connection, batch, seeds, afresh=afresh)
        found = partition(component.nodes, component.links, self.policy.cluster_most)
        answer = regroup(found, component.nodes, batch.owner)
        self._relate(connection, batch, component, found.shared)
        for claim in fresh:
            self._insert(batch, claim, Owner(NO_PROFILE, NO_PROFILE), event.received_at)
        self._regrouping.apply(connection, batch, answer, component.nodes, event, cause)

    def _relate(self, connection: Connection, batch: Batch, component: Component, shared: frozenset[bytes]) -> None:
        """Relate all who share an address of the component, those too that are not followed through it."""
        nodes = component.nodes
        aside = {node for node, each in nodes.items() if each.state is IdentifierState.SHARED} | shared
        addresses = {node for node in aside if nodes[node].kind.name == EMAIL}
        if not addresses:
            return
        links = self._links_of(connection, batch, addresses)
        ends = {end for link in links.values() for end in (link.a, link.b)} - nodes.keys()
        self._read_nodes(connection, batch, ends)
        around = nodes | {end: Node(self._kind(batch.kinds[end])) for end in ends if end in batch.kinds}
        known = [link for link in links.values() if link.a in around and link.b in around]
        for link in household_links(addresses, around, known):
            batch.add_link(link)

    def component(
        self, connection: Connection, batch: Batch, seeds: Iterable[bytes], *, afresh: bool = False
    ) -> Component:
        """Return everything that links, or a common profile, tie to the identifiers, the overlay included.

        Identifiers that are set aside are part of it, and nothing is followed through them.
        """
        nodes: dict[bytes, Node] = {}
        links: dict[bytes, Link] = {}
        frontier = set(seeds)
        while frontier and len(nodes) <= MOST_NODES:
            self._read_nodes(connection, batch, frontier)
            frontier &= batch.kinds.keys()  # what an act names may have been erased while the act waited
            open_nodes = set()
            profiles = set()
            for each in frontier:
                owner = batch.owner.get(each)
                state = owner.state if owner is not None else batch.states.get(each, IdentifierState.LIVE)
                if afresh and state is IdentifierState.SHARED:
                    state = IdentifierState.LIVE
                nodes[each] = Node(self._kind(batch.kinds[each]), state)
                if state.takes_part:
                    open_nodes.add(each)
                if owner is not None:
                    profiles.add(owner.profile_id)
            self._load(connection, batch, {each for each in profiles if each not in batch.works})
            touching = self._links_of(connection, batch, open_nodes)
            links.update(touching)
            frontier = {end for link in touching.values() if link.kind is LinkKind.SAME for end in (link.a, link.b)}
            for profile_id in profiles:
                for held in batch.works[profile_id].document.identifiers.values():
                    frontier.update(held)
            frontier -= nodes.keys()
        return Component(nodes, list(links.values()))

    def stands_for(self, connection: Connection, held: Iterable[bytes], now: Instant) -> bytes:
        """Return which of a profile's identifiers stands for it."""
        seeds = list(held)
        component = self.component(connection, Batch({}, now), seeds)
        return strongest([node for node in seeds if node in component.nodes], component.nodes)

    def _kind(self, name: str) -> IdentifierKind:
        """Return the kind; one that the workspace no longer knows joins nobody."""
        kind = self.policy.kinds.get(name)
        return kind if kind is not None else IdentifierKind(name=name, priority=1_000, joins=Joins.NEVER)

    def _read_nodes(self, connection: Connection, batch: Batch, wanted: set[bytes]) -> None:
        unknown = {each for each in wanted if each not in batch.kinds}
        for each, (kind, owner) in store.kinds_of(connection, unknown).items():
            batch.kinds[each] = kind
            if owner.profile_id != NO_PROFILE:
                batch.owner.setdefault(each, owner)
            else:
                batch.states.setdefault(each, owner.state)

    @staticmethod
    def _links_of(connection: Connection, batch: Batch, nodes: set[bytes]) -> dict[bytes, Link]:
        stored = {link.id: link for link in store.links_among(connection, nodes) if link.id not in batch.retracted}
        for node in nodes:
            for link in batch.links_of.get(node, ()):
                if link.id in batch.retracted:
                    continue
                known = stored.get(link.id)
                if known is None or link.occurred_at < known.occurred_at:
                    stored[link.id] = link
        return stored

    def _new(self, batch: Batch) -> Work:
        work = Work(self._next_id(), Document(), None)
        work.changed = True
        batch.works[work.profile_id] = work
        if batch.ledger is not None:
            batch.ledger.note_new(work.profile_id)
        return work

    def _attach(self, batch: Batch, work: Work, fresh: Iterable[Claim], at: Instant) -> None:
        for claim in fresh:
            if batch.owner.get(claim.hash) is not None:
                continue
            self._insert(batch, claim, Owner(work.profile_id, work.profile_id), at)
            document = work.document
            if document.identifiers:
                document.match_confidence = min(document.match_confidence, tie_confidence(claim.kind))
            document.identifiers.setdefault(claim.kind.name, []).append(claim.hash)
            batch.described.add(work.profile_id)
            work.changed = True

    def _insert(self, batch: Batch, claim: Claim, owner: Owner, at: Instant) -> None:
        """Queue the row of an identifier, or give one that was queued its owner."""
        batch.kinds[claim.hash] = claim.kind.name
        if owner.profile_id != NO_PROFILE:
            batch.owner[claim.hash] = owner
        if claim.hash not in batch.identifiers:
            batch.identifiers[claim.hash] = self._row(claim, at)
        batch.identifiers[claim.hash].update(profile_id=owner.profile_id, home_id=owner.home_id, state=int(owner.state))

    @staticmethod
    def _row(claim: Claim, at: Instant) -> dict[str, Any]:
        """Return a row, its value still in clear; :mod:`fieldfare.flow.identifiers` seals a batch's together."""
        return {
            "hash": claim.hash,
            "kind": claim.kind.name,
            "value": claim.value,
            "first_seen_at": at,
        }


def seen_id(message_id: str) -> bytes:
    """Return the digest by which a message id is remembered."""
    return text_digest(message_id)
