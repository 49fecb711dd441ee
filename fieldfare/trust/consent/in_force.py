"""What is in force for a purpose, a channel and a place, by the ledger. Pure: records in, one answer out, in any order.

A grant stands when it overrules every refusal that speaks, is not ended, and its time is not over. It overrules what
happened before it; at the same instant the refusal wins, then the one recorded later. An act cannot have happened after
we received it, so a client's clock that runs ahead gains nothing. Of two profiles that were merged the more restrictive
counts: a grant overrules a refusal of the other profile only when it was recorded after they became one. A refusal thus
can only take away. Whatever is unknown is ``missing``: a purpose or channel that is not declared, a grant without
evidence, or one that waits for its confirmation.

A grant may be limited to a place; it then counts there only, as does a refusal that is. What holds for the whole brand
is asked with no place.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import (
    EVERY,
    REFUSING,
    STARTED,
    STOPPED,
    Action,
    Basis,
    ConsentPolicy,
    ConsentRecord,
    InForce,
    Purpose,
)
from fieldfare.trust.consent.span import after

NOWHERE: Mapping[int, Instant] = {}
_ANSWER = {Action.DENY: InForce.DENIED, Action.WITHDRAW: InForce.WITHDRAWN, Action.OBJECT: InForce.OBJECTED}


class Answer(msgspec.Struct, frozen=True):
    """What is in force, by which record (``None``: by none), and until when it is by time alone."""

    state: InForce
    record: ConsentRecord | None = None
    until: Instant | None = None


def happened_at(record: ConsentRecord) -> Instant:
    """Return when an act happened; not after we received it."""
    return min(record.occurred_at, record.received_at)


def rank(record: ConsentRecord) -> tuple[Instant, bool, Instant, str]:
    """Return the place of a record in the order of acts; the greater overrules."""
    return happened_at(record), record.action in REFUSING, record.recorded_at, record.id


def follows_address(record: ConsentRecord) -> bool:
    """Return whether a record speaks for everybody who has its address: what refuses, and what lifts a STOP."""
    return record.action in REFUSING or (record.action is Action.REFRESH and record.method == STARTED)


class Ledger:
    """Records of many people, found by person and by address: to be asked about each of them."""

    def __init__(self, records: Iterable[ConsentRecord]) -> None:
        """Take the records, in any order."""
        self._of: dict[int, list[ConsentRecord]] = {}
        self._to: dict[bytes, list[ConsentRecord]] = {}
        for record in records:
            self._of.setdefault(record.profile_id, []).append(record)
            if record.address_hash is not None and follows_address(record):
                self._to.setdefault(record.address_hash, []).append(record)

    def speaking(self, profile_ids: Collection[int], address_hash: bytes | None) -> list[ConsentRecord]:
        """Return what speaks for one person at one address: the person's own records, and refusals for the address.

        A grant never follows an address: of two people who share one, the consent of the other is not theirs.
        """
        own = [record for profile_id in profile_ids for record in self._of.get(profile_id, ())]
        others = self._to.get(address_hash, ()) if address_hash is not None else ()
        return own + [record for record in others if record.profile_id not in profile_ids]


def speaking(
    records: Iterable[ConsentRecord], profile_ids: Collection[int], address_hash: bytes | None
) -> list[ConsentRecord]:
    """Return what speaks for one person at one address, of a few records; see :class:`Ledger`."""
    return [
        record
        for record in records
        if record.profile_id in profile_ids
        or (address_hash is not None and record.address_hash == address_hash and follows_address(record))
    ]


def in_force(
    records: Iterable[ConsentRecord],
    purpose: str,
    channel: str,
    now: Instant,
    policy: ConsentPolicy,
    scope: Collection[str] = (),
    united: Mapping[int, Instant] = NOWHERE,
) -> InForce:
    """Return what held at ``now`` by what was recorded at or before it; see :func:`answer`."""
    return answer(records, purpose, channel, now, policy, scope, united).state


def answer(
    records: Iterable[ConsentRecord],
    purpose: str,
    channel: str,
    now: Instant,
    policy: ConsentPolicy,
    scope: Collection[str] = (),
    united: Mapping[int, Instant] = NOWHERE,
    known_at: Instant | None = None,
) -> Answer:
    """Return what held at ``now``, by what, until when. ``records``: those of one person, any order.

    ``scope``: the location and the region that are asked about, none for the whole brand. ``united``: id of each
    profile that was merged into the person -> when. ``known_at``: what was recorded by then counts; else by ``now``.
    """
    declared = policy.purposes.get(purpose)
    if declared is None or (declared.channels and channel not in declared.channels):
        return Answer(InForce.MISSING)
    known = now if known_at is None else known_at
    heard = [record for record in records if _speaks(record, declared, channel, scope, known)]
    refusals = [each for each in heard if each.action in REFUSING and not _is_lifted(each, heard)]
    grants = [
        each
        for each in heard
        if each.action is Action.GRANT and all(_overrules(each, refusal, united) for refusal in refusals)
    ]
    if refusals and not grants:
        last = max(refusals, key=rank)
        return Answer(_ANSWER[last.action], last)
    if not declared.required:
        return Answer(InForce.NOT_REQUIRED)
    if not grants:
        return Answer(InForce.MISSING)
    return _standing(grants, heard, declared, now)


def _standing(grants: list[ConsentRecord], heard: list[ConsentRecord], declared: Purpose, now: Instant) -> Answer:
    """Return the answer of the grants that overrule everything, as far as time and endings let them."""
    ends = [each for each in heard if each.action is Action.EXPIRE]
    last = max(grants, key=rank)
    open_ = [each for each in grants if not any(rank(end) > rank(each) for end in ends)]
    lasting = [(each, _end_of(each, heard, declared)) for each in open_]
    alive = [(each, end) for each, end in lasting if end is None or end > now]
    if not alive:
        return Answer(InForce.EXPIRED, last)
    until = None if any(end is None for _, end in alive) else max(end for _, end in alive if end is not None)
    return Answer(InForce.GRANTED, max((each for each, _ in alive), key=rank), until)


def end_of(record: ConsentRecord, purpose: Purpose) -> Instant | None:
    """Return when a grant ends by time: as was fixed when it was recorded or as the purpose says now, the earlier."""
    ends = [record.expires_at] if record.expires_at is not None else []
    if purpose.expires_after is not None:
        ends.append(after(happened_at(record), purpose.expires_after))
    return min(ends, default=None)


def _end_of(grant: ConsentRecord, heard: list[ConsentRecord], declared: Purpose) -> Instant | None:
    """Return when the grant ends, prolonged by what refreshed it while it was alive."""
    end = end_of(grant, declared)
    refreshes = [each for each in heard if each.action is Action.REFRESH and each.method != STARTED]
    for each in sorted(refreshes, key=rank):
        if end is None:
            return None
        if rank(each) > rank(grant) and happened_at(each) < end:
            later = end_of(each, declared)
            end = None if later is None else max(end, later)
    return end


def _speaks(record: ConsentRecord, purpose: Purpose, channel: str, scope: Collection[str], known: Instant) -> bool:
    """Return whether the record says something about what is asked, as far as was recorded by ``known``."""
    if record.recorded_at > known or record.channel not in (channel, EVERY):
        return False
    if record.scope != EVERY and record.scope not in scope:
        return False
    if record.method == STARTED and record.action is Action.REFRESH:
        return True
    match record.action:
        case Action.GRANT | Action.REFRESH:
            return record.purpose == purpose.name and bool(record.evidence) and record.confirmed
        case Action.OBJECT:
            reached = purpose.required or purpose.basis is Basis.LEGITIMATE_INTERESTS
            return record.purpose == purpose.name or (record.purpose == EVERY and reached)
        case _:
            return record.purpose == purpose.name or (record.purpose == EVERY and purpose.required)


def _is_lifted(refusal: ConsentRecord, heard: list[ConsentRecord]) -> bool:
    """Return whether a STOP was taken back, by a START from the same address."""
    return (
        refusal.method in STOPPED
        and refusal.address_hash is not None
        and any(
            each.method == STARTED
            and each.action is Action.REFRESH
            and each.address_hash == refusal.address_hash
            and happened_at(each) > happened_at(refusal)
            for each in heard
        )
    )


def _overrules(grant: ConsentRecord, refusal: ConsentRecord, united: Mapping[int, Instant]) -> bool:
    """Return whether a grant takes a refusal back: it came after, and from the same person or after they were one."""
    if rank(grant) < rank(refusal):
        return False
    if grant.profile_id == refusal.profile_id:
        return True
    return grant.recorded_at >= max(united.get(grant.profile_id, 0), united.get(refusal.profile_id, 0))
