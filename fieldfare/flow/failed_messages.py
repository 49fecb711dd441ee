"""Messages that did not go: the list of those that were given up, and putting them on their way again.

A message is given up as *failed* (too often, or too late to try again), *rejected* (the provider said no for good) or
*unknown* (nobody can say). It stays where it is, with everything that was tried; there is no list beside it.

*replay* makes it due again: a note of who did it and why, a new time until which it may go, the status, all in one
transaction for each page; a crash in between leaves whole pages. What failed before counts no more. The gate judges
anew, so a withdrawal since then is heeded. An unknown message may arrive twice, so it is replayed only when that is
said in so many words.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, insert, select, update

from fieldfare.act.delivery.fates import fate_of
from fieldfare.act.delivery.model import Attempt
from fieldfare.act.delivery.store import SqlAttempts, attempt, message_replay
from fieldfare.decide.journeys.model import DUE, GIVEN_UP, Proposal
from fieldfare.decide.journeys.store import IS_GIVEN_UP, load_proposals, proposal, set_bodies
from fieldfare.flow.receipt_store import reports_of
from fieldfare.flow.spans import read_span
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import parse_duration

MOST_LISTED = 1_000
MOST_REPLAYED = 100_000
PAGE = 500
MOST_TEXT = 500


class FailedFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages are meant; what is ``None`` does not narrow."""

    channel: str | None = None
    status: str | None = None
    journey: str | None = None
    """Of a broadcast ``broadcast:NAME``."""
    first: str | None = None
    last: str | None = None
    """Ends of the span in which they were given up or last due, see :mod:`fieldfare.flow.spans`."""
    ids: tuple[str, ...] = ()
    limit: int = 20


class ReplayRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which messages go again, by whose wish, and until when they may."""

    chosen: FailedFilter
    actor: str
    reason: str
    within: str = "1 day"
    even_unknown: bool = False
    apply: bool = False


class FailedMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Lists and replays messages that were given up, and shows one message with all that is known of it."""

    state: State
    zone: str
    clock: Clock

    def overview(self, asked: FailedFilter) -> dict[str, Any]:
        """Return counts by channel and status, and the newest.

        Raises ``CallerError``: ``message_status_unknown``, ``span_invalid``, ``limit_invalid``.
        """
        if not 1 <= asked.limit <= MOST_LISTED:
            text = f"`limit` is {asked.limit}. Ask for 1 to {MOST_LISTED:,} messages."
            raise CallerError("limit_invalid", text, field="limit")
        where = self._where(asked)
        counted = select(proposal.c.channel, proposal.c.status, proposal.c.journey, func.count()).where(*where)
        groups = counted.group_by(proposal.c.channel, proposal.c.status, proposal.c.journey)
        newest = select(proposal.c.id, proposal.c.status).where(*where)
        newest = newest.order_by(proposal.c.due_at.desc(), proposal.c.id).limit(asked.limit)
        with self.state.read() as connection:
            counts = [
                {"channel": channel, "status": status, "journey": journey, "count": count}
                for channel, status, journey, count in connection.execute(groups)
            ]
            rows = connection.execute(newest).all()
            last = _last_attempts(connection, [row.id for row in rows])
            wishes = load_proposals(connection, [row.id for row in rows])
        return {
            "counts": sorted(counts, key=lambda row: -int(row["count"])),
            "messages": [_shown(wishes[row.id], row.status, last.get(row.id)) for row in rows],
        }

    def show(self, proposal_id: str) -> dict[str, Any]:
        """Return one message: every attempt, every receipt, what became of it, who replayed it.

        Raises ``CallerError`` ``message_unknown``.
        """
        with self.state.read() as connection:
            wish = load_proposals(connection, [proposal_id]).get(proposal_id)
            if wish is None:
                text = f"There is no message `{proposal_id}`. `fieldfare messages failed` and `why-not` show their ids."
                raise CallerError("message_unknown", text, status=404, field="message")
            status = connection.execute(select(proposal.c.status).where(proposal.c.id == proposal_id)).scalar_one()
            attempts = SqlAttempts().all_of(connection, proposal_id)
            reports = reports_of(connection, [proposal_id]).get(proposal_id, [])
            replays = connection.execute(
                select(message_replay).where(message_replay.c.proposal_id == proposal_id)
            ).all()
        fate = msgspec.to_builtins(fate_of(reports))
        return _shown(wish, status, attempts[-1] if attempts else None) | {
            "attempts": [_told(each) for each in attempts],
            "receipts": [msgspec.to_builtins(each) | {"at": to_iso(each.at)} for each in reports],
            "fate": {
                name: to_iso(value) if name.endswith("_at") and value is not None else value
                for name, value in fate.items()
            },
            "replays": [
                {"at": to_iso(row.at), "was": row.was, "actor": row.actor, "reason": row.reason}
                for row in sorted(replays, key=lambda each: each.at)
            ],
        }

    def replay(self, asked: ReplayRequest) -> dict[str, Any]:
        """Make messages due again, or with ``apply`` unset say which would be.

        Raises ``CallerError``: ``act_unsigned``, ``replay_span_invalid``, ``message_status_unknown``, ``span_invalid``.
        """
        within = self._within(asked)
        where = self._where(asked.chosen)
        with self.state.read() as connection:
            wanted = select(proposal.c.id, proposal.c.status).where(*where).order_by(proposal.c.due_at, proposal.c.id)
            rows = connection.execute(wanted.limit(MOST_REPLAYED + 1)).all()
        left_out = sum(row.status == "unknown" for row in rows) if not asked.even_unknown else 0
        chosen = [row.id for row in rows[:MOST_REPLAYED] if asked.even_unknown or row.status != "unknown"]
        done = 0
        for start in range(0, len(chosen), PAGE) if asked.apply else ():
            done += self._again(chosen[start : start + PAGE], asked, within)
        return {
            "messages": len(chosen),
            "unknown_left_out": left_out,
            "replayed": done,
            "is_more": len(rows) > MOST_REPLAYED,
            "applied": asked.apply,
        }

    def _again(self, ids: Sequence[str], asked: ReplayRequest, within: int) -> int:
        now = self.clock.now()
        with self.state.write() as connection:
            given_up = select(proposal.c.id, proposal.c.status).where(
                proposal.c.id.in_(list(ids)), proposal.c.status.in_(GIVEN_UP)
            )
            was = {row.id: row.status for row in connection.execute(given_up.with_for_update())}
            known = load_proposals(connection, was)
            wishes = {each: wish for each, wish in known.items() if wish.followed_by is None}
            was = {each: was[each] for each in wishes}
            notes = [
                {"proposal_id": each, "at": now, "was": was[each], "actor": asked.actor, "reason": asked.reason}
                for each in sorted(was)
            ]
            if not notes:
                return 0
            connection.execute(insert(message_replay), notes)
            set_bodies(connection, [_until(each, now + within) for each in wishes.values()], status=DUE, due_at=now)
            asking = attempt.c.proposal_id.in_(sorted(was)) & attempt.c.look_up_at.is_not(None)
            connection.execute(update(attempt).where(asking).values(look_up_at=None))
        return len(notes)

    def _within(self, asked: ReplayRequest) -> int:
        for field, value in (("actor", asked.actor), ("reason", asked.reason)):
            if not value.strip() or len(value) > MOST_TEXT:
                text = f"`{field}` has {len(value)} characters. Say who does it and why, in 1 to {MOST_TEXT}."
                raise CallerError("act_unsigned", text, field=field)
        span = parse_duration(asked.within)
        if isinstance(span, str) or not 0 < span.us <= 30 * DAY:
            text = f"`within: {asked.within}` is no length of time up to 30 days: so long they may go. Write `1 day`."
            raise CallerError("replay_span_invalid", text, field="within")
        return span.us

    def _where(self, asked: FailedFilter) -> list[Any]:
        if asked.status is not None and asked.status not in GIVEN_UP:
            text = f"`{asked.status}` is no status of messages that were given up. There are {', '.join(GIVEN_UP)}."
            raise CallerError("message_status_unknown", text, field="status")
        wanted: list[Any] = [IS_GIVEN_UP]
        if asked.status is not None:
            wanted.append(proposal.c.status == asked.status)
        if asked.channel is not None:
            wanted.append(proposal.c.channel == asked.channel)
        if asked.journey is not None:
            wanted.append(proposal.c.journey == asked.journey)
        if asked.ids:
            wanted.append(proposal.c.id.in_(asked.ids))
        span = read_span(asked.first, asked.last, self.zone)
        if span.from_at is not None:
            wanted.append(proposal.c.due_at >= span.from_at)
        if span.to_at is not None:
            wanted.append(proposal.c.due_at < span.to_at)
        return wanted


def _until(wish: Proposal, at: Instant) -> Proposal:
    return msgspec.structs.replace(wish, expires_at=max(wish.expires_at, at))


def _last_attempts(connection: Connection, ids: Sequence[str]) -> dict[str, Attempt]:
    found: dict[str, Attempt] = {}
    for proposal_id in ids:
        attempts = SqlAttempts().all_of(connection, proposal_id)
        if attempts:
            found[proposal_id] = attempts[-1]
    return found


def _shown(wish: Proposal, status: str, last: Attempt | None) -> dict[str, Any]:
    return {
        "id": wish.id,
        "status": status,
        "profile_id": wish.profile_id,
        "channel": wish.channel,
        "template": wish.template,
        "journey": wish.journey,
        "step": wish.step,
        "proposed_at": to_iso(wish.proposed_at),
        "expires_at": to_iso(wish.expires_at),
        "detail": last.detail if last is not None else None,
        "last_tried_at": to_iso(last.granted_at) if last is not None else None,
    }


def _told(one: Attempt) -> dict[str, Any]:
    return {
        "id": one.id,
        "outcome": one.outcome,
        "detail": one.detail,
        "provider_id": one.provider_id,
        "granted_at": to_iso(one.granted_at),
        "call_started_at": to_iso(one.call_started_at) if one.call_started_at is not None else None,
        "ended_at": to_iso(one.ended_at) if one.ended_at is not None else None,
        "looked_up": one.looked_up,
    }
