"""What follows a message that has come to its end: nothing, the next channel, a second message, or another look. Pure.

A message that was refused for its channel, turned down by the provider, given up or bounced surely did not arrive: it
goes by the next of its channels. One that arrived, or may have, is followed by its escalation alone, when nobody opened
it so long after its hand-over; what machines open does not count. Nothing follows what was refused for reasons that are
the same on every channel, and nothing past the last moment at which the message is of use. A message has at most one
follower, and a step at most one message by each channel.
"""

from collections.abc import Collection, Mapping

import msgspec

from fieldfare.act.delivery.fates import Fate, Rank
from fieldfare.decide.gate.model import Reason
from fieldfare.decide.journeys.definition import ONE_WAY, Answer, Escalation
from fieldfare.decide.journeys.model import Proposal
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import HOUR, Instant

OF_CHANNEL = frozenset(
    {
        Reason.NO_ADDRESS,
        Reason.NOT_VERIFIED,
        Reason.CONSENT_MISSING,
        Reason.CONSENT_WITHDRAWN,
        Reason.SUPPRESSED,
        Reason.RENDER_FAILED,
        Reason.REFUSED_BY_POLICY,
        Reason.WRONG_PHASE,
    }
)
"""Refusals that another channel may not meet. With any other reason beside them nothing follows."""
LOOK_AGAIN = HOUR
"""While nobody knows whether the provider took it, it is looked at so often."""
_LOST = frozenset({Rank.BOUNCED, Rank.FAILED})


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came to its end, and what is known of it."""

    proposal: Proposal
    status: str
    reasons: frozenset[str] = frozenset()
    """Of its refusal."""
    handed_at: Instant | None = None
    """When its last call started."""
    fate: Fate = Fate()
    may_have_arrived: bool = False
    """Whether nobody knows of one of its calls if the provider took the message, whatever became of later calls."""


class Nothing(msgspec.Struct, frozen=True):
    """Nothing follows, and why."""

    why: str


class Look(msgspec.Struct, frozen=True):
    """Look again at this instant."""

    at: Instant


class Follower(msgspec.Struct, frozen=True):
    """A message follows, and why."""

    proposal: Proposal
    why: str


Following = Nothing | Look | Follower


def following(ended: Ended, useful: Mapping[str, int], now: Instant) -> Following:
    """Return what follows. ``useful``: how long after the wish a template's messages are of use, where said."""
    wish = ended.proposal
    if wish.followed_by is not None:
        return Nothing("followed")
    if now >= wish.expires_at:
        return Nothing("too_late")
    lost = _why_lost(ended)
    if lost is None:
        return _after_arrival(ended, useful, now)
    if wish.ways.fallbacks:
        return _by_next(wish, lost, useful, now)
    if lost == "refused" or wish.ways.escalation is None:
        return Nothing(lost)
    return _second(wish, wish.ways.escalation, lost, useful, now)


def until_useful(wish: Proposal, template: str, useful: Mapping[str, int]) -> Instant:
    """Return the last useful moment of a message when it goes by the template: the wish's, or the template's own."""
    own = useful.get(template)
    return wish.expires_at if own is None else min(wish.expires_at, wish.proposed_at + own)


def _why_lost(ended: Ended) -> str | None:
    """Return why the message surely did not arrive, ``None`` when it did or may have, or must not go elsewhere."""
    fate = ended.fate
    is_read = any(at is not None for at in (fate.opened_at, fate.clicked_at, fate.replied_at))
    if ended.may_have_arrived and (is_read or fate.rank not in _LOST):
        return None
    match ended.status:
        case "refused":
            return "refused" if ended.reasons and ended.reasons <= _names(OF_CHANNEL) else None
        case "rejected" | "failed":
            return ended.status
        case "sent" | "unknown" if fate.rank in _LOST and not is_read:
            return "bounced"
        case _:
            return None


def _names(reasons: Collection[Reason]) -> frozenset[str]:
    return frozenset(reason.value for reason in reasons)


def _after_arrival(ended: Ended, useful: Mapping[str, int], now: Instant) -> Following:
    wish, escalation = ended.proposal, ended.proposal.ways.escalation
    if ended.status not in {"sent", "unknown"}:
        return Nothing(ended.status)
    if escalation is None:
        if ended.status == "unknown" and wish.ways.fallbacks:
            return Look(min(now + LOOK_AGAIN, wish.expires_at))
        return Nothing(ended.status)
    answered = _answer(ended.fate, escalation.unless)
    if answered is not None:
        return Nothing(answered)
    at = (ended.handed_at if ended.handed_at is not None else wish.proposed_at) + escalation.after_us
    if at >= until_useful(wish, escalation.template, useful):
        return Nothing("too_late")
    return Look(at) if now < at else _second(wish, escalation, f"not_{escalation.unless.value}", useful, now)


def _answer(fate: Fate, least: Answer) -> str | None:
    """Return what the person did that makes a second message needless. Who complains or leaves gets none either."""
    enough = list(Answer)[list(Answer).index(least) :]
    told = {name: getattr(fate, f"{name}_at") for name in (*(each.value for each in enough), "complained")}
    told["unsubscribed"] = fate.unsubscribed_at
    return next((name for name, at in told.items() if at is not None), None)


def _by_next(wish: Proposal, why: str, useful: Mapping[str, int], now: Instant) -> Following:
    first, *others = wish.ways.fallbacks
    expires_at = until_useful(wish, first.template, useful)
    escalation = wish.ways.escalation
    ways = msgspec.structs.replace(
        wish.ways,
        fallbacks=tuple(others),
        best_us=None,
        escalation=escalation if escalation is not None and escalation.channel != first.channel else None,
    )
    follower = msgspec.structs.replace(
        wish,
        id=_id_of(wish, first.channel),
        channel=first.channel,
        template=first.template,
        due_at=now,
        expires_at=wish.expires_at if others else expires_at,
        ways=ways,
        choice=None,
        because=why,
        follows=wish.id,
        answers=frozenset(),
    )
    return Follower(follower, why) if now < expires_at or others else Nothing("too_late")


def _second(wish: Proposal, escalation: Escalation, why: str, useful: Mapping[str, int], now: Instant) -> Following:
    expires_at = until_useful(wish, escalation.template, useful)
    if now >= expires_at:
        return Nothing("too_late")
    second = msgspec.structs.replace(
        wish,
        id=_id_of(wish, escalation.channel),
        channel=escalation.channel,
        template=escalation.template,
        due_at=now,
        expires_at=expires_at,
        ways=ONE_WAY,
        choice=None,
        because=why,
        follows=wish.id,
        answers=frozenset(),
    )
    return Follower(second, why)


def _id_of(wish: Proposal, channel: str) -> str:
    """Return the id of a step's message by another channel: the same whoever makes it, and when."""
    return derived_id("prp", wish.enrollment_id, wish.step, wish.visit, channel)
