"""Keeps memberships exact: evaluates the audiences that an event or a moment can have changed, and no others.

Pure and on the hot path. The document is changed in place (memberships, wake-ups); the edges say who joined and left.
What an edge causes (journeys, the lake) is the caller's business.
"""

from bisect import insort
from collections.abc import Iterable, Sequence
from typing import Any

from fieldfare.ground.instants import Day, Instant, day_start
from fieldfare.know.audiences.compile import Run, State, compile_condition, plain_trait
from fieldfare.know.audiences.compile_values import NOT_COMPUTABLE
from fieldfare.know.audiences.cuts_of import cuts_of
from fieldfare.know.audiences.cycle import by_stage, in_order, needs
from fieldfare.know.audiences.measures import measure_key, measure_of
from fieldfare.know.audiences.model import (
    AtLocation,
    Audience,
    Condition,
    Did,
    Edge,
    InAudience,
    InPhase,
    InStage,
    Ranked,
    TraitAge,
    TraitTest,
    walk,
)
from fieldfare.know.audiences.ports import ComputedTraits, FlatPlaces, NoComputedTraits, NoPhases, Phases, Places
from fieldfare.know.audiences.windows import today_in
from fieldfare.know.cuts.compare import place_of
from fieldfare.know.cuts.model import Cut, CutsInForce
from fieldfare.know.lifecycle.model import RULE, Move, Stage
from fieldfare.know.lifecycle.step import moves
from fieldfare.know.profiles.editions import Editions, answers, together
from fieldfare.know.profiles.expire import WAKE as TRAIT_WAKE
from fieldfare.know.profiles.model import Document, Lacks, Reach
from fieldfare.know.profiles.plan import NOTHING, Touched

_MOST_CONDITIONS = 1_000
_MOST_COMBINATIONS = 10_000


def next_wake(document: Document) -> Instant | None:
    """Return the next instant at which time alone may change something, ``None`` for never.

    A membership, a stage, or the value of a trait whose retention ends.
    """
    wakes = document.wakes
    return min(wakes.values()) if wakes else None


