"""Fold the documents of some profiles again, from empty, out of the lake's events. Nothing is sent by it.

Flow, for one page of profiles: read their events from the lake, open what is sealed, fold from an empty document,
evaluate all audiences, and write documents, wake-ups and membership changes in one transaction of the state. Links,
consent, walks and assignments are primary and stay; joined by a refold starts no journey. A crash leaves the page as it
was, and done again it gives the same. Nobody else may change documents meanwhile (``held``), and the lake must have
everything that was applied: whoever calls sees to both.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection

from fieldfare.collect.model import Event
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.households import Settling, gather
from fieldfare.flow.lake_events import LakeEvents, Row
from fieldfare.flow.people_rows import load_kin, load_people, save_people
from fieldfare.flow.person import People
from fieldfare.flow.work import Batch, Work, decode_document
from fieldfare.ground.instants import Instant
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.merge import begun_anew
from fieldfare.know.profiles.model import Document
from fieldfare.trust.keys.seal import Keys

PAGE = 250
Read = Callable[[list[Row]], list[tuple[Row, Event]]]
"""How rows become events; rows that cannot be opened are left out."""
Joined = Counter[tuple[str, bool]]
"""(audience, joined) -> profiles."""


class Refold:
    """Folds pages of documents anew."""

    def __init__(self, state: State, events: LakeEvents, keys: Keys, people: People) -> None:
        """Fold with the definitions inside ``people``."""
        self._state, self._events, self._keys, self._people = state, events, keys, people

    def page(self, profile_ids: Sequence[int], now: Instant, cause: str) -> Joined:
        """Fold these profiles as of ``now`` and write them; return who joined and left, counted by audience."""
        with self._state.read() as connection:
            families = identity_store.families(connection, profile_ids)
        events = self._of_people(families, self._as_they_are)
        with self._state.write() as connection:
            batch = self._people.begun(connection, Batch({}, now))
            waiting = profile_store.waiting_minutes(connection, families)
            for profile_id, body, wake_at in profile_store.load(connection, families):
                old = decode_document(profile_id, body)
                fresh = Work(profile_id, _emptied(old), wake_at)
                fresh.wait_since(waiting.get(profile_id), body)
                fresh.anew = True
                fresh.personal_changed = bool(old.sealed)
                batch.works[profile_id] = fresh
            for walk in journey_store.load_enrollments(connection, list(batch.works)):
                batch.works[walk.profile_id].enrollments[walk.id] = walk
            page = list(batch.works.values())
            load_kin(connection, batch, families)
            related = gather(connection, batch, families)
            for work in page:
                for event in events.get(work.profile_id, []):
                    self._people.refold(work, event)
            for work in page:
                self._people.reconsider(batch, work, _as_of(now, events.get(work.profile_id, [])), cause)
            Settling(self._people, load_people).gathered(batch, related, now, cause, None)
            sealers = self._keys.make(owner for work in batch.works.values() for owner in work.seals_for)
            save_people(connection, batch, sealers, self._people.search_words(batch.changed()))
        return Counter((change["audience"], change["joined"]) for change in batch.changes)

    def without(self, connection: Connection, profile_ids: Iterable[int], now: Instant, cause: str) -> None:
        """Gather the households of these profiles anew, of which somebody was erased in this transaction."""
        batch = self._people.begun(connection, Batch({}, now))
        Settling(self._people, load_people).gathered(batch, gather(connection, batch, profile_ids), now, cause, None)
        sealers = self._keys.make(owner for work in batch.changed() for owner in work.seals_for)
        save_people(connection, batch, sealers, self._people.search_words(batch.changed()))

    def preview(self, profile_ids: Sequence[int], now: Instant, read: Read) -> Joined:
        """Return who would join and leave if these profiles were folded from what ``read`` makes of their rows.

        What time alone has done or is about to do by ``now`` is left out.
        """
        with self._state.read() as connection:
            families = identity_store.families(connection, profile_ids)
            stored = profile_store.load(connection, families)
        events = self._of_people(families, read)
        found: Joined = Counter()
        for profile_id, body, wake_at in stored:
            batch = Batch({}, now)
            as_it_is = Work(profile_id, decode_document(profile_id, body), wake_at)
            self._fold(batch, as_it_is, [], now, "replay")
            fresh = Work(profile_id, _emptied(as_it_is.document), wake_at)
            self._fold(batch, fresh, events.get(profile_id, []), now, "replay")
            before, after = set(as_it_is.document.memberships), set(fresh.document.memberships)
            found.update((audience, True) for audience in after - before)
            found.update((audience, False) for audience in before - after)
        return found

    def _fold(self, batch: Batch, work: Work, events: list[Event], now: Instant, cause: str) -> None:
        for event in events:
            self._people.refold(work, event)
        self._people.reconsider(batch, work, _as_of(now, events), cause)

    def _of_people(self, families: dict[int, frozenset[int]], read: Read) -> dict[int, list[Event]]:
        """Return the events of each person, whatever profile they were applied under."""
        person_of = {member: person for person, family in families.items() for member in family}
        found: dict[int, list[Event]] = {}
        for row, event in read(self._events.rows_of(person_of)):
            found.setdefault(person_of[row["profile_id"]], []).append(event)
        return found

    def _as_they_are(self, rows: list[Row]) -> list[tuple[Row, Event]]:
        sealers = self._events.sealers(rows)
        opened = ((row, self._events.event(row, sealers)) for row in rows)
        return [(row, event) for row, event in opened if event is not None]


def _as_of(now: Instant, events: Sequence[Event]) -> Instant:
    """Return the instant to evaluate at.

    What was accepted a moment ago was applied as of then, which may lie after where timers have come to.
    """
    return max([now, *(event.received_at for event in events)])


def _emptied(document: Document) -> Document:
    """Return an empty document that keeps what no event tells: identifiers, confidence, and where the person is in."""
    fresh = begun_anew(document)
    fresh.identifiers, fresh.match_confidence = document.identifiers, document.match_confidence
    return fresh
