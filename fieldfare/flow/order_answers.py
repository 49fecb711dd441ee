"""Orders of people to the gate, given and looked at: pauses (the kill switch), holds, modes, the queue.

Flow: each order is one short transaction, and stands from its commit: the gate reads orders inside every deciding
transaction and again as each call starts. What waited for it is made due in further transactions, a thousand at a
time; a crash between them leaves the rest to wait for their own expiry, and the same order given again makes them due.
An order given twice changes nothing the second time and says so.
"""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import Connection

from fieldfare.decide.gate import order_store
from fieldfare.decide.gate.model import Hold, Pause, Scope
from fieldfare.decide.gate.orders import APPROVAL
from fieldfare.decide.journeys import store as journey_store
from fieldfare.flow.look import Look
from fieldfare.flow.order_requests import Signed, kind_of, mode_of, scope_of, signed, until_of
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, ConflictError, cut
from fieldfare.ground.ids import derived_id
from fieldfare.ground.instants import Instant, to_iso
from fieldfare.ground.store import State
from fieldfare.trust.access.model import person_behind

AT_ONCE = 1_000
_NOT_FOUND, _FORBIDDEN = 404, 403


class OrderAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Gives and shows orders. ``known``: by scope the names that the workspace has; scopes left out take any name."""

    state: State
    clock: Clock
    look: Look
    known: dict[str, frozenset[str]]

    def pause(self, scope: str, name: str, actor: str, reason: str, until: str | None = None) -> dict[str, Any]:
        """Stop everything, or what is named. Stands at once."""
        who, now = signed(actor, reason), self.clock.now()
        found, named = self._named(scope, name)
        ends = until_of(until, now)
        one = Pause(
            id=derived_id("pau", found.value, named, now),
            scope=found,
            name=named,
            since_at=now,
            until=ends,
            actor=who.actor,
            reason=who.reason,
        )
        with self.state.write() as tx:
            same = [each for each in self._standing(tx, found, named, now) if each.until == ends]
            if not same:
                order_store.insert_pause(tx, one)
        return {"pause": _told(same[0] if same else one), "is_new": not same}

    def resume(self, scope: str, name: str, actor: str, reason: str) -> dict[str, Any]:
        """End every pause of this scope and name; what waited is judged anew. Raises ``CallerError`` ``not_paused``."""
        who, now = signed(actor, reason), self.clock.now()
        found, named = self._named(scope, name)
        with self.state.write() as tx:
            standing = self._standing(tx, found, named, now)
            order_store.end_pauses(tx, {each.id for each in standing}, now, who.actor, who.reason)
        if not standing:
            what = f"{found} {named}".strip()
            text = f"{what} is not paused. `fieldfare pauses` shows what is."
            raise CallerError("not_paused", text, field="name", status=_NOT_FOUND)
        return {"ended": [_told(each) for each in standing], "made_due": self._wake(now)}

    def pauses(self) -> list[dict[str, Any]]:
        """Return the pauses in force, the oldest first."""
        now = self.clock.now()
        with self.state.read() as tx:
            standing = order_store.pauses_standing(tx, now)
        return [_told(each) for each in standing if each.until is None or each.until > now]

    def hold(self, told: str, kind: str, actor: str, reason: str, until: str | None = None) -> dict[str, Any]:
        """Put a person on hold: nothing that is not exempt goes to them."""
        who, now, what = signed(actor, reason), self.clock.now(), kind_of(kind)
        profile_id, _ = self.look.person(told)
        one = Hold(
            id=derived_id("hld", profile_id, what.value, now),
            profile_id=profile_id,
            kind=what,
            since_at=now,
            until=until_of(until, now),
            actor=who.actor,
            reason=who.reason,
        )
        with self.state.write() as tx:
            order_store.insert_hold(tx, one)
        return {"hold": _told(one)}

    def lift(self, told: str, actor: str, reason: str, kind: str | None = None) -> dict[str, Any]:
        """Lift the holds on a person, or those of one kind. Raises ``CallerError`` ``not_on_hold``."""
        who, now = signed(actor, reason), self.clock.now()
        what = kind_of(kind) if kind is not None else None
        profile_id, family = self.look.person(told)
        with self.state.write() as tx:
            standing = [each for each in order_store.holds_of(tx, family) if what in (None, each.kind)]
            order_store.end_holds(tx, {each.id for each in standing}, now, who.actor, who.reason)
        if not standing:
            of = f" of kind {what}" if what is not None else ""
            text = f"Profile {profile_id} has no hold{of}. `fieldfare holds list {profile_id}` shows what there is."
            raise CallerError("not_on_hold", text, field="profile", status=_NOT_FOUND)
        return {"lifted": [_told(each) for each in standing]}

    def holds(self, told: str) -> list[dict[str, Any]]:
        """Return the holds on a person that stand."""
        _, family = self.look.person(told)
        now = self.clock.now()
        with self.state.read() as tx:
            standing = order_store.holds_of(tx, family)
        return [_told(each) for each in standing if each.until is None or each.until > now]

    def set_mode(self, automation: str, mode: str, actor: str, reason: str) -> dict[str, Any]:
        """Let an automation run, be read only, be done by hand, or be off."""
        who, now, what = signed(actor, reason), self.clock.now(), mode_of(mode)
        kind, colon, name = automation.partition(":")
        if not colon or kind not in {Scope.JOURNEY, Scope.BROADCAST, Scope.ACTION}:
            text = f"{cut(automation)} is no automation. Write `journey:NAME`, `broadcast:NAME` or `action:KIND`."
            raise CallerError("automation_unknown", text, field="automation")
        self._named(kind, name)
        with self.state.write() as tx:
            before = order_store.modes_in_force(tx).get(automation)
            if before is not what:
                order_store.insert_mode(tx, automation, what, now, who.actor, who.reason)
        return {"automation": automation, "mode": what.value, "was": before.value if before else "on"}

    def modes(self) -> list[dict[str, Any]]:
        """Return every automation whose mode was ever set, with who set it last and why."""
        with self.state.read() as tx:
            rows = order_store.mode_rows(tx)
        return [row | {"at": to_iso(row["at"])} for row in rows]

    def queue(self, status: str = order_store.WAITING, limit: int = 100) -> list[dict[str, Any]]:
        """Return what waits for a person (or was decided), what expires first at the head."""
        states = (order_store.WAITING, order_store.RELEASED, order_store.REJECTED)
        if status not in states:
            text = f"{cut(status)} is no state of the queue. Write one of {', '.join(states)}."
            raise CallerError("queue_status", text, field="status")
        with self.state.read() as tx:
            rows = order_store.queue_rows(tx, status, limit, self.clock.now())
        return [_queued(row) for row in rows]

    def release(self, proposal_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Let what waits go on to be judged; a release is no permit."""
        return self._decide(proposal_id, order_store.RELEASED, signed(actor, reason))

    def reject(self, proposal_id: str, actor: str, reason: str) -> dict[str, Any]:
        """Say no to what waits; the gate refuses it with that reason."""
        return self._decide(proposal_id, order_store.REJECTED, signed(actor, reason))

    def summary(self) -> dict[str, Any]:
        """Return what is stopped and how much waits, for the status."""
        now = self.clock.now()
        with self.state.read() as tx:
            waiting = order_store.count_waiting(tx, now)
        changed = [row for row in self.modes() if row["mode"] != "on"]
        return {"paused": self.pauses(), "modes": changed, "queue": waiting}

    def _decide(self, proposal_id: str, status: str, who: Signed) -> dict[str, Any]:
        now = self.clock.now()
        with self.state.write() as tx:
            rows = [row for row in order_store.queued(tx, proposal_id) if row["needs"] != "resume"]
            if not rows:
                text = f"Nothing waits under {cut(proposal_id)}. `fieldfare queue list` shows what does."
                raise CallerError("queue_unknown", text, field="proposal", status=_NOT_FOUND)
            waiting = [row for row in rows if row["status"] == order_store.WAITING]
            if not waiting:
                last = rows[-1]
                when = to_iso(last["decided_at"])
                raise ConflictError("queue_decided", f"It was {last['status']} by {last['actor']} at {when} already.")
            if waiting[0]["expires_at"] <= now:
                raise ConflictError("queue_late", f"Its time was over at {to_iso(waiting[0]['expires_at'])}.")
            for row in waiting:
                _may(row, who.actor, status)
            keys = [(row["proposal_id"], row["needs"]) for row in waiting]
            order_store.decide_queued(tx, keys, status, now, who.actor, who.reason)
            journey_store.make_due(tx, [proposal_id], now)
        decided = {"status": status, "decided_at": now, "actor": who.actor, "reason": who.reason}
        return {"decided": [_queued(row | decided) for row in waiting]}

    def _wake(self, now: Instant) -> int:
        """Make due what waited for a pause to end; return how many."""
        total = 0
        while True:
            with self.state.write() as tx:
                ids = order_store.drop_resumed(tx, AT_ONCE)
                journey_store.make_due(tx, ids, now)
            total += len(ids)
            if len(ids) < AT_ONCE:
                return total

    def _named(self, scope: str, name: str) -> tuple[Scope, str]:
        """Return scope and name as pauses keep it. Raises ``CallerError`` ``profile_unknown`` or ``name_unknown``."""
        found = scope_of(scope, name)
        if found is Scope.PROFILE:
            return found, str(self.look.person(name)[0])
        known = self.known.get(found.value)
        if known is not None and found is not Scope.EVERYTHING and name not in known:
            names = ", ".join(sorted(known)) or "none"
            text = f"There is no {found} {cut(name)}. There are: {names}."
            raise CallerError("name_unknown", text, field="name", status=_NOT_FOUND)
        return found, name.strip()

    def _standing(self, tx: Connection, scope: Scope, name: str, now: Instant) -> list[Pause]:
        names: Collection[str] = {name}
        if scope is Scope.PROFILE:
            names = {str(each) for each in self.look.family(name)}
        standing = order_store.pauses_standing(tx, now)
        return [each for each in standing if each.scope is scope and each.name in names]


def _may(row: dict[str, Any], actor: str, status: str) -> None:
    """See that the person may decide it. Raises ``CallerError`` ``approver_unknown`` or ``approval_own``."""
    if row["needs"] != APPROVAL or status != order_store.RELEASED:
        return
    names, person = row["approvers"].split(), person_behind(actor)
    if names and person not in names:
        text = f"{cut(actor)} may not approve this. Those who may: {', '.join(names)}."
        raise CallerError("approver_unknown", text, field="actor", status=_FORBIDDEN)
    if row["asked_by"] and person_behind(row["asked_by"]) == person:
        text = f"{cut(actor)} asked for it, and nobody approves their own. Somebody else must."
        raise CallerError("approval_own", text, field="actor", status=_FORBIDDEN)


def _told(one: Pause | Hold) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(one)
    return found | {"since_at": to_iso(one.since_at), "until": to_iso(one.until) if one.until is not None else None}


def _queued(row: dict[str, Any]) -> dict[str, Any]:
    times = {name: to_iso(row[name]) if row[name] is not None else None for name in ("at", "expires_at", "decided_at")}
    return row | times | {"approvers": row["approvers"].split()}
