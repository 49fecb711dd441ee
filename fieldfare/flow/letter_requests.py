"""What is asked of the dead letters, as texts that come by HTTP or from the command line, and the answers as JSON.

It reads and checks the texts; the work is :mod:`fieldfare.flow.dead_letters`'s.
"""

from typing import Any

import msgspec

from fieldfare.collect.model import DeadReason
from fieldfare.collect.repair import LetterFilter, State, read_patch, read_place, read_where
from fieldfare.flow.dead_letters import EXAMPLES, DeadLetters, Wish
from fieldfare.flow.spans import read_span
from fieldfare.ground.errors import CallerError

MOST_SHOWN = 1_000
MOST_EXAMPLES = 100


class LetterRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters, and what is to become of them."""

    reason: str | None = None
    source: str | None = None
    event: str | None = None
    state: str | None = None
    first: str | None = None
    """From when on they were accepted: a date or a date-time."""
    last: str | None = None
    place: str | None = None
    where: list[str] = []
    limit: int = 20
    patch: Any = None
    apply: bool = False
    examples: int = EXAMPLES
    reveal: bool = False
    why: str = ""


class LetterAnswers(msgspec.Struct, frozen=True):
    """Answers about dead letters; dates are those of ``zone``."""

    letters: DeadLetters
    zone: str

    def overview(self, asked: LetterRequest) -> dict[str, Any]:
        """Return counts and the newest letters; no value of any of them."""
        return self.letters.overview(self._filter(asked), max(0, min(asked.limit, MOST_SHOWN)))

    def show(self, place: str) -> dict[str, Any]:
        """Return one letter, opened."""
        return self.letters.show(read_place(place))

    def repair(self, asked: LetterRequest) -> dict[str, Any]:
        """Try letters again; see :meth:`fieldfare.flow.dead_letters.DeadLetters.repair`."""
        wish = Wish(
            wanted=self._filter(asked),
            where=tuple(map(read_where, asked.where)),
            patch=read_patch(asked.patch) if asked.patch is not None else None,
            apply=asked.apply,
            examples=max(0, min(asked.examples, MOST_EXAMPLES)),
            reveal=asked.reveal,
        )
        return self.letters.repair(wish)

    def discard(self, asked: LetterRequest) -> dict[str, Any]:
        """Close letters for good; see :meth:`fieldfare.flow.dead_letters.DeadLetters.discard`."""
        where = [read_where(each) for each in asked.where]
        return self.letters.discard(self._filter(asked), where, asked.why, apply=asked.apply)

    def _filter(self, asked: LetterRequest) -> LetterFilter:
        span = read_span(asked.first, asked.last, self.zone)
        return LetterFilter(
            reason=_one_of(asked.reason, DeadReason, "reason"),
            source=asked.source,
            event=asked.event,
            state=State(known) if (known := _one_of(asked.state, State, "state")) is not None else None,
            from_at=span.from_at,
            to_at=span.to_at,
            place=read_place(asked.place) if asked.place is not None else None,
        )


def _one_of(given: str | None, known: type[DeadReason] | type[State], field: str) -> str | None:
    names = [each.value for each in known]
    if given is None or given in names:
        return given
    text = f"`{given[:80]}` is no {field} of a dead letter. Write one of {', '.join(names)}."
    raise CallerError("filter_invalid", text, field=field)
