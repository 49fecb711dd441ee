"""What the API and the CLI answer about contracts: which are in force, what a change would do, what could be declared.

Everything is read: the recorded contracts from the state, the events of the last days from the lake, sampled up to a
bound per event, the newest first. Answers are plain JSON values and hold names, counts and rules, never a value.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from fieldfare.collect import store as collect_store
from fieldfare.collect.check import check, violations
from fieldfare.collect.compare import Effect, compare
from fieldfare.collect.contracts import CollectSettings, Contract, Contracts, join_contracts
from fieldfare.collect.files import ContractFile
from fieldfare.collect.model import DeadLetter, DeadReason, Event
from fieldfare.collect.parse_files import parse_contract
from fieldfare.collect.suggest import Rename, renames, suggest
from fieldfare.collect.vocabulary import shipped_contracts
from fieldfare.flow.contract_history import by_version, recorded_contracts
from fieldfare.flow.lake_events import COLUMNS, openable, sealers_of
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Instant, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.ground.workspace.model import OWN_SOURCE
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.trust.keys.seal import Keys

REPLAYED = 10_000
"""Events of one name that a replay looks at, the newest first."""
SAMPLED = 2_000
"""Events of one name that suggestions look at, as many of the last day as of the days before."""

_NAMES = """SELECT t.name, t.type, count(*) AS events FROM event_rows t
    WHERE t.received_at >= ? AND t.source_system <> ? GROUP BY t.name, t.type ORDER BY t.name, t.type"""
_ROWS = f"""SELECT {COLUMNS} FROM event_rows t WHERE t.name = ? AND t.type = ? AND t.source_system <> ?
    AND t.received_at >= ? AND t.received_at < ? ORDER BY t.received_at DESC LIMIT ?"""  # noqa: S608 - constants only


class Candidate(msgspec.Struct, frozen=True):
    """Contracts that are to be: the workspace's own files, and what ``collect.yaml`` says."""

    contracts: list[ContractFile]
    settings: CollectSettings


def candidate_of(contracts: Contracts) -> Candidate:
    """Return the workspace's own contracts, to be compared with what is in force."""
    return Candidate([one.file for one in contracts.in_force() if not one.shipped], contracts.settings)


