"""``fieldfare identity kinds``: by what people are known, shipped and as ``identity.yaml`` says. Opens no store."""

from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from fieldfare.cli.look import show_json
from fieldfare.cli.options import JsonOption, WorkspaceOption
from fieldfare.know.identity.model import IdentifierKind, Policy

_OWN_FIELDS = {"user_id": ("userId",), "anonymous_id": ("anonymousId", "previousId"), "household_id": ("groupId",)}
"""Places that no file changes."""
_console = Console(soft_wrap=True, markup=False)  # names are the workspace's words


def kinds(workspace: WorkspaceOption = Path(), *, as_json: JsonOption = False) -> None:
    """Print the kinds of identifier in force: who leads, what joins people, limits, and where each is taken from."""
    from fieldfare.flow.workspace import read_workspace

    compiled = read_workspace(workspace)
    policy = compiled.identity
    verified = {
        name: sorted(source.name for source in compiled.sources.values() if name in source.verifies)
        for name in policy.kinds
    }
    if as_json:
        show_json(_as_json(policy, verified))
        return
    table = Table("kind", "priority", "joins", "most", "shared after", "form", box=None)
    for kind in policy.kinds.values():
        table.add_row(kind.name, str(kind.priority), kind.joins, _limit(kind), _shared(kind), kind.form)
    _console.print(table)
    for kind in policy.kinds.values():
        proof = f"; verified by {', '.join(['the event', *verified[kind.name]])}" if kind.needs_proof else ""
        _console.print(f"{kind.name}: from {_places(kind)}{proof}")
    for kind in policy.kinds.values():
        if kind.joins_although is not None:
            _console.print(f"{kind.name} joins people although its values change hands: {kind.joins_although}")
    _console.print(
        f"A profile of {policy.cluster_alarm} identifiers raises an alarm, none has more than {policy.cluster_most}. "
        f"Households: groups of type {', '.join(sorted(policy.household_groups)) or '(none)'}. "
        f"Telephone numbers without a country code: {policy.phone_region or 'by location only'}. "
        f"Blocked here, beside what is shipped: {len(_blocked(policy))} values; excepted: {len(_excepted(policy))}."
    )


def _as_json(policy: Policy, verified: dict[str, list[str]]) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.to_builtins(policy, str_keys=True)
    for kind in policy.kinds.values():
        of_kind = told["kinds"][kind.name]
        of_kind["places"] = [*_OWN_FIELDS.get(kind.name, ()), *kind.places]
        of_kind["verified_by"] = verified[kind.name] if kind.needs_proof else None
    return told


def _limit(kind: IdentifierKind) -> str:
    if kind.most_per_profile is None:
        return "unlimited"
    return f"{kind.most_per_profile}" + (f" per {kind.within_days} days" if kind.within_days is not None else "")


def _shared(kind: IdentifierKind) -> str:
    return str(kind.shared_after) if kind.shared_after is not None else "never"


def _places(kind: IdentifierKind) -> str:
    return ", ".join([*_OWN_FIELDS.get(kind.name, ()), *kind.places]) or "(nowhere)"


def _blocked(policy: Policy) -> frozenset[str]:
    return policy.blocked.union(*(kind.blocked for kind in policy.kinds.values()))


def _excepted(policy: Policy) -> frozenset[str]:
    return policy.not_blocked.union(*(kind.not_blocked for kind in policy.kinds.values()))
