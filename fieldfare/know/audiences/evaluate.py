"""Keeps memberships exact: evaluates the audiences that an event or a moment can have changed, and no others.

Pure and on the hot path. The document is changed in place (memberships, wake-ups); the edges say who joined and left.
What an edge causes (journeys, the lake) is the caller's business.

A relaxed audience (``refresh``) is not evaluated when something touches it or its edge passes: its wake-up is put at
the next boundary, and there it is evaluated once, however often it was touched. At a boundary's own instant it is
exact. An audience by a query changes by :meth:`Evaluator.place` alone. Who asks for either asks the document.
"""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, assert_never

from fieldfare.ground.instants import Day, Instant, day_start, today_in
from fieldfare.know.audiences.compile import compile_condition, member, plain_trait
from fieldfare.know.audiences.compile_during import amount_during
from fieldfare.know.audiences.compile_measure import amounts_of, told
from fieldfare.know.audiences.compile_sequence import amount_of_sequence
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE, amount_of
from fieldfare.know.audiences.cuts_of import cuts_of
from fieldfare.know.audiences.cycle import by_stage, in_order
from fieldfare.know.audiences.household import OPEN, Told, kept_truth, rules_in
from fieldfare.know.audiences.household import RULE as HOUSEHOLD_RULE
from fieldfare.know.audiences.household import keep_rule as keep_household
from fieldfare.know.audiences.measures import asked_by, measure_of
from fieldfare.know.audiences.model import (
    Audience,
    Condition,
    Did,
    Edge,
    EventSequence,
    InAudience,
    InStage,
    MeasureTest,
    OfEvents,
    Refresh,
    walk,
)
from fieldfare.know.audiences.ports import (
    ComputedTraits,
    FlatPlaces,
    NoComputedTraits,
    NoPhases,
    Phases,
    Places,
    Run,
    State,
)
from fieldfare.know.audiences.refresh import boundary, boundary_of
from fieldfare.know.audiences.touches import MOST_COMBINATIONS, Touches, measures_asked, must_come_first
from fieldfare.know.cuts.compare import place_of
from fieldfare.know.cuts.model import Cut, CutsInForce
from fieldfare.know.lifecycle.model import RULE, Move, Stage
from fieldfare.know.lifecycle.step import moves
from fieldfare.know.profiles.editions import Editions, answers, together
from fieldfare.know.profiles.expire import WAKE as TRAIT_WAKE
from fieldfare.know.profiles.lapse import WAKE as CONSENT_WAKE
from fieldfare.know.profiles.model import Document, Lacks, Reach
from fieldfare.know.profiles.plan import NOTHING, Touched

_MOST_CONDITIONS = 1_000


def next_wake(document: Document) -> Instant | None:
    """Return the next instant at which time alone may change something, ``None`` for never.

    A membership, a stage, or the value of a trait whose retention ends.
    """
    wakes = document.wakes
    return min(wakes.values()) if wakes else None


OTHER_WAKES = (TRAIT_WAKE, CONSENT_WAKE)
"""Wake-ups of a document that are not of an audience or a stage."""


