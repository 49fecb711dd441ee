"""What is in force for one person, for every purpose and channel that is declared. Pure: records in, answers out."""

from collections.abc import Collection, Iterable, Mapping

from fieldfare.ground.instants import Instant
from fieldfare.trust.consent.in_force import NOWHERE, Answer, answer, speaking
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, InForce

SAID = frozenset({InForce.GRANTED, InForce.WITHDRAWN, InForce.DENIED, InForce.OBJECTED, InForce.EXPIRED})
"""What somebody said; the rest is what holds where nobody did."""


def pairs_of(policy: ConsentPolicy, channels: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return every purpose with every channel that it may be granted for; ``channels``: of those for every channel."""
    return tuple(
        (name, channel)
        for name, purpose in sorted(policy.purposes.items())
        for channel in sorted(purpose.channels or channels)
    )


def standing(
    records: Iterable[ConsentRecord],
    profile_ids: Collection[int],
    addresses: Mapping[str, bytes],
    pairs: Iterable[tuple[str, str]],
    policy: ConsentPolicy,
    now: Instant,
    scope: Collection[str] = (),
    united: Mapping[int, Instant] = NOWHERE,
) -> dict[tuple[str, str], Answer]:
    """Return what holds for each pair of which anything was said, as of ``now``. All that was recorded counts.

    ``addresses``: the person's, by channel: a refusal follows each.
    """
    known = list(records)
    if not known:
        return {}
    known_at = max(record.recorded_at for record in known)
    heard: dict[bytes | None, list[ConsentRecord]] = {}
    found = {}
    for purpose, channel in pairs:
        address = addresses.get(channel)
        if address not in heard:
            heard[address] = speaking(known, profile_ids, address)
        told = answer(heard[address], purpose, channel, now, policy, scope, united, known_at)
        if told.state in SAID:
            found[purpose, channel] = told
    return found
