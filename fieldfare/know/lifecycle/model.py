"""Nouns of the lifecycle: stages, moves between them, outcomes. No behaviour beyond plain look-ups."""

import msgspec

from fieldfare.ground.instants import Instant
from fieldfare.ground.workspace.model import Duration
from fieldfare.know.audiences.model import Condition

RULE = "stage:"
"""Begins the name of a stage's rule; names of audiences hold no colon."""


class Stage(msgspec.Struct, frozen=True):
    """One stage. Those that stand earlier in the lifecycle go before later ones."""

    name: str
    enter: Condition
    exit: Condition | None = None
    """When it ends; ``None``: when ``enter`` holds no longer."""
    after: tuple[str, ...] | None = None
    """Stages from which alone it is entered; ``None``: from anywhere."""
    description: str = ""

    @property
    def enter_rule(self) -> str:
        """Return the name under which the truth of ``enter`` is kept."""
        return f"{RULE}{self.name}:enter"

    @property
    def exit_rule(self) -> str:
        """Return the name under which the truth of ``exit`` is kept."""
        return f"{RULE}{self.name}:exit"

    def rules(self) -> list[tuple[str, Condition]]:
        """Return the rules by name."""
        found = [(self.enter_rule, self.enter)]
        return found if self.exit is None else [*found, (self.exit_rule, self.exit)]


class Lifecycle(msgspec.Struct, frozen=True):
    """What ``lifecycle.yaml`` says: own stages, and whether the shipped ones come along."""

    own: tuple[Stage, ...] = ()
    takes_shipped: bool = False

    def stages(self, shipped: tuple[Stage, ...]) -> tuple[Stage, ...]:
        """Return all stages in their order; an own stage takes the place of the shipped one of its name."""
        if not self.takes_shipped:
            return self.own
        own, known = {stage.name: stage for stage in self.own}, {stage.name for stage in shipped}
        return (
            *(stage for stage in self.own if stage.name not in known),
            *(own.get(stage.name, stage) for stage in shipped),
        )


class Move(msgspec.Struct, frozen=True):
    """A profile went from one stage to another; ``None``: it was, or is, in none."""

    from_stage: str | None
    to_stage: str | None
    at: Instant


class Target(msgspec.Struct, frozen=True):
    """What a KPI shall reach: ``at_least`` or ``at_most`` a value; shares are fractions of 1."""

    operator: str
    value: float
    is_share: bool


class Outcome(msgspec.Struct, frozen=True):
    """What a stage is to bring about: a KPI and its target."""

    name: str
    stage: str
    kpi: str
    target: Target
    within: Duration | None = None
    owner: str = ""
    description: str = ""
