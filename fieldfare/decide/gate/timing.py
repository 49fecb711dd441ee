"""Quiet hours: when nobody is disturbed, what waits for the morning, and how the morning lets it go. Pure.

What was deferred is judged anew at its moment, with the facts of then: consent, caps, expiry. So the end of a silence
releases no burst, and nothing that has lost its sense meanwhile. Each proposal's moment lies at a fixed place of the
spread, told by a hash of its id, and before its expiry as long as the silence ends before that.
"""

from fieldfare.decide.gate.caps import by_word_of
from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.model import Facts, Finding, Reason
from fieldfare.decide.gate.policy import OnHit, Policy, QuietHours
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import DAY, Instant, local_day
from fieldfare.network.calendars.wall import end_of, inside, iso_local, occurrences

US_PRESET = (21 * 60, 8 * 60)
"""47 CFR 64.1200: solicitations by telephone and text between 8:00 and 21:00 of the called party's day."""
_PARTS = 1 << 56


def quiet_hours(facts: Facts, policy: Policy, now: Instant) -> Finding | None:
    """Defer to the end of the person's quiet hours, or refuse, as the policy chose; the strictest silence holds."""
    if not policy.quiet_hours or is_exempt(facts, policy):
        return None
    found: Finding | None = None
    for quiet in policy.quiet_hours:
        if facts.action is not None and not quiet.channels:
            continue  # an answer to somebody who asks disturbs nobody
        if not is_silent(quiet, facts.proposal.channel, now, facts.zone):
            continue
        inputs = {"local_time": iso_local(now, facts.zone), "zone": facts.zone, "zone_source": facts.zone_source}
        inputs |= by_word_of(quiet.phase)
        if quiet.on_hit is OnHit.REFUSE:
            return Finding("quiet_hours", Reason.QUIET_HOURS, inputs)
        until = released_at(facts.proposal.id, end_of(now, quiet.end, facts.zone), quiet, facts.proposal.expires_at)
        if found is None or until > (found.until or 0):
            found = Finding("quiet_hours", Reason.QUIET_HOURS, inputs, until=until)
    return found


def is_silent(quiet: QuietHours, channel: str, at: Instant, zone: str) -> bool:
    """Return whether the channel is silent then in the zone."""
    return (not quiet.channels or channel in quiet.channels) and inside(at, quiet.first, quiet.end, zone)


def released_at(proposal_id: str, end: Instant, quiet: QuietHours, expires_at: Instant) -> Instant:
    """Return the proposal's own moment after the end of a silence, inside the spread and before its expiry."""
    room = min(quiet.spread_us, max(expires_at - 1 - end, 0))
    place = int.from_bytes(digest("spread", proposal_id)[:7])
    return end + room * place // _PARTS


def out_of_silence(policy: Policy, channel: str, planned: Instant, zone: str, not_before: Instant) -> Instant:
    """Return the planned instant, moved out of quiet hours: to the nearer end where the policy says so, else after.

    An end that lies before ``not_before`` cannot be reached any more.
    """
    moved = planned
    for quiet in policy.quiet_hours:
        if not is_silent(quiet, channel, moved, zone):
            continue
        end = end_of(moved, quiet.end, zone)
        before = _begin_of(moved, quiet.first, zone) - 1
        is_nearer = quiet.on_hit is OnHit.NEAREST_EDGE and moved - before < end - moved
        moved = before if is_nearer and before >= not_before else end
    return moved


def _begin_of(at: Instant, first: int, zone: str) -> Instant:
    """Return the last instant, not after ``at``, at which the clock showed ``first``."""
    today = local_day(at, zone)
    days = (today - 1, today, today + 1)
    return max((each for day in days for each in occurrences(day, first, zone) if each <= at), default=at - DAY)
