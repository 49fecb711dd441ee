"""Which edition of the definitions is in force: read at the opening, begun by whoever applies events alone.

``fieldfare apply`` records that the definitions of a workspace are wanted; what only adds measures, audiences or
computed traits then begins with the next start of the server, in one short transaction that also fixes the offsets
through which events were applied without it. What changes how traits are folded is begun by a rebuild, and until that
ends nothing may be served. Nothing is folded here.
"""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.flow import store
from fieldfare.flow.versions.meanings import meanings_of
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.errors import ConfigError, ConflictError
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.log.ports import PARTITIONS
from fieldfare.ground.store import State
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.editions import Edition, Editions, reaches_of

WANTED = "wanted_definitions"
"""Fact: digest of the definitions that were asked for by ``fieldfare apply`` and are not in force yet."""
WANTED_CHANGE = "wanted_change"
"""Fact: what is asked for with them, a :class:`WantedChange` as JSON."""


class WantedChange(msgspec.Struct, frozen=True):
    """What a change of definitions brings along: see :class:`fieldfare.know.profiles.editions.Edition`."""

    digest: str
    changed: tuple[str, ...] = ()
    triggering: tuple[str, ...] = ()

    def then(self, digest: str, audiences: Iterable[str], *, triggers: bool) -> "WantedChange":
        """Return this change, which has not begun, and one that comes on top of it, as one."""
        more = frozenset(audiences)
        kept = frozenset(self.triggering) - more
        return WantedChange(
            digest, tuple(sorted(more | {*self.changed})), tuple(sorted(kept | more if triggers else kept))
        )


class Standing(msgspec.Struct, frozen=True):
    """How a workspace stands to what profiles were folded and evaluated by."""

    editions: Editions
    """With the workspace's own as the last one, whether it has begun or not."""
    is_begun: bool
    is_refold: bool
    """Whether every document must be folded anew for it."""
    is_finished: bool
    """Whether every profile was brought to it."""
    is_wanted: bool

    @property
    def is_first(self) -> bool:
        """Return whether nothing was ever applied here."""
        return len(self.editions.known) == 1 and not self.is_begun

    @property
    def may_serve(self) -> bool:
        """Return whether events may be applied by these definitions."""
        if self.is_begun:
            return self.is_finished or not self.is_refold
        return self.is_first or (self.is_wanted and not self.is_refold)

    @property
    def lacking(self) -> int:
        """Return how many measures the last edition brought anew or keeps for longer."""
        known = self.editions.known
        return len(self.editions.lacks_since(known[-2].number)) if len(known) > 1 else 0


def standing_of(state: State, workspace: Workspace, now: Instant) -> Standing:
    """Return how the workspace stands; an edition that has not begun would begin ``now``."""
    digest = workspace.definition_digest
    with state.read() as connection:
        rows = store.editions(connection)
        wanted = store.fact(connection, WANTED)
        change = _wanted_change(connection, digest)
    known = tuple(msgspec.json.decode(row["body"], type=Edition) for row in rows)
    if known and known[-1].digest == digest:
        last = rows[-1]
        return Standing(
            Editions(known, _settled(rows[:-1])),
            is_begun=True,
            is_refold=bool(last["is_refold"]),
            is_finished=last["finished_at"] is not None,
            is_wanted=True,
        )
    number = known[-1].number + 1 if known else 0
    reaches = reaches_of(workspace.measures.values())
    made = Edition(
        number,
        now,
        digest,
        workspace.fold_digest,
        reaches,
        changed=change.changed,
        triggering=change.triggering,
        relaxed=_relaxed(workspace),
    )
    is_refold = bool(known) and known[-1].fold != made.fold
    return Standing(
        Editions((*known, made), _settled(rows)),
        is_begun=False,
        is_refold=is_refold,
        is_finished=False,
        is_wanted=wanted == digest,
    )


def require_in_force(standing: Standing) -> None:
    """Raise ``ConfigError`` ``definitions_changed`` when other definitions hold than those of the workspace."""
    if not standing.is_begun and not standing.is_first:
        text = (
            "Definitions changed since they were last applied, so profiles may not be changed. Run `fieldfare apply`."
        )
        raise ConfigError("definitions_changed", text)


