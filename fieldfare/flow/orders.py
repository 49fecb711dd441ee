"""What people ordered and what is used up, read for the gate and kept after it: ``Orders`` over the stores. No rule.

Everything happens in the transaction that delivery opened, so a pause that is committed before a decision or a call is
seen by it. Limits are shared between addresses: where several workers decide at once (PostgreSQL), each limit that a
batch may take from is locked, in one fixed order and after the addresses, until the transaction ends.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, func, select

from fieldfare.act.delivery import store as delivery_store
from fieldfare.decide.gate import order_store
from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.groups import Member, member_of, share_in_ppm
from fieldfare.decide.gate.limits import period_of, place_of, uses_of
from fieldfare.decide.gate.model import Controls, Deferral, Facts, Finding, Hold, Mode, Pause, Permit, Verdict
from fieldfare.decide.gate.orders import (
    automation_of,
    hold_in_force,
    names_of,
    pauses_over,
    stopped_finding,
    waits_for,
)
from fieldfare.decide.gate.policy import Limit, Policy
from fieldfare.decide.gate.ports import Asked, Breakers, Sizes
from fieldfare.decide.journeys import store as journey_store
from fieldfare.decide.journeys.model import DONE, Proposal
from fieldfare.flow.engagement import Engagement
from fieldfare.ground.ids import digest
from fieldfare.ground.instants import Instant
from fieldfare.know.identity import store as identity_store
from fieldfare.know.profiles import health_store
from fieldfare.learn.experiments import store as experiment_store


class NoBreakers:
    """``Breakers`` where nothing watches providers."""

    def open_until(self, tx: Connection, channels: Collection[str], now: Instant) -> dict[str, Instant]:
        """Return nothing: every provider is called."""
        return {}


class NoSizes:
    """``Sizes`` where nobody counts."""

    def of(self, tx: Connection, automations: Collection[str]) -> dict[str, int]:
        """Return nothing."""
        return {}


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch read, for all its proposals."""

    families: Mapping[int, frozenset[int]]
    pauses: Sequence[Pause]
    modes: Mapping[str, Mode]
    holds: Sequence[Hold]
    decided: Mapping[str, Mapping[str, str]]
    breakers: Mapping[str, Instant]
    sizes: Mapping[str, int]
    walks: Mapping[int, tuple[str, ...]]
    held_out: Mapping[str, tuple[str, ...]]
    members: Sequence[Member]
    used: Mapping[tuple[str, str], int]
    backlog: Mapping[str, int]
    failing: tuple[str, ...]
    engaged: Mapping[int, Mapping[str, int]]


