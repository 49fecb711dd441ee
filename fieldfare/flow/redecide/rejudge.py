"""Judge recorded proposals anew: once by the rules they were judged by, once by the changed ones. Pure.

The log is walked in the order of time; all that was judged at one instant is judged together, as it was. What the first
judging does not say as the log does depends on something that the log does not keep; it is left out and counted. For
the changed rules, hand-overs are those that the changed rules would have let go: a message that is refused fills no cap
of a later one. Once a proposal is decided, its later rows do not matter. One that the changed rules let wait is judged
again when its wait is over, by the newest facts that are on record by then.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import msgspec

from fieldfare.decide.gate.exempt import is_exempt
from fieldfare.decide.gate.judge import judge
from fieldfare.decide.gate.model import Deferral, Facts, Permit, Reason, Refusal, Sent, Verdict
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.journeys.model import Proposal
from fieldfare.flow.redecide.book import Book
from fieldfare.flow.redecide.facts import facts_of, unknown_to, unreadable
from fieldfare.flow.redecide.model import Compared, Handed, Left, Recorded, Result, Told
from fieldfare.ground.instants import Instant

PROVIDERS = frozenset({Reason.RATE_LIMITED.value, Reason.PROVIDER_OPEN.value})
"""Said by providers' limits after the gate, so no rule changes them."""
MOST_ROUNDS = 50
"""So often one proposal is judged again when its wait is over."""
_END: Instant = 1 << 62
NOT_REPRODUCED = "not_reproduced"
Phases = Callable[[str | None, Instant], frozenset[str]] | None
"""Which phases hold at a place then by the changed seasons; ``None``: the seasons did not change."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """Both sets of rules."""

    today: Policy
    changed: Policy
    phases: Phases = None


def rejudge(
    rows: Iterable[Recorded], proposals: Mapping[str, Proposal], handed: Sequence[Handed], rules: Rules
) -> Result:
    """Return every proposal judged anew. ``rows`` in the order of the log, ``handed`` ascending by time."""
    return _Run(proposals, handed, rules).all(rows)


class _Run:
    def __init__(self, proposals: Mapping[str, Proposal], handed: Sequence[Handed], rules: Rules) -> None:
        self._proposals, self._rules = proposals, rules
        self._today, self._changed = Book(rules.today), Book(rules.changed)
        self._handed = {(each.proposal_id, each.sent.at): each for each in handed}
        self._ahead = list(reversed(handed))
        self._waiting: list[tuple[Instant, int, str]] = []
        self._until: dict[str, Instant] = {}
        self._newest: dict[str, Recorded] = {}
        self._rounds: Counter[str] = Counter()
        self._was: dict[str, Told] = {}
        self._ended: dict[str, Instant] = {}
        self._would_be: dict[str, Told] = {}
        self._left: dict[str, str] = {}
        self._verdicts = 0

    def all(self, rows: Iterable[Recorded]) -> Result:
        ordered = sorted(rows, key=lambda row: (row.at, row.seq))
        judged = {(row.proposal_id, row.at) for row in ordered if row.outcome == "permit"}
        for at, together in groupby(ordered, key=lambda row: row.at):
            self._wait_until(at, judged)
            self._come_to(at, judged)
            self._instant(list(together), at)
        self._wait_until(_END, judged)
        compared = tuple(
            Compared(self._proposals[each], was, self._placed(each))
            for each, was in self._was.items()
            if each not in self._left
        )
        counts = Counter(self._left.values())
        return Result(compared, tuple(Left(why, count) for why, count in sorted(counts.items())), self._verdicts)

    def _wait_until(self, at: Instant, judged: set[tuple[str, Instant]]) -> None:
        """Judge again what the changed rules let wait until an instant that is not after ``at``, in their order."""
        while self._waiting and self._waiting[0][0] < at:
            then = self._waiting[0][0]
            due: list[str] = []
            while self._waiting and self._waiting[0][0] == then:
                due.append(heapq.heappop(self._waiting)[2])
            rows = {
                each: self._newest[each] for each in due if self._until.get(each) == then and each not in self._left
            }
            self._come_to(then, judged)
            after = self._judge(rows, self._changed, self._rules.changed, then, self._rules.phases)
            for each, (facts, verdict) in after.items():
                self._decide(rows[each], facts, verdict, then)

    def _placed(self, proposal_id: str) -> Told:
        """Return what the changed rules say in the end, a permit beside when it was given before."""
        was, would_be = self._was[proposal_id], self._would_be[proposal_id]
        row = self._newest[proposal_id]
        if was.outcome != "permit" or would_be.outcome != "permit" or self._ended[proposal_id] == row.at:
            return would_be
        return Told("permit_later" if self._ended[proposal_id] > row.at else "permit_earlier", ())

    def _come_to(self, at: Instant, judged: set[tuple[str, Instant]]) -> None:
        """Take the hand-overs before the instant that no row here decides."""
        while self._ahead and self._ahead[-1].sent.at < at:
            one = self._ahead.pop()
            if (one.proposal_id, one.sent.at) not in judged:
                for book in (self._today, self._changed):
                    book.add(one.profile_id, one.address_hash, one.sent, counts=one.counts)

    def _instant(self, rows: list[Recorded], at: Instant) -> None:
        self._verdicts += len(rows)
        found = {row.proposal_id: row for row in rows}  # of several verdicts at one instant the last
        ready: dict[str, Recorded] = {}
        for each, row in found.items():
            why = unreadable(row, self._proposals.get(each))
            if why is None:
                ready[each] = row
            else:
                self._left.setdefault(each, why)
                self._keep(row)
        if not ready:
            return
        rules = self._rules
        before = self._judge(ready, self._today, rules.today, at, None)
        for each, (facts, verdict) in before.items():
            row = ready[each]
            self._was[each], self._newest[each] = Told(row.outcome, row.reasons), row
            said = _told(verdict)
            if not _agree(said, row):
                self._left.setdefault(each, f"{NOT_REPRODUCED}: {_first(row, said)}")
            elif (why := unknown_to(facts, rules.today, rules.changed)) is not None:
                self._left.setdefault(each, why)
            self._keep(row, changed=each in self._left)
        open_still = {
            each: row
            for each, row in ready.items()
            if each not in self._left
            and self._would_be.get(each, _WAITS).outcome == _WAITS.outcome
            and self._until.get(each, at) <= at
        }
        after = self._judge(open_still, self._changed, rules.changed, at, rules.phases)
        for each, (facts, verdict) in after.items():
            self._decide(ready[each], facts, verdict, at)

    def _judge(
        self, rows: Mapping[str, Recorded], book: Book, policy: Policy, at: Instant, phases: Phases
    ) -> dict[str, tuple[Facts, Verdict]]:
        batch = [self._facts(row, book, phases, at) for row in rows.values()]
        return dict(zip(rows, zip(batch, judge(batch, policy, at), strict=True), strict=True))

    def _facts(self, row: Recorded, book: Book, phases: Phases, at: Instant) -> Facts:
        read = row.inputs["read"]
        address, location = read.get("address"), read.get("location")
        hashed = bytes.fromhex(address) if address is not None else None
        return facts_of(
            row,
            self._proposals[row.proposal_id],
            phases=row.phases if phases is None else phases(location, at),
            sent=book.sent_to(row.profile_id, hashed, at),
            permitted=(),
            used=book.used(location, at),
        )

    def _keep(self, row: Recorded, *, changed: bool = True) -> None:
        """Take the hand-over that a recorded permit led to; by the changed rules too where nothing is judged."""
        one = self._handed.get((row.proposal_id, row.at))
        if row.outcome != "permit" or one is None:
            return
        self._today.add(one.profile_id, one.address_hash, one.sent, counts=one.counts)
        if changed:
            self._changed.add(one.profile_id, one.address_hash, one.sent, counts=one.counts)

    def _decide(self, row: Recorded, facts: Facts, verdict: Verdict, at: Instant) -> None:
        if isinstance(verdict, Permit) and row.outcome == "deferral" and set(row.reasons) <= PROVIDERS:
            self._would_be[row.proposal_id] = Told(row.outcome, row.reasons)
            self._until.pop(row.proposal_id, None)
            return
        self._would_be[row.proposal_id], self._ended[row.proposal_id] = _told(verdict), at
        self._until.pop(row.proposal_id, None)
        if isinstance(verdict, Deferral) and self._rounds[row.proposal_id] < MOST_ROUNDS:
            self._rounds[row.proposal_id] += 1
            self._until[row.proposal_id] = verdict.until
            heapq.heappush(self._waiting, (verdict.until, row.seq, row.proposal_id))
        if not isinstance(verdict, Permit) or facts.address_hash is None:
            return
        one = self._handed.get((row.proposal_id, at))
        counts = one.counts if one is not None else True
        self._changed.add(row.profile_id, facts.address_hash, _sent(facts, self._rules.changed, at), counts=counts)


_WAITS = Told("deferral", ())


def _sent(facts: Facts, policy: Policy, at: Instant) -> Sent:
    wish = facts.proposal
    return Sent(
        at=at,
        channel=wish.channel,
        purpose=wish.purpose,
        journey=wish.journey,
        tags=facts.tags,
        location=facts.location,
        is_exempt=is_exempt(facts, policy),
    )


def _told(verdict: Verdict) -> Told:
    if isinstance(verdict, Permit):
        return Told("permit", ())
    reasons = tuple(finding.reason.value for finding in verdict.findings)
    return Told("refusal" if isinstance(verdict, Refusal) else "deferral", reasons)


def _agree(said: Told, row: Recorded) -> bool:
    """Return whether the rules of then say what was recorded; a provider's wait counts as the gate's permit."""
    if row.outcome == "deferral" and set(row.reasons) <= PROVIDERS:
        return said.outcome == "permit"
    return said.outcome == row.outcome and set(said.reasons) == set(row.reasons)


def _first(row: Recorded, said: Told) -> str:
    """Return the first reason by which the record and the rules differ."""
    return next(iter(sorted(set(row.reasons) ^ set(said.reasons))), row.outcome)


def differing(compared: Iterable[Compared]) -> Iterator[Compared]:
    """Yield what would have been decided otherwise."""
    return (each for each in compared if each.was.outcome != each.would_be.outcome or _reasons(each))


def _reasons(each: Compared) -> bool:
    return set(each.was.reasons) != set(each.would_be.reasons)
