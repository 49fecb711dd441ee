"""Rebuild: fold every document again from the lake's events, under the definitions of now; nothing is sent by it.

Flow: load the lake to the end; then, page by page of profiles, read their events from the lake, unseal what is sealed,
fold from an empty document, evaluate all audiences, and write the page in one transaction with its place. Links,
consent, walks and assignments are primary and stay. A crash leaves finished pages done and the rest as they were;
running it again gives the same documents. The worker must not run meanwhile: the lake's lock, which this holds, keeps
it out. Joined by a rebuild starts no journey.
"""

from collections.abc import Callable, Iterator

from fieldfare.collect.model import Event
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.lake_events import COLUMNS, lake_event, wrapped_keys
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.person import People
from fieldfare.flow.work import Batch, Work, decode_document
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.know.audiences import store as audience_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document
from fieldfare.trust.keys.seal import Keys

PAGE = 250
APPLIED = "applied_definitions"
"""Fact: digest of the definitions that the documents were folded with."""

_QUERY = f"""SELECT coalesce(r.into_id, t.profile_id) AS person, {COLUMNS}
    FROM event_rows t LEFT JOIN redirects r USING (profile_id) WHERE coalesce(r.into_id, t.profile_id) BETWEEN ? AND ?
    ORDER BY person, t.partition, t."offset", t.index"""  # noqa: S608 - constants only


def applied_definitions(state: State) -> str | None:
    """Return the digest of the definitions that profiles were folded by, ``None`` in a new installation."""
    with state.read() as connection:
        return flow_store.fact(connection, APPLIED)


def take_definitions(state: State, digest: str) -> bool:
    """Return whether profiles were folded by these definitions; a new installation takes them as its own."""
    with state.write() as connection:
        applied = flow_store.fact(connection, APPLIED)
        if applied is None:
            flow_store.set_fact(connection, APPLIED, digest)
    return applied in {None, digest}


def note_definitions(state: State, digest: str) -> None:
    """Remember which definitions the documents are folded with."""
    with state.write() as connection:
        flow_store.set_fact(connection, APPLIED, digest)


class Rebuild:
    """Folds all documents anew."""

    def __init__(self, state: State, lake: Lake, loader: LakeLoader, keys: Keys, people: People) -> None:
        """Fold with the definitions inside ``people``."""
        self._state, self._lake, self._loader, self._keys, self._people = state, lake, loader, keys, people

    def run(self, now: Instant, cause: str, digest: str, progress: Callable[[int], None]) -> int:
        """Rebuild every profile as of ``now``; return how many. ``cause`` goes into the membership changes."""
        self._loader.sync()
        done, last = 0, 0
        while True:
            with self._state.read() as connection:
                page = profile_store.load_after(connection, last, PAGE)
            if not page:
                break
            self._page(page, now, cause)
            done, last = done + len(page), page[-1]
            progress(done)
        note_definitions(self._state, digest)
        return done

    def _page(self, page: list[int], now: Instant, cause: str) -> None:
        events: dict[int, list[Event]] = {}
        for person, event in self._events(page[0], page[-1]):
            events.setdefault(person, []).append(event)
        with self._state.write() as connection:
            batch = Batch({}, now)
            for profile_id, body, wrapped_key, wake_at in profile_store.load(connection, page):
                old = decode_document(body)
                fresh = Document(
                    identifiers=old.identifiers, match_confidence=old.match_confidence, memberships=old.memberships
                )
                work = Work(profile_id, fresh, wrapped_key, wake_at)
                work.personal_changed = bool(old.sealed)
                batch.works[profile_id] = work
            for walk in journey_store.load_enrollments(connection, page):
                batch.works[walk.profile_id].enrollments[walk.id] = walk
            for profile_id, work in batch.works.items():
                for event in events.get(profile_id, ()):
                    self._people.refold(work, event)
                self._people.reconsider(batch, work, now, cause)
            profile_store.save(connection, [work.encode(self._keys) for work in batch.works.values()])
            profile_store.set_wakes(
                connection,
                {work.profile_id: work.next_at for work in batch.works.values() if work.next_at != work.wake_at},
            )
            audience_store.insert_changes(connection, batch.changes)
            journey_store.upsert_enrollments(
                connection, [work.enrollments[each] for work in batch.works.values() for each in work.moved]
            )

    def _events(self, first: int, last: int) -> Iterator[tuple[int, Event]]:
        rows = self._lake.arrow(_QUERY, [first, last]).to_pylist()
        wrapped = wrapped_keys(self._state, rows)
        for row in rows:
            yield row["person"], lake_event(row, wrapped, self._keys)