class SqlOrders:
    """``Orders`` over the state database."""

    def __init__(
        self,
        policy: Policy,
        salt: str,
        engagement: Engagement,
        breakers: Breakers | None = None,
        sizes: Sizes | None = None,
    ) -> None:
        """Read for this policy; ``salt`` is the workspace's name, by which its control group is drawn."""
        self._policy, self._salt, self._engagement = policy, salt, engagement
        self._breakers: Breakers = breakers or NoBreakers()
        self._sizes: Sizes = sizes or NoSizes()

    def read(self, tx: Connection, asked: Sequence[Asked], now: Instant) -> dict[str, Controls]:
        """Return by proposal id what stands."""
        if not asked:
            return {}
        standing = self._standing(tx, asked, now)
        return {each.proposal.id: self._controls(each, standing, now) for each in asked}

    def stopped(self, tx: Connection, asked: Sequence[Asked], now: Instant) -> dict[str, Finding]:
        """Return by proposal id why its call must not start now."""
        pauses, modes = order_store.pauses_standing(tx, now), order_store.modes_in_force(tx)
        if not pauses and Mode.OFF not in modes.values():
            return {}
        families = identity_store.families(tx, {each.proposal.profile_id for each in asked})
        found: dict[str, Finding] = {}
        for each in asked:
            wish = each.proposal
            over = pauses_over(pauses, names_of(wish, each.location, families[wish.profile_id]), now)
            said = stopped_finding(over, modes.get(automation_of(wish), Mode.ON), max(wish.expires_at, now))
            if said is not None:
                found[wish.id] = said
        return found

    def note(self, tx: Connection, judged: Sequence[tuple[Facts, Verdict]], now: Instant) -> None:
        """Keep what waits for people, what permits take, and who was met where."""
        waiting = [
            _queue_row(facts.proposal, needs, found, now)
            for facts, verdict in judged
            if isinstance(verdict, Deferral)
            for needs, found in waits_for(verdict)
        ]
        order_store.insert_queue(tx, waiting)
        if self._policy.limits:
            self._note_uses(tx, judged, now)
        met = [facts for facts, _ in judged if facts.address_hash is not None]
        self._note_members(tx, met, now)
        pairs = {
            (facts.address_hash, facts.proposal.profile_id)
            for facts in met
            if facts.address_hash is not None and facts.proposal.experiment is not None
        }
        order_store.insert_met(tx, pairs, now)

    def _note_uses(self, tx: Connection, judged: Sequence[tuple[Facts, Verdict]], now: Instant) -> None:
        order_store.drop_uses(tx, {facts.proposal.id for facts, verdict in judged if not isinstance(verdict, Permit)})
        for facts, verdict in judged:
            if isinstance(verdict, Permit):
                order_store.insert_uses(tx, facts.proposal.id, uses_of(facts, self._policy), now)

    def _note_members(self, tx: Connection, met: Iterable[Facts], now: Instant) -> None:
        group = self._policy.control_group
        if group is None:
            return
        members = [
            Member(
                address_hash=facts.address_hash,
                profile_id=facts.proposal.profile_id,
                share_ppm=share_in_ppm(group.share),
                is_control=facts.controls.in_control,
                at=now,
            )
            for facts in met
            if facts.address_hash is not None and not is_exempt(facts, self._policy)
        ]
        order_store.insert_members(tx, members)

    def _standing(self, tx: Connection, asked: Sequence[Asked], now: Instant) -> _Standing:
        policy = self._policy
        families = identity_store.families(tx, {each.proposal.profile_id for each in asked})
        people = {profile_id for family in families.values() for profile_id in family}
        hashes = {each.address_hash for each in asked if each.address_hash is not None}
        automations = {automation_of(each.proposal) for each in asked}
        return _Standing(
            families=families,
            pauses=order_store.pauses_standing(tx, now),
            modes=order_store.modes_in_force(tx),
            holds=order_store.holds_of(tx, people),
            decided=order_store.decided_of(tx, [each.proposal.id for each in asked]),
            breakers=self._breakers.open_until(tx, {each.proposal.channel for each in asked}, now),
            sizes=self._sizes.of(tx, automations) if policy.approvals else {},
            walks=_walks(tx, people) if policy.exclusions else {},
            held_out=_held_out(tx, asked, families, hashes),
            members=order_store.members_of(tx, hashes, people) if policy.control_group is not None else (),
            used=self._used(tx, asked, now) if policy.limits else {},
            backlog=_backlog(tx, policy.limits),
            failing=_failing(tx) if policy.healthy else (),
            engaged=self._engagement.of(tx, families, now) if policy.throttles else {},
        )

    def _used(self, tx: Connection, asked: Sequence[Asked], now: Instant) -> dict[tuple[str, str], int]:
        places = {each.location for each in asked}
        keys = sorted({(limit.name, place_of(limit, place)) for limit in self._policy.limits for place in places})
        if tx.dialect.name == "postgresql":
            for name, place in keys:
                key = int.from_bytes(digest("limit", name, place)[:8], "big", signed=True)
                tx.execute(select(func.pg_advisory_xact_lock(key)))
        since = {limit.name: period_of(limit, now, self._policy.zone) for limit in self._policy.limits}
        return {(name, place): order_store.used_since(tx, name, place, since[name]) for name, place in keys}

    def _controls(self, asked: Asked, standing: _Standing, now: Instant) -> Controls:
        wish, policy = asked.proposal, self._policy
        family = standing.families[wish.profile_id]
        automation = automation_of(wish)
        decided = standing.decided.get(wish.id, {})
        group, in_control = policy.control_group, False
        if group is not None and asked.address_hash is not None:
            known = [
                one for one in standing.members if one.address_hash == asked.address_hash or one.profile_id in family
            ]
            person = min(family)
            in_control, _ = member_of(known, asked.address_hash, person, salt=self._salt, share=group.share, now=now)
        walks = {journey for each in family for journey in standing.walks.get(each, ())}
        return Controls(
            pauses=pauses_over(standing.pauses, names_of(wish, asked.location, family), now) if standing.pauses else (),
            mode=standing.modes.get(automation, Mode.ON),
            hold=hold_in_force((hold for hold in standing.holds if hold.profile_id in family), now)
            if standing.holds
            else None,
            granted=frozenset(needs for needs, status in decided.items() if status == order_store.RELEASED),
            rejected=order_store.REJECTED in decided.values(),
            open_until=standing.breakers.get(wish.channel),
            held_out=standing.held_out.get(wish.id, ()),
            in_control=in_control,
            walks=tuple(sorted(walks - {wish.journey})),
            used={
                limit.name: standing.used.get((limit.name, place_of(limit, asked.location)), 0)
                for limit in policy.limits
            },
            backlog=standing.backlog,
            engaged=standing.engaged.get(wish.profile_id, {}),
            audience_size=standing.sizes.get(automation, 0),
            failing=standing.failing,
        )


