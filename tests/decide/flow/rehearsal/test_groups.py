"""Groups that live apart: when they may, and their counts together."""

from collections.abc import Iterator

import msgspec
import pytest

from fieldfare.decide.gate.policy import Approval, Selector
from fieldfare.decide.journeys.definition import GoTo, Journey, Reserve
from fieldfare.flow.generate import fitness
from fieldfare.flow.rehearsal.groups import OF_ONE_PERSON, are_apart, go_apart, groups_of, together
from fieldfare.flow.rehearsal.model import Asleep, Fault, Population
from fieldfare.flow.workspace import Workspace, read_workspace
from tests.decide.flow.rehearsal.counts import START, a_plan, counts, the_rules
from tests.scenarios.example_engine import FITNESS

WORKSPACE = read_workspace(FITNESS)
WAITLIST = WORKSPACE.journeys["waitlist"]


def _with(**changed: Journey) -> Workspace:
    return msgspec.structs.replace(WORKSPACE, journeys={**WORKSPACE.journeys, **changed})


def _sharing_places() -> Iterator[Workspace]:
    """Yield workspaces in which two people may want the same place."""
    replace, entry = msgspec.structs.replace, WAITLIST.entry
    assert entry.trigger is not None
    yield _with(waitlist=replace(WAITLIST, entry=replace(entry, key="class_name")))
    yield _with(waitlist=replace(WAITLIST, entry=replace(entry, key=None)))
    yield _with(waitlist=replace(WAITLIST, entry=replace(entry, trigger=replace(entry.trigger, event="check_in"))))
    yield _with(waitlist=replace(WAITLIST, entry=replace(entry, trigger=None, audience="vips")))
    one_pool = {
        path: replace(step, keyed=False) if isinstance(step, Reserve) else step for path, step in WAITLIST.steps.items()
    }
    yield _with(waitlist=replace(WAITLIST, steps=one_pool))
    onboarding = WORKSPACE.journeys["onboarding"]
    yield _with(onboarding=replace(onboarding, steps={**onboarding.steps, "99": GoTo(journey="waitlist")}))


def _shared() -> Iterator[Workspace]:
    replace = msgspec.structs.replace
    policies = WORKSPACE.policies
    yield from _sharing_places()
    yield replace(WORKSPACE, policies=replace(policies, limits=the_rules().policy.limits))
    asks = Approval(name="large", concerns=Selector(), audience_above=10)
    yield replace(WORKSPACE, policies=replace(policies, approvals=(asks,)))
    dealt = replace(WORKSPACE.registrations["win-back"], strata=("membership_tier",))
    yield replace(WORKSPACE, registrations={**WORKSPACE.registrations, "win-back": dealt})


def test_people_live_apart_where_nobody_can_take_anything_from_another() -> None:
    assert are_apart(WORKSPACE)
    assert groups_of(a_plan(people=1_000, load=2), WORKSPACE) == 2
    assert groups_of(a_plan(people=1_999), WORKSPACE) == 1
    assert groups_of(a_plan(people=9_999, population=Population.REAL), WORKSPACE) == 1


def test_each_goes_for_himself_unless_a_failing_provider_is_shut_for_all() -> None:
    assert go_apart(a_plan(people=10), WORKSPACE)
    assert go_apart(a_plan(people=10, faults=frozenset(Fault) - {Fault.OUTAGE}), WORKSPACE)
    assert not go_apart(a_plan(people=10, faults=frozenset({Fault.OUTAGE})), WORKSPACE)
    assert not go_apart(a_plan(people=10, population=Population.REAL), WORKSPACE)


@pytest.mark.parametrize("workspace", list(_shared()))
def test_what_is_shared_keeps_them_together(workspace: Workspace) -> None:
    assert groups_of(a_plan(people=9_999), workspace) == 1
    assert not go_apart(a_plan(people=9_999), workspace)


def test_keys_of_one_person_are_no_other_ones() -> None:
    whose: dict[tuple[str, str, str], set[str]] = {}
    for _, call in fitness.live_in(fitness.World(400, START, 90, 7)):
        for event, name in OF_ONE_PERSON:
            if call.get("event") == event:
                whose.setdefault((event, name, call["properties"][name]), set()).add(call["userId"])
    assert {(event, name) for event, name, _ in whose} == OF_ONE_PERSON
    assert all(len(people) == 1 for people in whose.values())


def test_counts_add_up_row_by_row() -> None:
    one = counts(returned=(Asleep("january", "all", 10, 6),))
    both = together([one, one])
    assert together([one]) is one
    assert (both.given, both.promised, both.lateness) == (2_000, 200, {0: 1_980, 4: 20})
    assert both.events_by_hour == {hour: 2 * many for hour, many in one.events_by_hour.items()}
    doubled = {(row.journey, row.day, row.what): 2 * row.count for row in one.walks}
    assert {(row.journey, row.day, row.what): row.count for row in both.walks} == doubled
    assert len(both.sent) == len(one.sent)
    assert both.returned == (Asleep("january", "all", 20, 12),)


def test_the_members_of_all_groups_are_those_of_the_whole_network() -> None:
    whole = [call["messageId"] for _, call in fitness.live_in(fitness.World(30, START, 20, 7))]
    parts = [
        call["messageId"]
        for group in range(2)
        for _, call in fitness.live_in(fitness.World(30, START, 20, 7, group=group, groups=2))
    ]
    assert sorted(parts) == sorted(whole)
