"""Read what is asked of a simulation: the span, who lives through it, how much of it, and what goes wrong. Pure."""

from fieldfare.flow.rehearsal.model import Asked, Fault, Plan, Population
from fieldfare.flow.spans import read_span
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, Instant, day_start, today_in
from fieldfare.ground.workspace.suggest import nearest

LONGEST_DAYS = 3 * 366
MOST_PEOPLE = 1_000_000
MOST_LOAD = 20
DEFAULT_DAYS = {Population.GENERATED: 365, Population.REAL: 90}


def plan_of(asked: Asked, zone: str, now: Instant) -> Plan:
    """Return the plan; without a first day it begins today, without a last one it takes the population's default.

    Raises ``CallerError``: ``population_unknown``, ``fault_unknown``, ``span_invalid``, ``simulation_too_long``,
    ``people_invalid``, ``load_invalid``.
    """
    population = _population(asked.population)
    faults = frozenset(_fault(name) for name in asked.faults)
    span = read_span(asked.first, asked.last, zone)
    start = span.from_at if span.from_at is not None else day_start(today_in(now, zone), zone)
    end = span.to_at if span.to_at is not None else start + DEFAULT_DAYS[population] * DAY
    if end <= start:
        text = "The simulation would be over before it begins. Give `to` a later day, or leave it out."
        raise CallerError("span_invalid", text, field="to")
    if end - start > LONGEST_DAYS * DAY:
        text = f"The simulation would take {(end - start) // DAY:,} days. At most {LONGEST_DAYS:,} are taken at once."
        raise CallerError("simulation_too_long", text, field="to")
    if not 1 <= asked.people <= MOST_PEOPLE:
        text = f"`people` is {asked.people:,}. Give a whole number from 1 to {MOST_PEOPLE:,}."
        raise CallerError("people_invalid", text, field="people")
    if not 1 <= asked.load <= MOST_LOAD:
        text = f"`load` is {asked.load:,}. Give how many times the usual there is to be, from 1 to {MOST_LOAD}."
        raise CallerError("load_invalid", text, field="load")
    return Plan(
        start=start,
        end=end,
        population=population,
        people=asked.people,
        seed=asked.seed,
        load=asked.load,
        faults=faults,
    )


def _population(name: str) -> Population:
    try:
        return Population(name)
    except ValueError as error:
        text = f"`{name[:40]}` is no population. Write `real` for a copy of these people, or `generated`."
        raise CallerError("population_unknown", text, field="population") from error


def _fault(name: str) -> Fault:
    try:
        return Fault(name)
    except ValueError as error:
        known = [fault.value for fault in Fault]
        advice = nearest(name, known) or f"There are {', '.join(known)}."
        text = f"`{name[:40]}` is no fault that can be switched on. {advice}"
        raise CallerError("fault_unknown", text, field="fault") from error
