"""What of a workspace a season phase changes, value by value, for ``seasons show``. Pure; it decides nothing."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

import msgspec

from fieldfare.decide.gate.policy import Selector
from fieldfare.flow.finished_journeys import conditions_of
from fieldfare.flow.workspace import Workspace
from fieldfare.ground.instants import MINUTE
from fieldfare.ground.money import said
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Condition, InPhase, durings_of, walk

_MONEY = frozenset({"amount_above", "approve_above", "most_amount"})
_NOT_TOLD = frozenset({"by_phase", "phase"})
_CLOCKS = {"first": "from", "end": "to"}
_KEYS = _CLOCKS | {"spread_us": "spread"}


class Topic(StrEnum):
    """What of the product a value belongs to."""

    AUDIENCES = "audiences"
    CAPS = "caps"
    QUIET_HOURS = "quiet_hours"
    CHANNEL_ORDER = "channel_order"
    THROTTLES = "throttles"
    JOURNEYS = "journeys"
    INCENTIVES = "incentives"
    """Actions that may be asked of the gate, with their limits."""
    CAPACITIES = "capacities"
    BUDGETS = "budgets"
    APPROVALS = "approvals"
    REFUSED = "refused"
    ALERTS = "alerts"
    WORK = "work"


class Changed(msgspec.Struct, frozen=True):
    """One value that is otherwise in a phase."""

    phase: str
    topic: Topic
    file: str
    where: str
    """The rule in the file."""
    key: str
    is_then: Any
    otherwise: Any


def changes_by_phase(workspace: Workspace) -> list[Changed]:
    """Return every value that a phase changes, by phase."""
    found = [*_of_gate(workspace), *_of_actions(workspace), *_of_audiences(workspace), *_of_journeys(workspace)]
    found += [*_of_health(workspace), *_of_schedule(workspace)]
    return sorted(found, key=lambda each: (each.phase, each.file, each.where, each.key))


def changes_told(workspace: Workspace) -> list[dict[str, Any]]:
    """Return them as plain values."""
    return [msgspec.to_builtins(each) for each in changes_by_phase(workspace)]


def _of_gate(workspace: Workspace) -> Iterator[Changed]:
    policy, file = workspace.policies, "policies.yaml"
    lists: Mapping[Topic, Any] = {
        Topic.CAPS: policy.caps,
        Topic.THROTTLES: policy.throttles,
        Topic.QUIET_HOURS: policy.quiet_hours,
        Topic.APPROVALS: policy.approvals,
        Topic.CAPACITIES: [each for each in policy.limits if not each.is_money],
        Topic.BUDGETS: [each for each in policy.limits if each.is_money],
    }
    for topic, rules in lists.items():
        for number, rule in enumerate(rules, 1):
            where = f"{topic} {getattr(rule, 'name', number)}{_whom(rule)}"
            yield from _differences(rule, topic, file, where, workspace.currency)
    for number, refused in enumerate(policy.refused, 1):
        for phase in refused.phases:
            what = _plain(msgspec.structs.asdict(refused.concerns)) or "everything"
            yield Changed(phase, Topic.REFUSED, file, f"refuse {number}", "refuse", what, "")
    for phase, order in policy.channel_order_by_phase.items():
        then, otherwise = list(order), list(policy.channel_order)
        yield Changed(phase, Topic.CHANNEL_ORDER, file, "channels", "order", then, otherwise)


def _of_actions(workspace: Workspace) -> Iterator[Changed]:
    for name, kind in workspace.actions.items():
        yield from _differences(kind, Topic.INCENTIVES, "actions.yaml", name, workspace.currency)


def _whom(rule: Any) -> str:
    """Return whom a rule concerns, so that two of a list are told apart."""
    selector = getattr(rule, "obeys", None) or getattr(rule, "concerns", None)
    told = _plain({"channels": rule.channels} if selector is None else msgspec.structs.asdict(selector))
    return f" ({told})" if told else ""


def _differences(rule: Any, topic: Topic, file: str, where: str, currency: str) -> Iterator[Changed]:
    for phase, variant in rule.by_phase.items():
        for name in rule.__struct_fields__:
            one, other = getattr(variant, name), getattr(rule, name)
            if name in _NOT_TOLD or one == other:
                continue
            is_money = name in _MONEY or (name == "most" and topic is Topic.BUDGETS)
            then, otherwise = (
                said(value, currency) if is_money and value is not None else _said(name, value)
                for value in (one, other)
            )
            yield Changed(phase, topic, file, where, _KEYS.get(name, name), then, otherwise)


def _said(name: str, value: Any) -> Any:
    if isinstance(value, Duration):
        return f"{value.amount} {value.unit}" + ("" if value.amount == 1 else "s")
    if isinstance(value, Selector):
        return _plain(msgspec.structs.asdict(value)) or "everything"
    if name in _CLOCKS:
        return f"{value // 60:02}:{value % 60:02}"
    if name == "spread_us":
        return f"{value // MINUTE} minutes"
    return value


def _of_audiences(workspace: Workspace) -> Iterator[Changed]:
    for name, audience in workspace.audiences.items():
        file = f"audiences/{name}.yaml"
        for phase, refresh in audience.by_phase.items():
            yield Changed(phase, Topic.AUDIENCES, file, name, "refresh", refresh.value, audience.refresh.value)
        for phase in _asked(audience.condition):
            yield Changed(phase, Topic.AUDIENCES, file, name, "where", "asks for this phase", "")


def _of_journeys(workspace: Workspace) -> Iterator[Changed]:
    for name, journey in workspace.journeys.items():
        file = f"journeys/{name}.yaml"
        for phase, is_open in journey.entry.open_by_phase.items():
            yield Changed(phase, Topic.JOURNEYS, file, "entry", "open", is_open, journey.entry.is_open)
        for stop in journey.stops:
            for phase, above in stop.by_phase.items():
                yield Changed(
                    phase, Topic.JOURNEYS, file, f"stop {stop.what}", "above", f"{above:.2%}", f"{stop.above:.2%}"
                )
        for phase in sorted({phase for condition in conditions_of(journey) for phase in _asked(condition)}):
            yield Changed(phase, Topic.JOURNEYS, file, "conditions", "in_phase", "asks for this phase", "")


def _of_health(workspace: Workspace) -> Iterator[Changed]:
    policy = workspace.health
    for phase, thresholds in policy.by_phase.items():
        for metric, value in thresholds.items():
            other = policy.thresholds.get(metric)
            yield Changed(phase, Topic.ALERTS, "health.yaml", "thresholds", metric.value, value, other)


def _of_schedule(workspace: Workspace) -> Iterator[Changed]:
    for duty in workspace.schedule.duties:
        for phase in duty.phases:
            yield Changed(
                phase, Topic.WORK, "schedule.yaml", duty.work.value, "every", _every(duty.every_days), "not done"
            )


def _every(days: int) -> str:
    return "day" if days == 1 else f"{days} days"


def _asked(condition: Condition) -> list[str]:
    """Return the phases that a condition asks for, of now and of the past."""
    found = {node.phase for node in walk(condition) if isinstance(node, InPhase)}
    found |= {during.phase for node in walk(condition) for during in durings_of(node)}
    return sorted(found)


def _plain(what: Mapping[str, Any]) -> str:
    return "; ".join(f"{name} {', '.join(told)}" for name, told in sorted(what.items()) if told)
