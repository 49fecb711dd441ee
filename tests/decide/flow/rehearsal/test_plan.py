"""What is asked of a simulation, read or refused."""

import pytest

from fieldfare.flow.rehearsal.model import Asked, Fault, Population
from fieldfare.flow.rehearsal.plan import plan_of
from fieldfare.ground.errors import CallerError
from fieldfare.ground.instants import DAY, HOUR, parse_iso

NOW = parse_iso("2026-03-10T15:00:00Z")
MIDNIGHT = parse_iso("2026-03-09T23:00:00Z")


def test_a_simulation_begins_today_and_takes_what_its_population_takes() -> None:
    made = plan_of(Asked(), "Europe/Berlin", NOW)
    assert (made.start, made.end - made.start, made.population) == (MIDNIGHT, 365 * DAY, Population.GENERATED)
    assert plan_of(Asked(population="real"), "Europe/Berlin", NOW).end == MIDNIGHT + 90 * DAY


def test_the_last_day_counts_whole_and_faults_are_read() -> None:
    asked = Asked(first="2026-03-29", last="2026-03-29", faults=("duplicates", "merges"), load=3, people=5, seed=1)
    made = plan_of(asked, "Europe/Berlin", NOW)
    assert made.end - made.start == 23 * HOUR
    assert made.faults == {Fault.DUPLICATES, Fault.MERGES}
    assert (made.load, made.people, made.seed) == (3, 5, 1)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Asked(population="robots"), "population_unknown"),
        (Asked(faults=("duplicate",)), "fault_unknown"),
        (Asked(first="tomorrow"), "span_invalid"),
        (Asked(last="2020-01-01"), "span_invalid"),
        (Asked(first="2020-01-01", last="2029-01-01"), "simulation_too_long"),
        (Asked(people=0), "people_invalid"),
        (Asked(load=21), "load_invalid"),
    ],
)
def test_what_cannot_be_run_is_refused_by_its_field(asked: Asked, code: str) -> None:
    with pytest.raises(CallerError) as raised:
        plan_of(asked, "Europe/Berlin", NOW)
    assert raised.value.code == code


def test_a_mistyped_fault_gets_advice() -> None:
    with pytest.raises(CallerError, match="Did you mean `duplicates`"):
        plan_of(Asked(faults=("duplicate",)), "UTC", NOW)
