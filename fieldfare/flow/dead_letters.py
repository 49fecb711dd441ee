"""Dead letters: what there is, one of them opened, repaired and sent again, or discarded.

A repair goes page by page through the open letters that match: open the seal, patch, try again under the definitions
of now; then append what passes, as new records in backfill mode (so nobody enters a journey by it), and close those
letters. A crash between append and closing sends the page again when the command is given again: the events come under
the same message ids, which are kept as those of files are and never forgotten, so the pipeline drops them. Two
operators at once are the same case. Dry runs change nothing. Counts of closed letters stay; what was sent goes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from jsonpatch import JsonPatch

from fieldfare.collect import store
from fieldfare.collect.model import DeadLetter, Envelope, Event, Mode, Place
from fieldfare.collect.repair import (
    LEFT_WORDS,
    DoorDefinitions,
    Left,
    Letter,
    LetterFilter,
    Resubmission,
    State,
    Where,
    call_of,
    holds,
    masked,
    patch_name,
    patched,
    place_text,
    shown_keys,
    try_again,
)
from fieldfare.collect.split import BATCH, Parts, split
from fieldfare.collect.wire import consent_names, is_urgent
from fieldfare.flow.intake import open_record, seal_envelope
from fieldfare.ground import store as ground_store
from fieldfare.ground.clock import Clock
from fieldfare.ground.errors import CallerError, PermanentError
from fieldfare.ground.instants import to_iso
from fieldfare.ground.log.ports import NORMAL, URGENT, Entry, EventLog
from fieldfare.trust.keys.raw import RAW_DAYS
from fieldfare.trust.keys.seal import Keys

LETTERS_PER_PAGE = 200
BYTES_PER_PAGE = 8 * 2**20
EXAMPLES = 3
SEALED_AS = b"dead"
_EMPTIED = {State.REPAIRED, State.DISCARDED}
_Outcome = Resubmission | DeadLetter | Left


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are to be repaired, how, and how much of it is to be shown."""

    wanted: LetterFilter
    where: tuple[Where, ...] = ()
    patch: JsonPatch | None = None
    apply: bool = False
    examples: int = EXAMPLES
    reveal: bool = False


class _Known(msgspec.Struct, frozen=True):
    """What only the record says of an event, as long as the log has it."""

    consent_version: str | None = None
    unverified: str | None = None


