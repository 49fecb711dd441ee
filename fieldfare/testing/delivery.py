"""Public fakes of delivery's ports: one small world in memory, with transactions that roll back, and a fuse that kills.

:class:`World` plays every store that delivery reads and writes. :class:`Fuse` ends the "process" at a chosen boundary
between two calls, the way a power cut would: what was committed stays, what was not is gone, what the provider took is
taken. Nothing here is durable.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from fieldfare.act.delivery.breaker import Breaker
from fieldfare.act.delivery.fates import Report
from fieldfare.act.delivery.limits import Bucket
from fieldfare.act.delivery.model import (
    HANDING_OVER,
    Address,
    Attempt,
    ConsentQuestion,
    Counted,
    Outcome,
    OutcomeKind,
    Person,
    ProposalChange,
    Standing,
    Tally,
    TrackedLink,
)
from fieldfare.act.delivery.parts import DeliveryPorts
from fieldfare.act.delivery.ports import PersonKey
from fieldfare.act.delivery.way_ports import Answered
from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Controls, Facts, Finding, Permit, Sent, Verdict
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.gate.ports import Asked
from fieldfare.decide.journeys.model import CHOOSING, DUE, ENDED, Claim, Proposal
from fieldfare.ground.instants import DAY, Instant
from fieldfare.learn.experiments.model import Arm
from fieldfare.testing.delivery_engine import (
    FakeAnswers,
    FakeBroadcasts,
    FakeLookUps,
    FakeProviders,
    FakeWays,
    with_outcome,
)

START: Instant = 1_767_960_000 * 1_000_000
"""2026-01-09T12:00:00Z, the default "now" of delivery's tests."""


def a_proposal(number: int = 1, **changes: Any) -> Proposal:
    """Return an ordinary due marketing proposal for profile ``number``, with the given fields changed."""
    ordinary = Proposal(
        id=f"prp_{number}",
        profile_id=number,
        journey="win-back",
        version="v1",
        step="0",
        enrollment_id=f"enr_{number}",
        experiment="journey.win-back",
        arm=Arm.TREATED,
        channel="email",
        template="hello",
        purpose="marketing",
        priority=50,
        proposed_at=START,
        due_at=START,
        expires_at=START + 2 * DAY,
        event_id=f"evt_{number}",
    )
    return msgspec.structs.replace(ordinary, **changes)


def a_permit(proposal: Proposal, address_hash: bytes = b"a" * 16, now: Instant = START) -> Permit:
    """Return a permit for the proposal, made by the gate from facts that nothing speaks against."""
    facts = Facts(
        proposal=msgspec.structs.replace(proposal, arm=Arm.TREATED, expires_at=now + DAY),
        address_hash=address_hash,
        consent="granted",
        suppressed_since=None,
        consent_pending=False,
        zone="UTC",
        zone_source="workspace",
        phases=frozenset(),
        journey_live=True,
        on_hold=False,
        rendered=True,
        match_confidence=100,
    )
    (verdict,) = judge([facts], Policy(), now)
    assert isinstance(verdict, Permit), verdict
    return verdict


class _Rows(msgspec.Struct):
    """All that a transaction can change."""

    proposals: dict[str, tuple[Proposal, str, Instant]] = {}
    attempts: dict[str, Attempt] = {}
    decisions: tuple[dict[str, Any], ...] = ()
    exposures: dict[tuple[str, int], tuple[str, Instant]] = {}
    outbox: dict[str, dict[str, Any]] = {}
    suppressions: dict[bytes, tuple[Instant, str]] = {}
    consents: dict[ConsentQuestion, str] = {}
    links: dict[str, TrackedLink] = {}
    judged: tuple[tuple[Facts, Verdict], ...] = ()
    claims: dict[str, tuple[str, Instant]] = {}
    breakers: dict[str, Breaker] = {}
    buckets: dict[str, Bucket] = {}
    follow: dict[str, Instant] = {}
    """When ended messages are looked at."""