class ContractAnswers(msgspec.Struct, frozen=True, kw_only=True):
    """Answers from these parts; ``traits`` are the names that ``traits.yaml`` declares."""

    contracts: Contracts
    traits: frozenset[str]
    state: State
    lake: Lake
    loader: LakeLoader
    keys: Keys
    clock: Clock

    def listed(self) -> list[dict[str, Any]]:
        """Return every contract in force, in every version."""
        return [_listed(one) for one in self.contracts.in_force()]

    def shown(self, name: str) -> dict[str, Any]:
        """Return the contract of an event, or of a synonym, in every version, and since when each is in force."""
        event = self.contracts.canonical(name)
        versions = self.contracts.versions_of(event)
        if not versions:
            known = {*self.contracts.by_event, *self.contracts.synonyms}
            advice = nearest(name, known) or "`fieldfare contracts list` names them."
            raise CallerError(
                "contract_unknown", f"No contract has the event `{name}`. {advice}", field="event", status=404
            )
        with self.state.read() as connection:
            history = collect_store.contract_history(connection, event)
        return {
            "event": event,
            "versions": [{**_listed(one), **msgspec.to_builtins(one.file)} for one in versions.values()],
            "history": [
                {"version": version, "first_at": to_iso(first), "last_at": to_iso(last)}
                for version, first, last in history
            ],
        }

    def diff(self, candidate: Candidate, days: int) -> dict[str, Any]:
        """Return what the candidate changes, and what it would refuse of the events of the last days."""
        wanted = _compiled(candidate)
        recorded = recorded_contracts(self.state)
        new = by_version(one.file for one in wanted.in_force())
        changes = compare(recorded, new, wanted.settings) if recorded else []
        replayed = [*self._replay(wanted, days)]
        would_refuse = sum(one["refused"] for one in replayed)
        return {
            "is_recorded": bool(recorded),
            "is_compatible": not would_refuse and all(each.effect is not Effect.INCOMPATIBLE for each in changes),
            "changes": [msgspec.to_builtins(each) for each in changes],
            "days": days,
            "replayed": replayed,
            "renames": [msgspec.to_builtins(each) for each in self._renames(wanted, days)],
        }

    def suggestions(self, days: int) -> dict[str, Any]:
        """Return what could be declared of the events of the last days."""
        found: list[dict[str, Any]] = []
        renamed: list[Rename] = []
        for name, kind, events in self._names(days):
            late, early = self._halves(name, kind, days)
            known = self._known(self.contracts, name, kind)
            contract = self.contracts.by_event.get(name)
            one = suggest(
                name,
                [event.payload for event in (*late, *early)],
                known,
                self.contracts.settings.allowed_sensitivities,
                has_contract=contract is not None and not contract.shipped,
            )
            if one is not None:
                found.append({**msgspec.to_builtins(one), "events": events})
            renamed += _renames(name, late, early, known)
        return {"days": days, "suggestions": found, "renames": [msgspec.to_builtins(each) for each in renamed]}

    def _names(self, days: int) -> list[tuple[str, str, int]]:
        self.loader.sync()
        rows = self.lake.arrow(_NAMES, [self.clock.now() - days * DAY, OWN_SOURCE]).to_pylist()
        return [(row["name"], row["type"], row["events"]) for row in rows]

    def _sample(self, name: str, kind: str, since: Instant, until: Instant, most: int) -> list[Event]:
        rows = self.lake.arrow(_ROWS, [name, kind, OWN_SOURCE, since, until, most]).to_pylist()
        return [*openable(rows, sealers_of(self.keys, rows))]

    def _halves(self, name: str, kind: str, days: int) -> tuple[list[Event], list[Event]]:
        """Return events of the last day, and of the days before it."""
        now = self.clock.now()
        late = self._sample(name, kind, now - DAY, now + DAY, SAMPLED // 2)
        return late, self._sample(name, kind, now - max(2, days) * DAY, now - DAY, SAMPLED // 2)

    def _known(self, contracts: Contracts, name: str, kind: str) -> frozenset[str]:
        known = frozenset[str]().union(*(one.known for one in contracts.versions_of(name).values()))
        return known | self.traits if kind in {"identify", "group"} else known

    def _renames(self, contracts: Contracts, days: int) -> Iterator[Rename]:
        for name, kind, _ in self._names(days):
            known = self._known(contracts, name, kind)
            if known:
                yield from _renames(name, *self._halves(name, kind, days), known)

    def _replay(self, contracts: Contracts, days: int) -> Iterator[dict[str, Any]]:
        now = self.clock.now()
        for name, kind, events in self._names(days):
            sampled = self._sample(name, kind, now - days * DAY, now + DAY, REPLAYED)
            reasons: Counter[tuple[str, str, str]] = Counter()
            refused = 0
            for event in sampled:
                why = _refusal(event, contracts)
                refused += bool(why)
                reasons.update(why)
            yield {
                "event": name,
                "accepted": events,
                "replayed": len(sampled),
                "refused": refused,
                "why": [
                    {"reason": reason, "field": field, "rule": rule, "events": count}
                    for (reason, field, rule), count in reasons.most_common()
                ],
            }


def _listed(one: Contract) -> dict[str, Any]:
    return {
        "event": one.event,
        "version": one.version,
        "is_shipped": one.shipped,
        "synonyms": list(one.synonyms),
        "fields": len(one.known),
        "description": one.description,
    }


def _compiled(candidate: Candidate) -> Contracts:
    own = []
    for file in candidate.contracts:
        contract, problems = parse_contract(file)
        if contract is None:
            told = "; ".join(f"{problem.what}. {problem.why}." for problem in problems)
            text = f"The contract of `{file.event}` is not in order: {told} Mend it; `fieldfare validate` says where."
            raise CallerError("contract_invalid", text, field="contracts")
        own.append(contract)
    return join_contracts(own, shipped_contracts(), candidate.settings)


def _renames(name: str, late: Sequence[Event], early: Sequence[Event], known: frozenset[str]) -> Iterator[Rename]:
    for source in sorted({event.source for event in late}):
        yield from renames(name, source, _payloads(early, source), _payloads(late, source), known)


def _payloads(events: Iterable[Event], source: str) -> Sequence[dict[str, Any]]:
    return [event.payload for event in events if event.source == source]


def _refusal(event: Event, contracts: Contracts) -> set[tuple[str, str, str]]:
    """Return why the contracts would refuse the event: (reason, field, rule), nothing when they would take it."""
    event.name = contracts.canonical(event.name) if event.type == "track" else event.name
    found = check(event, contracts)
    if not isinstance(found, DeadLetter):
        return set()
    if found.reason is DeadReason.UNKNOWN_EVENT:
        return {(found.reason.value, "", "unknown_events")}
    if found.contract_version is None:
        return {(found.reason.value, "", "event_version")}
    contract = contracts.versions_of(event.name)[found.contract_version]
    broken = {(found.reason.value, place, rule) for place, rule in violations(contract, event.payload)}
    return broken or {(found.reason.value, "", "unknown_fields")}
