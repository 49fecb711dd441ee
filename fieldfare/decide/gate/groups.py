"""Who is kept out: holdouts of journeys, the global control group, journeys that give way to others. Pure.

Membership in the control group is a hash of the deliverable identity, so that the share stays constant while people
come and go, and is stored when the gate first meets an address. One person is in the group or out of it with all their
addresses: a further address takes the arm of the first. After a merge the one who is held out wins for sending.
"""

from collections.abc import Iterable

import msgspec

from fieldfare.decide.gate.caps import fills
from fieldfare.decide.gate.exempt import concerns, is_exempt
from fieldfare.decide.gate.model import Facts, Finding, Reason
from fieldfare.decide.gate.policy import EVERYTHING, Exclusion, Policy
from fieldfare.ground.ids import fraction
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.learn.experiments.model import Arm


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One address's place in the control group of one share; kept when the share is changed."""

    address_hash: bytes
    profile_id: int
    """Who it was met for first."""
    share_ppm: int
    """The share then, in millionths."""
    is_control: bool
    at: Instant


def share_in_ppm(share: float) -> int:
    """Return a share as whole millionths, so that it can be compared exactly."""
    return round(share * 1_000_000)


def member_of(
    known: Iterable[Member], address_hash: bytes, profile_id: int, *, salt: str, share: float, now: Instant
) -> tuple[bool, Member | None]:
    """Return whether the person is in the group, and the membership that is to be stored, if a new one.

    ``known``: all memberships of the address and of the person's other addresses.
    """
    ppm = share_in_ppm(share)
    present = [member for member in known if member.share_ppm == ppm]
    is_control = any(member.is_control for member in present)
    if any(member.address_hash == address_hash for member in present):
        return is_control, None
    if not present:
        is_control = fraction(salt, "control group", address_hash.hex()) < share
    member = Member(address_hash=address_hash, profile_id=profile_id, share_ppm=ppm, is_control=is_control, at=now)
    return is_control, member


def holdout(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse a profile that is kept out of the experiment for measurement, or whose address another such one shares."""
    proposal = facts.proposal
    is_other = proposal.experiment is not None and proposal.experiment in facts.controls.held_out
    if not (proposal.arm == Arm.HOLDOUT or is_other) or is_exempt(facts, policy):
        return None
    inputs: dict[str, object] = {"experiment": proposal.experiment}
    if proposal.arm != Arm.HOLDOUT:
        inputs["by"] = "another profile of this person or on this address"
    return Finding("holdout", Reason.HOLDOUT, inputs)


def control_group(facts: Facts, policy: Policy, _now: Instant) -> Finding | None:
    """Refuse the global control group all but what the policy spares."""
    group = policy.control_group
    if group is None or not facts.controls.in_control or is_exempt(facts, policy):
        return None
    if any(concerns(spared, facts) for spared in group.spares):
        return None
    return Finding("control_group", Reason.CONTROL_GROUP, {"share": group.share})


def other_journey(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Refuse while the person walks a more important journey, defer while one has just written."""
    if not policy.exclusions or is_exempt(facts, policy):
        return None
    for exclusion in policy.exclusions:
        above = _above(exclusion, facts.proposal.journey)
        walking = sorted(above & set(facts.controls.walks))
        if walking:
            return Finding("other_journey", Reason.OTHER_JOURNEY, {"exclusion": exclusion.name, "walks": walking})
        last = max(
            (one.at for one in (*facts.sent, *facts.permitted) if one.journey in above and fills(one, EVERYTHING)),
            default=None,
        )
        if last is not None and now < last + exclusion.hold_us:
            inputs = {"exclusion": exclusion.name, "last_message_at": to_iso(last)}
            return Finding("other_journey", Reason.OTHER_JOURNEY, inputs, until=last + exclusion.hold_us)
    return None


def _above(exclusion: Exclusion, journey: str) -> frozenset[str]:
    if journey not in exclusion.journeys:
        return frozenset()
    return frozenset(exclusion.journeys[: exclusion.journeys.index(journey)])
