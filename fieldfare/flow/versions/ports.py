"""What a plan needs of each part of a workspace: to say what differs between two of them, and what that risks."""

from collections.abc import Iterable
from typing import Protocol

from fieldfare.flow.versions.model import Change, Risk
from fieldfare.flow.workspace import Workspace


class Section(Protocol):
    """One part of the workspace. Both answers are pure and name no value of a person and no secret."""

    @property
    def name(self) -> str:
        """Return the name of the part: that of its files without the suffix."""
        ...

    def changes(self, before: Workspace | None, after: Workspace) -> list[Change]:
        """Return what differs; ``before`` is ``None`` when nothing was applied yet."""
        ...

    def risks(self, before: Workspace, after: Workspace) -> Iterable[Risk]:
        """Yield why a change of this part waits for an approval."""
        ...