class DeadLetters:
    """The dead letters of one installation."""

    def __init__(
        self,
        state: ground_store.State,
        log: EventLog,
        keys: Keys,
        definitions: DoorDefinitions,
        clock: Clock,
        keep_days: Mapping[str, int],
        is_erased: Callable[[Event], bool],
        *,
        page: int = LETTERS_PER_PAGE,
    ) -> None:
        """Repair by these definitions, at most ``page`` letters at once; ``keep_days``: source -> days of records.

        ``is_erased``: whether an event came before the erasure of whom it names.
        """
        self._is_erased = is_erased
        self._state, self._log, self._keys, self._clock = state, log, keys, clock
        self._definitions, self._keep_days, self._page = definitions, keep_days, page
        self._consent = consent_names(definitions.parse.synonyms.items())

    def overview(self, wanted: LetterFilter, limit: int) -> dict[str, Any]:
        """Return counts by reason, source, event and state, and the newest letters; no value of any of them."""
        with self._state.read() as connection:
            counts = store.count_letters(connection, wanted)
            newest = store.newest_letters(connection, wanted, limit)
        names = ("reason", "source", "event", "state", "count")
        return {
            "total": sum(row[-1] for row in counts),
            "counts": [dict(zip(names, row, strict=True)) for row in counts],
            "letters": [_told(letter) for letter in newest],
        }

    def show(self, place: Place) -> dict[str, Any]:
        """Return one letter with what was sent, opened: this reveals it.

        Raises ``CallerError`` ``dead_letter_unknown`` (404).
        """
        with self._state.read() as connection:
            found = store.letters_after(connection, LetterFilter(place=place), None, 1)
            sealed = store.sealed_letters(connection, [place])
        if not found:
            text = (
                f"There is no dead letter at {place_text(place)}. `fieldfare dead-letters list` shows those there are."
            )
            raise CallerError("dead_letter_unknown", text, field="place", status=404)
        raw = self._open(found[0], sealed[place])
        shown = {"raw": None, "raw_state": "emptied" if found[0].state in _EMPTIED else "gone"}
        if raw is not None:
            shown = {"raw": raw.decode("utf-8", "backslashreplace"), "raw_state": "opened"}
        return _told(found[0]) | shown

    def repair(self, wish: Wish) -> dict[str, Any]:
        """Try the letters again, and with ``apply`` send again and close those that pass; return what came of it."""
        report = _Report(wish, shown_keys(self._definitions.contracts, wish.patch))
        for page in self._pages(wish.wanted):
            passed: list[tuple[Letter, Resubmission]] = []
            for letter, raw in page:
                call, outcome = self._try(letter, raw, wish)
                if call is None:
                    continue
                report.add(letter, call, outcome)
                if isinstance(outcome, Resubmission):
                    passed.append((letter, outcome))
            if wish.apply and passed:
                self._send_again(passed)
                places = [letter.place for letter, _ in passed]
                report.closed += self._close(places, State.REPAIRED, patch_name(wish.patch))
        return report.told()

    def discard(self, wanted: LetterFilter, where: Sequence[Where], why: str, *, apply: bool) -> dict[str, Any]:
        """Close letters for good and empty them; return how many. Raises ``CallerError`` ``reason_missing``."""
        if not why.strip():
            text = "No reason was given. Say in a few words why these events are not needed; it is kept with them."
            raise CallerError("reason_missing", text, field="why")
        matched: Counter[str] = Counter()
        closed = 0
        for page in self._pages(wanted, opened=bool(where)):
            chosen = [letter for letter, raw in page if _all_hold(where, letter, raw)]
            matched.update(letter.reason for letter in chosen)
            if apply and chosen:
                closed += self._close([letter.place for letter in chosen], State.DISCARDED, why.strip()[:500])
        return {
            "applied": apply,
            "matched": matched.total(),
            "reasons": dict(sorted(matched.items())),
            "closed": closed,
        }

    def _try(self, letter: Letter, raw: bytes | None, wish: Wish) -> tuple[Any, _Outcome]:
        """Return the call and what comes of it; no call when the letter is not meant."""
        call: Any = Left.RAW_GONE if raw is None else call_of(raw, letter.reason, patched=wish.patch is not None)
        if isinstance(call, Left):
            return (None if wish.where else {}), call
        if not all(holds(where, call) for where in wish.where):
            return None, Left.NO_CALL
        mended = patched(call, wish.patch)
        if isinstance(mended, Left):
            return call, mended
        again = try_again(mended, letter, self._definitions, self._clock.now())
        if isinstance(again, Resubmission):
            as_it_came = msgspec.structs.replace(again.event, place=letter.place, received_at=letter.received_at)
            if self._is_erased(as_it_came):
                return call, Left.ERASED
        return call, again

    def _pages(self, wanted: LetterFilter, *, opened: bool = True) -> Iterator[list[tuple[Letter, bytes | None]]]:
        """Yield the open letters that match, in order, as many at once as memory allows."""
        wanted = msgspec.structs.replace(wanted, state=State.OPEN)
        after: Place | None = None
        while True:
            with self._state.read() as connection:
                letters = _within(store.letters_after(connection, wanted, after, self._page), BYTES_PER_PAGE)
                places = [letter.place for letter in letters]
                sealed = store.sealed_letters(connection, places) if opened and places else {}
            if not letters:
                return
            yield [(each, self._open(each, sealed[each.place]) if opened else None) for each in letters]
            after = letters[-1].place

    def _open(self, letter: Letter, sealed: bytes) -> bytes | None:
        """Return what was sent, ``None`` when it was emptied or its period's key is gone."""
        if not sealed:
            return None
        try:
            return self._keys.open_raw(sealed, SEALED_AS, letter.received_at)
        except PermanentError:
            return None

    def _send_again(self, passed: list[tuple[Letter, Resubmission]]) -> None:
        groups: dict[tuple[int, str, _Known], list[Resubmission]] = {}
        known: tuple[tuple[int, int], _Known] | None = None
        for letter, again in passed:
            record = (letter.place.partition, letter.place.offset)
            if known is None or known[0] != record:
                known = (record, self._known(letter.place))
            group = (URGENT if self._is_urgent(again) else NORMAL, letter.source, known[1])
            groups.setdefault(group, []).append(again)
        entries: dict[int, list[Entry]] = {URGENT: [], NORMAL: []}
        for (partition, source, said), items in groups.items():
            entries[partition].append(self._entry(source, said, items))
        for partition, some in entries.items():
            if some:
                self._log.append(partition, some)

    def _entry(self, source: str, said: _Known, items: list[Resubmission]) -> Entry:
        removed: Counter[str] = Counter()
        for each in items:
            removed.update(each.removed)
        envelope = Envelope(
            mode=Mode.BACKFILL,
            source=source,
            kind=BATCH,
            received_at=self._clock.now(),
            body=_batch([each.item for each in items]),
            removed=dict(removed) or None,
            consent_version=said.consent_version,
            unverified=said.unverified,
            from_file=True,  # its message ids are never forgotten, so no second resubmission counts
            is_repaired=True,
        )
        return seal_envelope(self._keys, envelope, self._keep_days.get(source, RAW_DAYS))

    def _is_urgent(self, again: Resubmission) -> bool:
        body = _batch([again.item])
        parts = split(BATCH, body)
        assert isinstance(parts, Parts), "a body of our own making"
        return is_urgent(parts, body, self._consent)

    def _known(self, place: Place) -> _Known:
        records = self._log.read(place.partition, place.offset - 1, 1)
        if not records or records[0].offset != place.offset:
            return _Known()
        try:
            envelope = open_record(self._keys, records[0])
        except PermanentError:
            return _Known()
        return _Known(envelope.consent_version, envelope.unverified)

    def _close(self, places: Sequence[Place], state: State, why: str) -> int:
        with self._state.write() as connection:
            return store.close_letters(connection, places, state, self._clock.now(), why)


