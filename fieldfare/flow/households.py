"""Who is a household, brought into the documents of its members; and what else an event changes for other people.

A household is everybody whom household links lead to, over as many steps as it takes: links tie identifiers (two
people's, or a person's and the household's own id), people hold identifiers. It is worked out anew, from stored links
and those of the batch, for whoever is touched by a new link, a merge, a tear or an erasure, and for whoever was a
member before; so it follows from the links alone, in whatever order they came. No more than ``MOST_MEMBERS`` are
followed: more are an office or a desk, of which nothing is computable.

:meth:`Settling.run` comes after each event, in the pipeline's transaction, while the event is the last thing that
happened: it evaluates, at the event's instant, everybody else for whom the event changed something: household,
identifiers, confidence, or a refusal for an address that is theirs too. A crash leaves nothing of the batch.
"""

from collections.abc import Callable, Collection, Iterable

import structlog
from sqlalchemy import Connection

from fieldfare.collect.model import Event, Mode
from fieldfare.flow.people_rows import load_people
from fieldfare.flow.person import People
from fieldfare.flow.work import Batch, Work
from fieldfare.ground.instants import Instant
from fieldfare.know.audiences.household import MOST_MEMBERS
from fieldfare.know.identity import store as identity_store
from fieldfare.know.identity.household_store import household_ends
from fieldfare.know.identity.resolve import NO_PROFILE
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.plan import CONSENT, IDENTITY, KIN

MOST_AT_ADDRESS = 500
"""So many people who have one address are told of a refusal for it; the gate asks the ledger whatever they are told."""

Load = Callable[[Connection, Batch, set[int]], None]
_log = structlog.get_logger()


def gather(connection: Connection, batch: Batch, seeds: Iterable[int], load: Load = load_people) -> list[Work]:
    """Bring the households of these profiles into the documents; return the works of those for whom one changed."""
    waiting = _standing(connection, batch, seeds)
    _loaded(connection, batch, waiting, load)
    waiting |= {member for each in waiting & batch.works.keys() for member in batch.works[each].document.kin}
    waiting = _standing(connection, batch, waiting)
    changed: list[Work] = []
    while waiting:
        members = _reached(connection, batch, min(waiting), load)
        waiting -= members | {min(waiting)}
        changed += _put(batch, members)
    return changed


def living_with(connection: Connection, batch: Batch, profile_ids: Collection[int]) -> set[int]:
    """Return who else is in the households of these profiles; empty where so many are left that they are none."""
    found: set[int] = set()
    for each in profile_ids:
        members = _reached(connection, batch, each, load_people) - set(profile_ids)
        if len(members) <= MOST_MEMBERS:
            found |= members
    return found


def _put(batch: Batch, members: set[int]) -> list[Work]:
    """Write one household into the documents of its members; return whose it changed."""
    is_known = len(members) <= MOST_MEMBERS
    if not is_known:
        _log.warning("household_too_large", most=MOST_MEMBERS, profile=min(members))
    changed = []
    for each in sorted(members & batch.works.keys()):
        work = batch.works[each]
        kin = sorted(members - {each}) if is_known else []
        if sorted(work.document.kin) == kin and work.document.household_known is is_known:
            continue
        work.document.kin = {member: work.document.kin.get(member, {}) for member in kin}
        work.document.household_known = is_known
        work.changed = True
        changed.append(work)
    return changed


def _standing(connection: Connection, batch: Batch, profile_ids: Iterable[int]) -> set[int]:
    found = {batch.redirects.get(each, each) for each in profile_ids}
    unknown = found - batch.works.keys()
    return (found - unknown) | set(identity_store.standing_ids(connection, unknown).values())


def _loaded(connection: Connection, batch: Batch, profile_ids: set[int], load: Load) -> None:
    missing = profile_ids - batch.works.keys() - batch.gone
    if missing:
        load(connection, batch, missing)


