"""Answers about the lifecycle: how many are in each stage, who went from where to where, what the outcomes are.

Counted in the lake, over what has been applied; nothing is written.
"""

from typing import Any

import msgspec

from fieldfare.flow.lake_tables import STAGE_CHANGES
from fieldfare.flow.load_lake import LakeLoader
from fieldfare.ground.clock import Clock
from fieldfare.ground.instants import DAY, to_iso
from fieldfare.ground.lake.ports import Lake
from fieldfare.know.audiences.explain import sentence
from fieldfare.know.lifecycle.model import Outcome, Stage

_SIZES = "SELECT stage, count(*) AS size FROM profile_rows WHERE stage IS NOT NULL GROUP BY stage"
_MOVES = """SELECT from_stage, to_stage, count(*) AS moves FROM stage_changes
    WHERE "at" > ? AND cause IN ('event', 'time') GROUP BY ALL ORDER BY moves DESC, from_stage, to_stage"""


class LifecycleAnswers:
    """Answers about stages and outcomes."""

    def __init__(
        self,
        stages: tuple[Stage, ...],
        outcomes: tuple[Outcome, ...],
        lake: Lake,
        loader: LakeLoader,
        clock: Clock,
    ) -> None:
        """Answer for these definitions."""
        self._stages, self._outcomes = stages, outcomes
        self._lake, self._loader, self._clock = lake, loader, clock

    def show(self, days: int) -> dict[str, Any]:
        """Return the stages with their sizes and rules, the moves of the last days by event and time, the outcomes."""
        self._loader.bring(STAGE_CHANGES, profiles=True)
        now = self._clock.now()
        sizes = {row["stage"]: row["size"] for row in self._lake.arrow(_SIZES).to_pylist()}
        return {
            "stages": [
                {
                    "stage": stage.name,
                    "size": sizes.get(stage.name, 0),
                    "enter": sentence(stage.enter),
                    "exit": None if stage.exit is None else sentence(stage.exit),
                    "after": None if stage.after is None else list(stage.after),
                    "description": stage.description,
                }
                for stage in self._stages
            ],
            "moves": self._lake.arrow(_MOVES, [now - days * DAY]).to_pylist(),
            "outcomes": [msgspec.to_builtins(outcome) for outcome in self._outcomes],
            "days": days,
            "as_of": to_iso(now),
        }
