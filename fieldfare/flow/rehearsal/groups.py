"""Generated people in groups that live side by side, each on a processor of its own, and their counts together. Pure.

People are told apart by their number, so the same plan makes the same groups on every machine. They live apart only
where nothing that one of them does can change what another one gets: no capacity or budget, no places that two of them
could want, no rate of a provider that they share, no strata in which they would be dealt one after another.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

import msgspec

from fieldfare.act.delivery.model import ChannelSpec
from fieldfare.decide.gate.policy import Policy
from fieldfare.decide.journeys.definition import GoTo, Journey, Reserve
from fieldfare.flow.rehearsal.model import Asleep, Counted, Decided, Fault, Hourly, Plan, Population, Tallied
from fieldfare.learn.experiments.registered.model import Registration

OF_ONE_PERSON = frozenset({("place_offered", "offer_id")})
"""Events of generated people, each with a property of which no two people ever have the same value."""
FEWEST = 2_000
"""Fewer people live together."""
GROUPS = 2
_Row = TypeVar("_Row", bound=msgspec.Struct)


class Apart(Protocol):
    """What of a workspace's rules people could share."""

    @property
    def policies(self) -> Policy:
        """Return the gate's rules."""
        ...

    @property
    def journeys(self) -> Mapping[str, Journey]:
        """Return the journeys."""
        ...

    @property
    def registrations(self) -> Mapping[str, Registration]:
        """Return the registered experiments."""
        ...

    @property
    def channels(self) -> Mapping[str, ChannelSpec]:
        """Return the channels."""
        ...


def groups_of(plan: Plan, workspace: Apart) -> int:
    """Return in how many groups the people of a plan live."""
    many = plan.population is Population.GENERATED and plan.people * plan.load >= FEWEST
    return GROUPS if many and are_apart(workspace) else 1


def go_apart(plan: Plan, workspace: Apart) -> bool:
    """Return whether each of the people goes through time for himself.

    Not where providers fail: who meets that first shuts them for all. Generated people have no household.
    """
    return plan.population is Population.GENERATED and Fault.OUTAGE not in plan.faults and are_apart(workspace)


def are_apart(workspace: Apart) -> bool:
    """Return whether nothing that somebody gets depends on what others got, nor on how many came before."""
    policy = workspace.policies
    reserves = any(_shares_places(each, workspace.journeys) for each in workspace.journeys.values())
    counts = any(rule.audience_above is not None for rule in policy.approvals)
    rates = any(spec.limits for spec in workspace.channels.values())
    deals = any(plan.strata for plan in workspace.registrations.values())
    return not (policy.limits or reserves or counts or rates or deals)


def _shares_places(journey: Journey, journeys: Mapping[str, Journey]) -> bool:
    """Return whether two people may want the same place of a journey: unless a key of one person's own leads to it."""
    reserves = [step for step in journey.steps.values() if isinstance(step, Reserve)]
    if not reserves:
        return False
    entry = journey.entry
    is_own = entry.trigger is not None and (entry.trigger.event, entry.key) in OF_ONE_PERSON
    steps = (step for each in journeys.values() for step in each.steps.values())
    is_led_to = any(isinstance(step, GoTo) and step.journey == journey.name for step in steps)
    return not is_own or is_led_to or not all(each.keyed for each in reserves)


def together(parts: list[Counted]) -> Counted:
    """Return the counts of all groups as those of one."""
    if len(parts) == 1:
        return parts[0]

    def total(name: str) -> int:
        return sum(getattr(each, name) for each in parts)

    def by_key(name: str) -> dict[int, int]:
        found: Counter[int] = Counter()
        for each in parts:
            found.update(getattr(each, name))
        return dict(sorted(found.items()))

    sums = ("given", "applied", "duplicates", "dead_letters", "erased", "twice", "profiles", "merged")
    tables = ("events_by_hour", "letters_by_day", "events_by_day", "failed_by_day", "attempts_by_day", "lateness")
    found: dict[str, Any] = {name: total(name) for name in (*sums, "promised", "arrived", "sent_twice")}
    found |= {name: by_key(name) for name in tables}
    return Counted(
        **found,
        walks=_summed((row for each in parts for row in each.walks), Tallied, ("count",)),
        sent=_summed((row for each in parts for row in each.sent), Hourly, ("sent",)),
        decided=_summed((row for each in parts for row in each.decided), Decided, ("verdicts", "proposals")),
        returned=_summed((row for each in parts for row in each.returned), Asleep, ("active", "back")),
    )


def _summed(rows: Iterable[_Row], kind: Callable[..., _Row], counted: tuple[str, ...]) -> tuple[_Row, ...]:
    """Return the rows with those that tell of the same thing added up, in a fixed order."""
    found: dict[tuple[Hashable, ...], list[int]] = {}
    names: tuple[str, ...] = ()
    for row in rows:
        names = names or tuple(name for name in row.__struct_fields__ if name not in counted)
        sums = found.setdefault(tuple(getattr(row, name) for name in names), [0] * len(counted))
        for place, name in enumerate(counted):
            sums[place] += getattr(row, name)
    ordered = sorted(found.items(), key=lambda each: [(part is not None, part) for part in each[0]])
    return tuple(
        kind(**dict(zip(names, key, strict=True)), **dict(zip(counted, sums, strict=True))) for key, sums in ordered
    )
