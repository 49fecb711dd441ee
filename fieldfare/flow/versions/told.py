"""Plans and versions as plain JSON values, the same for commands, HTTP and the console. Pure."""

from collections.abc import Sequence
from typing import Any

import msgspec

from fieldfare.flow.versions.files import content_of
from fieldfare.flow.versions.model import Dependents, Version
from fieldfare.flow.versions.moves import Moves
from fieldfare.flow.versions.plan import Planned
from fieldfare.ground.instants import to_iso


def told_plan(planned: Planned) -> dict[str, Any]:
    """Return a plan."""
    stages = sorted(planned.stages.items(), key=lambda each: each[0] or "")
    return {
        "base": planned.base,
        "content": planned.content,
        "as_of": to_iso(planned.at),
        "has_changes": planned.has_changes,
        "needs": planned.needs.value,
        "files": _plain(planned.files),
        "changes": _plain(planned.changes),
        "audiences": [_audience(each, planned) for each in planned.moves],
        "stages": [{"stage": name, "size": size, "size_after": after} for name, (size, after) in stages],
        "journeys": _plain(planned.journeys),
        "inside": _plain(planned.inside),
        "unready": _plain({name: [each.check for each in checks] for name, checks in planned.unready.items()}),
        "measures": _plain(planned.measures),
        "estimate": _plain(planned.estimate),
        "identity": planned.identity,
        "warnings": _plain(planned.warnings),
        "stale": _plain(planned.stale),
        "risk": {
            "level": "approval" if planned.risks else "safe",
            "concerns": _plain(planned.risks),
            "approvers": list(planned.approvers),
            "waits": planned.waits,
        },
    }


def _audience(moves: Moves, planned: Planned) -> dict[str, Any]:
    needed = planned.dependents.get(moves.audience, Dependents())
    is_known = planned.before is not None and moves.audience in planned.before.audiences
    how = "removed" if moves.audience not in planned.after.audiences else "changed" if is_known else "added"
    return {
        **_plain(moves),
        "how": how,
        "is_exact": planned.is_exact and moves.audience not in planned.by_query,
        "needed_by": _plain(needed),
    }


def told_version(version: Version, *, in_force: int | None) -> dict[str, Any]:
    """Return a version as the list shows it."""
    proposed = version.proposed
    return {
        "version": version.number,
        "base": version.base,
        "content": version.content,
        "status": version.status.value,
        "is_in_force": version.number == in_force,
        "by": proposed.by,
        "reason": proposed.reason,
        "at": to_iso(proposed.at),
        "changes": [change.thing for change in version.changes],
        "concerns": sorted({risk.concern.value for risk in version.risks}),
        "restores": version.restores,
        "trigger_on_change": version.triggers,
    }


def told_whole(version: Version, *, in_force: int | None, approvers: Sequence[str]) -> dict[str, Any]:
    """Return all of a version but the contents of its files."""
    assert content_of(version.files) == version.content, "a stored version is not what its digest says"
    return {
        **told_version(version, in_force=in_force),
        "changes": _plain(version.changes),
        "risks": _plain(version.risks),
        "audiences": list(version.audiences),
        "files": version.files,
        "approvers": list(approvers),
        "steps": [
            {"status": step.status.value, "by": step.by, "reason": step.reason, "at": to_iso(step.at)}
            for step in version.steps
        ],
    }


def _plain(value: Any) -> Any:
    """Return JSON values, as they come out of an answer over HTTP: lists, no tuples."""
    return msgspec.json.decode(msgspec.json.encode(value))
