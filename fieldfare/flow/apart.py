"""People who live apart on the simulated clock: each goes on for himself until something is due for him.

A batch takes what happens to all of them in a stretch of time. Who meets something that must be done outside of it (a
proposal, an event of our own) waits from there on; everybody else goes on to the end of the stretch. Then what is due
is delivered, person by person in the order of time, to those who have nothing else to meet before. So somebody may be
hours ahead of somebody else, and each still meets everything in the order in which it would have come one call after
the other. Who become one person in a batch wait from then on for what is due for either; where somebody is torn apart
the batch ends, as what was due for one may be another one's then. The records of a batch come into the log in the order
in which they are applied.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.collect.model import Event, Place
from fieldfare.decide.journeys.coming_store import coming_by
from fieldfare.flow.dues import Dues, Named
from fieldfare.flow.intake import Opened, moved, told
from fieldfare.flow.work import Batch
from fieldfare.ground.instants import Instant
from fieldfare.know.identity.store import standing_ids


class Played(msgspec.Struct):
    """What became of the entries that were given to a batch."""

    through: Instant
    """Through when everything was applied but what waits, with whatever else happens to those who wait."""
    applied: dict[int, Opened] = {}
    """By its place among the entries, in the order in which they were applied."""
    unapplied: Mapping[Named, Instant] = {}
    """Whom events that are not applied yet concern, and from when on."""


def dues_by(connection: Connection, until: Instant) -> Dues:
    """Return whom what is due outside the log by then keeps waiting."""
    found = coming_by(connection, until)
    standing = standing_ids(connection, {profile_id for profile_id, _ in found})
    return Dues(((standing[profile_id], at) for profile_id, at in found), apart=True)


def named(batch: Batch, opened: Opened) -> set[Named]:
    """Return the identifiers that the events of a record name, and the profiles whose they are by now."""
    found: set[Named] = set()
    for item in opened.items:
        if not isinstance(item, Event):
            continue
        hashes = [claim.hash for claim in batch.claims.get(item.place, ())]
        if item.lead is not None:
            hashes.append(item.lead)
        found.update(hashes)
        found.update(owner.profile_id for each in hashes if (owner := batch.owner.get(each)) is not None)
        subject = told(item)
        if subject is not None:
            found.add(batch.redirects.get(subject["profile_id"], subject["profile_id"]))
    return found


def at_offset(batch: Batch, opened: Opened, offset: int) -> Opened:
    """Return a record as it is at the offset that is free when others before it wait, with what was read for it."""
    if opened.offset == offset:
        return opened
    placed = moved(opened, offset)
    for before, after in zip(opened.items, placed.items, strict=True):
        for read in (batch.claims, batch.asserted, batch.row_ids):
            _move(read, before.place, after.place)
        batch.erased.discard(after.place)
        if before.place in batch.erased:
            batch.erased.add(after.place)
    return placed


def _move(read: dict[Place, Any], before: Place, after: Place) -> None:
    """Move what was read; what is there was read for a record that waits."""
    found = read.pop(before, None)
    read.pop(after, None)
    if found is not None:
        read[after] = found
