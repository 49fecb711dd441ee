"""Find the names in `policies.yaml` that refer to something outside it. Pure, on plain values."""

from collections.abc import Iterator
from typing import Any

from fieldfare.flow.reference_parts import Reference, To, all_names, entries, keyed, one_name
from fieldfare.ground.workspace.model import Path


def policy_references(value: Any) -> Iterator[Reference]:
    """Yield what `policies.yaml` names."""
    for path, cap in entries((), value, "caps"):
        yield from _cap(path, cap)
    for path, throttle in entries((), value, "throttles"):
        yield from all_names(path, To.EVENT, throttle, "events")
        for key in ("obeys", "counts_towards"):
            yield from _selector((*path, key), throttle.get(key) if isinstance(throttle, dict) else None)
    yield from all_names(("quiet_hours",), To.CHANNEL, value.get("quiet_hours"), "channels")
    for path, hours in entries((), value, "quiet_hours"):
        yield from all_names(path, To.CHANNEL, hours, "channels")
    for key in ("refuse", "verified"):
        for path, selector in entries((), value, key):
            yield from _selector(path, selector)
            yield from all_names(path, To.PHASE, selector, "phases")
    order = value.get("channels")
    yield from all_names(("channels",), To.CHANNEL, order, "order")
    by_phase = order.get("by_phase") if isinstance(order, dict) else None
    for name, said in by_phase.items() if isinstance(by_phase, dict) else ():
        yield from all_names(("channels", "by_phase", name), To.CHANNEL, said, "order")
    for path, selector in entries(("control_group",), value.get("control_group"), "spares"):
        yield from _selector(path, selector)
    for path, exclusion in entries((), value, "exclusions"):
        yield from all_names(path, To.JOURNEY, exclusion, "journeys")
    for key in ("approvals", "capacities", "budgets"):
        for path, rule in entries((), value, key):
            yield from _selector((*path, "concerns"), rule.get("concerns") if isinstance(rule, dict) else None)
    yield from _choice(value.get("choice"))
    yield from keyed((), To.CHANNEL, value, "costs")
    yield from all_names((), To.PURPOSE, value, "purposes_exempt")


def _cap(path: Path, cap: Any) -> Iterator[Reference]:
    yield from one_name(path, To.CHANNEL, cap, "channel")
    yield from one_name(path, To.PURPOSE, cap, "purpose")
    yield from one_name(path, To.LOCATION, cap, "location")
    for key in ("obeys", "counts_towards"):
        yield from _selector((*path, key), cap.get(key) if isinstance(cap, dict) else None)


def _selector(path: Path, node: Any) -> Iterator[Reference]:
    """Yield what a selector of the gate's rules names; broadcasts are named with their kind and checked nowhere."""
    yield from all_names(path, To.CHANNEL, node, "channels")
    yield from all_names(path, To.PURPOSE, node, "purposes")
    yield from all_names(path, To.LOCATION, node, "locations")
    yield from (each for each in all_names(path, To.JOURNEY, node, "journeys") if ":" not in each.name)


def _choice(node: Any) -> Iterator[Reference]:
    """Yield what the choice of channels names."""
    told = node if isinstance(node, dict) else {}
    worth = told.get("value")
    yield from all_names(("choice", "urgent"), To.CHANNEL, told.get("urgent"), "channels")
    yield from one_name(("choice", "value"), To.TRAIT, worth, "trait")
    for path, band in entries(("choice", "value"), worth, "bands"):
        yield from all_names(path, To.CHANNEL, band, "channels")
    yield from one_name(("choice",), To.TRAIT, told, "preferred")
    yield from keyed(("choice",), To.CHANNEL, told, "least_engagement")
