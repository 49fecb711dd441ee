"""Compares the memberships that are kept with the lake's answer to the same definitions. Changes nothing.

Flow: under the pipeline's turn, let the timers that are due run and load the lake to the end; then, while the lake is
held still and applying goes on, ask it for each audience which profiles are in only one of its answer and the recorded
memberships, and for all of them where documents and recorded changes differ. Those few are looked at again, each time
at a new settled instant and under the turn, with their documents: what still differs every time is a defect. What is
not computable, and what a relaxed audience will follow at its next boundary, is none.

How many members each audience has is kept too, and compared with the lake's count.

An audience by a query has no other answer to be compared with: of it, document and recorded changes are compared.
"""

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from typing import NamedTuple

from fieldfare.flow.audience_lake import AudienceLake
from fieldfare.flow.audience_numbers import sizes
from fieldfare.flow.lake_memberships import MEMBERSHIP_CHANGES
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.flow.pipeline import Pipeline
from fieldfare.flow.work import decode_document
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import Instant
from fieldfare.ground.lake.ports import Lake
from fieldfare.ground.store import State
from fieldfare.know.audiences import store
from fieldfare.know.audiences.evaluate import Evaluator
from fieldfare.know.audiences.health import Difference
from fieldfare.know.audiences.model import Audience
from fieldfare.know.audiences.sizes import corrections
from fieldfare.know.profiles import store as profile_store
from fieldfare.know.profiles.model import Document

LOOKS = 2
"""So often a profile is looked at again before it is told of."""
MOST_LOOKED_AT = 2_000
"""Of one audience; beyond, the first look counts."""
MOST_SINCE = 100_000
"""Changes that the lake has not got; beyond, the kept numbers are compared another night."""
_APART = """WITH documented AS (
        SELECT profile_id, unnest(json_keys(memberships)) AS audience FROM (
            SELECT profile_id, arg_max(memberships, as_of) AS memberships FROM profile_versions
            GROUP BY profile_id HAVING NOT arg_max(gone, as_of)))
    SELECT audience, profile_id FROM (
        (SELECT audience, profile_id FROM documented EXCEPT SELECT audience, profile_id FROM memberships)
        UNION ALL (SELECT audience, profile_id FROM memberships EXCEPT SELECT audience, profile_id FROM documented))"""
_RECORDED = "SELECT profile_id FROM memberships WHERE audience = ? AND profile_id IN (SELECT unnest(?::BIGINT[]))"


class Compared(NamedTuple):
    """What a comparison found."""

    at: Instant
    """Its last settled instant."""
    differences: list[Difference]
    beyond: dict[str, int]
    """Audience -> profiles that differed at the first look and were too many to be looked at again."""


class Reconciliation:
    """Compares the audiences of one installation."""

    def __init__(
        self,
        state: State,
        lake: Lake,
        loader: LakeLoader,
        pipeline: Pipeline,
        answers: AudienceLake,
        evaluator: Evaluator,
        clock: Clock,
    ) -> None:
        """Compare there."""
        self._state, self._lake, self._loader, self._pipeline = state, lake, loader, pipeline
        self._answers, self._evaluator, self._clock = answers, evaluator, clock

    def compare(self, audiences: Mapping[str, Audience]) -> Compared:
        """Return what differs in these audiences."""
        at, suspects = self._first_look(audiences)
        beyond = {name: len(ids) - MOST_LOOKED_AT for name, ids in suspects.items() if len(ids) > MOST_LOOKED_AT}
        open_ones = {name: set(sorted(ids)[:MOST_LOOKED_AT]) for name, ids in suspects.items() if ids}
        found: list[Difference] = []
        for _ in range(LOOKS if open_ones else 0):
            at, found = self._look_again({name: audiences[name] for name in open_ones}, open_ones)
            open_ones = {}
            for each in found:
                open_ones.setdefault(each.audience, set()).add(each.profile_id)
            if not open_ones:
                break
        return Compared(at, found, beyond)

    def miscounted(self) -> dict[str, int]:
        """Return by how much the kept numbers of members are to change, by audience; nothing when too much is new."""
        with self._loader.still():
            counted, place = sizes(self._lake), self._lake.loaded(MEMBERSHIP_CHANGES.name)
        with self._state.read() as connection:
            kept, since = store.sizes(connection), store.changes_after(connection, place, MOST_SINCE + 1)
        return corrections(kept, counted, since) if len(since) <= MOST_SINCE else {}

    def _first_look(self, audiences: Mapping[str, Audience]) -> tuple[Instant, dict[str, set[int]]]:
        suspects: dict[str, set[int]] = {name: set() for name in audiences}
        with ExitStack() as stack:
            with self._pipeline.turns:
                at = self._settle()
                stack.enter_context(self._loader.still())
            for row in self._lake.arrow(_APART).to_pylist():
                if row["audience"] in suspects:
                    suspects[row["audience"]].add(row["profile_id"])
            for name, audience in audiences.items():
                if audience.is_exact:
                    suspects[name] |= self._answers.differing(audience, at).keys()
        return at, suspects

    def _settle(self) -> Instant:
        at = self._pipeline.settle(self._clock.now())
        self._loader.sync()
        return at

    def _look_again(
        self, audiences: Mapping[str, Audience], suspects: Mapping[str, Collection[int]]
    ) -> tuple[Instant, list[Difference]]:
        found: list[Difference] = []
        with self._pipeline.turns:
            at = self._settle()
            for name, audience in audiences.items():
                ids = sorted(suspects[name])
                recorded = set(self._lake.arrow(_RECORDED, [name, ids]).column(0).to_pylist())
                answered = recorded
                if audience.is_exact:
                    apart = self._answers.differing(audience, at, ids)
                    answered = {each for each in ids if apart.get(each, each in recorded)}
                with self._state.read() as connection:
                    stored = {row[0]: decode_document(row[0], row[1]) for row in profile_store.load(connection, ids)}
                for each in ids:
                    document = stored.get(each)
                    difference = self._of(audience, each, document, each in recorded, each in answered, at)
                    if difference is not None:
                        found.append(difference)
        return at, found

    def _of(
        self,
        audience: Audience,
        profile_id: int,
        document: Document | None,
        recorded: bool,  # noqa: FBT001 - one of three readings
        answered: bool,  # noqa: FBT001 - another
        at: Instant,
    ) -> Difference | None:
        """Return what differs of one profile, ``None`` when nothing does that is not to be expected."""
        kept = document is not None and audience.name in document.memberships
        if kept == recorded == answered:
            return None
        evaluated = None
        if document is not None and audience.is_exact:
            evaluated = self._evaluator.state(audience.condition, document, at)[0]
            is_open = evaluated is None or self._waits(audience, document, at)
            if is_open and kept == recorded:
                return None
        return Difference(audience.name, profile_id, kept, recorded, answered, evaluated)

    def _waits(self, audience: Audience, document: Document, at: Instant) -> bool:
        """Return whether the membership follows at the next boundary, so that it may be behind until then."""
        until = self._evaluator.next_boundary(audience.name, at, document.home_location)
        wakes_at = document.wakes.get(audience.name)
        return until is not None and wakes_at is not None and wakes_at <= until
