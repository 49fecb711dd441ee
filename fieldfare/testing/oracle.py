"""An independent replay of the promise: no provider call starts after a withdrawal of consent was recorded.

It takes what is left behind (the ledger, the suppressions, when calls started) and shares no code with the gate or with
``trust.consent.in_force``: for each call it goes through what was recorded before it. What was recorded in the very
microsecond of a call counts as before it for a grant and as after it for a refusal, so a tie is never called a breach.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, Suppression


class CallStart(msgspec.Struct, frozen=True, kw_only=True):
    """One provider call, as the attempts tell it. ``profile_ids``: the person, with all ids merged into it by then."""

    proposal_id: str
    profile_ids: tuple[int, ...]
    address_hash: bytes
    purpose: str
    channel: str
    at: Instant


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """A call that must not have started: ``suppressed``, ``refused`` (withdrawn or denied) or ``ungranted``."""

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
    hushed: dict[bytes, Instant] = {}
    for entry in suppressions:
        hushed[entry.address_hash] = min(entry.since_at, hushed.get(entry.address_hash, entry.since_at))
    by_person: dict[int, list[ConsentRecord]] = {}
    by_address: dict[bytes, list[ConsentRecord]] = {}
    for record in ledger:
        by_person.setdefault(record.profile_id, []).append(record)
        if record.address_hash is not None and record.action != "grant":
            by_address.setdefault(record.address_hash, []).append(record)
    found = []
    for call in sorted(call_starts, key=lambda each: (each.at, each.proposal_id)):
        breach = _judge(call, hushed, by_person, by_address, policy)
        if breach is not None:
            found.append(breach)
    return found


def _judge(
    call: CallStart,
    hushed: Mapping[bytes, Instant],
    by_person: Mapping[int, list[ConsentRecord]],
    by_address: Mapping[bytes, list[ConsentRecord]],
    policy: ConsentPolicy | None,
) -> Breach | None:
    since = hushed.get(call.address_hash)
    if since is not None and since < call.at:
        return Breach(proposal_id=call.proposal_id, kind="suppressed", at=call.at, since=since)
    declared = policy.purposes.get(call.purpose) if policy is not None else None
    needed = declared is None or declared.required
    if declared is not None and declared.channels and call.channel not in declared.channels:
        return Breach(proposal_id=call.proposal_id, kind="ungranted", at=call.at, since=None)
    last: ConsentRecord | None = None
    spoken = [record for person in call.profile_ids for record in by_person.get(person, ())]
    for record in (*spoken, *by_address.get(call.address_hash, ())):
        if _concerns(record, call, needed=needed) and (last is None or _overrules(record, last)):
            last = record
    if last is not None and last.action != "grant":
        return Breach(proposal_id=call.proposal_id, kind="refused", at=call.at, since=last.recorded_at)
    if last is None and needed:
        return Breach(proposal_id=call.proposal_id, kind="ungranted", at=call.at, since=None)
    return None


def _concerns(record: ConsentRecord, call: CallStart, *, needed: bool) -> bool:
    """Return whether the record was there at the call and speaks of its purpose and channel."""
    if record.channel not in {"*", call.channel}:
        return False
    if record.action == "grant":
        return record.purpose == call.purpose and record.recorded_at <= call.at and bool(record.evidence)
    return record.recorded_at < call.at and (record.purpose == call.purpose or (needed and record.purpose == "*"))


def _overrules(record: ConsentRecord, last: ConsentRecord) -> bool:
    """Return whether the record's act came after the other's; at the same instant the refusal stands."""
    new_at, old_at = (min(each.occurred_at, each.received_at) for each in (record, last))
    if new_at != old_at:
        return new_at > old_at
    if (record.action == "grant") != (last.action == "grant"):
        return last.action == "grant"
    return (record.recorded_at, record.id) >= (last.recorded_at, last.id)
