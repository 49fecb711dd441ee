"""Brings profiles in line with the people of a component: documents, identifiers, walks, redirects.

Where every profile lies whole in one group, profiles are merged: documents are joined, walks move along, the profiles
that are gone redirect to the one that stands. Where a profile is *torn*, no document can be taken apart; it, and all
that takes from it, is folded anew from the events, each under the person of its leading identifier. That needs every
event that was applied before: the history must have been caught up with, and the batch must keep what it has applied
itself (:class:`Torn` asks for both). What one batch tears twice is followed from tear to tear
(:mod:`fieldfare.flow.torn`). All of it happens inside the pipeline's transaction; a crash leaves people as they were.

Joined and left that come of it carry the cause, and start no journey. A walk goes to the person whose identifier began
it, and what it proposed and waits goes along: it is judged, and sent, for whose walk it is now.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec
from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.flow.person import People
from fieldfare.flow.torn import ids_before, led_to, moved_by
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import Hold, IdentifierState, Joins, Moved, Node
from fieldfare.know.identity.redirect_store import redirects_among
from fieldfare.know.identity.resolve import NO_PROFILE, Group, Owner, Regroup
from fieldfare.know.lifecycle import store as lifecycle_store
from fieldfare.know.profiles.merge import begun_anew
from fieldfare.know.profiles.model import Document

Load = Callable[[Connection, Batch, set[int]], None]
_ATTACHED = frozenset({Joins.ATTACH, Joins.NEVER})


class Torn(Exception):  # noqa: N818 - not a failure: it asks for the past to be at hand
    """A profile is torn apart by an event of a batch that has not the past at hand."""


class History(Protocol):
    """All events that were applied before this batch, by profile."""

    def catch_up(self) -> None:
        """Make everything that was applied by now readable. Not to be called inside a transaction."""
        ...

    def events(self, connection: Connection, profile_ids: Iterable[int]) -> list[tuple[int, Event]]:
        """Return the events of the people with these profile ids, each with the id it was applied under.

        ``lead`` of each event is set, where it has a leading identifier.
        """
        ...


class Regrouping:
    """Applies what :func:`fieldfare.know.identity.resolve.regroup` says."""

    def __init__(self, people: People, next_id: Callable[[], int], load: Load) -> None:
        """``next_id`` gives a new profile id; ``load`` loads profiles into the batch."""
        self._people, self._next_id, self._load = people, next_id, load
        self.history: History | None = None
        """Whoever opens the lake says where the events of the past are."""

    def apply(
        self,
        connection: Connection,
        batch: Batch,
        answer: Regroup,
        nodes: Mapping[bytes, Node],
        event: Event,
        cause: str,
    ) -> None:
        """Make the groups the profiles. Raises :class:`Torn` when the batch must be cut first."""
        was = {each for group in answer.groups for each in group.came_from}
        self._load(connection, batch, {each for each in was if each not in batch.works})
        torn = [group for group in answer.groups if _is_torn(group, answer)]
        if torn and batch.applied_here is None:
            raise Torn
        for each in sorted({profile_id for group in torn for profile_id in group.came_from}):
            self._people.advance(batch, batch.works[each], event.received_at)
        groups = [(group, self._named(group, nodes, event.lead)) for group in answer.groups]
        documents = {profile_id: batch.works[profile_id].document.identifiers for profile_id in was}
        self._note(batch, groups, was, cause, is_torn=bool(torn))
        events = self._history_of(connection, batch, torn, groups) if torn else {}
        for group, profile_id in groups:
            if profile_id != NO_PROFILE and group not in torn:
                self._whole(batch, group, profile_id, event)
        if torn:
            homes = {home for group in torn for home in group.homes}
            left = lifecycle_store.left_by_merge(connection, homes)
            self._fold(batch, groups, torn, events, event, cause, left)
            groups = [(group, self._if_anybody(batch, group, profile_id, nodes)) for group, profile_id in groups]
        for group, profile_id in groups:
            self._own(batch, group, nodes, answer, profile_id)
            if profile_id != NO_PROFILE:
                self._describe(batch, batch.works[profile_id], group, nodes, documents)
        self._leave(batch, was - {profile_id for _, profile_id in groups}, groups, event)
        self._ask(batch, answer, event)

    def _named(self, group: Group, nodes: Mapping[bytes, Node], lead: bytes | None) -> int:
        """Return the group's profile id: a new one where it needs one, none where nobody is meant."""
        if group.profile_id > 0:
            return group.profile_id
        if _changes_hands(group, nodes) and not group.came_from and lead not in group.members:
            return NO_PROFILE
        return self._next_id()

    @staticmethod
    def _if_anybody(batch: Batch, group: Group, profile_id: int, nodes: Mapping[bytes, Node]) -> int:
        """Return the profile id, none when nothing ever happened under what changes hands alone."""
        work = batch.works.get(profile_id)
        if work is None or work.document.first_seen_at is not None or not _changes_hands(group, nodes):
            return profile_id
        del batch.works[profile_id]
        return NO_PROFILE

    def _whole(self, batch: Batch, group: Group, profile_id: int, event: Event) -> None:
        """Merge, into the profile that stands, all others of the group; begin one where there is none."""
        if profile_id not in batch.works:
            assert not group.came_from, "a group that had a profile keeps one of them"
            batch.works[profile_id] = Work(profile_id, Document(), None)
        into = batch.works[profile_id]
        into.changed = True
        for other in sorted(group.came_from - {profile_id}):
            gone = batch.works.pop(other)
            batch.lost_walks |= {(other, walk) for walk in gone.enrollments}
            self._people.absorb(batch, into, gone, event)

    @staticmethod
    def _own(batch: Batch, group: Group, nodes: Mapping[bytes, Node], answer: Regroup, profile_id: int) -> None:
        for node in group.members:
            known = batch.owner.get(node)
            state = IdentifierState.SHARED if node in answer.shared else nodes[node].state
            home = known.home_id if known is not None and group.profile_id > 0 else profile_id
            owner = Owner(profile_id, home, state)
            if known != owner:
                batch.own(node, owner)

    @staticmethod
    def _note(
        batch: Batch,
        groups: list[tuple[Group, int]],
        was: set[int],
        cause: str,
        *,
        is_torn: bool,
    ) -> None:
        """Note whose ids lead to whom now, for the ledger, and whose households a tear may change."""
        gone = was - {profile_id for _, profile_id in groups}
        if gone or is_torn:
            batch.cause = cause
            for group, profile_id in groups:
                batch.families[profile_id] = frozenset({profile_id, *group.homes, *(group.came_from & gone)})
        if is_torn:
            batch.related |= {profile_id for _, profile_id in groups if profile_id != NO_PROFILE}
            batch.related |= {member for each in was for member in batch.works[each].document.kin} - gone

    @staticmethod
    def _describe(
        batch: Batch,
        work: Work,
        group: Group,
        nodes: Mapping[bytes, Node],
        documents: Mapping[int, dict[str, list[bytes]]],
    ) -> None:
        """Write into the document which identifiers lead to it, those that were there first, and how sure that is."""
        found: dict[str, list[bytes]] = {}
        earlier = [node for each in sorted(group.came_from) for held in documents[each].values() for node in held]
        for node in dict.fromkeys([*earlier, *sorted(group.members)]):
            if node in group.members:
                found.setdefault(nodes[node].kind.name, []).append(node)
        document = work.document
        if (document.identifiers, document.match_confidence) != (found, group.confidence):
            batch.described.add(work.profile_id)
        document.identifiers, document.match_confidence = found, group.confidence

    def _history_of(
        self, connection: Connection, batch: Batch, torn: list[Group], groups: list[tuple[Group, int]]
    ) -> dict[int, list[Event]]:
        """Return the events of everybody whom the tear concerns, by the profile they belong to now."""
        assert self.history is not None, "profiles can only be torn where the past can be read"
        assert batch.applied_here is not None, "asked before"
        concerned = {each for group in torn for each in (*group.came_from, *group.homes)}
        past = self._past(connection, batch, self.history, concerned)
        past += [(profile_id, each) for profile_id, each in batch.applied_here if profile_id in concerned]
        fallback = min(profile_id for group, profile_id in groups if group in torn)
        of_node = {node: profile_id for group, profile_id in groups if group in torn for node in group.members}
        of_home = {home: profile_id for group, profile_id in groups if group in torn for home in group.homes}
        found: dict[int, list[Event]] = {}
        for made_under, each in past:
            profile_id = of_node.get(each.lead) if each.lead is not None else None
            if profile_id is None:
                profile_id = of_home.get(made_under, fallback)
            found.setdefault(profile_id, []).append(each)
        return found

    @staticmethod
    def _past(connection: Connection, batch: Batch, history: History, concerned: set[int]) -> list[tuple[int, Event]]:
        """Return what was applied before the batch to those concerned, each event with whose it was until now."""
        tears = [moved for *_, moved in batch.regrouped]
        if not tears:
            return history.events(connection, concerned)
        known = {each for family in identity_store.families(connection, concerned).values() for each in family}
        steps = {each: into for each, (into, _) in redirects_among(connection, known).items()}
        now = {each: to.into_id for each, to in batch.moved_to.items()}
        led = led_to(known, concerned, {each: into for each, into in (steps | now).items() if into is not None})
        past = moved_by(history.events(connection, ids_before(concerned, tears)), tears)
        return [(profile_id, each) for profile_id, each in past if profile_id in led]

    def _fold(
        self,
        batch: Batch,
        groups: list[tuple[Group, int]],
        torn: list[Group],
        events: dict[int, list[Event]],
        event: Event,
        cause: str,
        left: Mapping[int, tuple[str, Instant]],
    ) -> None:
        was = sorted({profile_id for group in torn for profile_id in group.came_from})
        old = {profile_id: batch.works.pop(profile_id) for profile_id in was}
        for profile_id, work in old.items():
            work.turn(batch, event.received_at)
            batch.last_minutes[profile_id] = work.turned
        fresh = {
            profile_id: _begun_anew(profile_id, old.get(profile_id)) for group, profile_id in groups if group in torn
        }
        for profile_id in sorted(old.keys() - fresh.keys()):
            batch.leave_stage(old[profile_id], event.received_at, cause, event.message_id)
            self._people.leave_all(batch, old[profile_id], event.received_at, cause, event.message_id)
        home_of = {home: profile_id for group, profile_id in groups if group in torn for home in group.homes}
        begun_by = {node: each for group, each in groups if group in torn and each in fresh for node in group.members}
        for work in old.values():
            for walk in work.enrollments.values():
                began = begun_by.get(walk.lead) if walk.lead is not None else None
                mine = fresh[began if began is not None else home_of.get(walk.home_id, min(fresh))]
                batch.walkers[walk.id] = mine.profile_id
                if mine.profile_id != walk.profile_id:
                    batch.lost_walks.add((walk.profile_id, walk.id))
                mine.enrollments[walk.id] = msgspec.structs.replace(walk, profile_id=mine.profile_id)
                mine.moved.add(walk.id)
        now: Instant = event.received_at
        for profile_id, work in fresh.items():
            batch.works[profile_id] = work
            if profile_id not in old and profile_id in left:
                batch.take_stage(work, *left[profile_id], now, cause, event.message_id)
            for each in events.get(profile_id, ()):
                self._people.refold(work, each)
            self._people.reconsider(batch, work, now, cause)
        ids = sorted({each for group in torn for each in (*group.came_from, *group.homes)})
        moved = [Moved(profile_id, sorted(group.members), ids) for group, profile_id in groups if group in torn]
        batch.regrouped.append((now, cause, event.message_id, moved))
        if batch.applied_here is not None:
            batch.applied_here = moved_by(batch.applied_here, [moved])

    @staticmethod
    def _leave(batch: Batch, gone: set[int], groups: list[tuple[Group, int]], event: Event) -> None:
        batch.gone |= gone
        for group, profile_id in groups:
            if profile_id == NO_PROFILE:
                continue
            for home in sorted({*group.homes, *(group.came_from & gone)} - {profile_id}):
                batch.redirect(home, profile_id, event)
            if profile_id not in group.came_from and profile_id in group.homes:
                batch.redirect(profile_id, None, event)
                batch.gone.discard(profile_id)

    @staticmethod
    def _ask(batch: Batch, answer: Regroup, event: Event) -> None:
        """Keep what was refused as questions for a person; what somebody said already is none."""
        for refused in answer.refused:
            link, reason = refused.link, refused.reason
            if reason is None:
                continue
            which = digest("hold", reason.value, link.a, link.b)
            batch.holds.setdefault(
                which,
                Hold(
                    id=which,
                    reason=reason,
                    a=link.a,
                    b=link.b,
                    confidence=link.confidence,
                    explanation=json.dumps({"rule": link.rule}),
                    message_id=event.message_id,
                    at=event.received_at,
                ),
            )


def was_of(batch: Batch) -> set[int]:
    """Return the ids of all profiles that were torn in the batch, and of those that they were made of."""
    return {each for *_, moved in batch.regrouped for one in moved for each in one.was}


def _changes_hands(group: Group, nodes: Mapping[bytes, Node]) -> bool:
    return all(nodes[node].kind.joins in _ATTACHED for node in group.members)


def _is_torn(group: Group, answer: Regroup) -> bool:
    """Return whether the group's document cannot be made by merging whole ones."""
    if group.came_from & answer.torn:
        return True
    return bool(group.came_from) and group.profile_id not in group.came_from


def _begun_anew(profile_id: int, old: Work | None) -> Work:
    """Return an empty document to fold into; one that stood before keeps its key, and where the person is in."""
    document = begun_anew(old.document) if old else Document()
    work = Work(profile_id, document, old.wake_at if old else None)
    if old is not None:
        work.personal_changed = bool(old.document.sealed)
        work.minute, work.floor = old.minute, old.floor
    work.changed = work.anew = True
    return work