class Evaluator:
    """All audiences of a workspace, compiled. Immutable but for caches; make one per definition."""

    def __init__(
        self,
        audiences: Iterable[Audience],
        *,
        zone: str,
        phases: Phases | None = None,
        places: Places | None = None,
        stages: Sequence[Stage] = (),
        computed: ComputedTraits | None = None,
        editions: Editions | None = None,
        cuts: CutsInForce | None = None,
    ) -> None:
        """Compile ``audiences`` (no cycle, no unknown ``in:``) and ``stages`` for a workspace in ``zone``.

        No rule of a stage may ask for a stage, nor for an audience that does.
        """
        self.zone = zone
        self.stages = tuple(stages)
        rules = [Audience(name, condition, "") for stage in stages for name, condition in stage.rules()]
        ordered = in_order([*audiences, *rules])
        late = by_stage(ordered)
        assert late.isdisjoint(rule.name for rule in rules), "a rule of a stage asks for a stage"
        # What asks for stages comes after the step that decides them.
        self.audiences = [each for each in ordered if each.name not in late]
        self._early = (1 << len(self.audiences)) - 1
        self.audiences += [each for each in ordered if each.name in late]
        self._phases = phases if phases is not None else NoPhases()
        self._places = places if places is not None else FlatPlaces()
        self.computed = computed if computed is not None else NoComputedTraits()
        self.editions = editions if editions is not None else Editions()
        self.cuts = cuts if cuts is not None else CutsInForce()
        names = [audience.name for audience in self.audiences]
        self._bits = {name: 1 << place for place, name in enumerate(names)}
        self._everyone = (1 << len(names)) - 1
        self._by_measure, self._by_trait, self._by_home = self._dependencies()
        self._by_cut = sum(self._bits[each.name] for each in self.audiences if self.cuts_of(each.condition))
        self._rules = sum(self._bits[name] for name in names if name.startswith(RULE))
        self._by_stage = sum(self._bits[each.name] for each in self.audiences if _asks_stage(each))
        self._by_measures: dict[tuple[str, ...], int] = {}
        self._compiled = [
            (audience.name, self._compile(audience.condition), uses, audience.name.startswith(RULE))
            for audience, uses in zip(self.audiences, self._uses(), strict=True)
        ]
        self._by_name = {audience.name: audience for audience in self.audiences}
        self._answered: dict[tuple[tuple[str, Reach], ...], int] = {}
        self._exact: dict[str, Run] = {}
        for audience in self.audiences:
            self._exact[audience.name] = self._compile_exact(audience.condition)
        self._conditions: dict[int, tuple[Condition, Run]] = {}
        self._day: tuple[Instant, Instant, Day] = (0, 0, 0)

    def evaluate(
        self, document: Document, now: Instant, touched: Touched | None = None, moved: list[Move] | None = None
    ) -> list[Edge]:
        """Bring memberships, stage and wake-ups to ``now``; return who joined and left, in the order of dependence.

        ``touched`` is what folding changed. ``None`` evaluates everything: after a merge, a split, a refold or a change
        of definitions. A document's first fold says so itself. Audiences whose wake-up is due are always evaluated.
        Moves from stage to stage are appended to ``moved``.
        """
        open_bits = self._everyone if touched is None or touched.first else self._affected(touched)
        wakes = document.wakes
        if wakes and min(wakes.values()) <= now:
            for name, at in wakes.items():
                if at <= now:
                    open_bits |= self._bits.get(name, 0)
        edges = self._forget(document, now) if touched is None else []
        allowed = self._everyone
        if document.lacks:
            allowed = self._allowed(document)
            open_bits &= allowed
        if not open_bits and (touched is not None or document.stage is None):
            return edges
        today = self._today(now)
        if not self.stages and document.stage is None:
            self._settle(document, open_bits, allowed, now, today, edges)
            return edges
        rest, turned = self._settle(document, open_bits, self._early & allowed, now, today, edges)
        # While a rule cannot be told, the stage stays.
        if (turned or touched is None) and not self._rules & ~allowed and self._step(document, now, moved):
            rest |= self._by_stage
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
            name, run, dependents, is_rule = compiled[lowest.bit_length() - 1]
            truth, change = run(document, now, today)
            if change is not None:
                assert change > now, f"the wake-up of audience {name} does not lie ahead"
                wakes[name] = change
            elif name in wakes:
                del wakes[name]
            if is_rule:
                turned = _keep_rule(document.rules, name, truth=truth) or turned
            elif truth is not (name in memberships):
                if truth is None:  # not computable: nobody joins or leaves by it
                    continue
                if truth:
                    memberships[name] = now
                else:
                    del memberships[name]
                edges.append(Edge(name, truth, now))
                open_bits |= dependents
        return open_bits, turned

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

    def trait(self, name: str, document: Document, now: Instant) -> tuple[Any, Instant | None]:
        """Return the value of a trait, computed or not, at ``now``, and until when it holds by time alone."""
        if name not in self.computed.names():
            return plain_trait(name)(document, now, 0)
        lacks = self._lacks(document)
        if lacks and not all(answers(lacks, measure_of(did)) for did in self.computed.asks(name)[0]):
            return NOT_COMPUTABLE, None
        run = self.computed.run(name)
        return run(document, now, self._today(now))

    def _lacks(self, document: Document) -> Lacks:
        if document.edition == self.editions.number:
            return document.lacks
        return together(document.lacks, self.editions.lacks_since(document.edition))

    def _answers(self, condition: Condition, lacks: Lacks) -> bool:
        """Return whether nothing that the condition asks for is lacking, nor what the audiences in it ask for."""
        return all(
            answers(lacks, measure_of(did)) for node in self._written_out(condition) for did in self._dids_of(node)
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

    def _dids_of(self, node: Condition) -> tuple[Did, ...]:
        match node:
            case Did():
                return (node,)
            case TraitTest(trait=trait) | TraitAge(trait=trait) if trait in self.computed.names():
                return self.computed.asks(trait)[0]
            case Ranked(cut=Cut(by=trait)) if trait in self.computed.names():
                return self.computed.asks(trait)[0]
            case _:
                return ()

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
            if len(self._answered) >= _MOST_COMBINATIONS:
                self._answered.clear()
            bits = 0
            for audience in self.audiences:
                if self._answers(audience.condition, document.lacks):
                    bits |= self._bits[audience.name]
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
            phases=self._phases,
            places=self._places,
            computed=self.computed,
            inline=inline,
            cuts=self.cuts,
        )

    def _affected(self, touched: Touched) -> int:
        bits = self._by_measures.get(touched.measures)
        if bits is None:
            bits = self._bits_of(touched.measures)
        for name in touched.traits:
            bits |= self._by_trait.get(name, 0)
        if touched.cuts:
            bits |= self._by_cut
        return bits | self._by_home if touched.home else bits

    def _bits_of(self, measures: tuple[str, ...]) -> int:
        # There are as many tuples as there are combinations of filters that events pass: few, but not bounded by us.
        if len(self._by_measures) >= _MOST_COMBINATIONS:
            self._by_measures.clear()
        bits = 0
        for key in measures:
            bits |= self._by_measure.get(key, 0)
        self._by_measures[measures] = bits
        return bits

    def _forget(self, document: Document, now: Instant) -> list[Edge]:
        gone = sorted(name for name in document.memberships if name not in self._bits)
        for name in gone:
            del document.memberships[name]
        document.rules = [name for name in document.rules if name in self._bits]
        for name in [name for name in document.wakes if name not in self._bits and not name.startswith(TRAIT_WAKE)]:
            del document.wakes[name]
        return [Edge(name, joined=False, at=now) for name in gone]

    def _today(self, now: Instant) -> Day:
        start, end, today = self._day
        if not start <= now < end:
            today = today_in(now, self.zone)
            self._day = (day_start(today, self.zone), day_start(today + 1, self.zone), today)
        return today

    def _dependencies(self) -> tuple[dict[str, int], dict[str, int], int]:
        by_measure: dict[str, int] = {}
        by_trait: dict[str, int] = {}
        by_home = 0
        for audience in self.audiences:
            bit = self._bits[audience.name]
            for node in walk(audience.condition):
                match node:
                    case Did():
                        key = measure_key(node)
                        by_measure[key] = by_measure.get(key, 0) | bit
                    case TraitTest(trait=trait) | TraitAge(trait=trait) | Ranked(cut=Cut(by=trait)):
                        by_home |= bit if isinstance(node, Ranked) and node.cut.per is not None else 0
                        dids, traits = tuple[Did, ...](), frozenset((trait,))
                        if trait in self.computed.names():
                            dids, traits = self.computed.asks(trait)
                        for key in map(measure_key, dids):
                            by_measure[key] = by_measure.get(key, 0) | bit
                        for name in traits:
                            by_trait[name] = by_trait.get(name, 0) | bit
                    case InPhase() | AtLocation():
                        by_home |= bit
                    case _:
                        pass
        return by_measure, by_trait, by_home

    def _uses(self) -> list[int]:
        uses = [0] * len(self.audiences)
        for audience in self.audiences:
            for name in needs(audience):
                uses[self._bits[name].bit_length() - 1] |= self._bits[audience.name]
        return uses


def _keep_rule(rules: list[str], name: str, *, truth: bool | None) -> bool:
    """Keep whether the rule holds; return whether that turned. What is not computable turns nothing."""
    if truth is None or truth is (name in rules):
        return False
    if truth:
        insort(rules, name)
    else:
        rules.remove(name)
    return True


def _asks_stage(audience: Audience) -> bool:
    return any(isinstance(node, InStage) for node in walk(audience.condition))