def _queue_row(wish: Proposal, needs: str, found: Finding, now: Instant) -> dict[str, object]:
    return {
        "proposal_id": wish.id,
        "needs": needs,
        "profile_id": wish.profile_id,
        "automation": automation_of(wish),
        "channel": wish.channel,
        "template": wish.template,
        "asked_by": str(wish.variables.get("actor", "")),
        "approvers": " ".join(found.inputs.get("approvers", ())),
        "at": now,
        "expires_at": wish.expires_at,
    }


def _walks(tx: Connection, people: Collection[int]) -> dict[int, tuple[str, ...]]:
    """Return the journeys that people walk, by profile."""
    found: dict[int, tuple[str, ...]] = {}
    for walk in journey_store.load_enrollments(tx, people):
        if walk.status not in DONE:
            found[walk.profile_id] = (*found.get(walk.profile_id, ()), walk.journey)
    return found


def _held_out(
    tx: Connection, asked: Sequence[Asked], families: Mapping[int, frozenset[int]], hashes: Collection[bytes]
) -> dict[str, tuple[str, ...]]:
    """Return by proposal the experiments in which anybody of the person or on the address is held out."""
    concerned = [each for each in asked if each.proposal.experiment is not None]
    if not concerned:
        return {}
    met = order_store.met_at(tx, hashes)
    near = {
        each.proposal.id: families[each.proposal.profile_id] | met.get(each.address_hash or b"", set())
        for each in concerned
    }
    people = {profile_id for ids in near.values() for profile_id in ids}
    names = {each.proposal.experiment for each in concerned if each.proposal.experiment is not None}
    out = experiment_store.held_out(tx, names, people)
    return {
        each.proposal.id: (each.proposal.experiment,)
        for each in concerned
        if each.proposal.experiment is not None
        and any((each.proposal.experiment, profile_id) in out for profile_id in near[each.proposal.id])
    }


def _backlog(tx: Connection, limits: Sequence[Limit]) -> dict[str, int]:
    lists = sorted({limit.backlog_list for limit in limits if limit.backlog_above is not None})
    return delivery_store.open_tasks(tx, lists) if lists else {}


def _failing(tx: Connection) -> tuple[str, ...]:
    day = health_store.last_day(tx)
    found = health_store.of_day(tx, day) if day is not None else []
    return tuple(sorted({each.metric for each in found if not each.ok}))