class _Report:
    """What came of a repair, counted, with a few examples."""

    def __init__(self, wish: Wish, shown: frozenset[str]) -> None:
        self._wish, self._shown = wish, shown
        self._matched = self._passing = self.closed = 0
        self._dead: Counter[str] = Counter()
        self._left: Counter[str] = Counter()
        self._examples: list[dict[str, Any]] = []

    def add(self, letter: Letter, call: Any, outcome: _Outcome) -> None:
        self._matched += 1
        after, detail = None, None
        match outcome:
            case Resubmission():
                self._passing += 1
                after, told = msgspec.json.decode(outcome.item), "passes"
            case DeadLetter():
                self._dead[outcome.reason.value] += 1
                told, detail = f"still dead: {outcome.reason.value}", outcome.detail
            case Left():
                self._left[outcome.value] += 1
                told, detail = f"left alone: {outcome.value}", LEFT_WORDS[outcome]
        if len(self._examples) < self._wish.examples:
            seen = {"place": place_text(letter.place), "outcome": told, "detail": detail}
            self._examples.append(seen | self._before_and_after(call, after))

    def _before_and_after(self, call: Any, after: Any) -> dict[str, Any]:
        if self._wish.reveal:
            return {"before": call or None, "after": after}
        shown = self._shown
        return {
            "before": masked(call, shown) or None,
            "after": masked(after, shown, call) if after is not None else None,
        }

    def told(self) -> dict[str, Any]:
        return {
            "applied": self._wish.apply,
            "matched": self._matched,
            "passing": self._passing,
            "still_dead": dict(sorted(self._dead.items())),
            "left_alone": dict(sorted(self._left.items())),
            "why_left_alone": {name: LEFT_WORDS[Left(name)] for name in sorted(self._left)},
            "closed": self.closed,
            "examples": self._examples,
        }


def _all_hold(where: Sequence[Where], letter: Letter, raw: bytes | None) -> bool:
    if not where:
        return True
    call: Any = Left.RAW_GONE if raw is None else call_of(raw, letter.reason, patched=True)
    return not isinstance(call, Left) and all(holds(each, call) for each in where)


def _within(letters: list[Letter], most: int) -> list[Letter]:
    """Return the first letters that together are not larger than ``most``, at least one."""
    size = 0
    for number, letter in enumerate(letters):
        size += letter.bytes
        if size > most and number:
            return letters[:number]
    return letters


def _batch(items: Sequence[bytes]) -> bytes:
    return b'{"batch":[' + b",".join(items) + b"]}"


def _told(letter: Letter) -> dict[str, Any]:
    return {
        "place": place_text(letter.place),
        "reason": letter.reason,
        "detail": letter.detail,
        "source": letter.source,
        "event": letter.event,
        "received_at": to_iso(letter.received_at),
        "contract_version": letter.contract_version,
        "state": letter.state.value,
        "closed_at": to_iso(letter.closed_at) if letter.closed_at is not None else None,
        "closed_why": letter.closed_why,
    }
