"""Check experiments against journeys, metrics and each other: what must exist before anything can be measured. Pure."""

from collections.abc import Iterator, Sequence

from fieldfare.act.broadcasts.model import Broadcast
from fieldfare.decide.journeys.definition import Journey
from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem, Severity
from fieldfare.ground.workspace.suggest import nearest
from fieldfare.learn.experiments.metrics.model import Metric, Shape
from fieldfare.learn.experiments.registered.model import Programme, Registration
from fieldfare.network.locations.model import Locations

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
    owners: dict[str, str] = {}
    for one in loaded:
        if isinstance(one.noun, Programme):
            yield from (one.problem(problem) for problem in _programme(one.noun, journeys))
        if isinstance(one.noun, Registration):
            yield from (one.problem(problem) for problem in _subject(one.noun, journeys, broadcasts, places))
            yield from (one.problem(problem) for problem in _registration(one.noun, metrics))
            yield from (one.problem(problem, Severity.WARNING) for problem in _many(one.noun))
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


def _many(noun: Registration) -> Iterator[Problem]:
    if len(noun.supporting) > MANY:
        what = f"there are {len(noun.supporting)} supporting metrics"
        why = f"more than {MANY} seldom explain more, and each makes a chance find likelier"
        yield Problem(("supporting",), what, why, "Keep those that explain how it works")


def _shapes(noun: Registration, metrics: dict[str, Metric]) -> Iterator[Problem]:
    """Yield metrics that cannot be what they are named for."""
    primary = metrics.get(noun.primary)
    if primary is not None and primary.shape is Shape.DERIVED:
        what, why = f"`{noun.primary}` follows from another metric", "the primary metric is measured for each unit"
        yield Problem(("metric",), what, why, f"Name `{primary.of}`, and this one as `supporting`")
    for index, guardrail in enumerate(noun.guardrails):
        metric = metrics.get(guardrail.metric)
        if metric is not None and guardrail.at_most is not None and metric.shape is not Shape.SHARE:
            what, why = f"`at_most` bounds `{guardrail.metric}`, which is no share", "a share of people is bounded so"
            yield Problem(("guardrails", index, "at_most"), what, why, "Write `worse_by:` in the metric's own unit")


def _programme(noun: Programme, journeys: dict[str, Journey]) -> Iterator[Problem]:
    for name, shares in noun.groups.items():
        for each in shares:
            if each not in journeys:
                fix = nearest(each, journeys) or "Name a journey of `journeys/`"
                yield Problem(("groups", name, each), f"there is no journey `{each}`", "a group holds journeys", fix)
