"""Compiles measures and trait declarations into what folding needs, once per definition. No event is seen here."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from fieldfare.collect.model import Event
from fieldfare.collect.personal import personal_with
from fieldfare.ground.instants import DAY
from fieldfare.know.identity.normal import Regions
from fieldfare.know.profiles.compare import Check, check_of
from fieldfare.know.profiles.derive import derived_of
from fieldfare.know.profiles.model import (
    Keeps,
    Measure,
    Origin,
    PropertyTest,
    Sensitivity,
    Traits,
    TraitSpec,
    TraitStatus,
)
from fieldfare.know.profiles.personal import is_personal
from fieldfare.know.profiles.values import token_of, whole

HOME_TRAIT = "home_location"
"""The trait that decides the home location when it is set to a text."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_THURSDAY = 3  # the weekday of day 0


class Ignored(msgspec.Struct, frozen=True):
    """A trait that was not kept: its name and why.

    ``too_large``, ``wrong_type``, ``bad_name``, ``too_many``, ``undeclared``, ``proposed``, or ``derived``: it
    cannot be sent.
    """

    trait: str
    reason: str


class Touched(msgspec.Struct, frozen=True):
    """What folding one event changed; audiences that depend on none of it keep their truth."""

    measures: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    """Non-personal traits whose value changed."""
    home: bool = False
    """The home location changed."""
    first: bool = False
    """The document was empty before, so nothing has been evaluated yet."""
    ignored: tuple[Ignored, ...] = ()
    identity: bool = False
    """Identifiers, or how sure identity is of them, changed."""
    consent: bool = False
    """What is in force by the ledger changed."""
    kin: bool = False
    """The household changed, or what its members tell of themselves."""
    cuts: bool = False
    """A new version of published cuts concerns the profile."""


NOTHING = Touched()
IDENTITY, CONSENT, KIN = Touched(identity=True), Touched(consent=True), Touched(kin=True)


def joined(one: Touched, other: Touched) -> Touched:
    """Return what two changes of one document touched together."""
    if other is NOTHING:
        return one
    return Touched(
        measures=one.measures + other.measures,
        traits=one.traits + other.traits,
        home=one.home or other.home,
        first=one.first or other.first,
        ignored=one.ignored + other.ignored,
        identity=one.identity or other.identity,
        consent=one.consent or other.consent,
        kin=one.kin or other.kin,
        cuts=one.cuts or other.cuts,
    )


Rule = tuple[str, Callable[[Event], bool] | None, str | None, bool, bool]
"""One measure as folding sees it: key, filter (``None``: every event counts), property to sum, tiles kept, stamps kept.

A plain tuple, because unpacking one costs a fifth of reading five attributes.
"""


class ValueRule(msgspec.Struct, frozen=True):
    """One measure of values as folding sees it."""

    key: str
    accepts: Callable[[Event], bool] | None
    read: Callable[[Event], Any]
    """The value in the form that is kept, ``None`` when the event has none."""
    keeps: Keeps
    tiled: bool
    stamped: bool


class Listening(msgspec.Struct, frozen=True):
    """The rules of one event name, and what they touch when all of them apply."""

    rules: tuple[Rule, ...]
    values: tuple[ValueRule, ...]
    all_touched: Touched


