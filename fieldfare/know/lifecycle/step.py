"""From stage to stage: a pure step over the truths of the stages' rules.

A stage stands as long as its exit rule does not hold; without one, as long as its enter rule holds. While it stands,
only stages before it in the lifecycle may take over; when it does not, the first that can be entered does. A stage can
be entered when its enter rule holds, its exit rule does not, and its ``after`` names the stage that is left. Whatever
was entered stands, so from then on the way leads strictly forward to earlier ones: it ends, and taking it again from
its end changes nothing. Hence only a changed truth can move anybody, and it does not matter how often one asks.
"""

from collections.abc import Container, Sequence

from fieldfare.know.lifecycle.model import Stage


def moves(stages: Sequence[Stage], current: str | None, holding: Container[str]) -> list[str | None]:
    """Return the stages gone through from ``current``, the last one last; empty when it stays.

    ``holding`` holds the names of the rules that hold.
    """
    found: list[str | None] = []
    while (following := _next(stages, current, holding)) != current:
        found.append(following)
        current = following
        assert len(found) <= len(stages) + 1, "stages lead in a circle"
    return found


def _next(stages: Sequence[Stage], current: str | None, holding: Container[str]) -> str | None:
    for stage in stages:
        if stage.name == current:
            if _stands(stage, holding):
                return current
        elif _enters(stage, holding) and (stage.after is None or current in stage.after):
            return stage.name
    return None


def _stands(stage: Stage, holding: Container[str]) -> bool:
    return stage.enter_rule in holding if stage.exit is None else stage.exit_rule not in holding


def _enters(stage: Stage, holding: Container[str]) -> bool:
    return stage.enter_rule in holding and (stage.exit is None or stage.exit_rule not in holding)