class Evaluator:
    """All audiences of a workspace, compiled. Immutable but for caches; make one per definition."""

    def __init__(  # noqa: PLR0913 - all that conditions ask of others, each by its name
        self,
        audiences: Iterable[Audience],
        *,
        zone: str,
        phases: Phases | None = None,
        places: Places | None = None,
        stages: Sequence[Stage] = (),
        computed: ComputedTraits | None = None,
        editions: Editions | None = None,
        asked: Iterable[Condition] = (),
        cuts: CutsInForce | None = None,
    ) -> None:
        """Compile ``audiences`` (no cycle, no unknown ``in:``) and ``stages`` for a workspace in ``zone``.

        No rule of a stage may ask for a stage, nor for an audience that does. ``asked`` are the conditions of others
        (journeys) that :meth:`state` will be asked for: what they ask of households is kept too.
        """
        self.zone = zone
        self.stages = tuple(stages)
        audiences = [*audiences]
        rules = [Audience(name, condition, "") for stage in stages for name, condition in stage.rules()]
        members = rules_in([*(each.condition for each in (*audiences, *rules)), *asked])
        hidden = [Audience(name, who, "") for name, who in members.items()]
        self.household_rules = tuple(sorted(members))
        ordered = in_order([*audiences, *rules, *hidden], must_come_first)
        late = by_stage(ordered)
        assert late.isdisjoint(rule.name for rule in rules), "a rule of a stage asks for a stage"
        # What asks for stages comes after the step that decides them.
        self.audiences = [each for each in ordered if each.name not in late]
        self._early = (1 << len(self.audiences)) - 1
        self.audiences += [each for each in ordered if each.name in late]
        self.phases = phases if phases is not None else NoPhases()
        self._places = places if places is not None else FlatPlaces()
        self.computed = computed if computed is not None else NoComputedTraits()
        self.editions = editions if editions is not None else Editions()
        self.cuts = cuts if cuts is not None else CutsInForce()
        names = [audience.name for audience in self.audiences]
        self._bits = {name: 1 << place for place, name in enumerate(names)}
        self._everyone = (1 << len(names)) - 1
        self.touches = Touches(self.audiences, self._bits, self.computed)
        self._rules = sum(self._bits[name] for name in names if name.startswith(RULE))
        self._relaxed = {self._bits[each.name]: each for each in self.audiences if each.is_relaxed}
        self._any_relaxed = sum(self._relaxed)
        self._by_stage = self.touches.asking(InStage)
        self._compiled = [
            (audience.name, self._looked_at(audience), uses, _keeper(audience.name))
            for audience, uses in zip(self.audiences, self._uses(), strict=True)
        ]
        self._by_name = {audience.name: audience for audience in self.audiences}
        self._answered: dict[tuple[tuple[str, Reach], ...], int] = {}
        self._exact: dict[str, Run] = {}
        for audience in self.audiences:
            is_kept = audience.is_relaxed or not audience.is_exact
            self._exact[audience.name] = member(audience.name) if is_kept else self._compile_exact(audience.condition)
        self._conditions: dict[int, tuple[Condition, Run]] = {}
        self._day: tuple[Instant, Instant, Day] = (0, 0, 0)
        self._boundaries: dict[Refresh, tuple[Instant, Instant]] = {}

    def evaluate(
        self,
        document: Document,
        now: Instant,
        touched: Touched | None = None,
        moved: list[Move] | None = None,
        waiting: Collection[str] = (),
        happened_at: Instant | None = None,
    ) -> list[Edge]:
        """Bring memberships, stage and wake-ups to ``now``; return who joined and left, in the order of dependence.

        ``touched`` is what folding changed. ``None`` evaluates everything: after a merge, a split, a refold or a change
        of definitions. A document's first fold says so itself. Audiences whose wake-up is due are always evaluated.
        Moves from stage to stage are appended to ``moved``. Relaxed audiences that are ``waiting`` are left to their
        boundary: nothing that decides them is another one. ``happened_at`` is when all that was measured happened.
        """
        age = 0 if happened_at is None else now - happened_at
        open_bits = self._everyone if touched is None or touched.first else self._affected(touched, age)
        if self._any_relaxed and touched is not None:
            open_bits = self._postpone(document, open_bits, now)
        for name in waiting:
            open_bits &= ~self._bits.get(name, 0)
        wakes = document.wakes
        if wakes and min(wakes.values()) <= now:
            for name, at in wakes.items():
                if at <= now:
                    open_bits |= self._bits.get(name, 0)
        edges = self._forget(document, now) if touched is None else []
        return self._bring(document, now, open_bits, edges, moved, anew=touched is None)

    def place(
        self, document: Document, name: str, now: Instant, *, inside: bool, moved: list[Move] | None = None
    ) -> list[Edge]:
        """Put the profile into an audience by a query, or out of it, and bring what asks for it to ``now``."""
        if inside is (name in document.memberships):
            return []
        if inside:
            document.memberships[name] = now
        else:
            del document.memberships[name]
        uses = self._compiled[self._bits[name].bit_length() - 1][2]
        edges = [Edge(name, inside, now)]
        return self._bring(document, now, self._postpone(document, uses, now), edges, moved, anew=False)

    def definition(self, name: str) -> str | None:
        """Return the digest of the condition that an audience has now, ``None`` when there is none of the name."""
        audience = self._by_name.get(name)
        return None if audience is None else audience.digest

    def relaxed_told(self, document: Document) -> frozenset[str]:
        """Return the relaxed audiences that can be told by what the document has, whatever it lacks."""
        told = self._allowed(document) if document.lacks else self._everyone
        return frozenset(each.name for bit, each in self._relaxed.items() if bit & told)

    def has_turned(self, name: str, document: Document, now: Instant) -> bool:
        """Return whether a relaxed audience would turn now if it were live: it follows at its boundary."""
        audience = self._by_name.get(name)
        if audience is None or not audience.is_relaxed:
            return False
        return self.truth(audience.condition, document, now) is not (name in document.memberships)

    def next_boundary(self, name: str, after: Instant, location: str | None = None) -> Instant | None:
        """Return the first boundary of a relaxed audience after an instant, ``None`` for any other.

        ``location``: the person's home, whose phases may say how it is refreshed.
        """
        audience = self._by_name.get(name)
        if audience is None or not audience.is_relaxed:
            return None
        return self._boundary(audience, after + 1, location)

    def _boundary(self, audience: Audience, at: Instant, location: str | None) -> Instant:
        if not audience.by_phase:
            return boundary(audience.refresh, at, self.zone)

        def held(when: Instant) -> tuple[Refresh, Instant | None]:
            phases, until = self.phases.holds(location, when)
            return audience.refresh_in(phases, self.phases.seasons), until

        return boundary_of(held, at, self.zone)

    def _bring(
        self,
        document: Document,
        now: Instant,
        open_bits: int,
        edges: list[Edge],
        moved: list[Move] | None,
        *,
        anew: bool,
    ) -> list[Edge]:
        allowed = self._everyone
        if document.lacks:
            allowed = self._allowed(document)
            open_bits &= allowed
        if not open_bits and (not anew or document.stage is None):
            return edges
        today = self._today(now)
        if not self.stages and document.stage is None:
            self._settle(document, open_bits, allowed, now, today, edges)
            return edges
        rest, turned = self._settle(document, open_bits, self._early & allowed, now, today, edges)
        # While a rule cannot be told, the stage stays.
        if (turned or anew) and not self._rules & ~allowed and self._step(document, now, moved):
            rest |= self._postpone(document, self._by_stage, now)
        self._settle(document, rest, allowed, now, today, edges)
        return edges

    def _settle(
        self, document: Document, open_bits: int, among: int, now: Instant, today: Day, edges: list[Edge]
    ) -> tuple[int, bool]:
        """Evaluate what is open ``among`` some; return what is open beyond, and whether a rule of a stage turned."""
        compiled, wakes, memberships = self._compiled, document.wakes, document.memberships
        turned = False
        while now_open := open_bits & among:
            lowest = now_open & -now_open
            open_bits ^= lowest
            name, run, dependents, keep = compiled[lowest.bit_length() - 1]
            truth, change = run(document, now, today)
            if change is not None:
                assert change > now, f"the wake-up of audience {name} does not lie ahead"
                wakes[name] = change
            elif name in wakes:
                del wakes[name]
            if keep is not None:
                if keep(document.rules, name, truth):
                    turned = True
                    open_bits |= dependents
            elif truth is not (name in memberships):
                if truth is None:  # not computable: nobody joins or leaves by it
                    continue
                if truth:
                    memberships[name] = now
                else:
                    del memberships[name]
                edges.append(Edge(name, truth, now))
                open_bits |= self._postpone(document, dependents, now)
        return open_bits, turned

    def _postpone(self, document: Document, bits: int, now: Instant) -> int:
        """Let the relaxed audiences among some wait for their next boundary; return those to evaluate at once."""
        waiting = bits & self._any_relaxed
        while waiting:
            lowest = waiting & -waiting
            waiting ^= lowest
            audience = self._relaxed[lowest]
            home = document.home_location
            is_plain = not audience.by_phase
            at = self._next_boundary(audience.refresh, now) if is_plain else self._boundary(audience, now, home)
            woken = document.wakes.get(audience.name)
            if at > now:  # what was to wake before that was of a rhythm that holds no more, unless it is due already
                document.wakes[audience.name] = at if woken is None or woken > now else woken
                bits ^= lowest
        return bits

    def _next_boundary(self, refresh: Refresh, now: Instant) -> Instant:
        """Return the first boundary at or after ``now``; it is the one found last for all instants up to it."""
        since, at = self._boundaries.get(refresh, (0, -1))
        if not since <= now <= at:
            at = boundary(refresh, now, self.zone)
            self._boundaries[refresh] = now, at
        return at

    def _looked_at(self, audience: Audience) -> Run:
        """Return the condition compiled; of a relaxed audience its change counts from the next boundary on."""
        run = self._compile(audience.condition)
        if not audience.is_relaxed:
            return run

        def relaxed(document: Document, now: Instant, today: Day) -> State:
            truth, change = run(document, now, today)
            return truth, None if change is None else self._boundary(audience, change, document.home_location)

        return relaxed

    def _step(self, document: Document, now: Instant, moved: list[Move] | None) -> bool:
        path = moves(self.stages, document.stage, document.rules)
        for stage in path:
            if moved is not None:
                moved.append(Move(document.stage, stage, now))
            document.stage, document.stage_since = stage, None if stage is None else now
        return bool(path)

    def advance(self, document: Document, now: Instant) -> list[Edge]:
        """Run the wake-ups due until ``now``, each at its own instant and in time order; return their edges.

        To be called before an event is folded, so that ``joined_at`` is the instant of the edge.
        """
        edges: list[Edge] = []
        wakes = document.wakes
        while (due := min((at for name, at in wakes.items() if name in self._bits), default=None)) is not None:
            if due > now:
                break
            edges += self.evaluate(document, due, NOTHING)
        return edges

    def state(self, condition: Condition, document: Document, now: Instant) -> State:
        """Return the truth of any condition at ``now`` and the instant until which it stays so by time alone.

        ``in:`` is followed into the audience's own condition, so no wake-up needs to have run. Its measures must be in
        the fold plan. What the document lacks for it makes it not computable.
        """
        lacks = self._lacks(document)
        if lacks and not self._answers(condition, lacks):
            return None, None
        known = self._conditions.get(id(condition))
        if known is None:
            if len(self._conditions) >= _MOST_CONDITIONS:
                self._conditions.clear()
            known = self._conditions[id(condition)] = (condition, self._compile_exact(condition))
        return known[1](document, now, self._today(now))

    def truth(self, condition: Condition, document: Document, now: Instant) -> bool:
        """Return the truth of any condition at ``now``; what is not computable does not hold."""
        return bool(self.state(condition, document, now)[0])

    def told(self, document: Document) -> Told:
        """Return what the profile tells the other members of its household."""
        allowed = self._everyone
        if document.lacks:
            allowed = self._allowed(document)
        return {
            name: kept_truth(document, name) if allowed & self._bits[name] else None for name in self.household_rules
        }

    def trait(self, name: str, document: Document, now: Instant) -> tuple[Any, Instant | None]:
        """Return the value of a trait, computed or not, at ``now``, and until when it holds by time alone."""
        if name not in self.computed.names():
            return plain_trait(name)(document, now, 0)
        lacks = self._lacks(document)
        if lacks and not all(answers(lacks, measure_of(did)) for did in self.computed.asks(name)[0]):
            return NOT_COMPUTABLE, None
        run = self.computed.run(name)
        return run(document, now, self._today(now))

    def amount(self, node: OfEvents, document: Document, now: Instant) -> Any:
        """Return what a condition on events compares, ``NOT_COMPUTABLE`` included; of a baseline both, as a text."""
        today, phases = self._today(now), self.phases
        lacks = self._lacks(document)
        if lacks and not all(answers(lacks, measure) for measure in asked_by(node)):
            return NOT_COMPUTABLE
        match node:
            case Did() if node.during is not None:
                return amount_during(node, document, now, phases)
            case Did():
                return amount_of(node, document, now, today)
            case MeasureTest():
                return told(amounts_of(node, document, now, today, phases))
            case EventSequence():
                return amount_of_sequence(node, document, now, self.zone, phases)
            case _:
                assert_never(node)

    def _lacks(self, document: Document) -> Lacks:
        if document.edition == self.editions.number:
            return document.lacks
        return together(document.lacks, self.editions.lacks_since(document.edition))

    def _answers(self, condition: Condition, lacks: Lacks) -> bool:
        """Return whether nothing that the condition asks for is lacking, nor what the audiences in it ask for."""
        return all(
            answers(lacks, measure)
            for node in self._written_out(condition)
            for measure in measures_asked(node, self.computed)
        )

    def _written_out(self, condition: Condition) -> list[Condition]:
        found: list[Condition] = []
        waiting, seen = [condition], set[str]()
        while waiting:
            for node in walk(waiting.pop()):
                found.append(node)
                if isinstance(node, InAudience) and node.audience in self._by_name and node.audience not in seen:
                    seen.add(node.audience)
                    waiting.append(self._by_name[node.audience].condition)
        return found

    def place_of(self, cut: Cut, document: Document) -> str | None:
        """Return the place in which the person is ranked by the cut."""
        return place_of(cut, document.home_location, self._places)

    def cuts_of(self, condition: Condition) -> list[Cut]:
        """Return the cuts that a condition compares with, itself and by the traits that it asks for; not by ``in:``."""
        return cuts_of(condition, self.computed)

    def _allowed(self, document: Document) -> int:
        """Return the audiences that can be told while something is lacking; the others stay as they are, and sleep."""
        key = tuple(sorted(document.lacks.items()))
        bits = self._answered.get(key)
        if bits is None:
            if len(self._answered) >= MOST_COMBINATIONS:
                self._answered.clear()
            bits = 0
            for audience in self.audiences:
                if self._answers(audience.condition, document.lacks):
                    bits |= self._bits[audience.name]
            if self._rules & ~bits:  # the stage stays as it is, so what asks for it cannot be told either
                bits &= self._early
            self._answered[key] = bits
        for name in [name for name in document.wakes if self._bits.get(name, 0) & ~bits]:
            del document.wakes[name]
        return bits

    def _compile(self, condition: Condition) -> Run:
        return self._compiled_with(condition, None)

    def _compile_exact(self, condition: Condition) -> Run:
        return self._compiled_with(condition, self._exact)

    def _compiled_with(self, condition: Condition, inline: dict[str, Run] | None) -> Run:
        return compile_condition(
            condition,
            zone=self.zone,
            phases=self.phases,
            places=self._places,
            computed=self.computed,
            inline=inline,
            cuts=self.cuts,
        )

    def _affected(self, touched: Touched, age: int) -> int:
        return self.touches.affected(touched, age)

    def _uses(self) -> list[int]:
        return self.touches.dependents()

    def _forget(self, document: Document, now: Instant) -> list[Edge]:
        gone = sorted(name for name in document.memberships if name not in self._bits)
        for name in gone:
            del document.memberships[name]
        document.rules = [name for name in document.rules if name.removesuffix(OPEN) in self._bits]
        for name in [name for name in document.wakes if name not in self._bits and not name.startswith(OTHER_WAKES)]:
            del document.wakes[name]
        return [Edge(name, joined=False, at=now) for name in gone]

    def _today(self, now: Instant) -> Day:
        start, end, today = self._day
        if not start <= now < end:
            today = today_in(now, self.zone)
            self._day = (day_start(today, self.zone), day_start(today + 1, self.zone), today)
        return today


Keep = Callable[[list[str], str, bool | None], bool]
"""Keeps what a rule says in a document; returns whether that turned."""


def _keeper(name: str) -> Keep | None:
    """Return how the truth of a rule is kept; ``None`` for an audience, of which people are members."""
    return keep_household if name.startswith(HOUSEHOLD_RULE) else _keep_rule if name.startswith(RULE) else None


def _keep_rule(rules: list[str], name: str, truth: bool | None) -> bool:  # noqa: FBT001 - one of three answers
    """Keep whether the rule holds; return whether that turned. What is not computable turns nothing."""
    if truth is None or truth is (name in rules):
        return False
    if truth:
        insort(rules, name)
    else:
        rules.remove(name)
    return True