def _relaxed(workspace: Workspace) -> dict[str, str]:
    names = [name for name, each in workspace.audiences.items() if each.is_relaxed]
    meanings = meanings_of(workspace) if names else {}
    return {name: meanings[name] for name in names}


def _settled(rows: list[dict[str, Any]]) -> int:
    """Return the number of the last of these editions to which every profile was brought, -1 for none."""
    return max((row["number"] for row in rows if row["finished_at"] is not None), default=-1)


def _wanted_change(connection: Connection, digest: str) -> WantedChange:
    told = store.fact(connection, WANTED_CHANGE)
    found = msgspec.json.decode(told, type=WantedChange) if told else None
    return found if found is not None and found.digest == digest else WantedChange(digest)


def want(state: State, standing: Standing) -> None:
    """Record that the workspace's definitions are to be in force from the next start on."""
    with state.write() as connection:
        store.set_fact(connection, WANTED, standing.editions.known[-1].digest)


def want_change(connection: Connection, digest: str, audiences: Iterable[str], *, triggers: bool) -> None:
    """Record which definitions are to be in force and what comes along, in the caller's transaction.

    What was asked for before and has not begun is part of it.
    """
    wanted = store.fact(connection, WANTED)
    change = (_wanted_change(connection, wanted) if wanted else WantedChange("")).then(
        digest, audiences, triggers=triggers
    )
    store.set_fact(connection, WANTED, digest)
    store.set_fact(connection, WANTED_CHANGE, msgspec.json.encode(change).decode())


def want_nothing(connection: Connection) -> None:
    """Take back what was asked for and has not begun: what is in force is to stay; in the caller's transaction."""
    store.set_fact(connection, WANTED, "")


def begin(state: State, standing: Standing, at: Instant) -> None:
    """Put the edition in force and fix its offsets, unless it has begun. Whoever calls applies events alone.

    Raises ``ConflictError`` ``edition_passed`` when another one has begun since the standing was read.
    """
    made = standing.editions.known[-1]
    with state.write() as connection:
        rows = store.editions(connection)
        last = msgspec.json.decode(rows[-1]["body"], type=Edition) if rows else None
        if last is not None and last.number >= made.number:
            if last.number == made.number and last.digest == made.digest:
                return
            text = "Other definitions were applied meanwhile. Start again with the workspace that is to hold."
            raise ConflictError("edition_passed", text)
        through = {str(partition): store.watermark_of(connection, partition) for partition in PARTITIONS}
        profiles = profile_store.count(connection)
        row = {
            "number": made.number,
            "body": msgspec.json.encode(msgspec.structs.replace(made, through=through)).decode(),
            "is_refold": standing.is_refold,
            "last_profile": 0,
            "profiles_done": 0,
            "profiles": profiles,
            "finished_at": at if profiles == 0 or made.number == 0 else None,
        }
        store.set_edition(connection, row)
        store.set_fact(connection, WANTED, "")


def finish(state: State, at: Instant) -> None:
    """Note that every profile was brought to the edition in force."""
    with state.write() as connection:
        rows = store.editions(connection)
        if rows and rows[-1]["finished_at"] is None:
            store.set_edition(connection, {**rows[-1], "finished_at": at, "profiles_done": rows[-1]["profiles"]})


def progress_of(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return how far profiles are brought to the edition in force, as JSON values; ``None`` in a new installation."""
    if not rows:
        return None
    row, body = rows[-1], msgspec.json.decode(rows[-1]["body"], type=Edition)
    before = rows[-2]["number"] if len(rows) > 1 else body.number
    known = Editions(tuple(msgspec.json.decode(each["body"], type=Edition) for each in rows))
    return {
        "edition": body.number,
        "since": to_iso(body.at),
        "measures": len(known.lacks_since(before)),
        "profiles": row["profiles"],
        "profiles_done": row["profiles_done"],
        "finished_at": None if row["finished_at"] is None else to_iso(row["finished_at"]),
    }
