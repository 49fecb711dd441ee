"""Reads people into a batch, and writes what it made of them: documents, what follows them, walks, edges.

Statements in their order, nothing is decided. Whoever changes people, the pipeline, a refold, a backfill, comes through
here, so that none of them forgets what hangs on a document: the lake's list of changes, words to find people by, wakes,
walks and what they propose.
"""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection

from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow import store as flow_store
from fieldfare.flow.work import Batch, Work, decode_document
from fieldfare.know.audiences import store as audience_store
from fieldfare.know.cuts import store as cut_store
from fieldfare.know.lifecycle import store as lifecycle_store
from fieldfare.know.profiles import store as profile_store
from fieldfare.learn.experiments import store as experiment_store
from fieldfare.trust.keys.cipher import Sealer
from fieldfare.trust.keys.model import KeyOwner


def load_people(connection: Connection, batch: Batch, profile_ids: Collection[int]) -> None:
    """Read documents and walks of the profiles there are into ``batch.works``, with their households if it says so."""
    if not profile_ids:
        return
    _read(connection, batch, profile_ids)
    if batch.loads_kin:
        load_kin(connection, batch, profile_ids)


def load_kin(connection: Connection, batch: Batch, profile_ids: Collection[int]) -> None:
    """Read the other members of the households of those profiles that are loaded."""
    loaded = [batch.works[each] for each in profile_ids if each in batch.works]
    kin = {member for work in loaded for member in work.document.kin} - batch.works.keys()
    if kin:
        _read(connection, batch, kin)


def _read(connection: Connection, batch: Batch, profile_ids: Collection[int]) -> None:
    waiting = profile_store.waiting_minutes(connection, profile_ids) if batch.tells_lake else {}
    for profile_id, body, wake_at in profile_store.load(connection, profile_ids):
        work = batch.works[profile_id] = Work(
            profile_id, batch.warm.document(profile_id, body, decode_document), wake_at
        )
        work.wait_since(waiting.get(profile_id), body)
    mark_waiting(connection, batch)
    for enrollment in journey_store.load_enrollments(connection, profile_ids, batch.warm.walk):
        batch.works[enrollment.profile_id].enrollments[enrollment.id] = enrollment


def mark_waiting(connection: Connection, batch: Batch) -> None:
    """Mark the works of those who were not brought to the newest cuts yet."""
    if batch.cuts_wake:
        for profile_id in cut_store.waiting_among(connection, batch.works):
            batch.works[profile_id].waits_for_cut = profile_id not in batch.heeded


def save_people(
    connection: Connection,
    batch: Batch,
    sealers: Mapping[KeyOwner, Sealer],
    found_by: Mapping[int, set[bytes]],
) -> None:
    """Write the works that changed, and the edges, walks and proposals of the batch.

    ``sealers``: of all that the works seal for. ``found_by``: the hashes by which those are found from now on of whom
    that changed.
    """
    changed = batch.changed()
    rows = [work.encode(sealers) for work in changed]
    profile_store.save(connection, rows)
    batch.warm.keep(
        ((row["body"], work.document) for row, work in zip(rows, changed, strict=True)),
        (work.document for work in batch.works.values() if not work.changed and work.profile_id not in batch.gone),
    )
    profile_store.note_changes(connection, batch.change_rows())
    profile_store.insert_versions(connection, batch.versions)
    profile_store.set_search_words(connection, found_by)
    profile_store.set_wakes(
        connection, {work.profile_id: work.next_at for work in changed if work.next_at != work.wake_at}
    )
    audience_store.insert_changes(connection, batch.changes, batch.said_again)
    cut_store.forget_waiting(connection, [*batch.heeded, *batch.gone] if batch.cuts_wake else ())
    lifecycle_store.insert_changes(connection, batch.stage_changes)
    moved = [work.enrollments[each] for work in batch.works.values() for each in work.moved]
    journey_store.upsert_enrollments(connection, moved)
    journey_store.note_versions(connection, list(batch.entered_versions.values()))
    journey_store.add_tallies(connection, batch.journey_tallies)
    journey_store.add_edges(connection, batch.journey_edges)
    flow_store.insert_outbox(connection, batch.own_events)
    if batch.places is not None:
        batch.places.save(connection)
    if batch.deals is not None:
        batch.deals.save(connection)
    journey_store.insert_proposals(connection, list(batch.proposals.values()))
    experiment_store.insert_assignments(connection, batch.assignments)
    experiment_store.insert_exposures(connection, batch.exposures)
