"""What the gate may need of others beside the facts it is given. The place for it; no rule asks yet."""

from collections.abc import Sequence
from typing import Protocol

from fieldfare.know.profiles.health import Finding


class DataHealth(Protocol):
    """Whether what is known of people is fit to act on."""

    def failing(self) -> Sequence[Finding]:
        """Return what failed its threshold when profiles were last looked at; empty when nobody has looked."""
        ...
