"""Who asks for an audience: journeys, other audiences, stages. Reads a workspace; nothing else."""

from collections.abc import Iterable

from fieldfare.flow.finished_journeys import conditions_of
from fieldfare.flow.workspace import Workspace
from fieldfare.know.audiences.cycle import needs
from fieldfare.know.audiences.model import Condition, InAudience, walk


def users_of(workspace: Workspace) -> dict[str, list[str]]:
    """Return, for each audience, what asks for it: ``journey win-back``, ``audience vips``, ``stage lapsed``."""
    found: dict[str, set[str]] = {name: set() for name in workspace.audiences}

    def note(names: Iterable[str], user: str) -> None:
        for name in names:
            found[name].add(user)

    for audience in workspace.audiences.values():
        note(needs(audience), f"audience {audience.name}")
    for stage in workspace.stages:
        note(_asked([condition for _, condition in stage.rules()]), f"stage {stage.name}")
    for journey in workspace.journeys.values():
        named = [journey.entry.audience, *(rule.leaves for rule in journey.exits)]
        user = f"journey {journey.name}"
        note([name for name in named if name is not None], user)
        note(_asked(conditions_of(journey)), user)
    return {name: sorted(users) for name, users in found.items()}


def _asked(conditions: Iterable[Condition]) -> set[str]:
    return {node.audience for each in conditions for node in walk(each) if isinstance(node, InAudience)}