class World:
    """Every port of delivery over rows in memory. Set the attributes to say how the world is."""

    def __init__(self) -> None:
        """Start empty: nobody known, nothing due."""
        self.rows = _Rows()
        self.people: dict[PersonKey, Person] = {}
        self.standings: dict[int, Standing] = {}
        self.ended: set[str] = set()
        """Enrollments that exited."""
        self.consent_pending = False
        self.controls: dict[str, Controls] = {}
        """What people ordered, by proposal; nothing for those that are left out."""
        self.stops: dict[str, Finding] = {}
        """Why calls must not start, by proposal."""
        self.running: dict[str, int | None] = {}
        """Broadcasts that are under way, and how many messages a minute they may send."""
        self.done: set[str] = set()
        """Broadcasts of which every recipient has a final state."""
        self.cancelled: set[str] = set()
        self.reports: dict[str, list[Report]] = {}
        """What providers told of messages."""
        self.answers: dict[int, list[Answered]] = {}
        """How people answer."""
        self.habits: dict[str | None, dict[Instant, int]] = {}
        """How many answered when, by place."""

    def add(self, proposal: Proposal, *, consent: str = "granted", to: str | None = None, **traits: Any) -> Proposal:
        """Put a due proposal into the world, with its person, address (``to``) and consent."""
        number = proposal.profile_id
        clear = to or f"person{number}@example.com"
        address = Address(clear, clear.encode().ljust(16, b".")[:16])
        self.people[number, "email"] = Person(address=address, traits={"first_name": f"P{number}", **traits})
        self.standings[number] = Standing(
            revision=0,
            zone="UTC",
            zone_source="workspace",
            phases=frozenset(),
            on_hold=False,
            match_confidence=100,
        )
        self.propose(proposal)
        self.set_consent(proposal, consent)
        return proposal

    def propose(self, proposal: Proposal) -> None:
        """Put a proposal into the world, as the store does."""
        status = CHOOSING if proposal.must_be_chosen else DUE
        self.rows.proposals[proposal.id] = (proposal, status, proposal.due_at)
        if proposal.ways.fallbacks or proposal.ways.escalation is not None:
            self.rows.follow[proposal.id] = proposal.due_at

    def reach(self, number: int, kind: str, clear: str) -> None:
        """Let a person be reached by another kind of address too, with their traits as they are."""
        known = self.people[number, "email"]
        address = Address(clear, clear.encode().ljust(16, b".")[:16])
        self.people[number, kind] = msgspec.structs.replace(known, address=address)

    def set_consent(self, proposal: Proposal, consent: str) -> None:
        """Say what is in force for the proposal's person, purpose and channel."""
        kind = {"sms": "phone"}.get(proposal.channel, "email")
        address = self.people[proposal.profile_id, kind].address
        question = ConsentQuestion(
            proposal.profile_id, address.hash if address else None, proposal.purpose, proposal.channel
        )
        self.rows.consents[question] = consent

    def status(self, proposal_id: str) -> str:
        """Return the status of a proposal."""
        return self.rows.proposals[proposal_id][1]

    def next_due(self) -> Instant | None:
        """Return when the next proposal is due, or is looked at; ``None`` when none is."""
        rows = self.rows.proposals
        waiting = [due_at for _, status, due_at in rows.values() if status in {CHOOSING, DUE}]
        waiting += [at for each, at in self.rows.follow.items() if rows[each][1] in ENDED]
        return min(waiting, default=None)

    def ports(self, fuse: "Fuse | None" = None) -> DeliveryPorts:
        """Return the ports over this world; every call passes the fuse."""
        fuse = fuse or Fuse()
        parts: dict[str, Any] = {
            "people": _People(self),
            "consent": _Consent(self),
            "orders": _Orders(self),
            "journeys": _Journeys(self),
            "proposals": _Proposals(self),
            "attempts": _Attempts(self),
            "decisions": _Decisions(self),
            "exposures": _Exposures(self),
            "outbox": _Outbox(self),
            "links": _Links(self),
            "look_ups": FakeLookUps(self),
            "providers": FakeProviders(self),
            "broadcasts": FakeBroadcasts(self),
            "ways": FakeWays(self),
            "answers": FakeAnswers(self),
        }
        return DeliveryPorts(state=_State(self, fuse), **{name: Fused(part, fuse) for name, part in parts.items()})


