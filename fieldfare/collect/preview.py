"""Show what loading a file would do: the same path as :mod:`fieldfare.collect.load`, with nothing appended or noted.

Every event is parsed and checked against its contract too, so the counts are those of a real load but for what was seen
before. Nothing is stored. What is shown has gone through the field policy, and is veiled: kinds stand in the place of
identifiers, of the context, and of every value that the lake would seal.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fieldfare.collect.check import Contracts, Names, judge
from fieldfare.collect.load import LoadNote, LoadOptions, LoadReport, load
from fieldfare.collect.mapping import FileMapping
from fieldfare.collect.model import DeadLetter, Envelope, Event
from fieldfare.collect.parse import ParseSettings, parse
from fieldfare.collect.reconcile import Comparison, Kept, compare
from fieldfare.collect.repair import masked, shown_keys
from fieldfare.collect.row_sql import named_columns, pairs_columns
from fieldfare.collect.split import split
from fieldfare.collect.suggest import suggest
from fieldfare.ground.clock import Clock
from fieldfare.ground.log.ports import NORMAL, Entry

_SAMPLED = 500
"""Events of each name whose values are looked at."""


_PAYLOADS = frozenset({"properties", "traits"})
_PERSONAL = frozenset({"userId", "anonymousId", "previousId", "groupId", "context"})
_SAID = frozenset({"type", "messageId", "event", "row", "line", "problem", "fields"})
"""What an item that is no event says in our own words, or by names alone."""
_ASKED_AT_ONCE = 2_000
"""Message ids asked for in one query."""
Ask = Callable[[list[str]], dict[str, Kept]]
"""Tells what is kept of events by their message ids."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What an event goes through before it is kept."""

    options: LoadOptions
    settings: ParseSettings
    contracts: Contracts
    names: Names
    hidden: Callable[[Event], frozenset[str]]
    """Fields of an event that are sealed."""


class Preview(msgspec.Struct):
    """What a load would do."""

    report: LoadReport = msgspec.field(default_factory=LoadReport)
    shown: list[dict[str, Any]] = []
    """The first items, as they would be appended."""
    dead: dict[str, int] = {}
    """Reason -> dead letters that the whole file would make, its bad rows among them."""
    first_dead: dict[str, str] = {}
    """Reason -> detail of the first of them."""
    sensitive: list[tuple[str, str, str, str]] = []
    """Event, undeclared field, sensitivity that its name or its sampled values suggest, and what speaks for it."""
    unmapped: list[str] = []
    """Columns of the file that the mapping does not use."""


class _Nowhere:
    """``LoadNotes`` that forget."""

    def find(self, load_id: str) -> LoadNote | None:
        """Return that nothing is known."""
        return None

    def keep(self, note: LoadNote) -> None:
        """Forget the note."""


def preview(
    path: Path, mapping: FileMapping, clock: Clock, rules: Rules, rows: int, *, reveal: bool = False
) -> Preview:
    """Return what loading the file would do, with the first ``rows`` items, in clear when ``reveal``.

    Raises as ``load``.
    """
    found = Preview()
    names = shown_keys(rules.contracts, None)
    dead: Counter[str] = Counter()
    sampled: dict[str, list[dict[str, Any]]] = {}

    def look(envelope: Envelope) -> Entry:
        parts = split(envelope.kind, envelope.body)
        assert not isinstance(parts, str), "a body of our own making"
        for item, read in zip(parts.items, parse(envelope, NORMAL, 0, rules.settings), strict=True):
            if len(found.shown) < rows:
                call = msgspec.json.decode(item)
                found.shown.append(call if reveal else _veiled(call, read, rules, names))
            if isinstance(read, Event) and len(sampled.setdefault(read.name, [])) < _SAMPLED:
                sampled[read.name].append(read.payload)
            checked = judge(read, rules.contracts, rules.names)
            if isinstance(checked, DeadLetter):
                dead[checked.reason] += 1
                found.first_dead.setdefault(checked.reason, checked.detail)
        return Entry(envelope.received_at, b"")

    found.report = load(path, mapping, _append_nothing, look, clock, _Nowhere(), rules.options)
    found.dead = dict(sorted(dead.items()))
    found.sensitive = [
        warning for name in sorted(sampled) for warning in _warnings(name, sampled[name], rules.contracts)
    ]
    used = {*named_columns(mapping), *pairs_columns(mapping).values()}
    used |= {column.partition(".")[0] for column in used}
    found.unmapped = [column for column in found.report.columns if column not in used]
    return found


def _veiled(call: dict[str, Any], read: Event | DeadLetter, rules: Rules, names: frozenset[str]) -> dict[str, Any]:
    """Return an item as it would be appended, without what is personal; of what cannot be read, without any value."""
    if isinstance(read, DeadLetter):
        return {key: value if key in _SAID else masked(value, names) for key, value in call.items()}
    hidden = rules.hidden(read)

    def fields(values: dict[str, Any]) -> dict[str, Any]:
        return {name: masked(value, names) if name in hidden else value for name, value in values.items()}

    return {
        key: fields(value) if key in _PAYLOADS else masked(value, names) if key in _PERSONAL or key in hidden else value
        for key, value in call.items()
    }


def compare_file(path: Path, mapping: FileMapping, clock: Clock, rules: Rules, ask: Ask) -> Comparison:
    """Return how the events of a file agree with those kept under the same message ids. Raises as ``load``."""
    found = Comparison()
    waiting: list[Event] = []

    def flush() -> None:
        kept = ask([event.message_id for event in waiting])
        for event in waiting:
            compare(event, kept.get(event.message_id), rules.hidden(event), found)
        waiting.clear()

    def take(event: Event) -> None:
        waiting.append(event)
        if len(waiting) >= _ASKED_AT_ONCE:
            flush()

    found.refused = read_events(path, mapping, clock, rules, take)
    flush()
    return found


def read_events(path: Path, mapping: FileMapping, clock: Clock, rules: Rules, take: Callable[[Event], None]) -> int:
    """Give every event that the file would make to ``take``; return how many would be refused. Raises as ``load``."""
    refused = 0

    def look(envelope: Envelope) -> Entry:
        nonlocal refused
        for read in parse(envelope, NORMAL, 0, rules.settings):
            checked = judge(read, rules.contracts, rules.names)
            if isinstance(checked, Event):
                take(checked)
            else:
                refused += 1
        return Entry(envelope.received_at, b"")

    load(path, mapping, _append_nothing, look, clock, _Nowhere(), rules.options)
    return refused


def _warnings(name: str, payloads: list[dict[str, Any]], contracts: Contracts) -> list[tuple[str, str, str, str]]:
    contract = contracts.by_event.get(name)
    known = contract.known if contract is not None else frozenset[str]()
    allowed = contracts.settings.allowed_sensitivities
    suggestion = suggest(name, payloads, known, allowed, has_contract=contract is not None)
    fields = suggestion.fields if suggestion is not None else []
    return [(name, field.name, field.sensitivity, field.why) for field in fields if field.sensitivity != "none"]


def _append_nothing(_partition: int, _entries: Sequence[Entry]) -> list[int]:
    return []
