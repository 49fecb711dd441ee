"""An independent replay of the promise: no provider call starts after a withdrawal of consent was recorded.

It takes what is left behind (the ledger, the suppressions, when calls started) and shares no code with the gate or with
``trust.consent.in_force``: for each call it goes through what was recorded before it. What was recorded in the very
microsecond of a call counts as before it for a grant and as after it for a refusal, so a tie is never called a breach.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, Suppression

_REFUSING = frozenset({"deny", "withdraw", "object"})
_STOPS, _START = frozenset({"stop_word", "provider_opt_out"}), "start_word"


class CallStart(msgspec.Struct, frozen=True, kw_only=True):
    """One provider call, as the attempts tell it. ``profile_ids``: the person, with all ids merged into it by then."""

    proposal_id: str
    profile_ids: tuple[int, ...]
    address_hash: bytes
    purpose: str
    channel: str
    at: Instant
    places: tuple[str, ...] | None = None
    """Location and region that the call was about; ``None``: not known, so no refusal of one place counts."""


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A call that must not have started: ``suppressed``, ``refused``, ``ungranted`` or ``expired``."""

    proposal_id: str
    kind: str
    at: Instant
    since: Instant | None
    """When what forbids it was recorded."""


class Replay(msgspec.Struct, frozen=True):
    """What the replay found, with its denominator: the number of calls it looked at."""

    calls: int
    breaches: tuple[Breach, ...]


def replay(
    ledger: Iterable[ConsentRecord],
    suppressions: Iterable[Suppression],
    call_starts: Sequence[CallStart],
    policy: ConsentPolicy | None = None,
) -> Replay:
    """Return every breach and the number of calls that were checked. Without a policy every purpose needs consent."""
    return Replay(len(call_starts), tuple(breaches(ledger, suppressions, call_starts, policy)))


def breaches(
    ledger: Iterable[ConsentRecord],
    suppressions: Iterable[Suppression],
    call_starts: Sequence[CallStart],
    policy: ConsentPolicy | None = None,
) -> list[Breach]:
    """Return the calls that started although they must not, in the order of their start."""
    hushed: dict[bytes, list[Suppression]] = {}
    for entry in suppressions:
        hushed.setdefault(entry.address_hash, []).append(entry)
    by_person: dict[int, list[ConsentRecord]] = {}
    by_address: dict[bytes, list[ConsentRecord]] = {}
    for record in ledger:
        by_person.setdefault(record.profile_id, []).append(record)
        if record.address_hash is not None and (record.action in _REFUSING or record.method == "start_word"):
            by_address.setdefault(record.address_hash, []).append(record)
    found = []
    for call in sorted(call_starts, key=lambda each: (each.at, each.proposal_id)):
        breach = _judge(call, hushed, by_person, by_address, policy)
        if breach is not None:
            found.append(breach)
    return found


def _judge(
    call: CallStart,
    hushed: Mapping[bytes, list[Suppression]],
    by_person: Mapping[int, list[ConsentRecord]],
    by_address: Mapping[bytes, list[ConsentRecord]],
    policy: ConsentPolicy | None,
) -> Breach | None:
    for entry in hushed.get(call.address_hash, ()):
        since = entry.since_at
        if since >= call.at or (entry.until_at is not None and entry.until_at <= call.at):
            continue
        return Breach(proposal_id=call.proposal_id, kind="suppressed", at=call.at, since=since)
    declared = policy.purposes.get(call.purpose) if policy is not None else None
    needed = declared is None or declared.required
    if declared is not None and declared.channels and call.channel not in declared.channels:
        return Breach(proposal_id=call.proposal_id, kind="ungranted", at=call.at, since=None)
    spoken = [record for person in call.profile_ids for record in by_person.get(person, ())]
    heard = {record.id: record for record in (*spoken, *by_address.get(call.address_hash, ()))}
    stands = _Stands()
    for record in sorted(heard.values(), key=_turn):
        if _concerns(record, call, needed=needed) and not _was_lifted(record, heard.values(), call):
            stands.hear(record)
    if stands.refused is not None:
        return Breach(proposal_id=call.proposal_id, kind="refused", at=call.at, since=stands.refused.recorded_at)
    if not needed:
        return None
    if not stands.is_granted:
        return Breach(proposal_id=call.proposal_id, kind="ungranted", at=call.at, since=None)
    if stands.ends_at is not None and stands.ends_at <= call.at:
        return Breach(proposal_id=call.proposal_id, kind="expired", at=call.at, since=stands.ends_at)
    return None


class _Stands:
    """What stands after some records, heard one by one in the order of their acts."""

    def __init__(self) -> None:
        self.refused: ConsentRecord | None = None
        self.is_granted = False
        self.ends_at: Instant | None = None

    def hear(self, record: ConsentRecord) -> None:
        """Take the next record in."""
        if record.action in _REFUSING:
            self.refused, self.is_granted = record, False
        elif record.action == "grant":
            self.refused, self.is_granted, self.ends_at = None, True, record.expires_at
        elif record.action == "expire":
            self.is_granted = False
        elif self.is_granted and self.ends_at is not None and _happened_at(record) < self.ends_at:
            self.ends_at = None if record.expires_at is None else max(self.ends_at, record.expires_at)


def _concerns(record: ConsentRecord, call: CallStart, *, needed: bool) -> bool:
    """Return whether the record was there at the call and speaks of its purpose, channel and place."""
    if record.channel not in {"*", call.channel} or (record.method == _START and record.action == "refresh"):
        return False
    if record.scope != "*" and (call.places is None if record.action in _REFUSING else False):
        return False
    if record.scope != "*" and call.places is not None and record.scope not in call.places:
        return False
    if record.action in _REFUSING:
        return record.recorded_at < call.at and (record.purpose == call.purpose or (needed and record.purpose == "*"))
    if record.action == "expire":
        return record.recorded_at < call.at and record.purpose in {call.purpose, "*"}
    is_proven = bool(record.evidence) and record.confirmed
    return record.purpose == call.purpose and record.recorded_at <= call.at and is_proven


def _was_lifted(record: ConsentRecord, heard: Iterable[ConsentRecord], call: CallStart) -> bool:
    """Return whether a STOP was taken back by the same number before the call."""
    if record.method not in _STOPS or record.address_hash is None:
        return False
    return any(
        each.method == _START
        and each.action == "refresh"
        and each.address_hash == record.address_hash
        and each.recorded_at <= call.at
        and _happened_at(each) > _happened_at(record)
        for each in heard
    )


def _happened_at(record: ConsentRecord) -> Instant:
    return min(record.occurred_at, record.received_at)


def _turn(record: ConsentRecord) -> tuple[Instant, bool, Instant, str]:
    """Return when it is a record's turn; at the same instant the refusal comes last and stands."""
    return _happened_at(record), record.action in _REFUSING, record.recorded_at, record.id