class Killed(BaseException):
    """The process ended. Not an ``Exception``: nobody can catch it and go on."""


class Fuse:
    """Counts boundaries between calls and raises :class:`Killed` at the one numbered ``at`` (from 1); never for 0."""

    def __init__(self, at: int = 0) -> None:
        """Start counting."""
        self.at = at
        self.count = 0
        self.burnt: str | None = None

    def pass_by(self, where: str) -> None:
        """Count one boundary; end the process when it is the one."""
        self.count += 1
        if self.count == self.at:
            self.burnt = where
            raise Killed(where)


class Fused:
    """Any object whose method calls pass a fuse before and after."""

    def __init__(self, inner: Any, fuse: Fuse) -> None:
        """Wrap ``inner``."""
        self._inner = inner
        self._fuse = fuse

    def __getattr__(self, name: str) -> Any:
        """Return the attribute; a method passes the fuse."""
        value = getattr(self._inner, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            where = f"{type(self._inner).__name__}.{name}"
            self._fuse.pass_by(f"before {where}")
            result = value(*args, **kwargs)
            self._fuse.pass_by(f"after {where}")
            return result

        return call


class _Part:
    def __init__(self, world: World) -> None:
        self._world = world

    @property
    def _rows(self) -> _Rows:
        return self._world.rows


class _State(_Part):
    def __init__(self, world: World, fuse: Fuse) -> None:
        super().__init__(world)
        self._fuse = fuse

    @contextmanager
    def write(self, *, replayable: bool = False) -> Iterator[object]:
        before = self._rows
        self._world.rows = _Rows(
            proposals=dict(before.proposals),
            attempts=dict(before.attempts),
            decisions=before.decisions,
            exposures=dict(before.exposures),
            outbox=dict(before.outbox),
            suppressions=dict(before.suppressions),
            consents=dict(before.consents),
            links=dict(before.links),
            judged=before.judged,
            claims=dict(before.claims),
            breakers=dict(before.breakers),
            buckets=dict(before.buckets),
            follow=dict(before.follow),
        )
        try:
            yield self
            self._fuse.pass_by("before commit")
        except BaseException:
            self._world.rows = before
            raise
        self._fuse.pass_by("after commit")

    @contextmanager
    def read(self) -> Iterator[object]:
        yield self


class _People(_Part):
    def load(self, tx: object, wanted: Sequence[PersonKey]) -> dict[PersonKey, Person]:
        return {key: self._world.people[key] for key in wanted if key in self._world.people}

    def standing(self, tx: object, profile_ids: Sequence[int], now: Instant) -> dict[int, Standing]:
        return {number: self._world.standings[number] for number in profile_ids}


class _Consent(_Part):
    def in_force(self, tx: object, questions: Sequence[ConsentQuestion], now: Instant) -> list[str]:
        return [state for state, _ in self.told(tx, questions, now)]

    def told(self, tx: object, questions: Sequence[ConsentQuestion], now: Instant) -> list[tuple[str, tuple[str, ...]]]:
        return [(self._rows.consents.get(question, "missing"), ()) for question in questions]

    def suppressed(self, tx: object, hashes: Sequence[bytes]) -> dict[bytes, Instant]:
        return {each: self._rows.suppressions[each][0] for each in hashes if each in self._rows.suppressions}

    def pending(self, tx: object, questions: Sequence[ConsentQuestion]) -> list[bool]:
        return [self._world.consent_pending] * len(questions)

    def suppress(self, tx: object, address_hash: bytes, reason: str, at: Instant, source: str) -> None:
        self._rows.suppressions.setdefault(address_hash, (at, reason))


class _Journeys(_Part):
    def live(self, tx: object, proposals: Sequence[Proposal], now: Instant) -> set[str]:
        return {each.id for each in proposals if each.enrollment_id not in self._world.ended}


class _Proposals(_Part):
    def _due(self, now: Instant) -> list[Proposal]:
        due = [(at, each) for each, status, at in self._rows.proposals.values() if status == "due" and at <= now]
        return [each for _, each in sorted(due, key=lambda pair: (pair[0], pair[1].id))]

    def is_any_due(self, tx: object, now: Instant) -> bool:
        return bool(self._due(now))

    def waiting(self, tx: object, channels: Collection[str], now: Instant) -> dict[str | None, int]:
        return dict(Counter(each.location for each in self._due(now) if each.channel in channels))

    def claim(self, tx: object, now: Instant, claim: Claim) -> list[Proposal]:
        claims = self._rows.claims
        found = [
            each
            for each in self._due(now)
            if (claim.channels is None or (each.channel in claim.channels) is not claim.others)
            and (not claim.by_location or each.location == claim.location)
            and (each.id not in claims or claims[each.id][1] <= now or claims[each.id][0] == claim.owner)
        ][: claim.most]
        claims.update({each.id: (claim.owner, claim.until) for each in found})
        return found

    def release(self, tx: object) -> None:
        self._rows.claims.clear()

    def still_due(self, tx: object, proposal_ids: Sequence[str], now: Instant, owner: str) -> set[str]:
        mine = {each for each, (who, _) in self._rows.claims.items() if who == owner}
        return {each.id for each in self._due(now)} & mine & set(proposal_ids)

    def load(self, tx: object, proposal_ids: Collection[str]) -> dict[str, Proposal]:
        return {each: self._rows.proposals[each][0] for each in proposal_ids if each in self._rows.proposals}

    def change(self, tx: object, changes: Sequence[ProposalChange]) -> None:
        for each in changes:
            proposal, _, due_at = self._rows.proposals[each.proposal_id]
            kept = due_at if each.due_at is None else each.due_at
            self._rows.proposals[each.proposal_id] = (proposal, each.status, kept)
            self._rows.claims.pop(each.proposal_id, None)


class _Attempts(_Part):
    def lock(self, tx: object, hashes: Sequence[bytes]) -> None:
        return None

    def tally(self, tx: object, proposal_ids: Sequence[str]) -> dict[str, Tally]:
        tally: dict[str, Tally] = {}
        for each in self._rows.attempts.values():
            if each.proposal_id in proposal_ids:
                had = tally.get(each.proposal_id, Tally())
                failed = had.failed + (each.outcome == OutcomeKind.FAILED.value)
                unknown = had.unknown + (each.outcome == OutcomeKind.UNKNOWN.value)
                tally[each.proposal_id] = Tally(had.made + 1, failed, unknown)
        return tally

    def counted(self, tx: object, hashes: Sequence[bytes], profile_ids: Sequence[int], since: Instant) -> list[Counted]:
        found = [
            Counted(each.address_hash, each.profile_id, _sent(each))
            for each in self._rows.attempts.values()
            if each.counts_toward_caps
            and each.granted_at >= since
            and (each.address_hash in hashes or each.profile_id in profile_ids)
        ]
        return sorted(found, key=lambda each: each.sent.at)

    def add(self, tx: object, attempts: Sequence[Attempt]) -> None:
        for each in attempts:
            assert each.id not in self._rows.attempts, each.id
            self._rows.attempts[each.id] = each

    def _unstarted(self, attempt_ids: Collection[str]) -> list[Attempt]:
        return [each for each in self._open(attempt_ids) if each.call_started_at is None]

    def _open(self, attempt_ids: Collection[str]) -> list[Attempt]:
        return [each for name in attempt_ids if (each := self._rows.attempts[name]).outcome == HANDING_OVER]

    def _set(self, attempts: Sequence[Attempt], **values: Any) -> set[str]:
        for each in attempts:
            self._rows.attempts[each.id] = msgspec.structs.replace(each, **values)
        return {each.id for each in attempts}

    def start(self, tx: object, attempt_ids: Collection[str], at: Instant) -> set[str]:
        return self._set(self._unstarted(attempt_ids), call_started_at=at)

    def finish(self, tx: object, ended: Mapping[str, Outcome], at: Instant) -> set[str]:
        found = [msgspec.structs.replace(with_outcome(each, ended[each.id]), ended_at=at) for each in self._open(ended)]
        return self._set(found)

    def abandon(self, tx: object, attempt_ids: Collection[str], at: Instant, outcome: str) -> set[str]:
        closed = {"ended_at": at, "outcome": outcome, "counts_toward_caps": False}
        return self._set(self._unstarted(attempt_ids), **closed)

    def give_back(self, tx: object, attempt_ids: Collection[str], at: Instant, outcome: str) -> set[str]:
        closed = {"ended_at": at, "outcome": outcome, "counts_toward_caps": False, "call_started_at": None}
        return self._set(self._open(attempt_ids), **closed)

    def unfinished(self, tx: object, granted_before: Instant) -> list[Attempt]:
        rows = self._rows.attempts.values()
        return [each for each in rows if each.outcome == HANDING_OVER and each.granted_at < granted_before]

    def of_provider(self, tx: object, channel: str, provider_id: str) -> Attempt | None:
        rows = self._rows.attempts.values()
        return next((each for each in rows if (each.channel, each.provider_id) == (channel, provider_id)), None)


def _sent(one: Attempt) -> Sent:
    return Sent(
        at=one.granted_at,
        channel=one.channel,
        purpose=one.purpose,
        journey=one.journey,
        tags=one.tags,
        location=one.location,
        is_exempt=one.is_exempt,
    )


class _Orders(_Part):
    def read(self, tx: object, asked: Sequence[Asked], now: Instant) -> dict[str, Controls]:
        return {each.proposal.id: self._world.controls.get(each.proposal.id, Controls()) for each in asked}

    def stopped(self, tx: object, asked: Sequence[Asked], now: Instant) -> dict[str, Finding]:
        return {id_: stop for id_, stop in self._world.stops.items() if id_ in {each.proposal.id for each in asked}}

    def note(self, tx: object, judged: Sequence[tuple[Facts, Verdict]], now: Instant) -> None:
        self._rows.judged = (*self._rows.judged, *judged)


class _Decisions(_Part):
    def add(self, tx: object, rows: Sequence[dict[str, Any]]) -> None:
        self._rows.decisions = (*self._rows.decisions, *rows)

    def delivered(self, tx: object, became: Mapping[str, tuple[str, str | None]]) -> None:
        rows, left = list(self._rows.decisions), dict(became)
        for place in range(len(rows) - 1, -1, -1):
            row = rows[place]
            if row["decision_outcome"] == "permit" and row["proposal_id"] in left:
                status, sent = left.pop(row["proposal_id"])
                rows[place] = {**row, "delivery_status": status, "action_sent": sent}
        self._rows.decisions = tuple(rows)


class _Exposures(_Part):
    def record(self, tx: object, met: Sequence[tuple[str, int, str, Instant]]) -> None:
        for experiment, profile_id, arm, at in met:
            self._rows.exposures.setdefault((experiment, profile_id), (arm, at))


class _Links(_Part):
    def add(self, tx: object, links: Sequence[TrackedLink], at: Instant) -> None:
        self._rows.links.update({link.id: link for link in links})


class _Outbox(_Part):
    def add(self, tx: object, events: Sequence[dict[str, Any]]) -> None:
        for event in events:
            self._rows.outbox.setdefault(event["messageId"], event)

    keep = add

    def sealed(self, event: dict[str, Any]) -> dict[str, Any]:
        return event
