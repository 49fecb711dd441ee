"""Check the conditions on consent of a workspace against ``consent.yaml``: what could never hold. Pure.

Unknown purposes and channels are told with all other names.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from fieldfare.ground.workspace.compile import Loaded
from fieldfare.ground.workspace.model import LocatedProblem, Path, Problem
from fieldfare.ground.workspace.suggest import quoted

_ASKING = frozenset({"audience", "journey", "lifecycle"})
"""Kinds of files with conditions."""


def consent_problems(loaded: Sequence[Loaded]) -> Iterator[LocatedProblem]:
    """Tell conditions on consent for a channel that the purpose is not granted for, or that needs none."""
    declared = [one.value.get("purposes") for one in loaded if one.kind.name == "consent" and _is_map(one.value)]
    purposes: Any = declared[0] if declared and _is_map(declared[0]) else {}
    for one in loaded:
        if one.kind.name not in _ASKING:
            continue
        for path, node in _asked((), one.value):
            purpose = purposes.get(node["consent"])
            if isinstance(purpose, dict):
                yield from _never(one, path, node, purpose)


def _never(one: Loaded, path: Path, node: dict[str, Any], purpose: dict[str, Any]) -> Iterator[LocatedProblem]:
    name, channel, channels = node["consent"], node.get("channel"), purpose.get("channels")
    if isinstance(channels, list) and channels and isinstance(channel, str) and channel not in channels:
        what = f"the purpose `{name}` cannot be granted for the channel `{channel}`"
        why = f"`consent.yaml` allows it for {quoted(str(each) for each in channels)}, so it is never granted"
        yield one.problem(Problem((*path, "channel"), what, why, "Ask for one of these, or add the channel there"))
    if purpose.get("consent") == "not_required" and node.get("is", "granted") == "granted":
        what = f"the purpose `{name}` needs no consent, and none is in force for it"
        fix = "Ask `is: withdrawn`, which tells who does not want it"
        yield one.problem(Problem((*path, "consent"), what, "It could never hold", fix))


def _asked(path: Path, value: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every condition on consent in the values of a file."""
    if _is_map(value):
        if isinstance(value.get("consent"), str):
            yield path, value
        for key, inner in value.items():
            yield from _asked((*path, key), inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _asked((*path, index), inner)


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)
