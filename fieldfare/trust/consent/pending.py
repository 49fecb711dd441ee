"""Grants that wait for the click of a double opt-in. Pure.

A grant waits while nobody refused since, nothing is granted yet, and a later one does not take its place.
"""

from collections.abc import Collection, Iterable

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.in_force import in_force, rank, speaking
from fieldfare.trust.consent.model import EVERY, REFUSING, Action, ConsentPolicy, ConsentRecord, InForce


def waiting(
    records: Iterable[ConsentRecord],
    profile_ids: Collection[int],
    address_hash: bytes | None,
    channel: str,
    now: Instant,
    policy: ConsentPolicy,
) -> list[ConsentRecord]:
    """Return, for each purpose, the grant on the channel that waits to be confirmed."""
    heard = [each for each in speaking(records, profile_ids, address_hash) if each.channel in (channel, EVERY)]
    found: dict[str, ConsentRecord] = {}
    for record in sorted((each for each in heard if _waits(each)), key=rank):
        found[record.purpose] = record
    return [
        record
        for purpose, record in sorted(found.items())
        if purpose in policy.purposes
        and in_force(heard, purpose, channel, now, policy) is not InForce.GRANTED
        and not any(_refuses(each, purpose) and rank(each) > rank(record) for each in heard)
    ]


def _waits(record: ConsentRecord) -> bool:
    return record.action is Action.GRANT and not record.confirmed and bool(record.evidence)


def _refuses(record: ConsentRecord, purpose: str) -> bool:
    return record.action in REFUSING and record.purpose in (purpose, EVERY)
