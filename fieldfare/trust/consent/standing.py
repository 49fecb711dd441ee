"""What is in force for one person, for every purpose and channel that is declared. Pure: records in, one map out."""

from collections.abc import Collection, Iterable, Mapping

from fieldfare.trust.consent.in_force import in_force, speaking
from fieldfare.trust.consent.model import ConsentPolicy, ConsentRecord, InForce

SAID = frozenset({InForce.GRANTED, InForce.WITHDRAWN, InForce.DENIED})
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
) -> dict[tuple[str, str], InForce]:
    """Return what was said last for each pair of which anything was said.

    ``addresses``: the person's, by channel: a refusal follows each. All that was recorded counts.
    """
    known = list(records)
    now = max((record.recorded_at for record in known), default=0)
    found = {}
    for purpose, channel in pairs:
        heard = speaking(known, profile_ids, addresses.get(channel))
        said = in_force(heard, purpose, channel, now, policy)
        if said in SAID:
            found[purpose, channel] = said
    return found