def _reached(connection: Connection, batch: Batch, seed: int, load: Load) -> set[int]:
    """Return the household of a profile: more than ``MOST_MEMBERS`` are not all of it."""
    members, fresh, seen = {seed}, {seed}, set[bytes]()
    frontier: set[bytes] = set()
    while fresh or frontier:
        _loaded(connection, batch, fresh, load)
        fresh &= batch.works.keys()
        frontier |= {
            node for each in fresh for held in batch.works[each].document.identifiers.values() for node in held
        }
        frontier -= seen
        seen |= frontier
        ends = _ends(connection, batch, frontier) - seen
        owners = _owners(connection, batch, ends)
        fresh = set(owners.values()) - members
        members |= fresh
        if len(members) > MOST_MEMBERS:
            _loaded(connection, batch, fresh, load)
            break
        frontier = ends - owners.keys()  # the household's own id is nobody's, and ties all who have it
        seen |= owners.keys()
    return members & batch.works.keys()


def _ends(connection: Connection, batch: Batch, nodes: set[bytes]) -> set[bytes]:
    found = {which: (a, b) for which, a, b in household_ends(connection, nodes)} if nodes else {}
    for node in nodes:
        mine = (link for link in batch.links_of.get(node, ()) if link.kind == "household")
        found.update((link.id, (link.a, link.b)) for link in mine)
    return {end for which, ends in found.items() if which not in batch.retracted for end in ends}


def _owners(connection: Connection, batch: Batch, nodes: set[bytes]) -> dict[bytes, int]:
    """Return whose the identifiers are, of those that are somebody's."""
    found: dict[bytes, int] = {}
    unknown = set()
    for node in nodes:
        owner = batch.owner.get(node) or batch.moves.get(node)
        if owner is None:
            unknown.add(node)
        elif owner.profile_id != NO_PROFILE:
            found[node] = owner.profile_id
    found.update((node, owner.profile_id) for node, owner in identity_store.owners(connection, unknown).items())
    return found


class Settling:
    """Evaluates those for whom an event of somebody else changed something."""

    def __init__(self, people: People, load: Load) -> None:
        """``load`` loads profiles into the batch."""
        self._people, self._load = people, load

    def run(self, connection: Connection, batch: Batch, event: Event, cause: str | None = None) -> None:
        """Settle what the event left; ``cause``: why, where it is neither the event itself nor a regrouping."""
        if not (batch.described or batch.household_ends or batch.related or batch.refused_at):
            batch.cause = None
            return
        why = cause or batch.cause or ("event" if event.mode is Mode.LIVE else event.mode.value)
        now = event.received_at
        batch.cause = None
        described, batch.described = batch.described, set()
        for each in sorted(described & batch.works.keys()):
            self._people.look_again(batch, batch.works[each], now, IDENTITY, why, event)
        if batch.household_ends or batch.related:
            self._households(connection, batch, event, why)
        if batch.refused_at:
            self._refusals(connection, batch, event, why)

    def _households(self, connection: Connection, batch: Batch, event: Event, why: str) -> None:
        seeds = batch.related | set(_owners(connection, batch, batch.household_ends).values())
        batch.household_ends, batch.related = set(), set()
        self.gathered(batch, gather(connection, batch, seeds, self._load), event.received_at, why, event)

    def gathered(self, batch: Batch, changed: list[Work], now: Instant, why: str, event: Event | None) -> None:
        """Let those whose household changed tell each other what they are, and evaluate them."""
        for work in changed:
            self._people.advance(batch, work, now)
        for work in changed:
            told = self._people.evaluator.told
            work.document.kin = {
                each: told(batch.works[each].document) for each in work.document.kin if each in batch.works
            }
        for work in changed:
            self._people.look_again(batch, work, now, KIN, why, event)

    def _refusals(self, connection: Connection, batch: Batch, event: Event, why: str) -> None:
        addresses, batch.refused_at = batch.refused_at, set()
        people = {each.profile_id for each in batch.works.values() if each.personal_changed}
        for address in sorted(addresses):
            people.update(profile_store.found_by(connection, [address], MOST_AT_ADDRESS))
        people = _standing(connection, batch, people)
        _loaded(connection, batch, people, self._load)
        for each in sorted(people & batch.works.keys()):
            work = batch.works[each]
            if self._people.consents.refresh(batch, work, event.received_at) is CONSENT:
                self._people.look_again(batch, work, event.received_at, CONSENT, why, event)
