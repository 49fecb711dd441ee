"""Check experiments against journeys, metrics and each other: what must exist before anything can be measured. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.decide.journeys.definition import Journey
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.know.profiles.model import Sensitivity, Traits, TraitSpec, TraitType
from fieldfare.learn.experiments.assign import quotas
from fieldfare.learn.experiments.metrics.model import Metric, MetricKind, Shape
from fieldfare.learn.experiments.registered.model import Looks, Margin, Programme, Registration
from fieldfare.network.locations.model import Locations

_COARSE = frozenset({TraitType.TEXT, TraitType.BOOLEAN})
MANY = 2
"""Supporting metrics beyond so many are warned of: each one more makes a chance find likelier."""


def experiment_problems(loaded: Sequence[Loaded], unreadable: frozenset[str]) -> Iterator[LocatedProblem]:
    """Yield what is wrong between experiments, journeys and metrics; nothing where one of these cannot be read."""
    if unreadable & {"journey", "broadcast", "metrics"}:
        return
    journeys = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Journey)}
    broadcasts = {one.noun.name: one.noun for one in loaded if isinstance(one.noun, Broadcast)}
    metrics: dict[str, Metric] = next((one.noun for one in loaded if one.kind.name == "metrics" and one.noun), {})
    places = frozenset(place.name for one in loaded if isinstance(one.noun, Locations) for place in one.noun.places)
    traits = next((one.noun.by_name for one in loaded if isinstance(one.noun, Traits)), {})
    owners: dict[str, str] = {}
    for one in loaded:
        if isinstance(one.noun, Programme):
            yield from (one.problem(problem) for problem in _programme(one.noun, journeys))
        if isinstance(one.noun, Registration):
            yield from (one.problem(problem) for problem in _subject(one.noun, journeys, broadcasts, places))
            yield from (one.problem(problem) for problem in _registration(one.noun, metrics))
            yield from (one.problem(problem) for problem in _blocks(one.noun, journeys, places))
            yield from (one.problem(problem) for problem in _strata(one.noun, traits))
            yield from (
                one.problem(problem, Severity.WARNING)
                for problem in (*_many(one.noun), *_fine(one.noun, traits), *_endless(one.noun))
            )
            if one.noun.experiment in owners:
                what = f"the {one.noun.subject} is measured by `{owners[one.noun.experiment]}` already"
                key = "broadcast" if one.noun.broadcast else "journey"
                fix = "Put both into one experiment"
                yield one.problem(Problem((key,), what, "its arms belong to one experiment", fix))
            owners[one.noun.experiment] = one.noun.name


def _subject(
    noun: Registration, journeys: dict[str, Journey], broadcasts: dict[str, Broadcast], places: frozenset[str]
) -> Iterator[Problem]:
    """Yield what is wrong with what is to be measured."""
    if noun.places is not None:
        for name in noun.places.starts if places else ():
            if name not in places:
                fix = nearest(name, places) or "Name a place of locations.yaml"
                what = f"there is no place `{name}`"
                yield Problem(("places", "starts", name), what, "its numbers are compared with the others'", fix)
        return
    if noun.broadcast:
        told = broadcasts.get(noun.broadcast)
        if told is None:
            fix = nearest(noun.broadcast, broadcasts) or "Name a broadcast of `broadcasts/`"
            yield Problem(
                ("broadcast",), f"there is no broadcast `{noun.broadcast}`", "an experiment measures one", fix
            )
        elif told.experiment is None:
            why, fix = (
                "everybody gets the same, so nothing can be compared",
                "Write `holdout: 10 %` or `variants` there",
            )
            yield Problem(("broadcast",), f"the broadcast `{noun.broadcast}` compares nothing", why, fix)
        elif told.edition != noun.edition:
            what = f"the broadcast `{noun.broadcast}` has the edition `{told.edition}`"
            yield Problem(("edition",), what, "each edition is another experiment", f"Write `edition: {told.edition}`")
        return
    journey = journeys.get(noun.journey)
    if journey is None:
        fix = nearest(noun.journey, journeys) or "Name a journey of `journeys/`"
        yield Problem(("journey",), f"there is no journey `{noun.journey}`", "an experiment measures one", fix)
    elif noun.step:
        if noun.step not in journey.varied:
            fix = nearest(noun.step, journey.varied) or "Write a step `experiment` there, or remove `step`"
            what = f"the journey `{noun.journey}` has no experiment step `{noun.step}`"
            yield Problem(("step",), what, "its variants are what is compared", fix)
    elif journey.holdout is None:
        why, fix = "without people who are kept out nothing can be compared", "Write `holdout: 15 %` in the journey"
        yield Problem(("journey",), f"the journey `{noun.journey}` keeps no holdout", why, fix)


def _blocks(noun: Registration, journeys: dict[str, Journey], places: frozenset[str]) -> Iterator[Problem]:
    """Yield blocks that name no place, and those too small to give every arm one."""
    journey = journeys.get(noun.journey)
    weights = _weights(journey, noun.step) if journey is not None else {}
    for index, block in enumerate(noun.blocks):
        for place in block if places else ():
            if place not in places:
                fix = nearest(place, places) or "Name a place of locations.yaml"
                yield Problem(("blocks", index), f"there is no place `{place}`", "a block holds places", fix)
        without = [arm for arm, count in quotas(len(block), weights, index).items() if not count]
        if without:
            what = f"of the {len(block)} places of `{', '.join(block)}` none would be `{without[0]}`"
            told = ", ".join(f"{weight:.0%} {arm}" for arm, weight in weights.items())
            why = f"the shares are {told}, and in a block they are exact"
            fix = "Write larger blocks, or more equal shares (`holdout: 50 %` for pairs)"
            yield Problem(("blocks", index), what, why, fix)


def _weights(journey: Journey, step: str) -> dict[str, float]:
    if step:
        ways = journey.varied[step].ways if step in journey.varied else ()
        total = sum(way.weight for way in ways)
        return {way.name: way.weight / total for way in ways}
    return {} if journey.holdout is None else {"holdout": journey.holdout, "treated": 1 - journey.holdout}


def _registration(noun: Registration, metrics: dict[str, Metric]) -> Iterator[Problem]:
    """Yield metrics that are not there, or cannot be what they are named for."""
    asked: list[tuple[Path, str]] = [(("metric",), noun.primary)]
    asked += [(("north_star",), noun.north_star)] if noun.north_star is not None else []
    asked += [(("supporting", index), name) for index, name in enumerate(noun.supporting)]
    asked += [(("guardrails", index, "metric"), each.metric) for index, each in enumerate(noun.guardrails)]
    for path, name in asked:
        if name not in metrics:
            fix = nearest(name, metrics) or "Declare it in `metrics.yaml`"
            yield Problem(path, f"there is no metric `{name}`", "metrics.yaml declares them", fix)
    if noun.places is not None and noun.primary in metrics and not metrics[noun.primary].rows:
        what, why = f"`{noun.primary}` counts no events", "places are compared by what happened there"
        yield Problem(("metric",), what, why, "Name a metric of events")
    yield from _shapes(noun, metrics)


def _strata(noun: Registration, traits: Mapping[str, TraitSpec]) -> Iterator[Problem]:
    for index, name in enumerate(noun.strata):
        if name in traits and traits[name].sensitivity is not Sensitivity.NONE:
            what, why = f"the trait `{name}` is personal", "it is sealed, so it tells no strata apart"
            yield Problem(("strata", index), what, why, "Name a trait in clear, such as one that is derived from it")


def _fine(noun: Registration, traits: Mapping[str, TraitSpec]) -> Iterator[Problem]:
    """Yield strata so fine that hardly anybody would share one."""
    for index, name in enumerate(noun.strata):
        if name in traits and traits[name].type not in _COARSE:
            what, why = f"`{name}` is a {traits[name].type}", "each of its values would be a stratum of few people"
            yield Problem(("strata", index), what, why, "Name a trait with few values")


def _many(noun: Registration) -> Iterator[Problem]:
    if len(noun.supporting) > MANY:
        what = f"there are {len(noun.supporting)} supporting metrics"
        why = f"more than {MANY} seldom explain more, and each makes a chance find likelier"
        yield Problem(("supporting",), what, why, "Keep those that explain how it works")


def _endless(noun: Registration) -> Iterator[Problem]:
    """Yield one look that nothing says the time of."""
    if noun.looks is Looks.FIXED and noun.units is None and noun.stop is None and noun.places is None:
        what, why = "nothing says when the one look is", "so it is read at any moment, by a wider interval"
        fix = "Write `stop:`, or `units:` (`fieldfare experiments design` tells how many), or `looks: always`"
        yield Problem(("looks",), what, why, fix)


def _shapes(noun: Registration, metrics: dict[str, Metric]) -> Iterator[Problem]:
    """Yield metrics that cannot be what they are named for."""
    primary = metrics.get(noun.primary)
    if primary is not None and primary.shape is Shape.DERIVED:
        what, why = f"`{noun.primary}` follows from another metric", "the primary metric is measured for each unit"
        yield Problem(("metric",), what, why, f"Name `{primary.of}`, and this one as `supporting`")
    if primary is not None and not noun.effect_is_lift:
        margin = Margin.POINTS if noun.effect_in_points else Margin.UNIT
        yield from _unit(primary, "smallest_effect", ("smallest_effect",), margin, is_share=_is_share(noun, primary))
    for index, guardrail in enumerate(noun.guardrails):
        metric = metrics.get(guardrail.metric)
        if metric is None:
            continue
        if guardrail.worse_by is not None:
            path: Path = ("guardrails", index, "worse_by")
            yield from _unit(metric, "worse_by", path, guardrail.margin, is_share=_is_share(noun, metric))
            if noun.blocks and guardrail.margin is Margin.OF_CONTROL:
                what, why = "`of control` stands with `blocks`", "the lift of few matched places has no interval"
                yield Problem(path, what, why, "Write points (`1 %`), or the metric's own unit")
        is_of_messages = metric.kind is MetricKind.DELIVERY
        if guardrail.at_most is not None and metric.shape is not Shape.SHARE and not is_of_messages:
            what = f"`at_most` bounds `{guardrail.metric}`, which is no share"
            why, fix = "a share of people or messages is bounded so", "Write `worse_by:` in the metric's own unit"
            yield Problem(("guardrails", index, "at_most"), what, why, fix)
        if guardrail.at_most is not None and not metric.lower_is_better:
            what = f"`at_most` bounds `{guardrail.metric}`, of which more is better"
            why, fix = "it is crossed by more", "Name a metric of harm, or write `worse_by:`"
            yield Problem(("guardrails", index, "at_most"), what, why, fix)
        if guardrail.worse_by is not None and is_of_messages and noun.journey and not noun.step:
            what = f"`worse_by` compares `{guardrail.metric}` with a holdout that gets no message"
            why, fix = "it would never be crossed", "Write `at_most:`"
            yield Problem(("guardrails", index, "worse_by"), what, why, fix)


def _is_share(noun: Registration, metric: Metric) -> bool:
    """Return whether the metric is read as a share; of places it is a number for each of them and each period."""
    of_events = metric.kind in {MetricKind.DISCOUNT_DEPENDENCE, MetricKind.DELIVERY}
    return noun.places is None and (metric.shape is Shape.SHARE or of_events)


def _unit(metric: Metric, key: str, path: Path, margin: Margin, *, is_share: bool) -> Iterator[Problem]:
    """Yield a difference that is written in another unit than its metric's."""
    if margin is Margin.POINTS and not is_share:
        own = "an amount of money" if metric.is_money else "a number of its own and no share"
        what, why = (
            f"`{key}` is written in percent, and `{metric.name}` is {own}",
            "percent alone are points of a share",
        )
        unit = "in major units (`2.50`)" if metric.is_money else "in its own unit (`1.5`)"
        yield Problem(path, what, why, f"Write it {unit}, or as a part of the control's number (`5 % of control`)")
    if margin is Margin.UNIT and is_share:
        what, why = f"`{key}` of `{metric.name}` has no unit", "a difference of shares is written in points"
        yield Problem(path, what, why, "Write for example `1 %`")


def _programme(noun: Programme, journeys: dict[str, Journey]) -> Iterator[Problem]:
    for name, shares in noun.groups.items():
        for each in shares:
            if each not in journeys:
                fix = nearest(each, journeys) or "Name a journey of `journeys/`"
                yield Problem(("groups", name, each), f"there is no journey `{each}`", "a group holds journeys", fix)
