"""Change capture: profiles and identifiers that changed -> lake, as they are and as they were minute by minute.

Whatever changes a document notes it in its own transaction (``profile_change``, ``identifier_change``), and keeps what
stood before a minute that the lake has not got (``profile_version``). Here the oldest
notes are read, the lake takes profile, version and identifiers in one transaction of its own, and then the notes go,
but for what changed again meanwhile. A crash between the two loads the same rows once more, which changes nothing.
Personal traits stay out: names and addresses are in no row, identifiers are keyed hashes.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa

from fieldfare.flow.event_rows import arrow_rows
from fieldfare.flow.lake_tables import IDENTITY_ROWS, PROFILE_ROWS, PROFILE_VERSIONS
from fieldfare.flow.work import decode_document
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.lake.ports import Lake, Write
from fieldfare.ground.store import State
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.model import IdentifierState
from fieldfare.know.identity.resolve import NO_PROFILE
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document
from fieldfare.know.profiles.plan import FoldPlan
from fieldfare.know.profiles.provenance import lake_provenance

CHANGES_PER_LOAD = 5_000
_json = msgspec.json.Encoder(order="deterministic").encode


class Ends(NamedTuple):
    """How far to load: the number of a version, and stamps of changes."""

    versions: int
    profiles: int
    identities: int


class ProfileChanges:
    """Keeps the lake current with profiles and identifiers."""

    def __init__(self, state: State, lake: Callable[[], Lake], settle: Callable[[], None], plan: FoldPlan) -> None:
        """``settle`` makes durable what was read, before the lake takes it."""
        self._state, self._lake, self._settle, self._plan = state, lake, settle, plan

    def ends(self) -> Ends:
        """Return how far there is something to load by now."""
        with self._state.read() as connection:
            stamps = profile_store.last_stamp(connection), identity_store.last_stamp(connection)
            return Ends(profile_store.last_version(connection), *stamps)

    def load(self, ends: Ends, part: int = 1) -> int:
        """Load the next changes up to the ends, one ``part``-th of a chunk; return how many. What was comes first."""
        most = -(-CHANGES_PER_LOAD // part)
        versions = self._load_versions(ends.versions, most)
        return versions + self._load_profiles(ends.profiles, most) + self._load_identities(ends.identities, most)

    def _load_versions(self, through: int, most: int) -> int:
        with self._state.read() as connection:
            found = profile_store.versions(connection, through, most) if through else []
        if found:
            rows = [
                _version(profile_id, minute, decode_document(profile_id, body)) for _, profile_id, minute, body in found
            ]
            self._settle()
            self._lake().load(PROFILE_VERSIONS.name, found[-1][0], [_versions(rows)])
            with self._state.write() as connection:
                profile_store.forget_versions(connection, found[-1][0])
        return len(found)

    def _load_profiles(self, stamp: int, most: int) -> int:
        with self._state.read() as connection:
            changed = profile_store.changes(connection, stamp, most) if stamp else []
            loaded = profile_store.load(connection, {profile_id for profile_id, _, _ in changed})
        if not changed:
            return 0
        documents = {profile_id: decode_document(profile_id, body) for profile_id, body, _ in loaded}
        versions = [_version(profile_id, minute, documents.get(profile_id)) for profile_id, minute, _ in changed]
        gone = sorted({profile_id for profile_id, _, _ in changed} - documents.keys())
        rows = arrow_rows(PROFILE_ROWS, [self._profile(*each) for each in documents.items()])
        removed = pa.table({"profile_id": pa.array(gone, pa.int64())})
        writes = [
            Write(PROFILE_ROWS.name, removed, key=("profile_id",), removes=True),
            Write(PROFILE_ROWS.name, rows, key=("profile_id",)),
            _versions(versions),
        ]
        self._settle()
        self._lake().load(PROFILE_ROWS.name, changed[-1][2], writes)
        with self._state.write() as connection:
            profile_store.forget_changes(connection, changed)
        return len(changed)

    def _load_identities(self, stamp: int, most: int) -> int:
        with self._state.read() as connection:
            changed = identity_store.changes(connection, stamp, most) if stamp else []
            if not changed:
                return 0
            stored = identity_store.rows_among(connection, {each for each, _ in changed})
        rows = [
            (
                each.hash,
                each.kind,
                each.profile_id if each.profile_id != NO_PROFILE else None,
                each.home_id if each.home_id != NO_PROFILE else None,
                IdentifierState(each.state).name.lower(),
                each.first_seen_at,
            )
            for each in stored
        ]
        gone = sorted({each for each, _ in changed} - {bytes(each.hash) for each in stored})
        removed = pa.table({"hash": pa.array(gone, pa.binary())})
        self._settle()
        writes = [
            Write(IDENTITY_ROWS.name, removed, key=("hash",), removes=True),
            Write(IDENTITY_ROWS.name, arrow_rows(IDENTITY_ROWS, rows), key=("hash",)),
        ]
        self._lake().load(IDENTITY_ROWS.name, changed[-1][1], writes)
        with self._state.write() as connection:
            identity_store.forget_changes(connection, changed)
        return len(changed)

    def _profile(self, profile_id: int, document: Document) -> tuple[Any, ...]:
        provenance = _json(lake_provenance(document.traits, self._plan)).decode()
        held = {kind: len(found) for kind, found in document.identifiers.items() if found}
        household = min([profile_id, *document.kin]) if document.household_known else None
        people = _json(held).decode(), _json(document.consent).decode(), household
        return (profile_id, *_known(document), provenance, document.stage, document.stage_since, *people)


def _versions(rows: list[tuple[Any, ...]]) -> Write:
    return Write(PROFILE_VERSIONS.name, arrow_rows(PROFILE_VERSIONS, rows), key=("profile_id", "as_of"))


def _version(profile_id: int, minute: int, document: Document | None) -> tuple[Any, ...]:
    as_of = (minute + 1) * MINUTE
    if document is None:
        return (profile_id, as_of, True, *[None] * 5, "{}", None, None)
    stage = document.stage, document.stage_since
    return (profile_id, as_of, False, *_known(document), _json(document.memberships).decode(), *stage)


def _known(document: Document) -> tuple[Any, ...]:
    traits = _json({name: fact.value for name, fact in document.traits.items()}).decode()
    seen = document.first_seen_at, document.last_seen_at
    return (document.home_location, traits, *seen, document.match_confidence)
