"""What of a workspace a season phase changes, value by value, for ``seasons show``. Pure; it decides nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from fieldfare.flow.finished_journeys import conditions_of
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import MINUTE
from fieldfare.know.audiences.model import Condition, InPhase, durings_of, walk

_NOT_TOLD = frozenset({"by_phase", "phase"})
_CLOCKS = {"first": "from", "end": "to"}
_KEYS = _CLOCKS | {"spread_us": "spread"}


class Changed(msgspec.Struct, frozen=True):
    """One value that is otherwise in a phase."""

    phase: str
    file: str
    where: str
    """The rule in the file."""
    key: str
    is_then: Any
    otherwise: Any


def changes_by_phase(workspace: Workspace) -> list[Changed]:
    """Return every value that a phase changes, by phase."""
    found = [*_of_gate(workspace), *_of_actions(workspace), *_of_audiences(workspace), *_of_journeys(workspace)]
    found += _of_health(workspace)
    return sorted(found, key=lambda each: (each.phase, each.file, each.where, each.key))


def changes_told(workspace: Workspace) -> list[dict[str, Any]]:
    """Return them as plain values."""
    return [msgspec.to_builtins(each) for each in changes_by_phase(workspace)]


def _of_gate(workspace: Workspace) -> Iterator[Changed]:
    policy, file = workspace.policies, "policies.yaml"
    lists: Mapping[str, Any] = {
        "caps": policy.caps,
        "throttles": policy.throttles,
        "quiet_hours": policy.quiet_hours,
        "approvals": policy.approvals,
        "capacities": [each for each in policy.limits if not each.is_money],
        "budgets": [each for each in policy.limits if each.is_money],
    }
    for name, rules in lists.items():
        for number, rule in enumerate(rules, 1):
            yield from _differences(rule, file, f"{name} {getattr(rule, 'name', number)}")
    for number, refused in enumerate(policy.refused, 1):
        what = {name: told for name, told in msgspec.structs.asdict(refused.concerns).items() if told}
        for phase in refused.phases:
            yield Changed(phase, file, f"refuse {number}", "refuse", _plain(what), "")
    for phase, order in policy.channel_order_by_phase.items():
        yield Changed(phase, file, "channels", "order", list(order), list(policy.channel_order))


def _of_actions(workspace: Workspace) -> Iterator[Changed]:
    for name, kind in workspace.actions.items():
        yield from _differences(kind, "actions.yaml", name)


def _differences(rule: Any, file: str, where: str) -> Iterator[Changed]:
    for phase, variant in rule.by_phase.items():
        for name in rule.__struct_fields__:
            one, other = getattr(variant, name), getattr(rule, name)
            if name not in _NOT_TOLD and one != other:
                yield Changed(phase, file, where, _KEYS.get(name, name), _said(name, one), _said(name, other))


def _said(name: str, value: Any) -> Any:
    if name in _CLOCKS:
        return f"{value // 60:02}:{value % 60:02}"
    if name == "spread_us":
        return f"{value // MINUTE} minutes"
    return value


def _of_audiences(workspace: Workspace) -> Iterator[Changed]:
    for name, audience in workspace.audiences.items():
        file = f"audiences/{name}.yaml"
        for phase, refresh in audience.by_phase.items():
            yield Changed(phase, file, name, "refresh", refresh.value, audience.refresh.value)
        for phase in _asked(audience.condition):
            yield Changed(phase, file, name, "where", "asks for it", "")


def _of_journeys(workspace: Workspace) -> Iterator[Changed]:
    for name, journey in workspace.journeys.items():
        file = f"journeys/{name}.yaml"
        for phase, is_open in journey.entry.open_by_phase.items():
            yield Changed(phase, file, "entry", "open", is_open, journey.entry.is_open)
        for stop in journey.stops:
            for phase, above in stop.by_phase.items():
                yield Changed(phase, file, f"stop {stop.what}", "above", above, stop.above)
        for phase in sorted({phase for condition in conditions_of(journey) for phase in _asked(condition)}):
            yield Changed(phase, file, "conditions", "in_phase", "asks for it", "")


def _of_health(workspace: Workspace) -> Iterator[Changed]:
    policy = workspace.health
    for phase, thresholds in policy.by_phase.items():
        for metric, value in thresholds.items():
            other = policy.thresholds.get(metric)
            yield Changed(phase, "health.yaml", "thresholds", metric.value, value, other)


def _asked(condition: Condition) -> list[str]:
    """Return the phases that a condition asks for, of now and of the past."""
    found = {node.phase for node in walk(condition) if isinstance(node, InPhase)}
    found |= {during.phase for node in walk(condition) for during in durings_of(node)}
    return sorted(found)


def _plain(what: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {', '.join(told)}" for name, told in sorted(what.items()))