class FoldPlan:
    """Everything that folding needs of the workspace. Immutable; make one per definition."""

    def __init__(
        self,
        measures: Iterable[Measure],
        traits: Mapping[str, TraitSpec],
        *,
        origins: Mapping[str, Origin] | None = None,
        only: frozenset[str] | None = None,
        moves_after_days: int = Traits().moves_after_days,
        identifiers: frozenset[str] = frozenset(),
        regions: Regions | None = None,
    ) -> None:
        """Compile ``measures`` (see :func:`fieldfare.know.audiences.measures.measures_of`) and declared ``traits``.

        ``origins`` says what each source's word is worth; ``only`` which undeclared traits are kept (``None``: all);
        ``identifiers`` the names of traits that hold identifiers, which are sealed whatever is declared;
        ``regions`` the countries of telephone numbers.
        """
        self.measures = {measure.key: measure for measure in measures}
        self.traits = dict(traits)
        self._origins = dict(origins or {})
        self._only = only
        self.moves_after_days = moves_after_days
        self.ranks = {name: ranks for name, spec in self.traits.items() if (ranks := self._ranks(spec))}
        """Trait -> source -> how high it stands, for traits that say so."""
        self.retention = {
            name: spec.retention_days * DAY for name, spec in self.traits.items() if spec.retention_days is not None
        }
        """Trait -> how long after its event time a value is kept, in microseconds."""
        self.regions = regions if regions is not None else Regions()
        self.is_named_personal = personal_with(identifiers)
        self.sealed_traits = frozenset(
            name
            for name, spec in self.traits.items()
            if spec.sensitivity is not Sensitivity.NONE or self.is_named_personal(name)
        )
        self.derived = derived_of(self.traits)
        self.derived_names = frozenset(target for found in self.derived.values() for target, _ in found)
        names = {measure.event for measure in self.measures.values()}
        self.by_event = {name: self._listening(name) for name in names}

    def is_personal(self, name: str, value: Any) -> bool:
        """Return whether a trait of this name and value must be sealed."""
        return is_personal(name, value, self.traits, self.is_named_personal)

    def origin(self, source: str) -> Origin:
        """Return what a source's word is worth; a source that nobody declared is its own system."""
        return self._origins.get(source) or Origin(source)

    def refusal(self, name: str) -> str | None:
        """Return why no value of the trait is kept, ``None`` when values are."""
        if name in self.derived_names:
            return "derived"
        spec = self.traits.get(name)
        if spec is None:
            return None if self._only is None or name in self._only else "undeclared"
        return "proposed" if spec.status is TraitStatus.PROPOSED else None

    def _ranks(self, spec: TraitSpec) -> dict[str, int]:
        order = ((spec.owner,) if spec.owner is not None else ()) + spec.sources
        ranks: dict[str, int] = {}
        for rank, named in enumerate(reversed(order), 1):
            systems = {source for source, origin in self._origins.items() if origin.system == named}
            ranks.update(dict.fromkeys({named, *systems}, rank))
        return ranks

    def _listening(self, event: str) -> Listening:
        heard = [measure for measure in self.measures.values() if measure.event == event]
        rules = tuple(_rule(measure) for measure in heard if measure.keeps is Keeps.TOTALS)
        values = tuple(_value_rule(measure) for measure in heard if measure.keeps is not Keeps.TOTALS)
        return Listening(rules, values, Touched(measures=tuple(rule[0] for rule in rules)))


def _rule(measure: Measure) -> Rule:
    return (measure.key, _filter(measure), measure.of, is_tiled(measure), measure.horizon_us > 0)


def _value_rule(measure: Measure) -> ValueRule:
    reads = (measure.key, _filter(measure), _reader(measure), measure.keeps)
    return ValueRule(*reads, tiled=is_tiled(measure), stamped=measure.horizon_us > 0)


def is_tiled(measure: Measure) -> bool:
    """Return whether the measure keeps tiles of days."""
    return measure.horizon_days is None or measure.horizon_days > 0


def _reader(measure: Measure) -> Callable[[Event], Any]:
    if measure.keeps in {Keeps.DAYS, Keeps.MOMENTS}:
        return lambda event: event.local_day
    name = measure.of
    assert name is not None, "values are of a property"
    form = whole if measure.keeps is Keeps.EXTREMES else token_of
    return lambda event: form(property_of(event, name))


def _filter(measure: Measure) -> Callable[[Event], bool] | None:
    checks = tuple((test.property, check_of(test)) for test in measure.filter)
    return _accepts(checks) if checks else None


def _accepts(checks: tuple[tuple[str, Check], ...]) -> Callable[[Event], bool]:
    if len(checks) == 1 and checks[0][0] not in {"weekday", "location"}:
        ((name, check),) = checks
        return lambda event: check(event.payload.get(name))
    return lambda event: all(check(property_of(event, name)) for name, check in checks)


def property_of(event: Event, name: str) -> Any:
    """Return what a test on ``name`` compares: the derived weekday or location, else the property itself."""
    if name == "weekday":
        return WEEKDAYS[(event.local_day + _THURSDAY) % 7]
    if name == "location":
        return event.location
    return event.payload.get(name)


def passes(event: Event, tests: tuple[PropertyTest, ...]) -> bool:
    """Return whether the event passes all tests. For journeys and goals; folding uses the compiled plan."""
    return all(check_of(test)(property_of(event, test.property)) for test in tests)
